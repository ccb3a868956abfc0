"""A batch of texts gives the tokens that each text gives alone."""

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.numbering import numbered, packed, unpacked
from rag.words import Tokenizer, plain, tokens

TEXT = st.text(max_size=12) | st.text(
    "的党建人才〇𠀀𠀁㐀Σİａ３．%-/\0\n\r ，；\uff1d\u0338A1.5①Ⅳ", max_size=20
)


def counts(tokenizer: Tokenizer, texts: list[str]) -> list[Counter[str]]:
    made = numbered(tokenizer, texts)
    return [Counter(made.terms[i] for i in made.ids[a:z]) for a, z in pairwise(made.starts)]


@given(terms=st.lists(st.text("a党é𠀀\U0010ffff", min_size=1, max_size=3)))
def test_keys_keep_the_order_of_terms(terms: list[str]) -> None:
    keys = packed(terms)
    assert list(unpacked(keys)) == terms
    assert list(unpacked(np.sort(keys))) == sorted(terms)


@settings(deadline=None, max_examples=300)
@given(texts=st.lists(TEXT, max_size=20))
def test_agrees_with_one_text_after_the_other(texts: list[str]) -> None:
    assert counts(plain(), texts) == [Counter(tokens(text)) for text in texts]


def test_words_of_a_dictionary_are_kept_whole() -> None:
    own = Tokenizer(["民情账本"])
    texts = ["拓宽“民情账本”25%", "", "GDP增长4.5%左右", "民情账本"]
    assert counts(own, texts) == [Counter(own.tokens(text)) for text in texts]
    assert counts(own, texts)[3]["民情账本"] == 1


def test_more_texts_than_sixteen_bits_can_count() -> None:
    texts = ["党建"] + [""] * 70_000 + ["人才"]
    made = numbered(plain(), texts)
    assert [made.terms[i] for i in made.ids] == ["党建"] * 2 + ["人才"] * 2
    assert made.starts[[0, 1, 70_001, 70_002]].tolist() == [0, 2, 2, 4]
