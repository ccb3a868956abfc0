"""Arrays as files: written bit by bit, whatever their length, and read by memory map."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from rag.errors import IndexDamaged


class Growing:
    """An .npy file that rows are added to; numpy leaves room in its head for the final length."""

    def __init__(self, path: Path, dtype: DTypeLike, width: tuple[int, ...] = ()) -> None:
        self._file = path.open("wb")
        self._dtype, self._width, self.size = np.dtype(dtype), width, 0
        self._head()

    def append(self, rows: NDArray[Any]) -> None:
        """Add `rows`, of the shape (n, *width)."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self.size += len(rows)

    def close(self) -> None:
        """Write the length down, once."""
        if not self._file.closed:
            self._file.seek(0)
            self._head()
            self._file.close()

    def __enter__(self) -> Self:
        """Give the file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _head(self) -> None:
        shape = (self.size, *self._width)
        head = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, head)


def mapped(path: Path) -> NDArray[Any]:
    """Map an .npy file into memory; pages are read when they are needed.

    Raises:
        IndexDamaged: it is missing or holds no array.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
