"""What of a question stands in parts of passages, against looking at the words."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.parts import TOKENS, Parts, part_shares
from rag.index.sparse import SparseIndex
from rag.index.texts import Spool, Texts
from rag.index.weighing import write_sparse
from rag.numbering import Tokens, packed

TERMS = st.sampled_from(["党", "党建", "人才", "资金", "𠀀"])
PASSAGES = st.lists(
    st.lists(st.lists(TERMS, max_size=4), min_size=1, max_size=4), min_size=1, max_size=6
)


def sparse_of(passages: list[list[list[str]]]) -> SparseIndex:
    """The index of passages whose parts are told apart."""
    texts = Texts.of([part for parts in passages for part in parts])
    sizes = list(map(len, passages))
    rows = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    parts = np.concatenate([np.arange(size) for size in sizes]).astype(np.uint8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sparse"
        write_sparse(folder, texts, rows, len(sizes), k1=1.2, b=0.75, parts=parts, at_once=7)
        return SparseIndex.load(folder, texts.terms)


@settings(deadline=None)
@given(passages=PASSAGES, terms=st.lists(TERMS | st.just("量子"), unique=True), data=st.data())
def test_bits_and_shares_agree_with_looking(
    passages: list[list[list[str]]], terms: list[str], data: st.DataObject
) -> None:
    row = st.integers(0, len(passages) - 1)
    rows = data.draw(st.lists(row, max_size=6))
    bits = sparse_of(passages).postings(terms).bits(len(terms), np.array(rows, np.int64))
    want = [
        [sum(1 << i for i, part in enumerate(passages[row]) if term in part) for row in rows]
        for term in terms
    ]
    assert bits.tolist() == want
    shares = {term: 2.0**-i for i, term in enumerate(terms)}  # so that each sum is exact

    def share(*parts: list[str]) -> float:
        held = {term for part in parts for term in part}
        return sum(weight for term, weight in shares.items() if term in held)

    found = part_shares(np.array([*shares.values()], np.float32), bits, bits[:, ::-1])
    asked = [passages[row] for row in rows]
    assert found.passage.tolist() == [share(*parts) for parts in asked]
    assert found.head.tolist() == [share(parts[0]) for parts in asked]
    assert found.opening.tolist() == [share(*parts[:2]) for parts in reversed(asked)]
    assert found.sentence.tolist() == [max(map(share, parts)) for parts in asked]
    pairs = [[*pairwise(parts), (parts[-1], [])] for parts in asked]
    assert found.pair.tolist() == [max(share(*pair) for pair in own) for own in pairs]


def test_a_build_can_go_on_from_the_tokens(tmp_path: Path) -> None:
    passages = [[["党建", "a3区25%"], []], [["资金", "党建", "专项资金库"]]]
    held = Texts.of([part for parts in passages for part in parts])
    np.save(tmp_path / TOKENS, held.ids)
    Parts(held, np.array([0, 2, 3])).save(tmp_path)
    tokens, starts = Parts.load(tmp_path, held.terms).tokens()
    assert starts.tolist() == [0, 2, 3]
    (tmp_path / TOKENS).unlink()
    with pytest.raises(IndexDamaged, match=r"tokens\.npy cannot be read: run `rag build` again"):
        Parts.load(tmp_path, held.terms)
    spool = Spool(tmp_path / TOKENS)
    spool.add(tokens)
    spool.add(Tokens(packed(["人才", "资金"]), [], np.array([1, 0, 1], np.int32), np.array([0, 3])))
    texts = spool.finish()
    terms = list(texts.terms)
    assert terms == sorted(["党建", "a3区25%", "资金", "专项资金库", "人才"])
    lists = [[terms[i] for i in own] for own in np.split(texts.ids, texts.starts[1:-1])]
    want = [["党建", "a3区25%"], [], ["资金", "党建", "专项资金库"], ["资金", "人才", "资金"]]
    assert lists == want
