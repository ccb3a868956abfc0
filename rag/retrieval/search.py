"""Question → ranked passages: candidates from three lists, in the order of one score."""

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.index import Generation
from rag.index.found import Rows, best
from rag.retrieval.features import features
from rag.retrieval.question import Question
from rag.retrieval.ranker import Ranker, trained_ranker
from rag.settings import Settings
from rag.types import Filters, Hit

EVERYTHING = Filters()
POOL = 100  # candidates that each list brings


class Retriever:
    """Searches one generation; immutable and safe for several threads."""

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        settings: Settings,
        ranker: Ranker | None = None,
    ) -> None:
        self._generation = generation
        self._encoder = encoder
        self._settings = settings
        self._ranker = ranker or trained_ranker()

    def search(self, question: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """Return at most k passages, best first; ranks run 1..n without gaps.

        Candidates are the best passages of either arm, and the best passage of each of the best
        essays. Only passages of essays that `filters` lets through are ever returned; where none
        is let through, nothing is.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        records = self._generation.records
        allowed = None if filters == EVERYTHING else records.rows_where(filters)
        if allowed is not None and not len(allowed):
            return ()
        asked = Question.of(question, self._generation.sparse)
        query = self._encoder.encode_queries([question])[0]
        sparse, dense, rows = self._candidates(asked, query, max(POOL, k), allowed)
        found = features(self._generation, asked, query, rows)
        ranked = best(rows, self._ranker.scores(found), k)
        hits = zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True)
        return tuple(
            Hit(records.passage(row), score, rank, dense.get(row), sparse.get(row))
            for rank, (row, score) in enumerate(hits, start=1)
        )

    def _candidates(
        self, asked: Question, query: Vectors, pool: int, allowed: Rows | None
    ) -> tuple[dict[int, int], dict[int, int], Rows]:
        """Return the ranks of the sparse and of the dense arm, and all candidates, ascending."""
        generation = self._generation
        scores = generation.sparse.scores(asked.terms, asked.boosts)
        rows = np.flatnonzero(scores) if allowed is None else allowed[scores[allowed] > 0]
        sparse = best(rows, scores[rows], pool).rows
        dense = generation.dense.search(query, pool, allowed).rows
        essay_of = generation.records.essay_of_row[rows]
        essays = np.unique(essay_of)
        whole = generation.essays.scores(asked.terms, asked.boosts)[essays]
        chosen = np.isin(essay_of, best(essays, whole, pool).rows)
        rows, essay_of = rows[chosen], essay_of[chosen]
        order = np.lexsort((rows, -scores[rows], essay_of))
        _, first = np.unique(essay_of[order], return_index=True)
        every = np.union1d(np.union1d(sparse, dense), rows[order][first])
        return _ranks(sparse), _ranks(dense), every


def _ranks(rows: Rows) -> dict[int, int]:
    """Row → its rank in one arm, from 1."""
    return {row: rank for rank, row in enumerate(rows.tolist(), start=1)}
