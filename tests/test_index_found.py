"""The best k of some scores, in an order that does not depend on how they came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index.found import best


@settings(deadline=None)
@given(scores=st.lists(st.integers(0, 4), max_size=40), k=st.integers(1, 50))
def test_agrees_with_a_full_sort(scores: list[int], k: int) -> None:
    rows = np.arange(len(scores))[::-1] * 3
    found = best(rows, np.array(scores, np.float32), k)
    want = sorted(zip(rows.tolist(), scores, strict=True), key=lambda pair: (-pair[1], pair[0]))[:k]
    assert list(zip(found.rows.tolist(), found.scores.tolist(), strict=True)) == want


def test_refuses_k_of_zero() -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        best(np.array([1]), np.array([1], np.float32), 0)
