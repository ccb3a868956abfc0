"""What speaks for a sentence as an answer, as numbers: the input of the evidence model.

All is computed once a question: by the retriever, by the reader, and by counting the question's
words. What a number is worth is learned (`evidence.json`, made by `train/evidence.py`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rag.answering.reader import Reading
from rag.answering.tree import Sentence
from rag.figures import date_in, years_in
from rag.types import Hit
from rag.words import fold

Features = NDArray[np.float32]
"""Shape (sentences, len(NAMES))."""

NAMES = (
    # the reader; all zero where there is none
    "margin",  # log-odds of this sentence against "no answer"
    "behind",  # ... less that of the best sentence
    "best",  # that of the best sentence of the question
    "second",  # that of the best sentence of the other passages
    "order",  # log of the sentence's place by margin
    "certain",  # log-probability of the span that answers
    # the retriever
    "score",  # of its passage, less the best one's
    "place",  # log of its passage's rank
    "cosine",  # of its passage with the question
    "top_cosine",  # of the nearest passage
    # words of the question, by their inverse document frequency
    "in_sentence",  # share that the sentence holds
    "in_lead",  # ... sentence, leads and title
    "in_window",  # ... passage, leads and title
    "most",  # the largest share that any sentence with its leads holds
    "rarest",  # the rarest word that passage, leads and title lack, beside the rarest of all
    "quoted",  # share of the quoted phrases that the sentence holds
    "quoted_near",  # ... that its passage or title hold
    # time and figures
    "year",  # 1 of the year or day that is asked for, -1 of another
    "looks_back",  # whether it or its leads speak of what was
    "figures",  # share of the question's own figures that it holds
    "holds_figure",  # whether it holds a figure
    # what stands where
    "length",  # log of its characters
    "first",  # whether its passage begins with it
    "body",  # whether it stands in running text
    "heading",  # ... in a heading, alone
    "facts",  # ... in title, byline or masthead
    # what is asked, as probabilities
    "number", "who", "fact", "define", "list", "compare", "summary", "document",
)  # fmt: skip

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年|[—–\-/]|$)")
# In titles, names of files and questions 年 is left out, and nothing is counted: 2018廉政会议.
_SHORT_YEAR = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?![\d.,，．]|[元人名个家户亩次件米吨多余万亿%％公])"
)
_FIGURE = re.compile(
    r"\d[\d,.]*|[一二三四五六七八九十百千两][一二三四五六七八九十百千万亿]*"
    r"(?=[个种项年月日天元人次倍成岁件届批家名条户])"
)
_BACK = re.compile(r"去年|上年|过去|回顾|[五一]年来|以来")
_THIS_YEAR, _LAST_YEAR = re.compile(r"今年|本年"), re.compile(r"去年|上年")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found."""

    sentence: Sentence
    hit: int  # number of its passage among those found
    row: int  # number of the sentence in its passage


class QuestionWords:
    """The tokens of a question and what each is worth."""

    def __init__(self, tokens: Sequence[str], weights: Mapping[str, float]) -> None:
        self._weights = {token: weights[token] for token in dict.fromkeys(tokens)}
        self._total = sum(self._weights.values()) or 1.0
        self._rarest = max(self._weights.values(), default=1.0)

    def share(self, held: set[str]) -> float:
        """The share of the question that a text with these tokens holds, 0..1."""
        return sum(w for token, w in self._weights.items() if token in held) / self._total

    def rarest_missing(self, held: set[str]) -> float:
        """What the rarest word is worth that `held` lacks, beside the rarest of all, 0..1."""
        missing = (w for token, w in self._weights.items() if token not in held)
        return max(missing, default=0.0) / self._rarest


