"""How much of a topic a text covers: the one measure that ranks evidence and decides refusal.

    coverage = sum of idf * match / sum of idf      over the topic's terms

A term matches 1 where the text holds it, quotation marks aside (引才 in 筑巢安家“引”才). Else its
parts count, and what its words mean: the cosine of a word with the nearest word of the text, so
that 诬告 finds 不实反映. IDF coverage separates answerable from unanswerable questions far better
than BM25 does, and it needs no scale.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from rag.answering.question import Term
from rag.encoding import Vectors
from rag.words import STOPWORDS, fold, pieces, words

_MARKS = re.compile(r"[\s“”‘’\"'「」『』《》〈〉]")
_PARTS = 0.9  # what a term is worth of which all parts stand in the text, apart
_NEAR = 0.42  # cosine from which two words are taken to mean the like
_MEANT = 0.75  # what a word of the very same meaning is worth

Similar = Callable[[Sequence[str]], Vectors]


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Fold `text` and take quotation marks and spaces out, for finding terms in it."""
    return _MARKS.sub("", fold(text))


@lru_cache(maxsize=20_000)
def _parts(text: str) -> tuple[str, ...]:
    """Return the shorter words that a long term is made of: 为民服务 → 为民, 服务."""
    parts = [word for word in words(text) if len(word) > 1 and word != fold(text)]
    return tuple(dict.fromkeys(parts))


class Matcher:
    """Matches terms with texts by the rarity and the meaning of words."""

    def __init__(self, idf: Callable[[str], float], vectors: Similar) -> None:
        self._idf = lru_cache(maxsize=50_000)(idf)
        self._words = lru_cache(maxsize=20_000)(self._word_vectors)
        self._vector = lru_cache(maxsize=20_000)(lambda word: vectors([word])[0])
        self._vectors = vectors

    def weight(self, term: Term) -> float:
        """Return the term's IDF, that of its rarest word; an unknown word is the rarest."""
        cut = [fold(word) for word, _, _ in pieces(term.text) if word not in STOPWORDS]
        return max(map(self._idf, cut or [fold(term.text)]))

    def match(self, term: Term, text: str, *, meaning: bool = True) -> float:
        """Return how surely `text` speaks of `term`, 0..1."""
        held = plain(text)
        if len(term.text) == 1:  # one character stands for a word only where it is set apart
            return float(bool(re.search(rf"[“‘「『]{re.escape(term.text)}[”’」』]", text)))
        if term.text[0].isdigit():  # 7% is not in 5.7%
            return float(bool(re.search(rf"(?<![\d.]){re.escape(plain(term.text))}", held)))
        if plain(term.text) in held or (term.alias and term.alias in held):
            return 1.0
        if term.required:
            return 0.0
        parts = _parts(term.text)
        by_parts = [
            1.0 if part in held else self._meant(part, text) if meaning else 0.0 for part in parts
        ]
        value = _PARTS * sum(by_parts) / len(parts) if parts else 0.0
        return max(value, self._meant(term.text, text)) if meaning else value

    def matches(self, terms: Sequence[Term], text: str, *, meaning: bool = True) -> list[float]:
        """Return the match of every term."""
        return [self.match(term, text, meaning=meaning) for term in terms]

    def coverage(self, terms: Sequence[Term], text: str, *, meaning: bool = True) -> float:
        """Return the share of the topic that `text` covers, 0..1; 0 for no topic."""
        return self.mean(terms, self.matches(terms, text, meaning=meaning))

    def mean(self, terms: Sequence[Term], matches: Sequence[float]) -> float:
        """Return the mean of `matches` under the terms' weights."""
        weights = [self.weight(term) for term in terms]
        total = sum(weights)
        if not total:
            return 0.0
        return sum(w * m for w, m in zip(weights, matches, strict=True)) / total

    def _meant(self, word: str, text: str) -> float:
        """Return how near the nearest word of `text` is to `word` in meaning, 0..1."""
        if (vectors := self._words(text)) is None:
            return 0.0
        nearest = float(np.max(vectors @ self._vector(word)))
        return _MEANT * max(0.0, nearest - _NEAR) / (1 - _NEAR)

    def _word_vectors(self, text: str) -> Vectors | None:
        found = {word for word, _, _ in pieces(text) if len(word) > 1 and word not in STOPWORDS}
        return self._vectors(sorted(found)) if found else None
