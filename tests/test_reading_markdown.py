"""rag.reading.markdown: marks are taken off, and where they stood is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.markdown import looks_like_markdown, read_markdown


def marked(text: str) -> list[tuple[int, str, list[str]]]:
    """Return heading level, text and bold texts of each line that is not blank."""
    return [
        (line.heading, line.text, [line.text[a:b] for a, b in line.bold])
        for line in read_markdown(text)
        if line.text
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 安庆组工信息", [(1, "安庆组工信息", [])]),
        ("## **抓制度 树导向** ##", [(2, "抓制度 树导向", ["抓制度 树导向"])]),
        ("#没有空格的标题", [(1, "没有空格的标题", [])]),
        ("**突出统领。**坚持大抓", [(0, "突出统领。坚持大抓", ["突出统领。"])]),
        ("做**实“留”**。树立**严管**", [(0, "做实“留”。树立严管", ["实“留”", "严管"])]),
        ("---\n***\n- - -\n正文", [(0, "正文", [])]),
        (r"1\. 第\*一 \# 节", [(0, "1. 第*一 # 节", [])]),
        ("- 一项\n* 二项\n> 引文", [(0, "一项", []), (0, "二项", []), (0, "引文", [])]),
        ("> - 引文的一项\n>  * 二项", [(0, "引文的一项", []), (0, "二项", [])]),
        ("<!-- INFO END -->\n见[原文](https://a.cn/x_(1))。", [(0, "见原文。", [])]),
        ("增长 5*3 和 `代码`", [(0, "增长 5*3 和 代码", [])]),
        ("孤立的 ** 两星", [(0, "孤立的  两星", [])]),
    ],
)
def test_marks_are_taken_off(text: str, expected: list[tuple[int, str, list[str]]]) -> None:
    assert marked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "前文。**强化专业**\n\n**训练。**聚焦",  # as converters write it
        "前文。**强化专业\n\n训练。**聚焦",  # one pair over the break
        "前文。**强化专业\n训练。**聚焦",
    ],
)
def test_a_bold_lead_that_a_break_cuts_is_bold_on_both_sides(text: str) -> None:
    assert [bold for _, _, bold in marked(text)] == [["强化专业"], ["训练。"]]


def test_a_bold_mark_that_a_line_end_cuts_is_one_mark() -> None:
    assert marked("前文。*\n*强化训练。**聚焦") == [
        (0, "前文。", []),
        (0, "强化训练。聚焦", ["强化训练。"]),
    ]
    assert marked("**强化训练。*\n*聚焦") == [(0, "强化训练。", ["强化训练。"]), (0, "聚焦", [])]


def test_a_mark_without_partner_spoils_no_later_paragraph() -> None:
    assert marked("坏**标记在此。\n\n**突出统领。**坚持") == [
        (0, "坏标记在此。", []),
        (0, "突出统领。坚持", ["突出统领。"]),
    ]


def test_markdown_is_told_by_its_marks() -> None:
    assert looks_like_markdown("正文\n\n## 标题\n")
    assert looks_like_markdown("**突出统领。**坚持")
    assert not looks_like_markdown("第1期 #党建 5*3**2\n一、标题")


@given(st.text(alphabet="党建。*# \n\\`[](", max_size=80))
def test_bold_ranges_lie_in_their_lines_in_order(text: str) -> None:
    lines = read_markdown(text)
    assert [line.number for line in lines] == list(range(1, text.count("\n") + 2))
    for line in lines:
        places = [place for span in line.bold for place in span]
        assert places == sorted(places)
        assert all(a < b <= len(line.text) for a, b in line.bold)
