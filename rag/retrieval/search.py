"""Question → ranked passages: candidates from three lists, in the order of one score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rag.encoding import Encoder, Reranker
from rag.index import Generation
from rag.index.fields import title
from rag.index.found import Found, Rows, best
from rag.retrieval.features import Features, features
from rag.retrieval.question import Question
from rag.retrieval.ranker import Ranker, trained_ranker
from rag.settings import Settings
from rag.types import Filters, Hit

EVERYTHING = Filters()
POOL = 100  # candidates that each list brings
RERANKED = 50  # of the ranked passages, that a cross-encoder reads


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may answer a question, and what speaks for it."""

    rows: Rows  # ascending, shape (n,)
    features: Features  # (n, features)
    sparse: Rows  # the rows that BM25 brought, best first
    dense: Rows  # the rows that the vectors brought, nearest first


class Retriever:
    """Searches one generation; immutable and safe for several threads."""

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        settings: Settings,
        ranker: Ranker | None = None,
        reranker: Reranker | None = None,
        term_weights: Mapping[str, float] | None = None,
    ) -> None:
        self._generation = generation
        self._encoder = encoder
        self._settings = settings
        self._ranker = ranker or trained_ranker()
        self._reranker = reranker
        self._term_weights = term_weights

    def search(self, question: str, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """Return at most k passages, best first; ranks run 1..n without gaps.

        Only passages of essays that `filters` lets through are ever returned; where none is let
        through, nothing is.

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        found = self.candidates(question, max(POOL, k), filters)
        if not len(found.rows):
            return ()
        ranked = self._ranked(question, found, k)
        sparse, dense = _ranks(found.sparse), _ranks(found.dense)
        scored = zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True)
        return tuple(
            Hit(self._generation.records.passage(row), score, rank, dense.get(row), sparse.get(row))
            for rank, (row, score) in enumerate(scored, start=1)
        )

    def _ranked(self, question: str, found: Candidates, k: int) -> Found:
        """The k best candidates in the order of the ranker, and of the reranker where one is set.

        The reranker puts the first of them in its own order; the others keep theirs behind.
        """
        scores = self._ranker.scores(found.features)
        if self._reranker is None:
            return best(found.rows, scores, k)
        ranked = best(found.rows, scores, max(k, RERANKED))
        first, rest = ranked.rows[:RERANKED], ranked.scores[RERANKED:]
        texts = [self._read(row) for row in first.tolist()]
        read = best(first, np.array(self._reranker.scores(question, texts), np.float32), len(first))
        least = read.scores[-1]  # the others go on from here, for scores must not rise
        behind = np.minimum(rest - rest[:1] + least, least)
        rows = np.concatenate([read.rows, ranked.rows[RERANKED:]])
        return Found(rows[:k], np.concatenate([read.scores, behind])[:k])

    def _read(self, row: int) -> str:
        """What a reranker reads of a passage: what its essay is called, and its text."""
        passage = self._generation.records.passage(row)
        essay = self._generation.records.essay(passage.essay_id)
        return f"{title(essay)}\n{passage.text}".strip()

    def candidates(self, question: str, pool: int, filters: Filters = EVERYTHING) -> Candidates:
        """Return the `pool` best passages of either arm, and the best one of the best essays."""
        generation = self._generation
        limited = filters != EVERYTHING
        allowed = generation.records.rows_where(filters) if limited else None
        tokens = generation.tokenizer.tokens(question)
        asked = Question.of(tokens, generation.sparse, self._term_weights)
        query = self._encoder.encode_queries([question])[0]
        scores = generation.sparse.scores(asked.terms, asked.boosts)
        rows = np.flatnonzero(scores) if allowed is None else allowed[scores[allowed] > 0]
        found = Found(rows, scores[rows])
        sparse = best(*found, pool).rows
        dense = generation.dense.search(query, pool, allowed).rows
        rows = np.unique(np.concatenate([sparse, dense, self._of_essays(asked, found, pool)]))
        return Candidates(rows, features(generation, asked, query, rows), sparse, dense)

    def _of_essays(self, asked: Question, found: Found, pool: int) -> Rows:
        """The best found passage of each of the `pool` best essays that have one."""
        essay_of = self._generation.records.essay_of_row[found.rows]
        essays = np.unique(essay_of)
        whole = self._generation.essays.scores(asked.terms, asked.boosts)[essays]
        chosen = np.isin(essay_of, best(essays, whole, pool).rows)
        rows, scores, essay_of = found.rows[chosen], found.scores[chosen], essay_of[chosen]
        order = np.lexsort((rows, -scores, essay_of))
        _, first = np.unique(essay_of[order], return_index=True)
        return rows[order][first]


def _ranks(rows: Rows) -> dict[int, int]:
    """Row → its rank in one arm, from 1."""
    return {row: rank for rank, row in enumerate(rows.tolist(), start=1)}
