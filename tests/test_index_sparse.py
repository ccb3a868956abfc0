"""BM25 agrees with the formula written out, and with bm25s's own search."""

import math
from collections import Counter
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.sparse import SparseIndex
from rag.index.texts import Texts
from rag.index.weighing import write_sparse

K1, B = 1.2, 0.75
TERMS = st.sampled_from(["党", "党建", "人才", "𠀀", "a3区", "25%", "é"])
TEXTS = st.lists(st.lists(TERMS, max_size=12), min_size=1, max_size=12)


def brute_force(texts: list[list[str]], query: list[str]) -> list[float]:
    """The Lucene variant of BM25, one document and one term at a time."""
    mean = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        counts, score = Counter(text), 0.0
        for term in query:
            df = sum(term in other for other in texts)
            if counts[term]:
                idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
                norm = K1 * (1 - B + B * len(text) / mean)
                score += idf * counts[term] / (counts[term] + norm)
        scores.append(score)
    return scores


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(TERMS, max_size=6), k=st.integers(1, 20))
def test_agrees_with_the_formula(texts: list[list[str]], query: list[str], k: int) -> None:
    index = SparseIndex.build(Texts.of(texts), k1=K1, b=B)
    want = brute_force(texts, query)
    np.testing.assert_allclose(index.scores(query), want, rtol=1e-5)
    shares = np.arange(len(query), dtype=np.float32)
    held = [sum(i for i, term in enumerate(query) if term in text) for text in texts]
    assert index.postings(query).held(shares).tolist() == held
    found = index.search(query, k)
    positive = sorted((score for score in want if score > 0), reverse=True)[:k]
    np.testing.assert_allclose(found.scores, positive, rtol=1e-5)


def test_agrees_with_the_search_of_bm25s() -> None:
    texts = [list(line) for line in ("发展党员工作", "人才发展资金", "基层党组织建设", "发展经济")]
    theirs = bm25s.BM25(method="lucene", k1=K1, b=B)
    theirs.index(texts, show_progress=False)
    rows, scores = theirs.retrieve([list("发展党")], k=3, show_progress=False)
    ours = SparseIndex.build(Texts.of(texts), k1=K1, b=B).search(list("发展党"), 3)
    assert ours.rows.tolist() == rows[0].tolist()
    np.testing.assert_allclose(ours.scores, scores[0], rtol=1e-6)


@settings(deadline=None)
@given(texts=TEXTS, query=st.lists(TERMS, min_size=1, max_size=4), data=st.data())
def test_only_the_allowed_rows_are_searched(
    texts: list[list[str]], query: list[str], data: st.DataObject
) -> None:
    index = SparseIndex.build(Texts.of(texts), k1=K1, b=B)
    allowed = data.draw(st.sets(st.integers(0, len(texts) - 1)))
    found = index.search(query, 20, np.array(sorted(allowed), np.int64))
    scores = index.scores(query)
    assert set(found.rows.tolist()) == {row for row in allowed if scores[row] > 0}


def test_unknown_words_give_no_hit() -> None:
    index = SparseIndex.build(Texts.of([["党建"], ["人才"]]), k1=K1, b=B)
    assert index.search(["量子", "a", "龥"], 5).rows.tolist() == []
    assert index.search([], 5).rows.tolist() == []


def test_equal_scores_come_in_row_order_and_the_cut_keeps_it() -> None:
    index = SparseIndex.build(Texts.of([["党建"]] * 9 + [["人才"]]), k1=K1, b=B)
    assert index.search(["党建"], 4).rows.tolist() == [0, 1, 2, 3]


def test_idf_is_that_of_the_formula_and_largest_for_the_unknown() -> None:
    index = SparseIndex.build(Texts.of([["党建", "党建"], ["党建"], ["人才"]]), k1=K1, b=B)
    want = [math.log(1 + each) for each in (1.5 / 2.5, 2.5 / 1.5, 3.5 / 0.5)]
    assert index.idfs(["党建", "人才", "量子"]).tolist() == pytest.approx(want)


@settings(deadline=None)
@given(texts=TEXTS | st.just([[], []]), query=st.lists(TERMS, max_size=4))
def test_round_trip_by_memory_map(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], query: list[str]
) -> None:
    made = Texts.of(texts)
    before = SparseIndex.build(made, k1=K1, b=B)
    folder = tmp_path_factory.mktemp("sparse") / "new"
    before.save(folder)
    after = SparseIndex.load(folder, made.terms)
    np.testing.assert_array_equal(after.scores(query), before.scores(query))
    assert after.idfs(query).tolist() == before.idfs(query).tolist()


@pytest.mark.parametrize("damage", [b"", b"no array"])
def test_says_which_file_is_damaged(tmp_path: Path, damage: bytes) -> None:
    texts = Texts.of([["党建"]])
    SparseIndex.build(texts, k1=K1, b=B).save(tmp_path / "new")
    (tmp_path / "new" / "weights.npy").write_bytes(damage)
    with pytest.raises(IndexDamaged, match=r"weights\.npy cannot be read: run `rag build` again"):
        SparseIndex.load(tmp_path / "new", texts.terms)


@settings(deadline=None)
@given(texts=TEXTS, at_once=st.integers(1, 9), data=st.data())
def test_what_is_written_bit_by_bit_is_what_is_built_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[list[str]],
    at_once: int,
    data: st.DataObject,
) -> None:
    """Texts belong to rows in any order, several to one row, some to none."""
    size = data.draw(st.integers(1, 5))
    row = st.integers(-1, size - 1)
    rows = data.draw(st.lists(row, min_size=len(texts), max_size=len(texts)))
    made, folder = Texts.of(texts), tmp_path_factory.mktemp("sparse") / "new"
    write_sparse(folder, made, np.array(rows, np.int32), size, k1=K1, b=B, at_once=at_once)
    joined = [[t for text, r in zip(texts, rows, strict=True) if r == i for t in text]
              for i in range(size)]  # fmt: skip
    terms = sorted({term for text in texts for term in text})
    index = SparseIndex.load(folder, made.terms)
    np.testing.assert_allclose(index.scores(terms), brute_force(joined, terms), rtol=1e-5)
    want = SparseIndex.build(Texts.of(joined), k1=K1, b=B)
    np.testing.assert_array_equal(index.scores(terms), want.scores(terms))
