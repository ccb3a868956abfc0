"""rag.outline.lines and .join: paragraphs are whole again, and every character knows its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.outline.join import blocks
from rag.outline.lines import is_furniture, parts, tidy
from rag.reading.markdown import read_markdown
from rag.reading.text import read_text
from rag.types import Line, Piece


def texts(text: str) -> list[str]:
    return [block.text for block in blocks(read_text(text))]


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("2022 年 10 月 25 日", "2022年10月25日"),
        ("第 32 期", "第32期"),
        ("　　组织部部长 高 炬　", "组织部部长 高炬"),
        ("第一章　总　则", "第一章 总则"),
        ("企业 and 事业单位", "企业 and 事业单位"),
        ("学报告   晒心得", "学报告 晒心得"),
        ("2026-02-03  09:02", "2026-02-03 09:02"),
        ("选。 再育", "选。再育"),
    ],
)
def test_spaces(raw: str, tidied: str) -> None:
    assert tidy(Line(raw, 1)).text == tidied


@given(st.text(alphabet="党建 　a1，。", max_size=40), st.data())
def test_bold_ranges_follow_the_spaces(raw: str, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, len(raw)))
    b = data.draw(st.integers(a, len(raw)))
    made = tidy(Line(raw, 1, bold=((a, b),) if a < b else ()))
    for start, end in made.bold:
        assert "".join(made.text[start:end].split()) == "".join(raw[a:b].split())
    assert "".join(made.text.split()) == "".join(raw.split())


def test_a_page_break_in_a_sentence_is_no_paragraph_end() -> None:
    cut = "突出政治标准。高质量发展需要高素质干部队伍，对干部的品行和能力素质\n\n提出了更高要求。"
    assert texts(cut) == [cut.replace("\n", "")]


def test_lines_of_one_width_are_one_paragraph() -> None:
    text = """推进长三角一体化发展，
是习近平总书记亲自部署、亲
自谋划、亲自推动的重大国家
战略。今年8月，习近平总书

记考察安徽并主持召开扎实推
进长三角一体化发展座谈会。

推动善作善成，
锻造高素质执政骨干

安徽省池州市作为长三角城
市群中心城市之一，抢抓千载
难逢的历史性机遇，实现错位
发展、特色发展。
"""
    assert texts(text) == [
        "推进长三角一体化发展，是习近平总书记亲自部署、亲自谋划、亲自推动的重大国家"
        "战略。今年8月，习近平总书记考察安徽并主持召开扎实推进长三角一体化发展座谈会。",
        "推动善作善成，锻造高素质执政骨干",
        "安徽省池州市作为长三角城市群中心城市之一，抢抓千载难逢的历史性机遇，实现错位"
        "发展、特色发展。",
    ]


def test_indents_part_paragraphs_without_blank_lines() -> None:
    first = "坚持把政治标准放在首位严格把好政治关口廉洁关口和素质能力关口。"
    lines = [first[:10], first[10:20], first[20:30], first[30:]]
    text = "\n".join(["　　" + lines[0], *lines[1:]] * 3)
    assert texts(text) == [first] * 3


def test_a_line_a_paragraph_stays_so() -> None:
    text = "一、工作回顾\n过去一年成绩很大。\n（一）扩大内需。抓好消费。\n各位代表：\n请予审议。"
    assert texts(text) == text.split("\n")


def test_text_that_a_web_page_put_on_lines_of_its_own_is_joined() -> None:
    assert texts("今年经济社会发展的\n主要预期目标\n是：增长5%。") == [
        "今年经济社会发展的主要预期目标是：增长5%。"
    ]
    assert texts("来源：\n四川日报\n正文开始。") == ["来源：四川日报", "正文开始。"]


def test_bold_that_a_break_cut_is_one_range_again() -> None:
    made = blocks(
        read_markdown("**突出赋能，锻造本领。**加强培养。**强化专业**\n\n**训练。**聚焦能力。")
    )
    assert len(made) == 1
    assert [made[0].text[a:b] for a, b in made[0].bold] == [
        "突出赋能，锻造本领。",
        "强化专业训练。",
    ]
    assert made[0].origin == (Piece(0, 1), Piece(19, 3))


def test_furniture_is_whole_lines_only() -> None:
    assert is_furniture("【字号：") and is_furniture("— 12 —") and is_furniture("第3页")
    assert not is_furniture("下载量增长5%") and not is_furniture("中小企业")
    assert texts("干部队伍的品行\n\n— 3 —\n\n提出了更高的要求，需要。") == [
        "干部队伍的品行",
        "提出了更高的要求，需要。",
    ]


@given(st.text(alphabet="党建，。！ \n一、（）“”**#2", max_size=200))
def test_nothing_is_lost_or_reordered(text: str) -> None:
    lines = read_markdown(text)
    made = blocks(lines)
    kept = "".join("".join(part.line.text.split()) for part in parts(lines))
    assert "".join("".join(block.text.split()) for block in made) == kept
    for block in made:
        assert block.origin[0].start == 0
        starts = [piece.start for piece in block.origin]
        assert starts == sorted(set(starts))
        assert all(0 <= a < b <= len(block.text) for a, b in block.bold)
