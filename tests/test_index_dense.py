"""Neighbours by cosine agree with brute force and with FAISS asked directly on the same file."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoding import Vectors
from rag.errors import IndexDamaged, IndexNotWritten
from rag.index.dense import RECALL, DenseIndex


def unit(rows: Vectors) -> Vectors:
    made: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


def unit_rows(n: int, d: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def half(vectors: Vectors) -> Vectors:
    """As an exact index keeps them: 16-bit floats."""
    return vectors.astype(np.float16).astype(np.float32)


@given(n=st.integers(1, 60), k=st.integers(1, 80), seed=st.integers(0, 10**6), data=st.data())
def test_agrees_with_brute_force(n: int, k: int, seed: int, data: st.DataObject) -> None:
    vectors, query = unit_rows(n, 8, seed), unit_rows(1, 8, seed + 1)[0]
    some = data.draw(st.none() | st.sets(st.integers(0, n - 1)))
    rows = None if some is None else np.array(sorted(some), np.int64)
    index = DenseIndex.of([vectors])
    found = index.search(query, k, rows)
    cosines = half(vectors) @ query
    allowed = list(range(n)) if some is None else sorted(some)
    want = np.sort(cosines[allowed])[::-1][:k]
    assert (index.size, index.dim) == (n, 8)
    assert set(found.tolist()) <= set(allowed)
    assert len(set(found.tolist())) == len(want)
    np.testing.assert_allclose(cosines[found], want, atol=1e-5)
    np.testing.assert_allclose(index.vectors(found) @ query, want, atol=1e-5)


def test_vectors_come_back_as_16_bit_floats(tmp_path: Path) -> None:
    vectors = unit_rows(20, 8, seed=0)
    DenseIndex.of([vectors]).save(tmp_path / "索引.faiss")
    index = DenseIndex.load(tmp_path / "索引.faiss")
    np.testing.assert_array_equal(index.vectors(np.arange(20)), half(vectors))
    assert index.search(vectors[3], 1).tolist() == [3]


def test_equal_cosines_come_in_row_order() -> None:
    same = np.repeat(unit_rows(1, 4, seed=0), 6, axis=0)
    assert DenseIndex.of([same]).search(same[0], 6).tolist() == [0, 1, 2, 3, 4, 5]


def clustered(n: int, seed: int) -> Vectors:
    """Vectors around forty centres, which stay the same."""
    centres = unit_rows(40, 16, seed=1)
    return unit(centres[np.arange(n) % 40] + 0.8 * unit_rows(n, 16, seed))


def wanted(vectors: Vectors, query: Vectors, k: int) -> set[int]:
    return set(np.argsort(-(vectors @ query), kind="stable")[:k].tolist())


@pytest.fixture(scope="module")
def parted() -> tuple[Vectors, Vectors, DenseIndex]:
    """4,000 vectors, questions like them, and an IVF index over the vectors."""
    vectors, queries = clustered(4000, seed=2), clustered(200, seed=3)
    return vectors, queries, DenseIndex.of([vectors]).parted(queries)


@pytest.mark.parametrize("n", [1, 2, 9, 10, 11, 300])
def test_faiss_reads_the_file_and_finds_the_same(tmp_path: Path, n: int) -> None:
    vectors, path = unit_rows(n, 8, seed=n), tmp_path / "dense.faiss"
    DenseIndex.of([vectors]).save(path)
    ours, theirs = DenseIndex.load(path), faiss.read_index(str(path))
    assert (theirs.ntotal, theirs.d, theirs.metric_type) == (n, 8, faiss.METRIC_INNER_PRODUCT)
    for query in unit_rows(20, 8, seed=7):
        cosines, rows = theirs.search(query[np.newaxis], min(n, 10))
        found = ours.search(query, 10)
        assert found.tolist() == rows[0].tolist()
        np.testing.assert_allclose(ours.vectors(found) @ query, cosines[0], atol=1e-6)


def test_faiss_reads_a_parted_file_and_finds_the_same(
    tmp_path: Path, parted: tuple[Vectors, Vectors, DenseIndex]
) -> None:
    """How many lists a question looks into is kept in the file."""
    _, queries, index = parted
    index.save(tmp_path / "dense.faiss")
    ours = DenseIndex.load(tmp_path / "dense.faiss")
    theirs = faiss.read_index(str(tmp_path / "dense.faiss"))
    assert isinstance(theirs, faiss.IndexIVF)
    assert 1 < theirs.nprobe <= theirs.nlist
    for query in queries:
        cosines, rows = theirs.search(query[np.newaxis], 10)
        for found in (ours.search(query, 10), index.search(query, 10)):
            assert set(found.tolist()) == set(rows[0].tolist())
            np.testing.assert_allclose(ours.vectors(found) @ query, cosines[0], atol=1e-6)


def test_above_flat_enough_of_the_nearest_are_found(
    parted: tuple[Vectors, Vectors, DenseIndex],
) -> None:
    vectors, queries, index = parted

    def recall(asked: Vectors) -> float:
        found = (set(index.search(query, 10).tolist()) for query in asked)
        pairs = zip(found, asked, strict=True)
        return float(np.mean([len(own & wanted(vectors, query, 10)) / 10 for own, query in pairs]))

    assert RECALL == 0.98
    assert recall(queries) >= RECALL
    assert recall(clustered(200, seed=4)) >= RECALL - 0.03  # not those that chose the lists


def test_above_flat_given_rows_are_searched_whole(
    parted: tuple[Vectors, Vectors, DenseIndex],
) -> None:
    """Against the vectors as they are kept, in 8 bits a number, not one row is missed."""
    vectors, queries, index = parted
    kept = index.vectors(np.arange(len(vectors)))
    np.testing.assert_allclose(kept, vectors, atol=0.01)
    rows = np.arange(3, 4000, 7)
    for query in queries[::5]:
        found = index.search(query, 10, rows)
        cosines = kept[rows] @ query
        assert set(found.tolist()) <= set(rows.tolist())
        np.testing.assert_allclose(kept[found] @ query, np.sort(cosines)[:-11:-1], atol=1e-5)
        np.testing.assert_allclose(index.vectors(rows) @ query, cosines, atol=1e-5)
        assert len(index.search(query, 4000, rows)) == len(rows)
        assert set(index.search(query, 3, rows[:2]).tolist()) == {3, 10}


@pytest.mark.parametrize("n", [1, 2, 3, 9, 40])
def test_a_parted_index_of_few_finds_them_all(n: int) -> None:
    vectors = unit_rows(n, 8, seed=n)
    index = DenseIndex.of([vectors]).parted(vectors)
    for row in range(n):
        assert index.search(vectors[row], 1).tolist() == [row]
    assert len(index.search(vectors[0], n, np.arange(n))) == n


def test_no_rows_and_no_k() -> None:
    index = DenseIndex.of([unit_rows(3, 4, seed=0)])
    query = unit_rows(1, 4, seed=1)[0]
    assert index.search(query, 5, np.zeros(0, np.int64)).tolist() == []
    assert index.search(query, 0).tolist() == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    DenseIndex.of([unit_rows(50, 4, seed=0)]).save(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for name, content in (("half", whole[: len(whole) // 2]), ("none", b""), ("other", b"x" * 99)):
        (tmp_path / name).write_bytes(content)
    for name in ("half", "none", "other", "missing"):
        with pytest.raises(IndexDamaged, match=f"{name} cannot be read: run `rag build` again"):
            DenseIndex.load(tmp_path / name)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(IndexNotWritten, match=r"cannot write .*dense"):
        DenseIndex.of([unit_rows(2, 4, seed=0)]).save(tmp_path / "nowhere" / "dense")
