"""What a search in one arm returns, best first, and the one order of equal scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Row numbers of passages, shape (n,)."""
Scores = NDArray[np.float32]
"""One score a row, shape (n,)."""


class Found(NamedTuple):
    """Rows with their scores, best first; equal scores in ascending order of row."""

    rows: Rows
    scores: Scores


def best(rows: Rows, scores: Scores, k: int) -> Found:
    """Return the min(k, n) rows of highest score in the fixed order.

    >>> best(np.array([4, 7, 9]), np.array([1, 3, 3], np.float32), 2).rows.tolist()
    [7, 9]

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if k < len(scores):
        least = np.partition(scores, -k)[-k]
        kept = np.flatnonzero(scores >= least)  # all that tie with the k-th, so the order decides
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return Found(rows[order], scores[order])
