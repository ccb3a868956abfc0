"""One generation of an index, opened: the candidates of a question, by words and by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rag.encoding import Vectors
from rag.errors import IndexDamaged, failing_as
from rag.index.bm25 import Bm25, Scores
from rag.index.dense import DenseIndex
from rag.index.manifest import BM25, DENSE, DICTIONARY, RECORDS, Manifest
from rag.index.records import UNREADABLE, Records, Rows
from rag.types import Filters
from rag.words import Tokenizer

EVERYTHING = Filters()


class Pool(NamedTuple):
    """The passages that either way of searching brings, and what is known of each."""

    rows: Rows  # ascending, shape (n,)
    passages: Scores  # BM25 of each row, shape (n,)
    essays: Scores  # BM25 of the essay of each row, shape (n,)
    cosines: Scores | None  # with the question's vector, shape (n,); None where there is none

    @property
    def sparse(self) -> Rows:
        """The rows that hold a term of the question, the highest BM25 first."""
        return _best(self.passages, self.rows, len(self.rows))

    @property
    def dense(self) -> Rows:
        """All rows, the nearest to the question first; none where it has no vector."""
        if self.cosines is None:
            return self.rows[:0]
        return rank(self.rows, self.cosines, len(self.rows))[0]


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation, opened read-only; immutable and safe for several threads."""

    id: str
    manifest: Manifest
    records: Records
    bm25: Bm25
    dense: DenseIndex | None  # None where there are no vectors, or not yet
    tokenizer: Tokenizer  # cuts a question as the passages were cut

    @classmethod
    def read(cls, folder: Path, manifest: Manifest) -> "Generation":
        """Open the files of `folder` as they are.

        Raises:
            IndexDamaged: one is missing, cannot be read, or has other rows than the manifest says.
        """
        records, bm25, tokenizer = read_words(folder, manifest)
        dense = DenseIndex.load(folder / DENSE) if manifest.by_meaning else None
        rows = {bm25.size, len(records.essay_of_row), dense.size if dense else bm25.size}
        if rows != {manifest.counts["passages"]}:
            raise IndexDamaged(
                "{folder} has parts of different size: run `rag build` again", folder=folder
            )
        return cls(folder.name, manifest, records, bm25, dense, tokenizer)

    def candidates(
        self, terms: Sequence[str], boosts: Scores, query: Vectors | None, k: int, filters: Filters
    ) -> Pool:
        """Search by words and by vector, `k` rows each, among what `filters` let through.

        `boosts`, shape (terms,), weigh the terms; `query`, shape (d,), is the question's unit
        vector, None for words alone. Beside the best passages stand those of the best essays.
        """
        essay_of = self.records.essay_of_row
        allowed = None if filters == EVERYTHING else self.records.rows_where(filters)
        among = np.arange(len(essay_of)) if allowed is None else allowed
        found = self.bm25.match(terms, boosts)
        of_rows = found.essays[essay_of] * (found.passages > 0)
        chosen = [_best(each[among], among, k) for each in (found.passages, of_rows)]
        dense = None if query is None else self.dense
        if query is not None and dense is not None:
            chosen.append(dense.search(query, k, allowed))
        rows = np.unique(np.concatenate(chosen))
        cosines = None if query is None or dense is None else dense.cosines(query, rows)
        return Pool(rows, found.passages[rows], found.essays[essay_of[rows]], cosines)


def _best(scores: Scores, rows: Rows, k: int) -> Rows:
    """The at most k rows of highest score above zero, best first; equal ones in row order."""
    held = scores > 0
    return rank(rows[held], scores[held], k)[0]


def rank(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The min(k, n) rows of highest score with their scores; equal scores in ascending row.

    >>> rank(np.array([4, 7, 9]), np.array([1, 3, 3], np.float32), 2)[0].tolist()
    [7, 9]
    """
    if k < len(scores):
        least = np.partition(scores, -k)[-k]
        kept = np.flatnonzero(scores >= least)  # all that tie with the k-th, so the order decides
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def read_words(folder: Path, manifest: Manifest) -> tuple[Records, Bm25, Tokenizer]:
    """Open what a generation is searched by words with; its tokenizer knows the operator's words.

    Raises:
        IndexDamaged: a file is missing or cannot be read.
    """
    path = folder / DICTIONARY
    with failing_as(IndexDamaged, UNREADABLE, UnicodeDecodeError, path=path):
        words = path.read_text(encoding="utf-8").splitlines()
    records = Records(folder / RECORDS)
    bm25 = Bm25(folder / BM25, records.essay_of_row, manifest.k1, manifest.b)
    return records, bm25, Tokenizer(words)
