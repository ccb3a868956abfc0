"""Rows come out at length 1 in their own direction; what cannot is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoding.vectors import files_hash, unit_rows
from rag.errors import EncoderFailed


@given(st.lists(st.tuples(*[st.floats(-100, 100, width=32)] * 2), max_size=9))
def test_rows_keep_their_direction_and_get_length_1(raw: list[tuple[float, float]]) -> None:
    got = unit_rows(np.array(raw, dtype=np.float64).reshape(-1, 2), "model")
    assert got.dtype == np.float32 and got.flags.c_contiguous
    for (x, y), row in zip(raw, got, strict=True):
        length = (x * x + y * y) ** 0.5
        want = (x / length, y / length) if length > 1e-18 else row
        np.testing.assert_allclose(row, want, atol=1e-5)


def test_a_row_of_zeros_becomes_the_first_axis() -> None:
    got = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]), "model")
    np.testing.assert_allclose(got, [[0.6, 0.8], [1.0, 0.0]], atol=1e-7)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_refuses_what_is_not_finite_and_names_the_text(value: float) -> None:
    with pytest.raises(EncoderFailed, match=r"model gave a vector that is not finite \(text 1\)"):
        unit_rows(np.array([[1.0, 0.0], [value, 0.0]]), "model")


def test_refuses_what_is_not_a_table() -> None:
    for raw, shape in ((np.array([1.0, 0.0]), r"\(2,\)"), (np.zeros((2, 0)), r"\(2, 0\)")):
        with pytest.raises(EncoderFailed, match=f"shape {shape}"):
            unit_rows(raw, "model")


def test_hash_changes_with_bytes_names_and_facts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a")
    two.write_bytes(b"a")
    marks = {files_hash([one]), files_hash([two]), files_hash([one], "x"), files_hash([one, two])}
    assert files_hash([one]) in marks
    one.write_bytes(b"b")
    assert len(marks | {files_hash([one])}) == 5
