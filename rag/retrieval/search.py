"""Question → ranked passages: what words and meaning bring, in the order of one score."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from rag.encoding import Encoder, Vectors
from rag.errors import EncoderFailed
from rag.index import EVERYTHING, Generation, Pool, rank
from rag.retrieval.ranker import Features, features, trained_weights, weighted_terms
from rag.types import Filters, Hit

POOL = 100  # candidates that words and meaning bring each
_log = logging.getLogger(__name__)
_faults: ContextVar[list[str] | None] = ContextVar("of the encoder, at one question", default=None)


class Retriever:
    """Searches one generation, wherever it lies; safe for several threads.

    Where the encoder fails, a question is searched by words, and `fault` says why.
    """

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder | None,
        term_weights: Mapping[str, float] | None = None,
    ) -> None:
        self._generation = generation
        self._encoder = encoder if generation.manifest.by_meaning else None
        self._term_weights = term_weights
        self._vector = lru_cache(maxsize=256)(self._embedded)
        self.fault: str | None = None  # why the encoder failed when it was last asked

    @staticmethod
    @contextmanager
    def one_question() -> Iterator[list[str]]:
        """Take several searches for one question: the encoder fails it only once, as is told."""
        before = _faults.set(told := list[str]())
        try:
            yield told
        finally:
            _faults.reset(before)

    def search(self, question: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """Return at most k of the candidates, best first; ranks run 1..n without gaps.

        Only passages of essays that `filters` lets through are ever returned; where none is let
        through, nothing is.
        """
        pool, told = self.candidates(question, POOL, filters)
        weights = trained_weights(by_meaning=pool.cosines is not None)
        rows, scores = rank(pool.rows, told @ weights, k)
        sparse, dense = (
            {row: number for number, row in enumerate(some[:POOL].tolist(), start=1)}
            for some in (pool.sparse, pool.dense)
        )
        known = [] if pool.cosines is None else pool.cosines.tolist()
        cosines = dict(zip(pool.rows.tolist(), known, strict=False))
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
        faults = _faults.get()
        if self._encoder is None or faults:
            return None
        try:
            return self._vector(question)
        except EncoderFailed as error:
            if self.fault is None:
                _log.warning("questions are searched by words alone: %s", error)
            self.fault = str(error)
            if faults is not None:
                faults.append(self.fault)
            return None

    def _embedded(self, question: str) -> Vectors:
        assert self._encoder is not None
        vector: Vectors = self._encoder.encode_queries([question])[0]
        if len(vector) != (dim := self._generation.manifest.dim):
            raise EncoderFailed(
                "{name} gives {count} numbers a vector, the index has {dim}: run `rag build` again",
                name=self._encoder.name,
                count=len(vector),
                dim=dim,
            )
        self.fault = None
        return vector
