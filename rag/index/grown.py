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
from rag.index.found import Found, Rows, best
from rag.index.parts import Parts
from rag.index.sparse import Postings, Searched, SparseIndex
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
    parts: Parts | None  # only of an addition, which a build may go on from

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
            Parts.load(folder / layout.PARTS, terms) if (folder / layout.PARTS).is_dir() else None,
        )


class GrownSparse(Searched):
    """BM25 of two indexes as of one."""

    def __init__(self, base: SparseIndex, addition: SparseIndex) -> None:
        self._both = (base, addition)
        self.size, self.mean = base.size + addition.size, base.mean

    def dfs(self, terms: Sequence[str]) -> Rows:
        """Number of rows that hold each term."""
        base, addition = self._both
        return base.dfs(terms) + addition.dfs(terms)

    def postings(self, terms: Sequence[str]) -> Postings:
        """All weights of `terms`, by how rare they are in both."""
        idfs, found, first = self.idfs(terms), [], 0
        for each in self._both:
            own, factors = each.postings(terms), (idfs / each.idfs(terms)).astype(np.float32)
            rows, weights = own.rows + np.int32(first), own.weights * own.spread(factors)
            found.append((own.terms, own.lengths, rows, weights, own.parts))
            first += each.size
        return Postings(self.size, *map(np.concatenate, zip(*found, strict=True)))


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
