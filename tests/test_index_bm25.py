"""BM25 of passages and essays agrees with the formula written out, and with bm25s."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.bm25 import Bm25, Bm25Writer, keys_of

K1, B = 1.2, 0.75
TERMS = ["党", "党建", "人才", "𠀀", "a3区", "25%", "é", "机制"]
Text = list[str]
PASSAGES = st.lists(st.sampled_from(TERMS), max_size=12)
ESSAYS = st.lists(st.lists(PASSAGES, min_size=1, max_size=3), min_size=1, max_size=6)
QUERY = st.lists(st.sampled_from([*TERMS, "没有"]), unique=True, max_size=5)


def written(
    folder: Path, passages: Sequence[Text], essay_of: Sequence[int], batch: int = 3
) -> Bm25:
    """Write the postings of passages, some at a time, and open them."""
    writer = Bm25Writer(folder)
    for at in range(0, len(passages), batch):
        some = passages[at : at + batch]
        tokens = [token for text in some for token in text]
        writer.add(keys_of(tokens), np.array(list(map(len, some)), np.int32))
    writer.finish()
    return Bm25(folder, np.array(essay_of, np.int64), K1, B)


def flat(essays: Sequence[Sequence[Text]]) -> tuple[list[Text], list[int]]:
    """Passages one after the other, and the essay of each."""
    passages = [text for own in essays for text in own]
    return passages, [number for number, own in enumerate(essays) for _ in own]


def joined(essays: Sequence[Sequence[Text]]) -> list[Text]:
    return [[token for text in own for token in text] for own in essays]


def brute_force(
    texts: Sequence[Text], query: Sequence[str], boosts: Sequence[float]
) -> list[float]:
    """The Lucene variant of BM25, one text and one term at a time."""
    mean = sum(map(len, texts)) / len(texts) or 1
    scores = []
    for text in texts:
        counts, score = Counter(text), 0.0
        for term, boost in zip(query, boosts, strict=True):
            df = sum(term in other for other in texts)
            if tf := counts[term]:
                idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
                score += boost * idf * tf / (tf + K1 * (1 - B + B * len(text) / mean))
        scores.append(score)
    return scores


@given(essays=ESSAYS, query=QUERY, batch=st.integers(1, 9), data=st.data())
def test_passages_and_essays_agree_with_the_formula(
    tmp_path_factory: pytest.TempPathFactory,
    essays: list[list[Text]],
    query: list[str],
    batch: int,
    data: st.DataObject,
) -> None:
    """One set of postings, however it was written, scores both as if each had its own."""
    weight = st.sampled_from([0.0, 0.25, 1.0, 3.0])
    boosts = data.draw(st.lists(weight, min_size=len(query), max_size=len(query)))
    passages, essay_of = flat(essays)
    index = written(tmp_path_factory.mktemp("bm25") / "new", passages, essay_of, batch)
    found = index.match(query, np.array(boosts, np.float32))
    assert (index.size, index.essays) == (len(passages), len(essays))
    np.testing.assert_allclose(
        found.passages, brute_force(passages, query, boosts), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(
        found.essays, brute_force(joined(essays), query, boosts), rtol=1e-5, atol=1e-7
    )


@given(essays=ESSAYS, query=QUERY)
def test_weights_hold_what_a_question_is_scored_by(
    tmp_path_factory: pytest.TempPathFactory, essays: list[list[Text]], query: list[str]
) -> None:
    """The inner product of a passage's weights with the question's boosts is its BM25."""
    index = written(tmp_path_factory.mktemp("bm25") / "new", *flat(essays))
    boosts = np.arange(1, len(query) + 1, dtype=np.float32)
    asked = dict(zip(keys_of(query).tolist(), boosts.tolist(), strict=True))
    found = index.match(query, boosts)
    got = [
        sum(asked.get(key, 0.0) * weight for key, weight in weights.items())
        for weights in index.weights()
    ]
    np.testing.assert_allclose(got, found.passages, rtol=1e-5, atol=1e-6)


def test_agrees_with_bm25s(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    essays = [
        [rng.choice(TERMS, size=rng.integers(1, 20)).tolist() for _ in range(rng.integers(1, 4))]
        for _ in range(40)
    ]
    passages, essay_of = flat(essays)
    query = ["党建", "人才", "𠀀"]
    found = written(tmp_path / "new", passages, essay_of).match(query, np.ones(3, np.float32))
    for texts, ours in ((passages, found.passages), (joined(essays), found.essays)):
        theirs = bm25s.BM25(method="lucene", k1=K1, b=B)
        theirs.index(texts, show_progress=False)
        np.testing.assert_allclose(ours, theirs.get_scores(query), rtol=1e-5, atol=1e-7)


def test_a_term_counts_255_times_at_most(tmp_path: Path) -> None:
    passages = [["党"] * 300 + ["人才"], ["党"] * 255 + ["人才"] * 46, ["人才"]]
    index = written(tmp_path / "new", passages, [0, 1, 2])
    found = index.match(["党"], np.ones(1, np.float32)).passages
    norm = K1 * (1 - B + B * 301 / (603 / 3))
    want = math.log(1 + 1.5 / 2.5) * 255 / (255 + norm)
    assert found.tolist() == pytest.approx([want, want, 0])


def test_unknown_terms_and_no_terms_match_nothing(tmp_path: Path) -> None:
    index = written(tmp_path / "new", [["党建"], ["人才"]], [0, 0])
    for query in (["量子", "龥", ""], []):
        found = index.match(query, np.ones(len(query), np.float32))
        assert not found.passages.any()
        assert not found.essays.any()


@pytest.mark.parametrize(("passages", "essay_of"), [([], []), ([[], []], [0, 1])])
def test_an_empty_index_matches_nothing(
    tmp_path: Path, passages: list[Text], essay_of: list[int]
) -> None:
    index = written(tmp_path / "new", passages, essay_of)
    found = index.match(["党建"], np.ones(1, np.float32))
    assert found.passages.tolist() == [0] * len(passages)
    assert found.essays.tolist() == [0] * len(passages)
    assert list(index.weights()) == [{}] * len(passages)
    assert np.isfinite(index.idfs(["党建"])).all()


def test_an_essay_in_two_runs_counts_once_a_run(tmp_path: Path) -> None:
    """The matter around the essays of a bulletin: its masthead, and its last page."""
    passages = [["党", "人才"], ["党"], ["党", "党"]]
    index = written(tmp_path / "new", passages, [0, 1, 0])
    found = index.match(["党"], np.ones(1, np.float32)).essays
    idf = math.log(1 + 0.5 / 2.5)  # held by no more essays than there are
    norms = [K1 * (1 - B + B * length / 2.5) for length in (4, 1)]
    want = [idf * (1 / (1 + norms[0]) + 2 / (2 + norms[0])), idf / (1 + norms[1])]
    assert found.tolist() == pytest.approx(want)


def test_idfs_are_those_of_the_formula_and_largest_for_the_unknown(tmp_path: Path) -> None:
    index = written(tmp_path / "new", [["党建", "党建"], ["党建"], ["人才"]], [0, 0, 1])
    want = [math.log(1 + each) for each in (1.5 / 2.5, 2.5 / 1.5, 3.5 / 0.5)]
    assert index.idfs(["党建", "人才", "量子"]).tolist() == pytest.approx(want)


def test_terms_are_known_by_a_hash_of_32_bits(tmp_path: Path) -> None:
    terms = [f"词{n}" for n in range(400)]
    keys = keys_of(terms)
    assert keys.dtype == np.uint32
    assert keys.tolist() == [zlib.crc32(term.encode()) for term in terms]
    assert (keys >= 2**31).any()
    index = written(tmp_path / "new", [[term] for term in terms], list(range(400)), batch=50)
    for row in range(0, 400, 7):
        (found,) = np.flatnonzero(index.match([terms[row]], np.ones(1, np.float32)).passages)
        assert found == row


def test_two_terms_of_one_hash_are_one(tmp_path: Path) -> None:
    """Rare enough to bear: two terms in a thousand, at two million terms."""
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    index = written(tmp_path / "new", [["plumless", "buckeroo"], ["人才"]], [0, 1])
    one = index.match(["plumless"], np.ones(1, np.float32)).passages
    other = index.match(["buckeroo"], np.ones(1, np.float32)).passages
    assert one.tolist() == other.tolist()
    norm = K1 * (1 - B + B * 2 / 1.5)
    assert one[0] == pytest.approx(math.log(1 + 1.5 / 1.5) * 2 / (2 + norm))


def test_nothing_but_arrays_is_left_in_the_folder(tmp_path: Path) -> None:
    written(tmp_path / "new", [["党建"], ["人才"]], [0, 1])
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {f"{name}.npy" for name in ("keys", "starts", "rows", "tfs", "lengths")}


@pytest.mark.parametrize("name", ["keys", "starts", "rows", "tfs", "lengths"])
@pytest.mark.parametrize("damage", [None, b"", b"no array", b"\x80\x04K\x01."])
def test_says_which_file_is_damaged(tmp_path: Path, name: str, damage: bytes | None) -> None:
    """A missing file, a cut one, another kind of file, and a pickle, which is never loaded."""
    written(tmp_path / "new", [["党建"]], [0])
    path = tmp_path / "new" / f"{name}.npy"
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(IndexDamaged, match=f"{name}.npy cannot be read: run `rag build` again"):
        Bm25(tmp_path / "new", np.zeros(1, np.int64), K1, B)
