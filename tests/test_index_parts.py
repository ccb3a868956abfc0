"""Which words stand in which part of which passage, against looking at the words."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.parts import TOKENS, Parts
from rag.index.texts import Spool, Texts
from rag.numbering import Tokens, packed

TERMS = st.sampled_from(["党", "党建", "人才", "资金", "𠀀"])
PASSAGES = st.lists(
    st.lists(st.lists(TERMS, max_size=4), min_size=1, max_size=4), min_size=1, max_size=6
)


def parts_of(passages: list[list[list[str]]]) -> tuple[Parts, Texts]:
    texts = Texts.of([part for parts in passages for part in parts])
    return Parts(texts, np.cumsum([0, *map(len, passages)])), texts


@settings(deadline=None)
@given(passages=PASSAGES, terms=st.lists(TERMS | st.just("量子"), max_size=5), data=st.data())
def test_agrees_with_looking(
    passages: list[list[list[str]]], terms: list[str], data: st.DataObject
) -> None:
    row = st.integers(0, len(passages) - 1)
    rows = data.draw(st.lists(row, max_size=6))
    table = parts_of(passages)[0].table(terms, np.array(rows, np.int64))
    asked = [part for r in rows for part in passages[r]]
    assert table.present.tolist() == [[term in part for part in asked] for term in terms]
    ends = [*table.starts.tolist(), len(asked)]
    assert [b - a for a, b in pairwise(ends)] == [len(passages[r]) for r in rows]


def test_round_trip_and_a_missing_file(tmp_path: Path) -> None:
    before, texts = parts_of([[["党建"], ["人才", "资金"]], [["资金"]]])
    np.save(tmp_path / TOKENS, texts.ids)
    before.save(tmp_path)
    after = Parts.load(tmp_path, texts.terms)
    rows = np.array([1, 0])
    assert after.table(["资金"], rows).present.tolist() == [[True, False, True]]
    (tmp_path / TOKENS).unlink()
    with pytest.raises(IndexDamaged, match=r"tokens\.npy cannot be read: run `rag build` again"):
        Parts.load(tmp_path, texts.terms)


def test_a_build_can_go_on_from_the_tokens(tmp_path: Path) -> None:
    before, _ = parts_of([[["党建", "a3区25%"], []], [["资金", "党建", "专项资金库"]]])
    tokens, starts = before.tokens()
    assert starts.tolist() == [0, 2, 3]
    spool = Spool(tmp_path / TOKENS)
    spool.add(tokens)
    spool.add(Tokens(packed(["人才", "资金"]), [], np.array([1, 0, 1], np.int32), np.array([0, 3])))
    texts = spool.finish()
    terms = list(texts.terms)
    assert terms == sorted(["党建", "a3区25%", "资金", "专项资金库", "人才"])
    lists = [[terms[i] for i in own] for own in np.split(texts.ids, texts.starts[1:-1])]
    want = [["党建", "a3区25%"], [], ["资金", "党建", "专项资金库"], ["资金", "人才", "资金"]]
    assert lists == want
