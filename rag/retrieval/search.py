"""Question → ranked passages: what words and meaning bring, in the order of one score."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from rag.encoding import Encoder, Reranker, Vectors
from rag.errors import EncoderFailed
from rag.index import EVERYTHING, Pool, Rows, Scores, Snapshot, rank
from rag.passages import title
from rag.retrieval.ranker import Features, Ranker, features, trained_ranker
from rag.retrieval.terms import weighted_terms
from rag.types import Filters, Hit, Passage

POOL = 100  # candidates that words and meaning bring each
RERANKED = 50  # of the ranked passages, that a cross-encoder reads
_log = logging.getLogger(__name__)


class Asked(threading.local):
    """The question that a thread is busy with, which may take several searches."""

    going_on = False
    fault: str | None = None  # why it, or a search by itself, was by words for want of the encoder


class Retriever:
    """Searches one generation, wherever it lies; safe for several threads.

    Where the encoder fails, a question is searched by words, and `fault` says why; what is true of
    the question of this thread, `asked` says.
    """

    def __init__(
        self,
        generation: Snapshot,
        encoder: Encoder | None,
        ranker: Ranker | None = None,
        reranker: Reranker | None = None,
        term_weights: Mapping[str, float] | None = None,
    ) -> None:
        self._generation = generation
        self._encoder = encoder if generation.manifest.by_meaning else None
        self._ranker = ranker
        self._reranker = reranker
        self._term_weights = term_weights
        self._vector = lru_cache(maxsize=256)(self._embedded)
        self.fault: str | None = None  # why the encoder failed when it was last asked
        self.asked = Asked()

    @contextmanager
    def one_question(self) -> Iterator[Asked]:
        """Take the searches of this thread for one question: the encoder fails it only once."""
        self.asked.going_on, self.asked.fault = True, None
        try:
            yield self.asked
        finally:
            self.asked.going_on = False

    def search(self, question: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """Return at most k passages, best first; ranks run 1..n without gaps.

        Only passages of essays that `filters` lets through are ever returned; where none is let
        through, nothing is.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        size = POOL
        pool, rows, scores = self._ranked(question, size, filters)
        while k > len(rows) >= size:  # a score is one among a pool: those of a larger stand behind
            size *= 2
            pool, others, lower = self._ranked(question, size, filters)
            rows, scores = _behind(rows, scores, others, lower)
        rows, scores = rows[:k], scores[:k]
        sparse, dense = _ranks(pool.sparse[:size]), _ranks(pool.dense[:size])
        cosines = dict[int, float]()
        if pool.cosines is not None:
            cosines = dict(zip(pool.rows.tolist(), pool.cosines.tolist(), strict=True))
        passages = self._generation.records.passages(rows)
        return tuple(
            Hit(passage, score, number, dense.get(row), sparse.get(row), cosines.get(row))
            for number, (row, passage, score) in enumerate(
                zip(rows.tolist(), passages, scores.tolist(), strict=True), start=1
            )
        )

    def candidates(
        self, question: str, pool: int, filters: Filters = EVERYTHING
    ) -> tuple[Pool, Features]:
        """Return the candidates of a question, `pool` of either way, and their features."""
        tokens = self._generation.tokenizer.tokens(question)
        terms, boosts = weighted_terms(tokens, self._term_weights)
        query = self.vector(question)
        found = self._generation.candidates(terms, boosts, query, pool, filters)
        return found, features(found)

    def vector(self, question: str) -> Vectors | None:
        """The question's vector; None where it is searched by words alone."""
        if self._encoder is None or (self.asked.going_on and self.asked.fault):
            return None
        try:
            vector = self._vector(question)
        except EncoderFailed as error:
            if self.fault is None:
                _log.warning("questions are searched by words alone: %s", error)
            self.fault = self.asked.fault = str(error)
            return None
        self.asked.fault = None
        return vector

    def _embedded(self, question: str) -> Vectors:
        assert self._encoder is not None
        vector: Vectors = self._encoder.encode_queries([question])[0]
        if len(vector) != (dim := self._generation.manifest.dim):
            raise EncoderFailed(
                f"{self._encoder.name} gives {len(vector)} numbers a vector, the index has {dim}:"
                " run `rag build` again"
            )
        self.fault = None
        return vector

    def _ranked(self, question: str, pool: int, filters: Filters) -> tuple[Pool, Rows, Scores]:
        """The candidates, and their rows by the ranker, the first `RERANKED` by the reranker."""
        found, told = self.candidates(question, pool, filters)
        ranker = self._ranker or trained_ranker(by_meaning=found.cosines is not None)
        rows, scores = rank(found.rows, ranker.scores(told), len(found.rows))
        if self._reranker is not None and len(rows):
            texts = map(self._read, self._generation.records.passages(rows[:RERANKED]))
            read = np.array(self._reranker.scores(question, list(texts)), np.float32)
            rows, scores = _behind(*rank(rows[:RERANKED], read, RERANKED), rows, scores)
        return found, rows, scores

    def _read(self, passage: Passage) -> str:
        """What a reranker reads of a passage: what its essay is called, and its text."""
        essay = self._generation.records.essay(passage.essay_id)
        return f"{title(essay)}\n{passage.text}".strip()


def _behind(rows: Rows, scores: Scores, others: Rows, other_scores: Scores) -> tuple[Rows, Scores]:
    """`rows` with those of `others` that are not among them behind, whose scores go on below."""
    new = ~np.isin(others, rows)
    lower = other_scores[new]
    lower = np.minimum(lower - lower[:1] + scores[-1], scores[-1])
    return np.concatenate([rows, others[new]]), np.concatenate([scores, lower])


def _ranks(rows: Rows) -> dict[int, int]:
    """Row → its rank in one list, from 1."""
    return {row: number for number, row in enumerate(rows.tolist(), start=1)}
