"""Question → ranked passages: candidates from three lists, in the order of one score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rag.encoding import Encoder, Reranker
from rag.index.fields import title
from rag.index.found import Found, Rows, best
from rag.index.store import EVERYTHING, Snapshot
from rag.retrieval.features import Features, features
from rag.retrieval.question import Question
from rag.retrieval.ranker import Ranker, trained_ranker
from rag.settings import Settings
from rag.types import Filters, Hit, Passage

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
    """Searches one generation, wherever it lies; immutable and safe for several threads."""

    def __init__(
        self,
        generation: Snapshot,
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
        rows, scores = ranked.rows.tolist(), ranked.scores.tolist()
        passages = self._generation.records.passages(rows)
        return tuple(
            Hit(passage, score, rank, dense.get(row), sparse.get(row))
            for rank, (row, passage, score) in enumerate(
                zip(rows, passages, scores, strict=True), start=1
            )
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
        texts = [self._read(passage) for passage in self._generation.records.passages(first)]
        read = best(first, np.array(self._reranker.scores(question, texts), np.float32), len(first))
        least = read.scores[-1]  # the others go on from here, for scores must not rise
        behind = np.minimum(rest - rest[:1] + least, least)
        rows = np.concatenate([read.rows, ranked.rows[RERANKED:]])
        return Found(rows[:k], np.concatenate([read.scores, behind])[:k])

    def _read(self, passage: Passage) -> str:
        """What a reranker reads of a passage: what its essay is called, and its text."""
        essay = self._generation.records.essay(passage.essay_id)
        return f"{title(essay)}\n{passage.text}".strip()

    def candidates(self, question: str, pool: int, filters: Filters = EVERYTHING) -> Candidates:
        """Return the `pool` best passages of either arm, and the best one of the best essays."""
        tokens = self._generation.tokenizer.tokens(question)
        asked = Question.of(tokens, self._generation.idfs, self._term_weights)
        query = self._encoder.encode_queries([question])[0]
        rows, lists, evidence = self._generation.candidates(asked, query, pool, filters)
        return Candidates(rows, features(asked, evidence), lists.sparse, lists.dense)


def _ranks(rows: Rows) -> dict[int, int]:
    """Row → its rank in one arm, from 1."""
    return {row: rank for rank, row in enumerate(rows.tolist(), start=1)}
