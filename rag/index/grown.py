"""A base and what came after it, asked as one: the rows of the addition come after the base's.

Each is indexed by itself. BM25 adds up how many rows there are and how many hold a term, and
brings the weights of both to that: an idf is one factor of a term's weights. Only the mean length
of a row is the base's, in both, until the next whole build: where additions are a fifth of the
base at most, and their rows of like length, it hardly moves.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Vectors
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.found import Found, Rows, Scores, best
from rag.index.parts import Parts, Table, spread
from rag.index.sparse import SparseIndex, idf
from rag.index.texts import Terms


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


S = TypeVar("S", bound=_Sized)


def _parted(rows: Rows, both: tuple[S, S]) -> Iterator[tuple[S, NDArray[np.bool_], Rows]]:
    """Each index, which of `rows` are its own, and their numbers in it."""
    base, addition = both
    late = rows >= base.size
    yield base, ~late, rows[~late]
    yield addition, late, rows[late] - base.size


class Arrays(NamedTuple):
    """What one folder holds beside its records."""

    dense: DenseIndex
    sparse: SparseIndex
    essays: SparseIndex
    parts: Parts

    @classmethod
    def load(cls, folder: Path, dim: int, has_lists: bool = False) -> Self:
        """Map the files of `folder` into memory.

        Raises:
            IndexDamaged: a file is missing or is no array.
            IndexMismatch: the stored vectors have not `dim` dimensions.
        """
        terms = Terms.load(folder / layout.TERMS)
        nearest = folder / layout.NEAREST if has_lists else None
        return cls(
            DenseIndex.load(folder / layout.DENSE, dim=dim, nearest=nearest),
            SparseIndex.load(folder / layout.SPARSE, terms),
            SparseIndex.load(folder / layout.ESSAYS, terms),
            Parts.load(folder / layout.PARTS, terms),
        )


class GrownSparse:
    """BM25 of two indexes as of one."""

    def __init__(self, base: SparseIndex, addition: SparseIndex) -> None:
        self._both = (base, addition)
        self.size, self.mean = base.size + addition.size, base.mean

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term`; an unknown one has the largest there is."""
        return idf(sum(each.df(term) for each in self._both), self.size)

    def search(
        self,
        terms: Sequence[str],
        k: int,
        rows: Rows | None = None,
        boosts: Scores | None = None,
    ) -> Found:
        """Return what `SparseIndex.search` does."""
        scores = self.scores(terms, boosts)
        rows = np.flatnonzero(scores) if rows is None else rows[scores[rows] > 0]
        return best(rows, scores[rows], k)

    def scores(self, terms: Sequence[str], boosts: Scores | None = None) -> Scores:
        """BM25 of every row, shape (n,); zero where no term stands."""
        boosts = np.ones(len(terms), np.float32) if boosts is None else boosts
        return np.concatenate(
            [each.scores(terms, boosts * self._factors(each, terms)) for each in self._both]
        )

    def weights(self, terms: Sequence[str], rows: Rows) -> Scores:
        """The weight of each term in each row, shape (terms, rows); zero where it is absent."""
        table = np.empty((len(terms), len(rows)), np.float32)
        for each, which, own in _parted(rows, self._both):
            table[:, which] = each.weights(terms, own) * self._factors(each, terms)[:, np.newaxis]
        return table

    def _factors(self, each: SparseIndex, terms: Sequence[str]) -> Scores:
        """What makes weights of one index those of both, shape (terms,)."""
        return np.array([self.idf(term) / each.idf(term) for term in terms], np.float32)


class GrownDense:
    """The vectors of two indexes as of one."""

    def __init__(self, base: DenseIndex, addition: DenseIndex) -> None:
        self._both = (base, addition)
        self.size, self.dim = base.size + addition.size, base.dim

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> Found:
        """Return what `DenseIndex.search` does."""
        base, addition = self._both
        if rows is None:
            found = [base.search(query, k), addition.search(query, k)]
        else:
            found = [each.search(query, k, own) for each, _, own in _parted(rows, self._both)]
        late = found[1].rows + base.size
        return best(
            np.concatenate([found[0].rows, late]),
            np.concatenate([each.scores for each in found]),
            k,
        )

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Cosine of `query`, shape (d,), with each of `rows`; shape (n,)."""
        found = np.empty(len(rows), np.float32)
        for each, which, own in _parted(rows, self._both):
            found[which] = each.cosines(query, own)
        return found

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (n, d)."""
        found = np.empty((len(rows), self.dim), np.float32)
        for each, which, own in _parted(rows, self._both):
            found[which] = each.vectors(own)
        return found


class GrownParts:
    """The parts of the passages of two indexes as of one."""

    def __init__(self, base: Parts, addition: Parts) -> None:
        self._both = (base, addition)

    def table(self, terms: Sequence[str], rows: Rows) -> Table:
        """Say which of `terms` stand in which parts of the passages `rows`."""
        tables, starts, sizes, width = [], np.empty_like(rows), np.empty_like(rows), 0
        for each, which, own in _parted(rows, self._both):
            made = each.table(terms, own)
            tables.append(made.present)
            starts[which] = made.starts + width
            sizes[which] = np.diff(made.starts, append=made.present.shape[1])
            width += made.present.shape[1]
        columns = spread(starts, starts + sizes)  # the parts in the order of the rows
        return Table(np.concatenate(tables, axis=1)[:, columns], np.cumsum(sizes) - sizes)
