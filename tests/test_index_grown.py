"""A base and an addition asked as one, against one index of all; scores against the formula."""

import math
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.index.dense import DenseIndex
from rag.index.grown import GrownDense, GrownSparse
from rag.index.sparse import SparseIndex
from rag.index.texts import Texts
from rag.index.weighing import write_sparse
from tests.test_index_parts import PASSAGES, sparse_of

K1, B = 1.2, 0.75
TERMS = st.sampled_from(["党", "党建", "人才", "𠀀", "a3区", "25%", "é"])
TEXTS = st.lists(st.lists(TERMS, max_size=12), min_size=1, max_size=9)


def grown(base: list[list[str]], later: list[list[str]]) -> GrownSparse:
    first = SparseIndex.build(Texts.of(base), k1=K1, b=B)
    with tempfile.TemporaryDirectory() as name:
        folder, texts = Path(name) / "sparse", Texts.of(later)
        rows = np.arange(len(later), dtype=np.int32)
        write_sparse(folder, texts, rows, len(later), k1=K1, b=B, mean=first.mean, at_once=9)
        return GrownSparse(first, SparseIndex.load(folder, texts.terms))


@given(base=TEXTS, later=TEXTS, query=st.lists(TERMS, max_size=6))
def test_scores_are_those_of_one_index_with_the_mean_length_of_the_base(
    base: list[list[str]], later: list[list[str]], query: list[str]
) -> None:
    texts, mean = base + later, sum(map(len, base)) / len(base) or 1
    want = np.zeros((len(query), len(texts)))
    for i, term in enumerate(query):
        df = sum(term in text for text in texts)
        idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        for row, text in enumerate(texts):
            times = Counter(text)[term]
            want[i, row] = idf * times / (times + K1 * (1 - B + B * len(text) / mean))
    index = grown(base, later)
    boosts = np.linspace(1, 2, len(query), dtype=np.float32)
    np.testing.assert_allclose(index.scores(query), want.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(index.scores(query, boosts), boosts @ want, rtol=1e-5)
    best = np.argsort(-index.scores(query), kind="stable")[: np.count_nonzero(want.sum(axis=0))]
    assert index.search(query, 4).rows.tolist() == best[:4].tolist()


def test_a_term_is_as_rare_as_in_both() -> None:
    index = grown([["党建"], ["人才"]], [["党建", "量子"], ["党建"]])
    want = [math.log(1 + (4 - df + 0.5) / (df + 0.5)) for df in (3, 1, 1, 0)]
    assert np.allclose(index.idfs(["党建", "人才", "量子", "不见"]), want)


@given(
    base=PASSAGES, later=PASSAGES, terms=st.lists(TERMS | st.just("量子"), max_size=5, unique=True)
)
def test_parts_are_those_of_one_index(
    base: list[list[list[str]]], later: list[list[list[str]]], terms: list[str]
) -> None:
    index, passages = GrownSparse(sparse_of(base), sparse_of(later)), base + later
    rows = np.arange(len(passages))[::-1]
    want = sparse_of(passages).postings(terms).bits(len(terms), rows)
    assert index.postings(terms).bits(len(terms), rows).tolist() == want.tolist()


@given(size=st.integers(1, 12), at=st.integers(1, 11), seed=st.integers(0, 99), data=st.data())
def test_vectors_are_those_of_one_index(size: int, at: int, seed: int, data: st.DataObject) -> None:
    made = np.random.default_rng(seed).normal(size=(size + at, 8)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    one, query = DenseIndex.build(made), made[0]
    index = GrownDense(DenseIndex.build(made[:at]), DenseIndex.build(made[at:]))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(made) - 1)))), np.int64)
    for allowed in (None, rows):
        found, want = index.search(query, 5, allowed), one.search(query, 5, allowed)
        assert found.rows.tolist() == want.rows.tolist()
        np.testing.assert_allclose(found.scores, want.scores, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(index.vectors(rows), made[rows])
    np.testing.assert_allclose(index.cosines(query, rows), made[rows] @ query, atol=1e-6)
