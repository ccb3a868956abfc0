"""Which words stand in which sentence of a passage, and in what stands around it.

BM25 of a whole passage does not see whether the words of a question come together. Here every
passage is a run of parts: first its surroundings (title, sections, lead), then its sentences.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.found import Rows
from rag.index.sparse import SparseIndex
from rag.index.texts import Starts, Texts

_STARTS = "starts.npy"
_TERMS = "terms"


class Table(NamedTuple):
    """Terms in the parts of some passages."""

    present: NDArray[np.bool_]  # (terms, parts)
    starts: Rows  # (passages,), the column where each passage begins


class Parts:
    """The parts of n passages; immutable."""

    def __init__(self, index: SparseIndex, starts: Starts) -> None:
        self._index = index  # row i: the tokens of part i
        self._starts = starts  # (n + 1,), the part where each passage begins

    @classmethod
    def build(cls, texts: Texts, starts: Starts) -> Self:
        """Index parts, one a text; passage i has those from `starts[i]` on, one at least."""
        return cls(SparseIndex.build(texts, k1=0, b=0), starts)  # only what is there counts

    def table(self, terms: Sequence[str], rows: Rows) -> Table:
        """Say which of `terms` stand in which parts of the passages `rows`."""
        sizes = self._starts[rows + 1] - self._starts[rows]
        starts = np.cumsum(sizes) - sizes
        columns = np.arange(sizes.sum()) + np.repeat(self._starts[rows] - starts, sizes)
        return Table(self._index.weights(terms, columns) > 0, starts)

    def save(self, folder: Path) -> None:
        """Write into the new folder `folder`."""
        folder.mkdir()
        np.save(folder / _STARTS, self._starts, allow_pickle=False)
        self._index.save(folder / _TERMS)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the files of `folder` into memory.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        path = folder / _STARTS
        try:
            starts = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
        return cls(SparseIndex.load(folder / _TERMS), starts)
