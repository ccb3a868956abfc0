"""Numerals, figures and dates mean the same however they are written."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.figures import chinese, date_in, figures, is_date, issue_in, number, without_date


def meant(text: str) -> list[tuple[list[Decimal], str, set[str]]]:
    return [(list(f.values), f.unit, set(f.bounds)) for f, _ in figures(text)]


def written(value: int) -> str:
    """Write 1–99,999,999 in Chinese, by halves at the greatest power."""
    if value < 10:
        return " 一二三四五六七八九"[value]
    power, sign = next(
        each for each in ((10**4, "万"), (1000, "千"), (100, "百"), (10, "十")) if each[0] <= value
    )
    head, rest = divmod(value, power)
    gap = "零" if 0 < rest < power // 10 else ""
    return written(head) + sign + gap + (written(rest) if rest else "")


def usual(value: int) -> str:
    """The same, without the 一 that 十 has in 一十二."""
    return written(value)[value < 20 and value > 9 :]


@pytest.mark.parametrize(
    ("text", "values", "unit", "bounds"),
    [
        ("五十八周岁", [], "", []),
        ("年满五十八岁", ["58"], "岁", []),
        ("一百二十万元", ["1200000"], "元", []),
        ("二〇三五年", ["2035"], "年", []),
        ("345．6亩", ["345.6"], "亩", []),
        ("15％", ["15"], "%", []),
        ("提高十一点六个百分点", ["11.6"], "个百分点", []),
        ("一亿二千万元", ["120000000"], "元", []),
        ("三万五千户", ["35000"], "户", []),
        ("2万3000户", ["23000"], "户", []),
        ("1.5万亿元", ["1500000000000"], "元", []),
        ("七八个", ["7", "8"], "个", []),
        ("三四百人", ["300", "400"], "个", []),
        ("不低于85%", ["85"], "%", ["least"]),
        ("5000元以上", ["5000"], "元", ["least"]),
        ("30个左右", ["30"], "个", ["about"]),
        ("3—5年", ["3", "5"], "年", []),
        ("三十日", ["30"], "日", []),
        ("十四五时期", [], "", []),
    ],
)
def test_what_a_figure_says(text: str, values: list[str], unit: str, bounds: list[str]) -> None:
    expected = [([Decimal(value) for value in values], unit, set(bounds))] if values else []
    assert meant(text) == expected


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
        ("七八天", "7—8天"),
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


@given(st.integers(2, 99_999_999))
def test_chinese_numerals_are_read_as_they_are_written(value: int) -> None:
    for numeral in (written(value), usual(value)):
        assert number(f"共{numeral}项") == value
        assert meant(f"{numeral}项") == [([Decimal(value)], "项", set())]


@given(st.integers(1, 9999))
def test_a_number_is_written_as_others_write_it(value: int) -> None:
    assert chinese(value) == usual(value)


def test_what_is_not_counted_in_chinese_stays_in_arabic() -> None:
    assert [chinese(value) for value in (0, -3, 10_000)] == ["0", "-3", "10000"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("300字", 300),
        ("1万字", 10_000),
        ("一千二百字", 1200),
        ("千字", 1000),
        ("三四条", 4),
        ("两三百字", 300),
        ("十个", 10),
        ("第一百二十三条", 123),
        ("二〇三五", 2035),
        ("几", None),
        ("", None),
    ],
)
def test_the_number_in_words(words: str, value: int | None) -> None:
    assert number(words) == value


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022年10月25日", "2022-10-25"),
        ("二〇二二年十月", "2022-10"),
        ("二〇二三年五月六日", "2023-05-06"),
        ("二○二六年一月二十七日", "2026-01-27"),
        ("二零二三年十二月三十一日", "2023-12-31"),
        ("2026-02-03 09:02:33", "2026-02-03"),
        ("2023-07-03", "2023-07-03"),
        ("2023.5.6", "2023-05-06"),
        ("2023．5．6", "2023-05-06"),
        ("2023/5/6", "2023-05-06"),
        ("2024年", "2024"),
        ("2024年第5期（总第128期）", "2024"),
        ("2026年02月10日07时41分", "2026-02-10"),
        ("第32期", None),
        ("2022年13月", None),
        ("一九二一年七月", "1921-07"),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    assert date_in(text) == date


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_is_read_in_arabic_and_chinese(day: datetime.date) -> None:
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    assert date_in(f"{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert date_in(f"{year}年{usual(day.month)}月{usual(day.day)}日") == day.isoformat()


def test_full_width_digits_are_read_as_the_others() -> None:
    wide = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789."}
    assert meant("345.6亩".translate(wide)) == meant("345.6亩")
    assert date_in("2023年5月6日".translate(wide)) == "2023-05-06"
    assert number("第12条".translate(wide)) == 12


def test_a_line_that_says_nothing_but_when() -> None:
    assert is_date("2022年10月25日 星期二")
    assert is_date("二〇二二年十月")
    assert not is_date("2022年10月25日在天津")
    assert without_date("中共滁州市委组织部编 2023年3月8日") == "中共滁州市委组织部编"


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("第 32 期", "32"),
        ("（第十二期）", "12"),
        ("2024年第5期（总第128期）", "5"),
        ("党建工作简报第三十期", "30"),
        ("第二期工程", None),
        ("分3期刊发", None),
    ],
)
def test_issues(text: str, issue: str | None) -> None:
    assert issue_in(text) == issue
