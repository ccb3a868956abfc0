"""Texts as numbers: the tokens come back, from memory and from the file that a build fills."""

from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index.texts import Spool, Terms, Texts
from rag.numbering import numbered, packed
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
    folder = tmp_path_factory.mktemp("spool")
    with closing(Spool(folder / "tokens.npy")) as spool:
        for some in (texts[:cut], texts[cut:]):
            spool.add(numbered(plain(), some))
        made = back(spool.finish())
    assert [Counter(text) for text in made] == [Counter(tokens(t)) for t in texts]
    assert [path.name for path in folder.iterdir()] == ["tokens.npy"]


def test_keys_are_put_in_order_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.texts._FEW", 2)
    texts = ["人才工作", "a3区第25届", "党建", "", "25.5%", "人才库", "𠀀党"]
    with closing(Spool(tmp_path / "tokens.npy")) as spool:
        for text in texts:
            spool.add(numbered(plain(), [text]))
        made = back(spool.finish())
    assert [Counter(text) for text in made] == [Counter(tokens(text)) for text in texts]


@given(terms=st.sets(st.text("a党é𠀀\uffff", min_size=1, max_size=5)))
def test_keys_give_the_vocabulary_that_text_gives(terms: set[str]) -> None:
    ordered = sorted(terms)
    places = np.array([i for i, term in enumerate(ordered) if len(term) > 3], np.int64)
    short = [term for term in ordered if len(term) <= 3]
    made = Terms.of_keys(packed(short), [ordered[i] for i in places], places)
    assert list(made) == ordered
    assert np.array_equal(made.text, Terms.of(ordered).text)
    assert np.array_equal(made.keys, Terms.of(ordered).keys)


TERM = st.text("a党é𠀀\uffff", max_size=6) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
)


@given(terms=st.sets(TERM), others=st.lists(TERM))
def test_terms_are_found_by_their_places(terms: set[str], others: list[str]) -> None:
    ordered = sorted(terms)
    places = {term: place for place, term in enumerate(ordered)}
    asked = (*ordered, *others)
    found = Terms.of(ordered).places(asked)
    assert found.tolist() == [places.get(term, -1) for term in asked]


def test_terms_come_back_from_their_files(tmp_path: Path) -> None:
    Terms.of(["党建", "𠀀"]).save(tmp_path / "terms")
    loaded = Terms.load(tmp_path / "terms")
    assert loaded.places(("党建", "𠀀", "党")).tolist() == [0, 1, -1]
    assert not np.asarray(loaded.text).flags.writeable
