"""Question and scope → evidence: the sentences that may answer, each with its probability.

Retrieve, read, weigh: the best passages of the scope are read once by the reader, each of their
sentences becomes a row of features, and one model turns a row into a probability.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace

from rag.answering.evidence_model import trained
from rag.answering.features import Asked, Candidate, Features, QuestionWords, Tokens, features
from rag.answering.reader import OnnxReader, Reading
from rag.answering.tree import Sentence, Trees
from rag.answering.window import Window
from rag.figures import arabic_years
from rag.index import EVERYTHING, Generation
from rag.retrieval import Retriever
from rag.retrieval.ranker import term_weights
from rag.types import Filters, Hit, Passage, Span
from rag.words import fold

READ = 12  # passages that are read for one answer
_FOUND = 100  # passages among which those with a name are looked for
_ALL = 1000  # ... where every essay is to be among them
_SPARE = 8  # passages more, for reprints that do not speak
READ_MANY = 21  # ... for a list or a comparison
SHARE: ContextVar[float] = ContextVar("share of the passages that are read", default=1.0)
_MOST = 0.99  # probability of a follow-up's answer
_UNFOUND = 0.01  # probability of a sentence that a search did not bring


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a generation, and of which of its passages."""

    asked: Asked  # the question as it stands alone
    filters: Filters = EVERYTHING  # the essays that may be cited
    read: int = READ  # how many passages are read
    holding: Sequence[str] = ()  # names of which each passage must hold one, leads included
    each: int | None = None  # how many passages of one essay are read; None for no limit
    lists: bool = False  # whether the probability is that of belonging in a list


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and what speaks for it."""

    sentence: Sentence
    probability: float  # that it answers, 0..1
    span: Span | None  # what in its paragraph answers; None where there is no reader
    certain: float  # the probability of that span among all of its passage, 0..1
    hit: Hit  # the passage it was found in


@dataclass(frozen=True, slots=True)
class Weighed:
    """The candidates of a question before they are put in order; for training."""

    candidates: Sequence[Candidate]
    hits: Sequence[Hit]
    readings: Sequence[Reading] | None
    rows: Features


class Gatherer:
    """Finds evidence in one generation. Thread-safe."""

    def __init__(
        self, generation: Generation, retriever: Retriever, reader: OnnxReader | None
    ) -> None:
        self.trees = Trees(generation.records)
        self._retriever = retriever
        self._generation = generation
        self._reader = reader

    def sentences(self, passage: Passage) -> list[Sentence]:
        """Return the sentences of a passage."""
        tree = self.trees.of(passage.essay_id)
        return tree.sentences(passage.paragraph_id, (passage.start, passage.end))

    def evidence(self, query: Query) -> list[Evidence]:
        """Return the sentences of the best passages, the likeliest answer first."""
        weighed = self.weigh(query)
        model = trained(by_reader=weighed.readings is not None, lists=query.lists)
        found = []
        for candidate, probability in zip(
            weighed.candidates, model.probabilities(weighed.rows), strict=True
        ):
            span, certain, sentence = None, 0.0, candidate.sentence
            hit = weighed.hits[candidate.hit]
            if weighed.readings is not None:
                reading, row = weighed.readings[candidate.hit], candidate.row
                start, end = reading.spans[row]
                span = (sentence.start + start, min(sentence.start + end, sentence.end))
                certain = math.exp(reading.certain[row])
            found.append(Evidence(sentence, float(probability), span, certain, hit))
        return _ordered(found)

    def weigh(self, query: Query) -> Weighed:
        """Return the sentences of the best passages with their features."""
        asked, hits = query.asked, self._hits(query)
        windows = [self.sentences(hit.passage) for hit in hits]
        candidates = [
            Candidate(sentence, number, row)
            for number, own in enumerate(windows)
            for row, sentence in enumerate(own)
        ]
        seen = [*map(_window, windows)]
        text = arabic_years(asked.text)
        readings = self._reader.read(text, seen) if self._reader else None
        tokens = self._generation.tokenizer.tokens
        cut, learned = tokens(asked.text), term_weights()
        idfs = self._generation.bm25.idfs(cut) if cut else ()
        weights = {t: float(idf) * learned.get(t, 1.0) for t, idf in zip(cut, idfs, strict=True)}
        rows = features(
            asked, QuestionWords(cut, weights), candidates, hits, readings, Tokens(tokens)
        )
        return Weighed(candidates, hits, readings, rows)

    def _hits(self, query: Query) -> list[Hit]:
        records, names = self._generation.records, [fold(name) for name in query.holding]
        look = _ALL if query.each else _FOUND if names else query.read + _SPARE
        found, seen = [], Counter[str]()
        for hit in self._retriever.search(query.asked.text, look, query.filters):
            essay = records.essay(hit.passage.essay_id)
            if query.filters == EVERYTHING and essay.reprint_of:
                continue
            if names:
                above = records.paragraph(hit.passage.paragraph_id).trail
                around = fold("\n".join([essay.called, *above, hit.passage.text]))
                if not any(name in around for name in names):
                    continue
            seen[essay.essay_id] += 1
            if query.each is None or seen[essay.essay_id] <= query.each:
                found.append(hit)
        return found[: round(query.read * SHARE.get())]


def _window(sentences: Sequence[Sentence]) -> Window:
    """What the reader sees of a passage: its sentences, and a line that says where they stand."""
    if not sentences:
        return Window("", ())
    return Window.of(sentences[0].essay, sentences[0].trail, [s.text for s in sentences])


def likelier(
    evidence: Sequence[Evidence], factor: float, but: Collection[str] = ()
) -> list[Evidence]:
    """Return evidence whose odds are `factor` times as high, `but` for essays with these ids."""
    return _ordered(
        each
        if each.sentence.essay.essay_id in but
        else replace(each, probability=factor * (p := each.probability) / (1 + (factor - 1) * p))
        for each in evidence
    )


def both(alone: Sequence[Evidence], joined: Sequence[Evidence]) -> list[Evidence]:
    """Return what answers a follow-up, weighed alone and joined to the question before it.

    Alone it says too little of what it is about; joined it finds again what answered the question
    before. What answers is likely in both, so the geometric mean orders, where what only one of the
    searches brought is unlikely in the other. The best is as likely as it is alone, or more where
    it is likelier joined.
    """
    every = {each.sentence.key: each for each in (*joined, *alone)}
    one, other = ({e.sentence.key: e.probability for e in found} for found in (alone, joined))
    means = {k: math.sqrt(one.get(k, _UNFOUND) * other.get(k, _UNFOUND)) for k in every}
    raised = [math.sqrt(p * max(p, other.get(key, 0.0))) for key, p in one.items()]
    scale = max(raised, default=0.0) / max(means.values(), default=1.0)
    return _ordered(replace(e, probability=min(_MOST, means[k] * scale)) for k, e in every.items())


def _ordered(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The likeliest answer first."""
    return sorted(evidence, key=lambda e: (-e.probability, e.hit.rank, e.sentence.start))
