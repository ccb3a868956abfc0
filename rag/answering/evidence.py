"""Which sentences answer a question, in the order of how well they do.

A sentence is scored by how much of the topic it covers itself, what its leads cover counting
less, and by whether it holds the kind of thing asked for: a figure, a date, the right year.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from rag.answering.figures import figure_fit
from rag.answering.matching import Matcher
from rag.answering.question import Question, Term
from rag.answering.scope import Scope
from rag.answering.shelf import Book, Sentence, Shelf
from rag.answering.wanted import Topic, plain, plain_part
from rag.answering.years import year_fit
from rag.retrieval import EVERYTHING, Retriever
from rag.types import Essay, Filters, Hit, Span

_BY_LEAD = 0.8  # what a term is worth that only a lead above the sentence holds
_NEARBY = 0.6  # ... that only the sentences around it hold
_BY_TITLE = 0.5  # ... that only the essay's title holds
_ITSELF = 0.1  # bonus for what the sentence itself holds
_CANDIDATES = 40  # passages looked into where nothing limits the essays
_FOR_ONE = 16  # ... where one fact is asked of hundreds: as many of CMRC's are right as with 40
_DEEP = 200  # ... that choose among hundreds of essays
_LOOKED = 30  # essays of hundreds that are looked into
MANY = 100  # essays up to which each is looked into
BOOKS = 4  # up to so many essays are read whole
_LIGHT = 0.3  # share of the heaviest word's weight under which a word does not make the topic
_HELD = 0.5  # match from which a text speaks of a term
_NEAREST = 10  # passages that may be shown beside a refusal


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and how well it answers, 0..1 and a little above."""

    sentence: Sentence
    score: float
    coverage: float  # of the topic, by the sentence with its leads
    fit: float = 1.0  # factor in the score for how well its figure and its year fit


def to_the_letter(question: Question, found: Sequence[Evidence]) -> list[Evidence]:
    """Return those that hold the question's phrase, where any does; else all."""
    if not question.phrase:
        return list(found)
    phrase = re.compile(question.phrase)
    kept = [e for e in found if phrase.search(plain(e.sentence.context + e.sentence.text))]
    return kept or list(found)


def _key(sentence: Sentence) -> tuple[str, int]:
    return sentence.paragraph.paragraph_id, sentence.start


def _order(evidence: Evidence) -> tuple[float, str, int]:
    return (-evidence.score, *_key(evidence.sentence))


