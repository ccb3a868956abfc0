"""Which sentences answer a question, in the order of how well they do.

A sentence is scored by how much of the topic it covers itself, what its leads cover counting
less, and by whether it holds the kind of thing asked for: a figure, a date, the right year.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answering.matching import Matcher
from rag.answering.question import Question
from rag.answering.shelf import Book, Sentence, Shelf
from rag.retrieval import Retriever
from rag.types import Essay, Filters, Span

_BY_LEAD = 0.8  # what a term is worth that only a lead above the sentence holds
_BY_TITLE = 0.5  # ... that only the essay's title holds
_CANDIDATES = 40  # passages looked into where nothing limits the essays
_BOOKS = 4  # up to so many essays are read whole

_NUMERAL = re.compile(
    r"(?:\d[\d,.]*|[一二三四五六七八九十百千两]+)(?:多|余|来)?"
    r"(?:%|％|[—–~-]\d[\d.]*%|个百分点|‰|万|亿|千|百)*(?:多|余)?"
    r"(?:元|人次|人|个|家|名|种|项|期|年|月|日|天|分钟|小时|公里|吨|亩|平方米|平方公里|立方米|件|条|次|户|"
    r"所|座|台|辆|村|倍|岁|届|批|场|篇|微克|米|克|级|位|处|套|张|度|G|%)?(?:以上|以下|以内|左右)?"
)
_FIGURE = re.compile(r"\d")
_DATE = re.compile(r"\d+\s*[年月日]|[二〇零一三四五六七八九十]+[年月日]")
_SHARE = re.compile(r"[%％‰]|百分之|分之")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年|[—–-])")
_PAST = re.compile(r"去年|过去|回顾|五年来|一年来|成就")
_AHEAD = re.compile(r"今年|目标|预期|力争|安排|计划|部署|要|任务|建议")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and how well it answers, 0..1 and a little above."""

    sentence: Sentence
    score: float
    coverage: float  # of the topic, by the sentence with its leads


class Desk:
    """Where a question meets the essays."""

    def __init__(self, shelf: Shelf, matcher: Matcher, retriever: Retriever) -> None:
        self.shelf = shelf
        self.matcher = matcher
        self.retriever = retriever

    def books(self, essays: Sequence[Essay]) -> list[Book]:
        """Open the books of `essays`."""
        return [self.shelf.book(essay.essay_id) for essay in essays]

    def rank(self, question: Question, essays: Sequence[Essay]) -> list[Evidence]:
        """Return the sentences of `essays` that cover something of the topic, best first."""
        found = [self._judge(question, sentence) for sentence in self._candidates(question, essays)]
        found = [evidence for evidence in found if evidence.coverage > 0]
        return sorted(
            found, key=lambda e: (-e.score, e.sentence.paragraph.paragraph_id, e.sentence.start)
        )

    def _candidates(self, question: Question, essays: Sequence[Essay]) -> Iterable[Sentence]:
        if len(essays) <= _BOOKS:
            return [s for book in self.books(essays) for s in book.sentences]
        filters = Filters(essay_id=tuple(essay.essay_id for essay in essays))
        hits = self.retriever.search(question.text, _CANDIDATES, filters)
        spans: dict[str, list[Span]] = {}
        for hit in hits:
            passage = hit.passage
            spans.setdefault(passage.paragraph_id, []).append((passage.start, passage.end))
        ids = dict.fromkeys(hit.passage.essay_id for hit in hits)
        return [
            sentence
            for essay_id in ids
            for sentence in self.shelf.book(essay_id).sentences
            if any(
                a <= sentence.start < b for a, b in spans.get(sentence.paragraph.paragraph_id, ())
            )
        ]

    def _judge(self, question: Question, sentence: Sentence) -> Evidence:
        matcher, terms = self.matcher, question.terms
        own = matcher.matches(terms, sentence.text)
        above = matcher.matches(terms, sentence.context) if sentence.context else [0.0] * len(own)
        title = matcher.matches(terms, sentence.essay.title or "", meaning=False)
        best = [
            max(o, _BY_LEAD * a, 0.0 if term.required else _BY_TITLE * t)
            for term, o, a, t in zip(terms, own, above, title, strict=True)
        ]
        coverage = matcher.mean(terms, best)
        score = coverage + 0.1 * matcher.mean(terms, own)
        score *= _fits(question, sentence) * _in_year(question, sentence)
        return Evidence(sentence, score, coverage)


def _fits(question: Question, sentence: Sentence) -> float:
    """Whether the sentence holds the kind of thing asked for."""
    if question.kind != "number":
        return 1.0
    if question.dated:
        return 1.1 if _DATE.search(sentence.text) else 0.5
    if question.share:
        return 1.1 if _SHARE.search(sentence.text) else 0.6
    return 1.1 if _FIGURE.search(sentence.text) else 0.7


def _in_year(question: Question, sentence: Sentence) -> float:
    """Whether the sentence speaks of the year asked about.

    A report of 2026 looks back on 2025 in one part and ahead in another; its sentences seldom
    name the year, its headings do.
    """
    written = (sentence.essay.date or "")[:4] or next(
        iter(_YEAR.findall(sentence.essay.title or "")), ""
    )
    asked = set(question.years)
    if "今年" in question.text:
        asked.add(written)
    if "去年" in question.text and written:
        asked.add(str(int(written) - 1))
    if not asked:
        return 1.0
    named = set(_YEAR.findall(sentence.text))
    if named:
        return 1.15 if named & asked else 0.6
    headed = set(_YEAR.findall(sentence.context))
    where = sentence.context + sentence.text
    if written in asked:
        if _PAST.search(sentence.context) or (headed and not headed & asked):
            return 0.7
        return 1.1 if _AHEAD.search(where) else 1.0
    if headed & asked:
        return 1.1
    if written and str(int(written) - 1) in asked and _PAST.search(sentence.context):
        return 1.05
    return 0.4


def figures(text: str) -> list[Span]:
    """Return the figures in `text` with their units, those in Arabic digits only."""
    return [m.span() for m in _NUMERAL.finditer(text) if _FIGURE.match(m.group())]
