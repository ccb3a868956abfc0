"""How much of a topic a text covers: the one measure that ranks evidence and decides refusal.

    coverage = sum of idf * match / sum of idf      over the topic's terms

A term matches 1 where the text holds it, quotation marks aside (引才 in 筑巢安家“引”才). Else its
parts count, and what its words mean: the cosine of a word with the nearest word of the text, so
that 诬告 finds 不实反映. IDF coverage separates answerable from unanswerable questions far better
than BM25 does, and it needs no scale.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.answering.everyday import official
from rag.answering.question import Term
from rag.encoding import Vectors
from rag.words import STOPWORDS, fold, frequency, pieces, words

_MARKS = re.compile(r"[\s“”‘’\"'「」『』《》〈〉]")
_RARE = 500  # occurrences in the 60 million words of jieba's count up to which a word is rare
_FALL = 0.45  # what ten times as common takes off a word's weight
_COMMON = 0.3  # what is left of the commonest
_KNOWN = 0.6  # ... where the corpus has it: 企业 is common, and a topic
_PARTS = 0.9  # what a term is worth of which all parts stand in the text, close together
_APART = 0.6  # ... far apart: 发展 here and 党员 there are not 发展党员
_CLOSE = 6  # characters between two parts that stand close
_OFFICIAL = 0.9  # what the official word for an everyday expression is worth
_SHORTENED = 0.85  # what a word is worth that stands there in an abbreviation
_INFIXED = 0.8  # ... with one character between: 引才 in 引英才, 建成 in 建设成
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


def _make_up(parts: tuple[str, ...], word: str) -> bool:
    """Whether every character of `word` stands in one of its parts."""
    left = set(range(len(word)))
    for part in parts:
        at = word.find(part)
        left -= set(range(at, at + len(part)))
    return not left


def _close(parts: Sequence[str], held: str) -> bool:
    """Whether all `parts` stand in `held` with few characters between two of them."""
    first, *others = ([m.start() for m in re.finditer(re.escape(part), held)] for part in parts)
    room = _CLOSE * len(others) + sum(map(len, parts))
    return any(all(any(abs(at - b) <= room for b in other) for other in others) for at in first)


@lru_cache(maxsize=20_000)
def _uncommon(word: str) -> float:
    """Return 1 for a word that is rare in the language, less for a common one."""
    seen = max(1, frequency(word))
    return min(1.0, max(_COMMON, 1 - _FALL * math.log10(seen / _RARE))) if seen > _RARE else 1.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to look for in a text to find a term in it."""

    word: str  # as `plain` leaves it
    apart: re.Pattern[str] | None  # one character counts where it is set apart
    figure: re.Pattern[str] | None  # 7% is not in 5.7%
    infixed: re.Pattern[str] | None
    parts: tuple[Term, ...]
    made_up: bool  # every character of the word stands in one of its parts


def _infixed(word: str) -> re.Pattern[str] | None:
    """Return how texts write a short word out: 引英才 for 引才, 自由贸易港 for 自贸港."""
    if len(word) == 2:
        return re.compile(f"{re.escape(word[0])}[一-鿿]{re.escape(word[1])}")
    if len(word) == 3 and not frequency(word):
        return re.compile("[一-鿿]?".join(map(re.escape, word)))
    return None


@lru_cache(maxsize=20_000)
def _wanted(term: Term) -> _Wanted:
    word = plain(term.text)
    exact, parts = re.escape(word), _parts(term.text)
    return _Wanted(
        word=word,
        apart=re.compile(rf"[“‘「『]{exact}[”’」』]")
        if len(word) == 1 and not term.official
        else None,
        figure=re.compile(rf"(?<![\d.]){exact}") if word[:1].isdigit() else None,
        infixed=_infixed(word),
        parts=tuple(Term(part, official=official(part)) for part in parts),
        made_up=_make_up(parts, word),
    )


def _shortened(one: Term, other: Term, held: str) -> bool:
    """Whether `held` has the two words as one of two characters, the usual abbreviation."""
    a, b = one.text, other.text
    if len(a) != 2 or len(b) != 2 or one.required or other.required:
        return False
    return any(
        short in held and short not in (a, b) and frequency(short) < _RARE
        for short in (a[0] + b[0], a[0] + b[1])
    )


