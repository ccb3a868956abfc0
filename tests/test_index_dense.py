"""The dense index agrees with brute force, with and without a restriction to some rows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encoding import Vectors
from rag.errors import BadVectors, IndexDamaged, IndexMismatch
from rag.index.dense import DenseIndex
from rag.index.nearest import write_nearest


def unit_rows(n: int, d: int, seed: int) -> Vectors:
    raw = np.random.default_rng(seed).normal(size=(n, d))
    rows: Vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    return rows


@settings(deadline=None)
@given(n=st.integers(1, 60), k=st.integers(1, 80), seed=st.integers(0, 10**6), data=st.data())
def test_agrees_with_brute_force(n: int, k: int, seed: int, data: st.DataObject) -> None:
    vectors = unit_rows(n, 8, seed)
    query = unit_rows(1, 8, seed + 1)[0]
    some = data.draw(st.none() | st.sets(st.integers(0, n - 1)))
    rows = None if some is None else np.array(sorted(some), np.int64)
    found = DenseIndex.build(vectors).search(query, k, rows)
    allowed = range(n) if some is None else some
    want = sorted(((float(vectors[row] @ query), row) for row in allowed), reverse=True)[:k]
    assert sorted(found.rows.tolist()) == sorted(row for _, row in want)
    np.testing.assert_allclose(found.scores, [cosine for cosine, _ in want], atol=1e-5)


def test_round_trip_gives_the_same_hits_and_vectors(tmp_path: Path) -> None:
    vectors = unit_rows(20, 8, seed=0)
    DenseIndex.build(vectors).save(tmp_path / "索引.npy")
    index = DenseIndex.load(tmp_path / "索引.npy", dim=8)
    assert index.search(vectors[3], 1).rows.tolist() == [3]
    rows = np.array([7, 0, 19])
    np.testing.assert_array_equal(index.vectors(rows), vectors[rows])
    np.testing.assert_allclose(index.cosines(vectors[3], rows), vectors[rows] @ vectors[3])


def test_equal_cosines_come_in_row_order() -> None:
    same = np.repeat(unit_rows(1, 4, seed=0), 6, axis=0)
    assert DenseIndex.build(same).search(same[0], 6).rows.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0, float("nan")])
def test_refuses_vectors_that_are_not_unit_length(scale: float) -> None:
    with pytest.raises(BadVectors, match="row 0 has length"):
        DenseIndex.build(unit_rows(3, 4, seed=0) * np.float32(scale))


def test_refuses_float64_and_other_dimensions() -> None:
    with pytest.raises(BadVectors, match="float64"):
        DenseIndex.build(unit_rows(3, 4, seed=0).astype(np.float64))
    with pytest.raises(BadVectors, match="query has 8 dimensions, index 4"):
        DenseIndex.build(unit_rows(3, 4, seed=0)).search(unit_rows(1, 8, seed=0)[0], 1)


def test_says_what_to_do_with_a_file_that_does_not_fit(tmp_path: Path) -> None:
    DenseIndex.build(unit_rows(2, 4, seed=0)).save(tmp_path / "a.npy")
    with pytest.raises(IndexMismatch, match=r"4 dimensions.*8: run `rag build` again"):
        DenseIndex.load(tmp_path / "a.npy", dim=8)
    (tmp_path / "b.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:20])
    for name in ("b.npy", "missing"):
        with pytest.raises(IndexDamaged, match=f"{name} cannot be read: run `rag build`"):
            DenseIndex.load(tmp_path / name, dim=4)


@pytest.mark.parametrize("parted", [True, False])
def test_shortened_ones_bring_the_nearest_and_given_rows_are_searched_whole(
    tmp_path: Path, parted: bool
) -> None:
    centres = unit_rows(40, 16, seed=1)
    near = centres[np.arange(4000) % 40] + 0.3 * unit_rows(4000, 16, seed=2)
    vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    DenseIndex.build(vectors).save(tmp_path / "v.npy")
    lists = write_nearest(tmp_path / "lists", vectors, vectors[::8], parted=parted)
    assert lists.lists == (126 if parted else 1)
    assert lists.recall >= 0.98
    index = DenseIndex.load(tmp_path / "v.npy", dim=16, nearest=tmp_path / "lists")
    queries = vectors[1::97]  # not those that the number of lists was found with, nearly all
    found = [index.search(query, 10) for query in queries]
    cosines = queries @ vectors.T
    wanted = np.sort(cosines, axis=1)[:, :-11:-1]
    missed = [(f.scores < w - 1e-5).mean() for f, w in zip(found, wanted, strict=True)]
    assert np.mean(missed) < 0.1
    rows = np.arange(3, 4000, 7)
    for query, row in zip(queries, cosines, strict=True):
        exact = index.search(query, 10, rows)
        np.testing.assert_allclose(exact.scores, np.sort(row[rows])[:-11:-1], atol=1e-6)
    (tmp_path / "lists").write_bytes(b"no lists")
    with pytest.raises(IndexDamaged, match="lists cannot be read: run `rag build` again"):
        DenseIndex.load(tmp_path / "v.npy", dim=16, nearest=tmp_path / "lists")
