"""Flat sentences, their clauses, and whether a text holds a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.llm.clauses import content, flatten, holds, quoted
from rag.llm.turns import turn_at


def clauses(text: str) -> list[tuple[str, str]]:
    return [(clause.text, clause.stop) for clause in flatten(text).clauses]


def test_a_quotation_is_not_cut() -> None:
    assert clauses("推行“内搭平台、外联老乡”，补助 1,500 元。") == [
        ("推行内搭平台、外联老乡", "，"),
        ("补助1,500元", "。"),
    ]


def test_an_open_quotation_does_not_swallow_the_rest() -> None:
    assert clauses("“一是引才，二是育才") == [("一是引才", "，"), ("二是育才", "")]


@given(st.text(st.sampled_from("选育。，、“”《》 1,5")))
def test_clauses_stand_in_the_flat_text_where_they_say(text: str) -> None:
    flat = flatten(text)
    for clause in flat.clauses:
        end = clause.start + len(clause.text)
        assert flat.text[clause.start : end + len(clause.stop)] == clause.text + clause.stop


def test_quoted_terms() -> None:
    assert quoted("“四进 四考”和《抓机制 树导向》、「赛马」") == [
        "四进四考",
        "抓机制树导向",
        "赛马",
    ]


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ("该县主要采取以下措施", []),
        ("设立15种人才驿站", ["设立", "人才", "驿站"]),
        ("不得提拔", ["不得", "提拔"]),
    ],
)
def test_what_a_clause_states(clause: str, words: list[str]) -> None:
    assert [word for word, _, _ in content(clause)] == words


@pytest.mark.parametrize(
    ("text", "clause", "span", "held"),
    [
        ("建设人才公寓", "人才公寓", (2, 4), True),
        ("建设人才驿站", "人才公寓", (2, 4), False),
        ("期望江边县城", "望江县", (2, 3), False),  # 县 stands in the text, but beside another
        ("望江县委", "望江县", (2, 3), True),
        ("推广PPP模式", "PPP", (0, 3), True),
        ("推广PPPX模式", "PPP", (0, 3), False),
    ],
)
def test_a_word_is_held(text: str, clause: str, span: tuple[int, int], *, held: bool) -> None:
    start, end = span
    assert holds(text, clause, clause[start:end], start, end) is held


@pytest.mark.parametrize(
    ("text", "word", "turn"),
    [
        ("不得提拔重用", "重用", "denied"),
        ("没有发生事故", "事故", "denied"),
        ("不作为的干部一律调整", "调整", ""),
        ("不唯票，重实绩", "实绩", ""),
        ("不断加强培训", "培训", ""),
        ("坚定不移推进改革", "改革", ""),
        ("非公企业党建", "党建", ""),
        ("探索建立档案", "档案", "reserved"),
        ("力争达到一流", "一流", "reserved"),
        ("模拟演练", "演练", ""),
        ("不得不调整", "调整", ""),
    ],
)
def test_how_a_word_is_turned(text: str, word: str, turn: str) -> None:
    assert turn_at(text, text.index(word)) == turn
