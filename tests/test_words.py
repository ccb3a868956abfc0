"""Tokens of Chinese text: folding, words, bigrams across numbers and Latin."""

import re

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.words import (
    STOPWORDS,
    Tokenizer,
    fold,
    frequency,
    is_word,
    pieces,
    tokens,
    words,
)


def bigrams(text: str) -> list[str]:
    """The tokens that come after the words."""
    folded = fold(text)
    alone = [word for word in words(text) if word not in STOPWORDS]
    return tokens(folded)[len(alone) :]


TEXT = st.text(st.sampled_from("党建人才的 是什么A3区25.5%，。“”\n１１％𠀀é👩"), max_size=30)


def test_full_width_meets_half_width() -> None:
    assert fold("１１％ｎ㎡") == "11%nm2"
    assert tokens("１１．１％的ｎ") == tokens("11.1%的N")


def test_words_drop_punctuation_and_keep_numbers_whole() -> None:
    assert words("增长4.5%，达到1,200万元。") == ["增长", "4.5%", "达到", "1", "200", "万元"]
    assert words("") == words("，。！") == []


def test_words_are_those_of_jiebas_search_mode() -> None:
    text = "基层党组织书记到村任职"
    assert words(text) == list(jieba.cut_for_search(text))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("党建", ["党建"]),
        ("党", []),
        ("抓党建，促振兴", ["抓党", "党建", "促振", "振兴"]),
        ("A3区有25个", ["a3区", "区有", "有25", "25个"]),
        ("原告徐x2与", ["原告", "告徐", "徐x2", "x2与"]),
        ("GDP增长4.5%左右", ["gdp增", "增长", "长4.5%", "4.5%左", "左右"]),
        ("𠀀𠀁字", ["𠀀𠀁", "𠀁字"]),
        ("hello world", []),
    ],
)
def test_bigrams(text: str, want: list[str]) -> None:
    assert bigrams(text) == want


@settings(deadline=None)
@given(text=TEXT)
def test_bigrams_of_han_text_are_its_two_character_windows(text: str) -> None:
    han = re.sub(r"[^党建人才的是什么区]", "，", text)
    runs = [run for run in han.split("，") if len(run) > 1]
    assert bigrams(han) == [run[i : i + 2] for run in runs for i in range(len(run) - 1)]


@settings(deadline=None)
@given(text=TEXT)
def test_tokens_begin_with_the_words_but_stop_words(text: str) -> None:
    kept = [word for word in words(text) if word not in STOPWORDS]
    assert sorted(tokens(text)[: len(kept)]) == sorted(kept)
    assert not any("\n" in token or " " in token for token in tokens(text))


@settings(deadline=None)
@given(text=TEXT)
def test_pieces_have_their_place_in_the_text(text: str) -> None:
    assert all(text[start:end] == word for word, start, end in pieces(text))


def test_a_dictionary_keeps_its_words_whole_beside_their_parts() -> None:
    own = Tokenizer(["民情账本", "工作"])
    assert own.words("拓宽民情账本") == ["拓宽", "民情", "账本", "民情账本"]
    assert "民情账本" not in tokens("拓宽民情账本")
    assert own.tokens("基层工作") == tokens("基层工作")  # a word that is known anyway


@pytest.mark.parametrize(
    ("text", "want"),
    [("党建", True), ("党", False), ("", False), ("5G基站", False), ("𠀀𠀁", True)],
)
def test_a_word_of_a_dictionary_is_of_han_characters(text: str, want: bool) -> None:
    assert is_word(text) == want


def test_a_question_of_manner_alone_has_no_words() -> None:
    assert [word for word in words("什么是多少？") if word not in STOPWORDS] == []


def test_frequency_tells_common_words_from_rare_ones() -> None:
    assert frequency("工作") > frequency("拓宽") > frequency("没有这个词的") == 0


def test_frequency_is_what_jieba_reads_for_itself() -> None:
    jieba.initialize()
    for word in ("工作", "干部", "拓宽", "民情账", "没有这个词的", "B超", ""):
        assert frequency(word) == jieba.get_FREQ(word, 0), word
