"""Which sentences answer a question, in the order of how well they do.

A sentence is scored by how much of the topic it covers itself, what its leads cover counting
less, and by whether it holds the kind of thing asked for: a figure, a date, the right year.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.kinds import Figure
from rag.answering.matching import Matcher
from rag.answering.question import Question, Term
from rag.answering.shelf import Book, Sentence, Shelf
from rag.retrieval import Retriever
from rag.types import Essay, Filters, Hit, Span

_BY_LEAD = 0.8  # what a term is worth that only a lead above the sentence holds
_NEARBY = 0.6  # ... that only the sentences around it hold
_BY_TITLE = 0.5  # ... that only the essay's title holds
_ITSELF = 0.1  # bonus for what the sentence itself holds
_CANDIDATES = 40  # passages looked into where nothing limits the essays
_BOOKS = 4  # up to so many essays are read whole
_NEAREST = 10  # passages whose sentences are judged by meaning, whatever their letters
_CLOSELY = 40  # sentences that are judged by meaning for their letters

_NUMBER = r"\d[\d,.]*(?:多|余|来)?(?:[—–~-]\d[\d.]*)?"
_FIGURE = re.compile(
    rf"{_NUMBER}(?:%|％|‰|万|亿|千|百|多|余)*(?:个百分点|[—–~-]{_NUMBER}[%％])?(?:人次|平方米|平方公里|"
    r"立方米|微克/立方米|分钟|小时|公里|个月|[元人个家名种项期年月日天吨亩件条次户所座台辆村倍岁届批场篇米克级"
    r"位处套张度斤])?(?:以上|以下|以内|左右)?"
)
_COUNTED = r"(?:\d[\d,.]*|[一二三四五六七八九十百千两]+)(?:多|余|来)?[万亿千百]*(?:多|余)?"
_DATE = re.compile(r"\d+\s*[年月日]|[二〇零一三四五六七八九十]+[年月日]")
_SHARE = re.compile(r"[%％‰]|百分之|分之")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年|[—–-])")
_CLAUSE = re.compile(r"[^，；：。！？]+[，；：。！？]?[”’」』）]*")
_PAST = re.compile(r"去年|过去|回顾|五年来|一年来|成就")
_WANTED = re.compile(r"目标|预期|打算|计划|准备|要(?:保持|达到|新增|控制|稳定|提高|实现)")
_YEARS = re.compile(r"年均|五年|“十[三四五六]五”")
_AHEAD = re.compile(r"今年|目标|预期|力争|安排|计划|部署|要|任务|建议")
_GOAL = re.compile(r"目标|预期|建议|计划|安排|力争|确保|努力")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and how well it answers, 0..1 and a little above."""

    sentence: Sentence
    score: float
    coverage: float  # of the topic, by the sentence with its leads


def _key(sentence: Sentence) -> tuple[str, int]:
    return sentence.paragraph.paragraph_id, sentence.start


