"""Question → ranked passages: candidates from both arms, in the order of one score. Floor 6."""

from collections.abc import Sequence

import numpy as np

from rag.encoding import Encoder
from rag.index import Generation
from rag.index.found import Rows, Scores, best
from rag.settings import Settings
from rag.types import Filters, Hit
from rag.words import tokens

EVERYTHING = Filters()
POOL = 100  # candidates that each arm brings
COSINE_WEIGHT = 0.05  # beside BM25 normalised by the question's IDF mass


class Retriever:
    """Searches one generation; immutable and safe for several threads."""

    def __init__(self, generation: Generation, encoder: Encoder, settings: Settings) -> None:
        self._generation = generation
        self._encoder = encoder
        self._settings = settings

    def search(self, question: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """Return at most k passages, best first; ranks run 1..n without gaps.

        Only passages of essays that `filters` lets through are ever returned; where none is let
        through, nothing is.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        records = self._generation.records
        allowed = None if filters == EVERYTHING else records.rows_where(filters)
        pool = max(POOL, k)
        terms = tokens(question)
        query = self._encoder.encode_queries([question])[0]
        sparse = self._generation.sparse.search(terms, pool, allowed)
        dense = self._generation.dense.search(query, pool, allowed)
        rows = np.union1d(sparse.rows, dense.rows)
        if not len(rows):
            return ()
        ranked = best(rows, self._scores(terms, query, rows), k)
        dense_rank, sparse_rank = _ranks(dense.rows), _ranks(sparse.rows)
        found = zip(ranked.rows.tolist(), ranked.scores, records.passages(ranked.rows), strict=True)
        return tuple(
            Hit(passage, float(score), rank, dense_rank.get(row), sparse_rank.get(row))
            for rank, (row, score, passage) in enumerate(found, start=1)
        )

    def _scores(self, terms: Sequence[str], query: Scores, rows: Rows) -> Scores:
        sparse = self._generation.sparse
        mass = sum(sparse.idf(term) for term in terms) or 1.0
        bm25 = sparse.weights(terms, rows).sum(axis=0) / np.float32(mass)
        scores: Scores = bm25 + COSINE_WEIGHT * self._generation.dense.cosines(query, rows)
        return scores


def _ranks(rows: Rows) -> dict[int, int]:
    """Row → its rank in one arm, from 1."""
    return {row: rank for rank, row in enumerate(rows.tolist(), start=1)}