@dataclass(frozen=True)
class Asked:
    """What of a question the features look at."""

    text: str
    kinds: Mapping[str, float]  # probability of each kind
    quoted: tuple[str, ...] = ()

    @cached_property
    def years(self) -> frozenset[str]:
        """The years that it names."""
        return frozenset(_SHORT_YEAR.findall(self.text)) | years_in(self.text)

    @cached_property
    def day(self) -> str | None:
        """The day that it names, in ISO 8601."""
        return _day(self.text)

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The figures that it holds, years left out."""
        return tuple(f for f in _FIGURE.findall(fold(self.text)) if f not in self.years)


def year_of(sentence: Sentence) -> frozenset[str]:
    """The years that a sentence speaks of: its own, else its leads', else its essay's."""
    for text in (sentence.text, "".join(sentence.trail)):
        if years := {*_YEAR.findall(text), *years_in(text)}:
            return frozenset(years)
    found = _SHORT_YEAR.findall(sentence.essay.called)
    return frozenset(found[:1] or ([sentence.essay.date[:4]] if sentence.essay.date else []))


def _day(*texts: str) -> str | None:
    """The day that the first of some texts names which names one."""
    dates = (date_in(text) for text in texts)
    return next((date for date in dates if date and date.count("-") == 2), None)


def features(
    asked: Asked,
    words: QuestionWords,
    candidates: Sequence[Candidate],
    hits: Sequence[Hit],
    readings: Sequence[Reading] | None,
    tokens: "Tokens",
) -> Features:
    """Return a row of numbers for each candidate."""
    margins = np.array(
        [readings[c.hit].margins[c.row] if readings else 0.0 for c in candidates], np.float32
    )
    best = float(margins.max(initial=-12.0)) if readings else 0.0
    order = np.argsort(np.argsort(-margins, kind="stable"), kind="stable")
    of_hit = np.array([c.hit for c in candidates])
    best_hit = of_hit[int(margins.argmax())] if len(candidates) else 0
    others = margins[of_hit != best_hit]
    second = float(others.max(initial=-12.0)) if readings else 0.0
    top = hits[0].score if hits else 0.0
    cosines = [hit.cosine if hit.cosine is not None else 0.0 for hit in hits]
    heads = [tokens.of(h) for h in (_head(c.sentence) for c in candidates)]
    in_sentence = [tokens.of(c.sentence.text) for c in candidates]
    passages = [tokens.of(hit.passage.text) for hit in hits]
    own = [words.share(held) for held in in_sentence]
    with_lead = [words.share(s | h) for s, h in zip(in_sentence, heads, strict=True)]
    most = max(with_lead, default=0.0)
    rows = []
    for n, candidate in enumerate(candidates):
        sentence, hit = candidate.sentence, hits[candidate.hit]
        window = passages[candidate.hit] | heads[n]
        role = sentence.paragraph.role
        rows.append(
            (
                margins[n],
                margins[n] - best,
                best,
                second,
                np.log1p(order[n]) if readings else 0.0,
                readings[candidate.hit].certain[candidate.row] if readings else 0.0,
                hit.score - top,
                np.log1p(hit.rank),
                cosines[candidate.hit],
                max(cosines),
                own[n],
                with_lead[n],
                words.share(window),
                most,
                words.rarest_missing(window),
                _held(asked.quoted, sentence.text),
                _held(asked.quoted, hit.passage.text, sentence.essay.called),
                _year_fit(asked, sentence),
                float(bool(_BACK.search(sentence.text + "".join(sentence.trail)))),
                _held(asked.figures, sentence.text),
                float(bool(_FIGURE.search(fold(sentence.text)))),
                np.log1p(len(sentence.text)),
                float(candidate.row == 0),
                float(role in {"body", "note"}),
                float(role == "heading"),
                float(role in {"title", "byline", "masthead", "distribution"}),
                *(asked.kinds.get(kind, 0.0) for kind in NAMES[-8:]),
            )
        )
    return np.array(rows, np.float32).reshape(len(candidates), len(NAMES))


def _head(sentence: Sentence) -> str:
    essay = sentence.essay
    return " ".join([*sentence.trail, essay.called, essay.place or "", essay.author or ""])


def _held(wanted: Sequence[str], *texts: str) -> float:
    """The share of phrases that some text holds; 1 where there are none."""
    text = fold("\n".join(texts)) if wanted else ""
    return sum(fold(phrase) in text for phrase in wanted) / len(wanted) if wanted else 1.0


def _year_fit(asked: Asked, sentence: Sentence) -> float:
    """1 where a sentence speaks of a year or day that is asked for, -1 where of another, else 0."""
    if asked.day and (own_day := _day(sentence.text, *sentence.trail[::-1])):
        return 1.0 if own_day == asked.day else -1.0
    wanted = set(asked.years)
    if sentence.essay.date or sentence.essay.called:
        title = _SHORT_YEAR.findall(sentence.essay.called)
        now = title[0] if title else (sentence.essay.date or "")[:4]
        if now.isdigit():
            wanted |= {now} if _THIS_YEAR.search(asked.text) else set()
            wanted |= {str(int(now) - 1)} if _LAST_YEAR.search(asked.text) else set()
    own = year_of(sentence) if wanted else frozenset()
    return (1.0 if own & wanted else -1.0) if own else 0.0


class Tokens:
    """Cuts texts into the tokens of the index; a text is cut once."""

    def __init__(self, cut: Callable[[str], Sequence[str]]) -> None:
        self._cut = cut
        self._known: dict[str, set[str]] = {}

    def of(self, text: str) -> set[str]:
        """The tokens of a text."""
        if text not in self._known:
            self._known[text] = set(self._cut(text))
        return self._known[text]
