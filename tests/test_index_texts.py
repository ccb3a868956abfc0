"""Texts as numbers: the tokens come back, from memory and from the file that a build fills."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index.texts import Spool, Terms, Texts
from rag.numbering import numbered
from rag.words import plain, tokens

TEXTS = st.lists(
    st.lists(st.sampled_from(["党", "党建", "𠀀", "a3区", "é"]), max_size=5), max_size=8
)
RAW = st.lists(st.text("党建人才𠀀a3.%é ，", max_size=9), max_size=8)


def back(texts: Texts) -> list[list[str]]:
    """The tokens of every text, from the numbers."""
    text, starts = texts.terms.text.tobytes(), texts.terms.starts
    terms = [text[a:z].decode() for a, z in pairwise(starts)]
    assert terms == sorted(set(terms))
    return [[terms[i] for i in texts.ids[a:z]] for a, z in pairwise(texts.starts)]


@given(texts=TEXTS)
def test_round_trip(texts: list[list[str]]) -> None:
    assert back(Texts.of(texts)) == texts


@settings(deadline=None)
@given(texts=RAW, data=st.data())
def test_a_file_holds_the_tokens_of_all_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    spool = Spool(tmp_path_factory.mktemp("spool") / "tokens.npy")
    for some in (texts[:cut], texts[cut:]):
        spool.add(numbered(plain(), some))
    assert [Counter(text) for text in back(spool.finish())] == [Counter(tokens(t)) for t in texts]


@given(terms=st.sets(st.text(max_size=3)), term=st.text(max_size=3))
def test_a_term_is_found_by_its_place(terms: set[str], term: str) -> None:
    ordered = sorted(terms)
    vocabulary = Terms.of(ordered)
    assert [vocabulary.find(each) for each in ordered] == list(range(len(ordered)))
    assert (vocabulary.find(term) is None) == (term not in terms)


def test_terms_come_back_from_their_files(tmp_path: Path) -> None:
    Terms.of(["党建", "𠀀"]).save(tmp_path / "terms")
    loaded = Terms.load(tmp_path / "terms")
    assert [loaded.find(term) for term in ("党建", "𠀀", "党")] == [0, 1, None]
    assert not np.asarray(loaded.text).flags.writeable