class _NotKept(Exception):
    """What was found by words for want of the encoder, which may be back a moment later."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        super().__init__()
        self.hits = hits


class Desk:
    """Where a question meets the essays."""

    def __init__(self, shelf: Shelf, matcher: Matcher, retriever: Retriever) -> None:
        self.shelf = shelf
        self.matcher = matcher
        self.retriever = retriever
        self._kept = lru_cache(maxsize=64)(self._found)  # a refusal asks a second time

    def books(self, essays: Sequence[Essay]) -> list[Book]:
        """Open the books of `essays`."""
        return [self.shelf.book(essay.essay_id) for essay in essays]

    def rank(self, question: Question, essays: Sequence[Essay]) -> list[Evidence]:
        """Return the sentences of `essays` that cover something of the topic, best first.

        Where few essays are asked all of their sentences are judged.
        """
        if len(essays) <= BOOKS:
            return self._read(question, [s for b in self.books(essays) for s in b.sentences])
        return self._read(question, self._sentences(self._candidates(question, essays)))

    def rank_many(self, question: Question, essays: Sequence[Essay]) -> dict[str, list[Evidence]]:
        """Return what `rank` does for the nearest of very many essays, by their ids.

        Only the sentences of passages near to the question are judged.
        """
        found: dict[str, list[Evidence]] = {e.essay_id: [] for e in self.near(question, essays)}
        hits = self._hits(question, _DEEP, essays)
        own = [hit for hit in hits if hit.passage.essay_id in found]
        for evidence in self._read(question, self._sentences(own)):
            found[evidence.sentence.essay.essay_id].append(evidence)
        return found

    def near(self, question: Question, essays: Sequence[Essay]) -> list[Essay]:
        """Return those of very many essays whose passages are nearest, in their order."""
        hits = self._hits(question, _DEEP, essays)
        looked = set(list(dict.fromkeys(hit.passage.essay_id for hit in hits))[:_LOOKED])
        return [essay for essay in essays if essay.essay_id in looked]

    def _read(self, question: Question, pool: Sequence[Sentence]) -> list[Evidence]:
        """Judge the sentences of `pool`."""
        topic = self.matcher.topic(question.terms)
        found = (self._judge(question, topic, sentence) for sentence in pool)
        return sorted((evidence for evidence in found if evidence.coverage > 0), key=_order)

    def _asks_one(self, question: Question, essays: Sequence[Essay]) -> bool:
        """Whether one sentence of very many essays answers."""
        return len(essays) > MANY and question.kind not in {"list", "compare"}

    def _candidates(self, question: Question, essays: Sequence[Essay]) -> Sequence[Hit]:
        one = self._asks_one(question, essays)
        return self._hits(question, _FOR_ONE if one else _CANDIDATES, essays)

    def _hits(self, question: Question, k: int, essays: Sequence[Essay]) -> Sequence[Hit]:
        """Return the k passages of `essays` that are nearest to the question.

        Most of all essays are not named to the index one by one: more passages are asked for, and
        those of the few others are left out.
        """
        search, total = self._search, len(self.shelf.essays)
        ids = essays.ids if isinstance(essays, Scope) else {essay.essay_id for essay in essays}
        if 2 * len(ids) <= total:
            named = Filters(essay_id=tuple(essay.essay_id for essay in essays))
            return search(question.text, k, named)
        wanted = k if len(ids) == total else k + k // 2
        while True:
            hits = search(question.text, wanted)
            kept = [hit for hit in hits if hit.passage.essay_id in ids]
            if len(kept) >= k or len(hits) < wanted:
                return kept[:k]
            wanted *= 2

    def _search(self, text: str, k: int, filters: Filters = EVERYTHING) -> Sequence[Hit]:
        try:
            return self._kept(text, k, filters)
        except _NotKept as found:
            return found.hits

    def _found(self, text: str, k: int, filters: Filters) -> Sequence[Hit]:
        hits = self.retriever.search(text, k, filters)
        if self.retriever.asked.fault:
            raise _NotKept(hits)
        return hits

    def nearest(self, question: Question, essays: Sequence[Essay]) -> Sentence | None:
        """Return the sentence nearest to the question, to show beside a refusal.

        It shares words with the question, but it is no answer.
        """
        hits = self._candidates(question, essays)[:_NEAREST]
        hits = [hit for hit in hits if hit.sparse_rank]
        terms = [Term(term.text) for term in question.terms]
        return max(
            self._sentences(hits[:1]),
            default=None,
            key=lambda s: self.matcher.coverage(terms, s.text),
        )

    def speaks(self, terms: Sequence[Term], evidence: Evidence) -> bool:
        """Whether a sentence, with its leads and title, speaks of every weighty one of `terms`."""
        sentence = evidence.sentence
        text = (sentence.essay.title or "") + sentence.context + sentence.text
        return min(self.matcher.matches(self.weighty(terms), text), default=0.0) >= _HELD

    def weighty(self, terms: Sequence[Term]) -> list[Term]:
        """Return the words that make the topic: 集体经济 in 集体经济怎么发展."""
        weights = [self.matcher.weight(term) for term in terms]
        return [t for t, w in zip(terms, weights, strict=True) if w >= _LIGHT * max(weights)]

    def _sentences(self, hits: Sequence[Hit]) -> list[Sentence]:
        """Return the sentences that begin in the passages of `hits`."""
        spans: dict[str, dict[str, list[Span]]] = {}  # essay → paragraph → passages
        for hit in hits:
            passage = hit.passage
            paragraphs = spans.setdefault(passage.essay_id, {})
            paragraphs.setdefault(passage.paragraph_id, []).append((passage.start, passage.end))
        books = [(self.shelf.book(essay_id), inside) for essay_id, inside in spans.items()]
        return [
            sentence
            for book, inside in books
            for paragraph in book.paragraphs
            if paragraph.paragraph_id in inside
            for sentence in book.of(paragraph.paragraph_id)
            for a, b in inside[paragraph.paragraph_id]
            if a <= sentence.start < b
        ]

    def _judge(self, question: Question, topic: Topic, sentence: Sentence) -> Evidence:
        own, best = self._held(topic, sentence)
        if not _has_required(question, best):
            return Evidence(sentence, 0.0, 0.0)
        title = self.matcher.matches(topic, sentence.essay.title or "")
        best = [max(b, _BY_TITLE * t) for b, t in zip(best, title, strict=True)]
        if not any(best):
            return Evidence(sentence, 0.0, 0.0)
        coverage = self.matcher.mean(topic, best)
        fit = figure_fit(self.matcher, question, sentence) * year_fit(question, sentence)
        score = fit * (coverage + _ITSELF * self.matcher.mean(topic, own))
        return Evidence(sentence, score, coverage, fit)

    def _held(self, topic: Topic, sentence: Sentence) -> tuple[Sequence[float], Sequence[float]]:
        """Return the match of each term by the sentence itself, and by it with what is around it.

        What no letter of the paragraph speaks of, no part of it does: most are put aside so.
        """
        matches = partial(self.matcher.matches, topic)
        paragraph = matches(sentence.paragraph.text)
        inside = partial(matches, within=paragraph)
        own = inside(sentence.text)
        found = [own]
        if sentence.trail:
            context = matches(sentence.context)
            found.append([_BY_LEAD * value for value in context])
        if any(paragraph):
            if sentence.opening:
                found.append([_BY_LEAD * value for value in inside(sentence.opening)])
            wanting = _wanting(topic, paragraph, own)
            if any(wanting):
                found.append([_NEARBY * value for value in self._around(topic, sentence, wanting)])
        return own, own if len(found) == 1 else list(map(max, *found))

    def _around(self, topic: Topic, sentence: Sentence, within: Sequence[float]) -> Sequence[float]:
        """Return the match of each term by the text around a sentence."""
        start, end = sentence.reach
        if start == 0 and end >= len(sentence.paragraph.text):
            return within
        held = plain_part(sentence.paragraph.text, *sentence.reach)
        return self.matcher.matches(topic, sentence.around, within=within, held=held)


def _wanting(topic: Topic, paragraph: Sequence[float], own: Sequence[float]) -> Sequence[float]:
    """Return what the paragraph holds without what stands nearby and is in the sentence itself."""
    if topic.abbreviations:  # these are found by two terms at a time
        return paragraph
    return [p if o < _NEARBY else 0.0 for p, o in zip(paragraph, own, strict=True)]


def _has_required(question: Question, matches: Sequence[float]) -> bool:
    """Whether every foreign place and figure is there, and one term in quotation marks at least."""
    if not any(term.required for term in question.terms):
        return True
    held = {t.text: m >= 0.5 for t, m in zip(question.terms, matches, strict=True) if t.required}
    quoted = [held.pop(term) for term in question.named.quoted if term in held]
    return all(held.values()) and (any(quoted) or not quoted)
