"""A model's stream becomes sentences without marks and markup, wherever it is cut."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.llm import claims

MARKS = "[1]/［1］/【1】/[1,2]/[1，2]/【1、3】/[ 1 ; 2 ]/[1-3]/［2—4］/[来源1]/【摘录2、摘录3】"
FULL = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("先选[1]。后育[2]。", ["先选。", "后育。"]),
        ("先选。[1]后育。[2]", ["先选。", "后育。"]),
        ("先选。[1][2] 后育", ["先选。", "后育"]),
        ("先选[1]，后育[2]。", ["先选，后育。"]),
        ("“先选。”[1]后育", ["“先选。”", "后育"]),
        ("增长1.5%[1]", ["增长1.5%"]),
        ("- **先选**[1]\n2. 后育[2]", ["先选", "后育"]),
        ("## 标题\n\n> 先选[1]", ["标题", "先选"]),
        ("一是先选。\n（二）后育；\n三、先用\n第四，再管", ["先选。", "后育；", "先用", "再管"]),
        ("一是一，二是二", ["一，二是二"]),
        ("1.5亿元[1]", ["1.5亿元"]),
        ("[1]先选。", ["先选。"]),
        ("[1][2]", []),
        ("\n\n", []),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert list(claims([text])) == sentences


@pytest.mark.parametrize("mark", [*MARKS.split("/"), "[12]".translate(FULL)])
def test_every_form_of_a_mark_is_taken_off(mark: str) -> None:
    assert list(claims([f"先选{mark}。"])) == ["先选。"]


@pytest.mark.parametrize("text", ["[a]", "[]", "[1", "数组[1.5]", "[[", "[1\\]", "【编者按】"])
def test_other_brackets_are_text(text: str) -> None:
    assert list(claims([text])) == [text]


def test_a_sentence_comes_out_as_soon_as_the_next_begins() -> None:
    def stream() -> Iterator[str]:
        yield from ("先选。", "[1]")
        raise AssertionError("read on before the first sentence was given")

    assert next(claims(stream())) == "先选。"


@given(st.text(st.sampled_from("选育。！\n[1]【2】、-* ”")), st.data())
def test_any_chunking_reads_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]
    assert list(claims(text[a:b] for a, b in pairwise(bounds))) == list(claims([text]))


@pytest.mark.parametrize(
    "script",
    [
        ["<think>先想一想。[1]</think>", "先选。"],
        ["<thi", "nk>先想", "一想。</th", "ink>先选。"],
        ["\n<think>\n\n</think>先", "选。"],
        ["<think>先想。", "再想。\n", "</think>\n", "先选。", "<think>", "没有想完。"],
        ["先想，再", "想</think>先选。"],  # of a template that begins the thoughts
    ],
)
def test_thoughts_are_left_out(script: list[str]) -> None:
    assert list(claims(script)) == ["先选。"]


@pytest.mark.parametrize("text", ["<", "<thin", "<b>先选</b>", "先<think>选"])
def test_what_only_looks_like_a_thought_is_kept(text: str) -> None:
    assert list(claims(text)) == [text]
