"""Dense index: nearest-passage search over unit vectors.

Row i belongs to passage i of the records; this module never sees text. A question is compared with
every vector as long as these are few. Of many, shortened ones are looked through first, and of very
many only those near the question, see `nearest`. Among given rows the search is exact at any size.
"""

from pathlib import Path
from typing import Self

import faiss
import numpy as np

from rag.encoding import Vectors
from rag.errors import BadVectors, IndexDamaged, IndexMismatch
from rag.index.arrays import mapped
from rag.index.found import Found, Rows, best
from rag.index.nearest import near, read_nearest

UNIT_TOLERANCE = 1e-3  # allowed |length - 1|; float16 encoders drift by about 5e-4

_STEP = 1 << 16  # vectors that are gathered at a time


class DenseIndex:
    """An immutable set of n unit vectors of d dimensions that can be searched."""

    def __init__(self, vectors: Vectors, nearest: faiss.Index | None = None) -> None:
        self._vectors = vectors
        self._nearest = nearest  # None where all are compared as they are

    @classmethod
    def build(cls, vectors: Vectors) -> Self:
        """Index `vectors`, shape (n, d).

        Raises:
            BadVectors: not 2-D float32, not finite, or a row is not unit length.
        """
        check_unit_rows(vectors)
        return cls(np.ascontiguousarray(vectors))

    @property
    def size(self) -> int:
        """Number of vectors, n."""
        return len(self._vectors)

    @property
    def dim(self) -> int:
        """Number of dimensions, d."""
        return int(self._vectors.shape[1])

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> Found:
        """Return the k nearest rows to `query`, shape (d,), with their cosines.

        Only `rows` are searched where they are given; fewer than k come back where there are
        fewer. Equal cosines come in row order.

        Raises:
            BadVectors: `query` is not a unit vector of d dimensions.
            ValueError: k < 1.
        """
        self._check_query(query)
        k = min(k, self.size if rows is None else len(rows))
        if k < 1:
            return best(np.empty(0, np.int64), np.empty(0, np.float32), 1)
        if rows is None and self._nearest:
            rows = near(self._nearest, query, k)
        if rows is not None:
            return best(rows, self.cosines(query, rows), k)
        cosines = self._vectors @ query
        kept = np.flatnonzero(cosines >= np.partition(cosines, -k)[-k])
        return best(kept, cosines[kept], k)

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Cosine of `query`, shape (d,), with each of `rows`; shape (n,)."""
        self._check_query(query)
        found = np.empty(len(rows), np.float32)
        for at in range(0, len(rows), _STEP):
            found[at : at + _STEP] = self.vectors(rows[at : at + _STEP]) @ query
        return found

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (n, d)."""
        return self._vectors.take(rows, axis=0)

    def save(self, path: Path) -> None:
        """Write the vectors to `path`."""
        np.save(path, self._vectors, allow_pickle=False)

    @classmethod
    def load(cls, path: Path, *, dim: int, nearest: Path | None = None) -> Self:
        """Map the vectors into memory; `dim` is what the encoder produces today.

        `nearest` names the file of shortened ones, where there are any.

        Raises:
            IndexDamaged: no such file, or it holds no vectors.
            IndexMismatch: the stored vectors have another number of dimensions.
        """
        vectors = mapped(path)
        if vectors.ndim != 2 or vectors.dtype != np.float32:
            raise IndexDamaged(f"{path} holds no vectors: run `rag build` again")
        if vectors.shape[1] != dim:
            raise IndexMismatch(
                f"{path} holds {vectors.shape[1]} dimensions, the encoder makes {dim}: "
                "run `rag build` again"
            )
        return cls(vectors, read_nearest(nearest) if nearest else None)

    def _check_query(self, query: Vectors) -> None:
        if query.dtype != np.float32 or not abs(float(query @ query) - 1) <= UNIT_TOLERANCE:
            check_unit_rows(query[np.newaxis, :])  # which says what is wrong
        if query.shape[0] != self.dim:
            raise BadVectors(f"query has {query.shape[0]} dimensions, index {self.dim}")


def check_unit_rows(vectors: Vectors) -> None:
    """Refuse anything but finite float32 rows of length 1."""
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise BadVectors(f"want (n, d) float32, got {vectors.shape} {vectors.dtype}")
    lengths = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))  # ~(<=) also catches NaN
    if bad.size:
        raise BadVectors(f"row {bad[0]} has length {lengths[bad[0]]:.4f}, want 1 ({bad.size} bad)")
