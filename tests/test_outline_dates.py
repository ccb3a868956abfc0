"""rag.outline.dates: what is stated, as exactly as it is stated."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.outline.dates import date_in, is_date, issue_in, without_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022年10月25日", "2022-10-25"),
        ("二〇二二年十月", "2022-10"),
        ("二○二六年一月二十七日", "2026-01-27"),
        ("二零二三年十二月三十一日", "2023-12-31"),
        ("2026-02-03 09:02:33", "2026-02-03"),
        ("2026.2.3", "2026-02-03"),
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
    ones = "〇一二三四五六七八九"

    def chinese(number: int) -> str:
        tens, unit = divmod(number, 10)
        head = "" if tens == 0 else "十" if tens == 1 else ones[tens] + "十"
        return head + (ones[unit] if unit else "")

    year = "".join(ones[int(digit)] for digit in str(day.year))
    assert date_in(f"{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert date_in(f"{year}年{chinese(day.month)}月{chinese(day.day)}日") == day.isoformat()


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
