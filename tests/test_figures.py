"""Figures compare by what they say: value, unit and bound."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.figures import figures


def meant(text: str) -> list[tuple[list[Decimal], str, set[str]]]:
    return [(list(f.values), f.unit, set(f.bounds)) for f, _ in figures(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("15种", "十五种"),
        ("5%", "百分之五"),
        ("1,500元", "1500元"),
        ("1.5万元", "15000元"),
        ("三千五百万元", "3500万元"),
        ("二〇二二年", "2022年"),
        ("两个", "2个"),
        ("500名", "500人"),
        ("超过500人", "500人以上"),
        ("500多人", "500余人"),
        ("不低于1%", "至少百分之一"),
        ("3—5年", "三至五年"),
        ("约30家", "30家左右"),
        ("第三十二期", "第32期"),
    ],
)
def test_the_same_figure_in_other_words(one: str, other: str) -> None:
    assert meant(one) == meant(other)
    assert len(meant(one)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500万元", "500亿元"),
        ("500元", "500万元"),
        ("5%", "5个百分点"),
        ("15种", "15项"),
        ("500人", "500人以上"),
        ("不低于1%", "不高于1%"),
        ("不超过3天", "超过3天"),
        ("约30家", "30家"),
        ("3—5年", "3年"),
        ("第3名", "3名"),
        ("1.5%", "15%"),
        ("二十个", "二百个"),
    ],
)
def test_different_figures(one: str, other: str) -> None:
    assert meant(one) != meant(other)


def test_words_with_a_numeral_are_no_figures() -> None:
    assert meant("进一步统一思想，一把手一票否决，百姓十分满意，万众一心，一批项目") == []


def test_where_figures_stand() -> None:
    text = "新增不少于500套，补助1.2万元"
    assert [text[a:b] for _, (a, b) in figures(text)] == ["不少于500套", "1.2万元"]


@given(st.integers(2, 9999))
def test_chinese_numerals_are_read_as_they_are_written(number: int) -> None:
    """The oracle writes the numeral; 十 at the head drops its 一 below twenty."""
    digits, text = "零一二三四五六七八九", ""
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += digits[digit] + unit
        elif text and number % place and not text.endswith("零"):
            text += "零"
    text = text.removeprefix("一") if 10 <= number < 20 else text
    assert meant(f"{text}项") == [([Decimal(number)], "项", set())]