def _order(evidence: Evidence) -> tuple[float, str, int]:
    return (-evidence.score, *_key(evidence.sentence))


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
        """Return the sentences of `essays` that cover something of the topic, best first.

        All candidates are judged by their letters; those that come out ahead, and those of the
        passages that retrieval holds nearest, are judged again by what their words mean.
        """
        filters = Filters(essay_id=tuple(essay.essay_id for essay in essays))
        hits = self.retriever.search(question.text, _CANDIDATES, filters)
        near = self._sentences(hits[:_NEAREST])
        whole = len(essays) <= _BOOKS
        pool = (
            [s for book in self.books(essays) for s in book.sentences]
            if whole
            else (self._sentences(hits))
        )
        found = sorted((self._judge(question, s, meaning=False) for s in pool), key=_order)
        closely = {_key(s): s for s in [*(e.sentence for e in found[:_CLOSELY]), *near]}
        read = {key: self._judge(question, s, meaning=True) for key, s in closely.items()}
        found = [*read.values(), *(e for e in found if _key(e.sentence) not in read)]
        return sorted((evidence for evidence in found if evidence.coverage > 0), key=_order)

    def nearest(self, question: Question, essays: Sequence[Essay]) -> Sentence | None:
        """Return the sentence nearest to the question, to show beside a refusal.

        It shares words with the question, but it is no answer.
        """
        filters = Filters(essay_id=tuple(essay.essay_id for essay in essays))
        hits = [h for h in self.retriever.search(question.text, _NEAREST, filters) if h.sparse_rank]
        terms = [Term(term.text) for term in question.terms]
        return max(
            self._sentences(hits[:1]),
            default=None,
            key=lambda s: self.matcher.coverage(terms, s.text, meaning=False),
        )

    def _sentences(self, hits: Sequence[Hit]) -> list[Sentence]:
        """Return the sentences that begin in the passages of `hits`."""
        spans: dict[str, list[Span]] = {}
        for hit in hits:
            passage = hit.passage
            spans.setdefault(passage.paragraph_id, []).append((passage.start, passage.end))
        return [
            sentence
            for essay_id in dict.fromkeys(hit.passage.essay_id for hit in hits)
            for sentence in self.shelf.book(essay_id).sentences
            for a, b in spans.get(sentence.paragraph.paragraph_id, ())
            if a <= sentence.start < b
        ]

    def _judge(self, question: Question, sentence: Sentence, *, meaning: bool) -> Evidence:
        matcher, terms = self.matcher, question.terms
        own = matcher.matches(terms, sentence.text, meaning=meaning)
        worth = (
            (_BY_LEAD, sentence.context, meaning),
            (_BY_LEAD, sentence.opening, False),
            (_NEARBY, sentence.around, False),
        )
        best = own
        for share, text, by_meaning in worth:
            if text:
                held = matcher.matches(terms, text, meaning=by_meaning)
                best = [max(b, share * h) for b, h in zip(best, held, strict=True)]
        if not _has_required(question, best):
            return Evidence(sentence, 0.0, 0.0)
        title = matcher.matches(terms, sentence.essay.title or "", meaning=False)
        best = [max(b, _BY_TITLE * t) for b, t in zip(best, title, strict=True)]
        coverage = matcher.mean(terms, best)
        score = coverage + _ITSELF * matcher.mean(terms, own)
        if question.figure:
            score *= self._figure(question, question.figure, sentence)
        return Evidence(sentence, score * _in_year(question, sentence), coverage)

    def _figure(self, question: Question, figure: Figure, sentence: Sentence) -> float:
        """How well the sentence gives the figure asked for: of its kind, and on the topic."""
        if figure.kind == "date":
            return 1.1 if _DATE.search(sentence.text) else 0.5
        if figure.kind == "share" and not _SHARE.search(sentence.text):
            return 0.6
        if figure.unit and not re.search(_COUNTED + figure.unit, sentence.text):
            return 0.5
        clauses = _CLAUSE.findall(sentence.text)
        near = [
            self.matcher.coverage(question.terms, before + clause, meaning=False)
            for before, clause in zip(["", *clauses], clauses, strict=False)
            if re.search(r"\d", clause) or (figure.unit and re.search(_COUNTED, clause))
        ]
        if not near:
            return 0.7
        aimed = _GOAL.search(sentence.opening + sentence.text) or not figure.goal
        return (0.9 + 0.25 * max(near)) * (1.05 if aimed else 0.85)


def _has_required(question: Question, matches: Sequence[float]) -> bool:
    """Whether every foreign place and figure is there, and one term in quotation marks at least."""
    held = {t.text: m >= 0.5 for t, m in zip(question.terms, matches, strict=True) if t.required}
    quoted = [held.pop(term) for term in question.named.quoted if term in held]
    return all(held.values()) and (any(quoted) or not quoted)


def _in_year(question: Question, sentence: Sentence) -> float:
    """Whether the sentence speaks of the year asked about.

    A report of 2026 looks back on 2025 in one part and ahead in another; its sentences seldom
    name the year, its headings do.
    """
    essay = sentence.essay
    written = next(iter(_YEAR.findall(essay.title or "")), (essay.date or "")[:4])
    asked = set(question.years)
    if "今年" in question.text:
        asked.add(written)
    if "去年" in question.text and written:
        asked.add(str(int(written) - 1))
    if not asked:
        looks_back = _PAST.search(sentence.context) and _WANTED.search(question.text)
        return 0.8 if looks_back else 1.0
    text = sentence.opening + sentence.text
    if named := set(_YEAR.findall(text)):
        return 1.15 if named & asked else 0.6
    headed = set(_YEAR.findall(sentence.context))
    if written in asked:
        if _PAST.search(sentence.context) or (headed and not headed & asked):
            return 0.7
        if _YEARS.search(sentence.context + text):
            return 0.85
        return 1.1 if headed or _AHEAD.search(text) else 1.0
    if headed & asked:
        return 1.1
    if written and str(int(written) - 1) in asked and _PAST.search(sentence.context):
        return 1.05
    return 0.4


def figures(text: str) -> list[Span]:
    """Return the figures in `text` with their units.

    >>> [("增长4.5%左右")[a:b] for a, b in figures("增长4.5%左右")]
    ['4.5%左右']
    """
    return [match.span() for match in _FIGURE.finditer(text)]
