"""What an encoder gives: unit rows, checked once at the border of this floor."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import EncoderFailed

Vectors = NDArray[np.float32]
"""Shape (n, d), C-contiguous, every row of length 1: an inner product is a cosine."""


def unit_rows(raw: NDArray[np.floating], source: str) -> Vectors:
    """Scale the rows of `raw`, shape (n, d), to length 1; a row of zeros becomes the first axis.

    Raises:
        EncoderFailed: not two-dimensional, or a value is not finite.
    """
    if raw.ndim != 2 or not raw.shape[1]:
        raise EncoderFailed(
            "{source} gave an array of shape {shape}, want (texts, dimensions)",
            source=source,
            shape=raw.shape,
        )
    rows = raw.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1)
    if bad := np.flatnonzero(~np.isfinite(lengths)).tolist():
        raise EncoderFailed(
            "{source} gave a vector that is not finite (text {bad}): use another model",
            source=source,
            bad=bad[0],
        )
    empty = lengths == 0
    rows[empty, 0] = lengths[empty] = 1
    unit: Vectors = np.ascontiguousarray(rows / lengths[:, np.newaxis])
    return unit


def files_hash(files: Iterable[Path], *extra: str) -> str:
    """Return a hash of the files' names and bytes and of the `extra` facts, in the given order."""
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name}\0{content}\0".encode())
    for fact in extra:
        digest.update(f"{fact}\0".encode())
    return digest.hexdigest()[:32]
