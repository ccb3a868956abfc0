"""Texts as numbers: the tokens come back, alone, joined and gathered."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.index.texts import Texts

TEXTS = st.lists(
    st.lists(st.sampled_from(["党", "党建", "𠀀", "a3区", "é"]), max_size=5), max_size=8
)


def back(texts: Texts) -> list[list[str]]:
    """The tokens of every text, from the numbers."""
    text, starts = texts.terms.text.tobytes(), texts.terms.starts
    terms = [text[a:z].decode() for a, z in pairwise(starts)]
    assert terms == sorted(set(terms))
    return [[terms[i] for i in texts.ids[a:z]] for a, z in pairwise(texts.starts)]


@given(texts=TEXTS)
def test_round_trip(texts: list[list[str]]) -> None:
    assert back(Texts.of(texts)) == texts


@given(texts=TEXTS, data=st.data())
def test_joined_and_gathered(texts: list[list[str]], data: st.DataObject) -> None:
    made, place = Texts.of(texts), st.integers(0, len(texts))
    bounds = sorted(data.draw(st.lists(place, min_size=1, max_size=5)))
    runs = list(pairwise(bounds))
    want = [[t for text in texts[a:z] for t in text] for a, z in runs]
    assert back(made.joined(np.array(bounds))) == want
    backwards = [[run, run] for run in reversed(runs)]
    assert back(made.gathered(backwards)) == [text * 2 for text in reversed(want)]
