"""The pieces are those of `tokenizers`, on any text and any vocabulary."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers

from rag.encoding import DEFAULT, StaticEncoder
from rag.encoding.unigram import Single, Unigram, Vocabulary
from rag.training.vocabulary import word_tokenizer

TEXT = st.text(max_size=12) | st.text("的党建人才库工作〇𠀀㐀龘Σİａ３．%\0\n ，A1①Ⅳ", max_size=40)


@pytest.fixture(scope="module")
def default() -> tuple[Tokenizer, Unigram, Single]:
    return made(Tokenizer.from_file(str(DEFAULT / "tokenizer.json")))


def made(tokenizer: Tokenizer) -> tuple[Tokenizer, Unigram, Single]:
    vocabulary = Vocabulary.of(tokenizer)
    assert vocabulary is not None
    return tokenizer, Unigram(vocabulary), Single(vocabulary)


def check(tokenizer: Tokenizer, unigram: Unigram, single: Single, texts: list[str]) -> None:
    want = [each.ids for each in tokenizer.encode_batch(texts, add_special_tokens=False)]
    cut = unigram.cut(texts)
    assert cut is not None
    assert [ids.tolist() for ids in np.split(cut[0], cut[1])][:-1] == want
    assert [single.cut(text) for text in texts] == want


@settings(deadline=None, max_examples=300)
@given(texts=st.lists(TEXT, max_size=12))
def test_agrees_with_the_library(
    default: tuple[Tokenizer, Unigram, Single], texts: list[str]
) -> None:
    check(*default, texts)


@settings(deadline=None)
@given(
    counts=st.dictionaries(st.text("党建人才ab", min_size=1, max_size=5), st.integers(30, 99)),
    texts=st.lists(st.text("党建人才ab库 ", max_size=30), max_size=5),
)
def test_agrees_on_equal_scores_and_unknown_characters(
    counts: Mapping[str, int], texts: list[str]
) -> None:
    check(*made(word_tokenizer({"党": 30, "a": 30, **counts}, 50)), texts)


def test_other_tokenizers_and_endless_runs_are_left_to_the_library(
    default: tuple[Tokenizer, Unigram, Single],
) -> None:
    tokenizer, unigram, _ = default
    assert unigram.cut(["人才" * 101]) is None
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    assert Vocabulary.of(tokenizer) is None


def test_many_texts_have_the_vectors_of_each_alone() -> None:
    encoder = StaticEncoder.load(DEFAULT)
    texts = [f"第{n}期：人才发展专项资金“四进四考”" * (n % 5) for n in range(1100)]
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts[::100]])
    np.testing.assert_array_equal(encoder.encode_passages(texts)[::100], alone)
    assert math.isclose(float(np.linalg.norm(alone[1])), 1, abs_tol=1e-6)
