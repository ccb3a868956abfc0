"""What to look for in a text to find the terms of a topic in it, by letters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.answering.everyday import official
from rag.answering.question import Term
from rag.words import fold, frequency, words

_MARKS = re.compile(r"[\s“”‘’\"'「」『』《》〈〉]")
_OFFICIAL = 0.9  # what the official word for an everyday expression is worth
_SHORTENED = 0.85  # what a word is worth that stands there in an abbreviation
_INFIXED = 0.8  # ... with one character between: 引才 in 引英才, 建成 in 建设成
RARE = 500  # occurrences in the 60 million words of jieba's count up to which a word is rare


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Fold `text` and take quotation marks and spaces out, for finding terms in it."""
    return _MARKS.sub("", fold(text))


@lru_cache(maxsize=2_000)
def _folded(text: str) -> str:
    return fold(text)


def plain_part(text: str, start: int, end: int) -> str:
    """Return `plain(text[start:end])`; a text of which many parts are asked is folded once."""
    folded = _folded(text)
    same = len(folded) == len(text)  # or its offsets have moved
    return _MARKS.sub("", folded[start:end]) if same else plain(text[start:end])


@lru_cache(maxsize=20_000)
def _parts(text: str) -> tuple[str, ...]:
    """Return the shorter words that a long term is made of: 为民服务 → 为民, 服务."""
    parts = [word for word in words(text) if len(word) > 1 and word != fold(text)]
    return tuple(dict.fromkeys(parts))


def parts(term: Term) -> tuple[Term, ...]:
    """Return the shorter terms that a long one is made of; none for a required one."""
    return () if term.required else tuple(Term(p, official=official(p)) for p in _parts(term.text))


def _make_up(parts: tuple[str, ...], word: str) -> bool:
    """Whether every character of `word` stands in one of its parts."""
    left = set(range(len(word)))
    for part in parts:
        at = word.find(part)
        left -= set(range(at, at + len(part)))
    return not left


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for in a text to find a term in it."""

    word: str  # as `plain` leaves it
    required: bool
    official: tuple[str, ...]
    apart: re.Pattern[str] | None  # one character counts where it is set apart
    figure: re.Pattern[str] | None  # 7% is not in 5.7%
    gaps: tuple[int, ...]  # Han characters that may stand between two of the word's
    made_up: bool  # every character of the word stands in one of its parts

    def found(self, text: str, held: str) -> float | None:
        """Return how surely `text`, plain `held`, speaks of the term; None if its parts decide.

        A pattern is tried only where its characters are: most texts hold none of them.
        """
        if self.apart:
            return float(self.word in text and bool(self.apart.search(text)))
        whole = self.word in held
        if self.figure:
            return float(whole and bool(self.figure.search(held)))
        if whole:
            return 1.0
        if self.required:
            return 0.0
        for word in self.official:
            if word in held:
                return _OFFICIAL
        return _INFIXED if self.gaps and infixed(self.word, held, self.gaps) else None


def _gaps(word: str) -> tuple[int, ...]:
    """How far apart a short word's characters may stand: 引英才 for 引才, 自由贸易港 for 自贸港."""
    if len(word) == 2:
        return (1,)
    return (0, 1) if len(word) == 3 and not frequency(word) else ()


def infixed(word: str, held: str, gaps: tuple[int, ...]) -> bool:
    """Whether `held` has the characters of `word` so far apart, Chinese characters between.

    A pattern would say the same, but compiling one for each new word takes longer than all else.
    """
    if word[-1] not in held:
        return False
    at, places = held.find(word[0]), list[int]()
    while at >= 0:
        places.append(at)
        at = held.find(word[0], at + 1)
    for letter in word[1:]:
        places = [
            at + gap + 1
            for at in places
            for gap in gaps
            if held[at + gap + 1 : at + gap + 2] == letter
            and (not gap or "一" <= held[at + 1] <= "鿿")
        ]
    return bool(places)


@lru_cache(maxsize=20_000)
def _wanted(term: Term) -> Wanted:
    word = plain(term.text)
    exact = re.escape(word)
    return Wanted(
        word=word,
        required=term.required,
        official=term.official,
        apart=re.compile(rf"[“‘「『]{exact}[”’」』]")
        if len(word) == 1 and not term.official
        else None,
        figure=re.compile(rf"(?<![\d.]){exact}") if word[:1].isdigit() else None,
        gaps=_gaps(word),
        made_up=_make_up(_parts(term.text), word),
    )


def _abbreviations(one: Term, other: Term) -> tuple[str, ...]:
    """Return how two words are usually abbreviated to one of two characters."""
    a, b = one.text, other.text
    if len(a) != 2 or len(b) != 2 or one.required or other.required:
        return ()
    return tuple(
        short
        for short in (a[0] + b[0], a[0] + b[1])
        if short not in (a, b) and frequency(short) < RARE
    )


class Topic:
    """Some terms side by side, and what to look for to find them; it is its own key."""

    def __init__(
        self,
        terms: tuple[Term, ...],
        weights: tuple[float, ...],
        parts: "tuple[Topic | None, ...]",
    ) -> None:
        """`parts` are the shorter words that each term is made of."""
        self.wanted = tuple(map(_wanted, terms))
        self.words = tuple(term.text for term in terms)
        self.nothing = (0.0,) * len(terms)
        pairs = enumerate(pairwise(terms))
        self.abbreviations = tuple((i, found) for i, p in pairs if (found := _abbreviations(*p)))
        self.weights, self.total = weights, sum(weights)
        self.parts = parts

    def joined(
        self, found: list[float], held: str, within: Sequence[float] | None = None
    ) -> tuple[float, ...]:
        """Let two words count that stand as one abbreviation in the plain text `held`.

        `within` are the matches of a longer text that holds this one.
        """
        for i, shorts in self.abbreviations:
            if within is not None and within[i] < _SHORTENED:
                continue
            if min(found[i : i + 2]) < _SHORTENED and any(short in held for short in shorts):
                found[i : i + 2] = [max(value, _SHORTENED) for value in found[i : i + 2]]
        return tuple(found)
