"""Question and scope → evidence: the sentences that may answer, each with its probability.

Retrieve, read, weigh: the best passages of the scope are read once by the reader, each of their
sentences becomes a row of features, and one model turns a row into a probability.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.evidence_model import trained
from rag.answering.features import Asked, Candidate, Features, QuestionWords, Tokens, features
from rag.answering.reader import OnnxReader, Reading
from rag.answering.tree import Sentence, Trees
from rag.answering.window import Window
from rag.index import EVERYTHING, Generation
from rag.retrieval import Retriever
from rag.retrieval.terms import term_weights
from rag.types import Filters, Hit, Span
from rag.words import fold

READ = 24  # passages that are read for one answer
_FOUND = 100  # passages among which those with a name are looked for
_ALL = 1000  # ... where every essay is to be among them
_SPARE = 8  # passages more, for reprints that do not speak
READ_MANY = 40  # ... for a list or a comparison


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and what speaks for it."""

    sentence: Sentence
    probability: float  # that it answers, 0..1
    span: Span | None  # what in its paragraph answers; None where there is no reader
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
        self, generation: Generation, retriever: Retriever, trees: Trees, reader: OnnxReader | None
    ) -> None:
        self.retriever = retriever
        self.trees = trees
        self._generation = generation
        self._reader = reader

    def evidence(
        self,
        asked: Asked,
        filters: Filters,
        read: int = READ,
        holding: Sequence[str] = (),
        each: int | None = None,
    ) -> list[Evidence]:
        """Return the sentences of the best passages, the likeliest answer first.

        Args:
            asked: the question as it stands alone.
            filters: the essays that may be cited.
            read: how many passages are read.
            holding: names of which each passage must hold one, with its title and leads.
            each: how many passages of one essay are read; None for no limit.
        """
        weighed = self.weigh(asked, filters, read, holding, each)
        model = trained(by_reader=weighed.readings is not None)
        probabilities = model.probabilities(weighed.rows)
        found = []
        for candidate, probability in zip(weighed.candidates, probabilities, strict=True):
            span = None
            if weighed.readings is not None:
                start, end = weighed.readings[candidate.hit].spans[candidate.row]
                at = candidate.sentence.start
                span = (at + start, min(at + end, candidate.sentence.end))
            hit = weighed.hits[candidate.hit]
            found.append(Evidence(candidate.sentence, float(probability), span, hit))
        return sorted(found, key=lambda e: (-e.probability, e.hit.rank, e.sentence.start))

    def weigh(
        self,
        asked: Asked,
        filters: Filters,
        read: int = READ,
        holding: Sequence[str] = (),
        each: int | None = None,
    ) -> Weighed:
        """Return the sentences of the best passages with their features."""
        hits = self._hits(asked.text, filters, read, holding, each)
        candidates, windows = [], []
        for number, hit in enumerate(hits):
            passage = hit.passage
            tree = self.trees.of(passage.essay_id)
            own = tree.sentences(passage.paragraph_id, (passage.start, passage.end))
            candidates += [Candidate(s, number, row) for row, s in enumerate(own)]
            windows.append(_window(own))
        readings = self._reader.read(asked.text, windows) if self._reader and hits else None
        tokenizer = self._generation.tokenizer
        cut = tokenizer.tokens(asked.text)
        idfs = self._generation.bm25.idfs(cut) if cut else ()
        learned = term_weights()
        weights = {
            t: idf * learned.get(t, 1.0) for t, idf in zip(cut, map(float, idfs), strict=True)
        }
        words = QuestionWords(cut, weights)
        rows = features(asked, words, candidates, hits, readings, Tokens(tokenizer.tokens))
        return Weighed(candidates, hits, readings if self._reader else None, rows)

    def _hits(
        self, text: str, filters: Filters, read: int, holding: Sequence[str], each: int | None
    ) -> Sequence[Hit]:
        essay = self._generation.records.essay
        names = [fold(name) for name in holding]
        look = _FOUND if names else read + _SPARE
        found = [
            hit
            for hit in self.retriever.search(text, look if each is None else _ALL, filters)
            if (filters != EVERYTHING or not essay(hit.passage.essay_id).reprint_of)
            and (not names or any(name in self._around(hit) for name in names))
        ]
        if each is not None:
            found = _few_of_each(found, each)
        return found[:read]

    def _around(self, hit: Hit) -> str:
        """A passage with what stands above it, folded."""
        essay = self._generation.records.essay(hit.passage.essay_id)
        above = self._generation.records.paragraph(hit.passage.paragraph_id).trail
        return fold("\n".join([essay.called, *above, hit.passage.text]))


def _few_of_each(hits: Sequence[Hit], most: int) -> list[Hit]:
    """The first `most` passages of each essay."""
    seen: Counter[str] = Counter()
    kept = []
    for hit in hits:
        seen[hit.passage.essay_id] += 1
        if seen[hit.passage.essay_id] <= most:
            kept.append(hit)
    return kept


def _window(sentences: Sequence[Sentence]) -> Window:
    """What the reader sees of a passage: its sentences, and a line that says where they stand."""
    if not sentences:
        return Window("", ())
    return Window.of(sentences[0].essay, sentences[0].trail, [s.text for s in sentences])
