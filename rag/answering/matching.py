"""How much of a topic a text covers: the one measure that ranks evidence and decides refusal.

    coverage = sum of weight * idf * match / sum of weight * idf      over the topic's terms

A term matches 1 where the text holds it, quotation marks aside (引才 in 筑巢安家“引”才). A longer
term matches by the share of its character pairs. What is left matches by meaning: the cosine of
the term with the nearest word of the text, so that 诬告 finds 不实反映. IDF coverage separates
answerable from unanswerable questions far better than BM25 does, and it needs no scale.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from rag.answering.question import Term
from rag.encoding import Vectors
from rag.words import STOPWORDS, fold, pieces

_MARKS = re.compile(r"[\s“”‘’\"'「」『』《》〈〉]")
_PAIRS = 0.9  # what a term is worth of which all character pairs stand in the text, apart
_NEAR = 0.42  # cosine from which two words are taken to mean the like
_MEANT = 0.75  # what a word of the very same meaning is worth

Similar = Callable[[Sequence[str]], Vectors]


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Fold `text` and take quotation marks and spaces out, for finding terms in it."""
    return _MARKS.sub("", fold(text))


class Matcher:
    """Matches terms with texts by the rarity and the meaning of words."""

    def __init__(self, idf: Callable[[str], float], vectors: Similar) -> None:
        self._idf = lru_cache(maxsize=50_000)(idf)
        self._vectors = vectors
        self._words = lru_cache(maxsize=20_000)(self._word_vectors)
        self._vector = lru_cache(maxsize=20_000)(lambda word: vectors([word])[0])

    def weight(self, term: Term) -> float:
        """Return the term's weight times its IDF; an unknown word counts as the rarest."""
        parts = [fold(word) for word, _, _ in pieces(term.text) if word not in STOPWORDS]
        rarity = max(map(self._idf, parts), default=0.0)
        return term.weight * rarity

    def match(self, term: Term, text: str) -> float:
        """Return how surely `text` holds `term`, 0..1, by its letters."""
        wanted, held = plain(term.text), plain(text)
        if wanted in held:
            return 1.0
        if term.required or len(wanted) < 3:
            return 0.0
        pairs = [wanted[i : i + 2] in held for i in range(len(wanted) - 1)]
        share = sum(pairs) / len(pairs)
        return _PAIRS * share if share >= 0.5 else 0.0

    def meant(self, term: Term, text: str) -> float:
        """Return how near the nearest word of `text` is to `term` in meaning, 0..1."""
        if term.required or (vectors := self._words(text)) is None:
            return 0.0
        nearest = float(np.max(vectors @ self._vector(term.text)))
        return _MEANT * max(0.0, nearest - _NEAR) / (1 - _NEAR)

    def matches(self, terms: Sequence[Term], text: str, *, meaning: bool = True) -> list[float]:
        """Return the match of every term, by its letters and, if asked, by its meaning."""
        found = []
        for term in terms:
            value = self.match(term, text)
            if meaning and value < _MEANT:
                value = max(value, self.meant(term, text))
            found.append(value)
        return found

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

    def _word_vectors(self, text: str) -> Vectors | None:
        found = {word for word, _, _ in pieces(text) if len(word) > 1 and word not in STOPWORDS}
        return self._vectors(sorted(found)) if found else None