class Matcher:
    """Matches terms with texts by the rarity and the meaning of words."""

    def __init__(self, idf: Callable[[str], float], vectors: Similar) -> None:
        self.idf = lru_cache(maxsize=50_000)(idf)
        self.weight = lru_cache(maxsize=50_000)(self._weight)
        self._matches = lru_cache(maxsize=20_000)(self._match_all)
        self._words = lru_cache(maxsize=20_000)(self._word_vectors)
        self._vector = lru_cache(maxsize=20_000)(lambda word: vectors([word])[0])
        self._vectors = vectors

    def _weight(self, term: Term) -> float:
        """Return the term's IDF, that of its rarest word; an unknown word is the rarest.

        In a small corpus 愿意 is as rare as 公租房; how common they are in the language tells them
        apart, above all where the corpus does not have them.
        """
        cut = [word for word, _, _ in pieces(term.text) if word not in STOPWORDS]
        return max(map(self._rarity, cut or [term.text]))

    def _rarity(self, word: str) -> float:
        idf, unknown = self.idf(fold(word)), self.idf("")
        return idf * max(_uncommon(word), _KNOWN if idf < unknown else 0.0)

    def match(self, term: Term, text: str, *, meaning: bool = True) -> float:
        """Return how surely `text` speaks of `term`, 0..1."""
        held, wanted = plain(text), _wanted(term)
        if wanted.apart:
            return float(bool(wanted.apart.search(text)))
        if wanted.figure:
            return float(bool(wanted.figure.search(held)))
        if wanted.word in held:
            return 1.0
        if term.required:
            return 0.0
        if any(word in held for word in term.official):
            return _OFFICIAL
        if wanted.infixed and wanted.infixed.search(held):
            return _INFIXED
        value = self._by_parts(wanted, text, meaning)
        return max(value, self._meant(term.text, text)) if meaning else value

    def _by_parts(self, wanted: _Wanted, text: str, meaning: bool) -> float:
        """Return how surely `text` speaks of a longer word whose parts it holds.

        Parts that leave a character out, 干部 of 村干部, tell as much of the word as they weigh.
        """
        if not wanted.parts:
            return 0.0
        parts = [part.text for part in wanted.parts]
        held = sum(self.matches(wanted.parts, text, meaning=meaning)) / len(parts)
        value = held * (_APART if held == 1 and not _close(parts, plain(text)) else _PARTS)
        if wanted.made_up:
            return value
        told = max(map(self._rarity, parts))
        return value * min(1.0, told / self._rarity(wanted.word))

    def matches(self, terms: Sequence[Term], text: str, *, meaning: bool = True) -> list[float]:
        """Return the match of every term; 专门 and 窗口 together are in 专窗."""
        return list(self._matches(tuple(terms), text, meaning))

    def _match_all(self, terms: tuple[Term, ...], text: str, meaning: bool) -> tuple[float, ...]:
        found = [self.match(term, text, meaning=meaning) for term in terms]
        for i, (one, next_one) in enumerate(pairwise(terms)):
            if min(found[i : i + 2]) < _SHORTENED and _shortened(one, next_one, plain(text)):
                found[i : i + 2] = [max(value, _SHORTENED) for value in found[i : i + 2]]
        return tuple(found)

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
        """Return how near the nearest word of `text` is to `word` in meaning, 0..1.

        A part of `word` is near to it and means less: 党员 is not 发展党员.
        """
        held, vectors = self._words(text)
        cosines = vectors @ self._vector(word)
        nearest = max(
            (float(c) for c, w in zip(cosines, held, strict=True) if w not in word), default=0.0
        )
        return _MEANT * max(0.0, nearest - _NEAR) / (1 - _NEAR)

    def _word_vectors(self, text: str) -> tuple[list[str], Vectors]:
        cut = {word for word, _, _ in pieces(text) if len(word) > 1 and word not in STOPWORDS}
        return (found := sorted(cut)), self._vectors(found)
