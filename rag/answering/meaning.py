"""How near the words of a text come to another word in meaning: the cosine of their vectors."""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np

from rag.encoding import Vectors
from rag.words import STOPWORDS, segments

_NEAR = 0.42  # cosine from which two words are taken to mean the like
_MEANT = 0.75  # what a word of the very same meaning is worth
_KEPT = 20_000  # words whose vectors are kept, a KB each, or that one word was held against

Similar = Callable[[Sequence[str]], Vectors]
Words = frozenset[str]


class _Sought:
    """A word, and which of the words that it was held against mean the like."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.seen: set[str] = set()
        self.worth: dict[str, float] = {}  # 0..1, of the few that are near

    def hold(self, words: Sequence[str], cosines: Sequence[float]) -> None:
        """Take note of `words`; a part of the word means less: 党员 is not 发展党员."""
        near = ((w, c) for w, c in zip(words, cosines, strict=True) if c > _NEAR)
        # the worth first: another thread may look as soon as a word was seen
        self.worth |= {w: _MEANT * (c - _NEAR) / (1 - _NEAR) for w, c in near if w not in self.word}
        self.seen.update(words)

    def nearest(self, words: Words) -> float:
        """Return what the nearest of `words` is worth."""
        return max(map(self.worth.__getitem__, self.worth.keys() & words), default=0.0)


class Meaning:
    """Words by their meaning. What was compared is kept, for it is asked for again."""

    def __init__(self, vectors: Similar) -> None:
        self._encode = vectors
        self._turn = threading.Lock()
        self._known: tuple[dict[str, int], Vectors] = ({}, vectors([])[:0])
        self._words = lru_cache(maxsize=4_000)(_words)
        self._sought = lru_cache(maxsize=500)(_Sought)

    def nearest(self, words: Sequence[str], text: str) -> list[float]:
        """Return what the nearest word of `text` is worth to each of `words`, 0..1."""
        sought, held = list(map(self._sought, words)), self._words(text)
        self._hold(sought, held)
        return [one.nearest(held) for one in sought]

    def compare(self, words: Sequence[str], texts: Iterable[str]) -> None:
        """Hold `words` against those of `texts`, all at once, which is faster."""
        held = frozenset[str]().union(*map(self._words, texts))
        self._hold(list(map(self._sought, words)), held)

    def _hold(self, sought: Sequence[_Sought], held: Words) -> None:
        new = list(frozenset[str]().union(*(held - one.seen for one in sought)))
        if not new:
            return
        cosines = self._vectors([one.word for one in sought]) @ self._vectors(new).T
        for one, row in zip(sought, cosines.tolist(), strict=True):
            one.hold(new, row)
        if max(len(one.seen) for one in sought) > _KEPT:
            self._sought.cache_clear()  # who holds one of them goes on with it

    def _vectors(self, words: Sequence[str]) -> Vectors:
        """Return one row a word, shape (n, d)."""
        rows, table = self._known
        try:
            return table[[rows[word] for word in words]]
        except KeyError:
            with self._turn:
                return self._learned(words)

    def _learned(self, words: Sequence[str]) -> Vectors:
        rows, table = self._known
        new = list(dict.fromkeys(word for word in words if word not in rows))
        if len(rows) + len(new) > len(table):
            new = list(dict.fromkeys(words))
            rows, table = {}, np.empty((max(_KEPT, len(new)), table.shape[1]), np.float32)
        end = len(rows) + len(new)
        table[len(rows) : end] = self._encode(new)
        rows |= zip(new, range(len(rows), end), strict=True)
        self._known = rows, table
        return table[[rows[word] for word in words]]


def _words(text: str) -> Words:
    return frozenset(word for word in segments(text) if len(word) > 1 and word not in STOPWORDS)
