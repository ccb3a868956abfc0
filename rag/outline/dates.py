"""Dates and issue numbers as this genre prints them, in Arabic or Chinese digits."""

import re

_HAN_DIGITS = "〇一二三四五六七八九"
_DIGIT = {char: str(value) for value, char in enumerate(_HAN_DIGITS)} | dict.fromkeys("零○O", "0")
_NUMBER = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_DATE = re.compile(
    rf"(?P<year>[12]\d{{3}}|[一二][零○O{_HAN_DIGITS}]{{3}})\s*(?:年|[-/.])\s*"
    rf"(?:(?P<month>{_NUMBER})\s*(?:月份?|[-/.](?=\s*\d)|$)\s*"
    rf"(?:(?P<day>{_NUMBER})\s*(?:[日号]|(?!\d)))?)?"
)
_NO_DATE = re.compile(r"[^\W\d_年月日时分秒号零○〇一二三四五六七八九十星期上下午出版]")
_ISSUE = re.compile(r"第\s*(\d{1,4}|[一二三四五六七八九十]{1,3})\s*期(?![限间工建项培学])")
_LONGEST = 34  # characters of a line that is a date: with weekday and time of day


def date_in(text: str) -> str | None:
    """Return the first date in `text` in ISO 8601, as exact as it is stated.

    >>> date_in("二〇二二年十月"), date_in("2022年10月25日")
    ('2022-10', '2022-10-25')
    """
    for match in _DATE.finditer(text):
        year = "".join(_DIGIT.get(char, char) for char in match["year"])
        if not match["month"]:
            return year
        month, day = _number(match["month"]), _number(match["day"] or "")
        if 1 <= month <= 12 and day <= 31:
            return f"{year}-{month:02}" + (f"-{day:02}" if day else "")
    return None


def begins_with_day(text: str) -> bool:
    """Whether `text` begins with a date down to the day: 2024年12月31日 …通过."""
    match = _DATE.match(text)
    return match is not None and bool(match["day"])


def without_date(text: str) -> str:
    """Return `text` less the dates in it.

    >>> without_date("安徽日报2022年11月3日")
    '安徽日报'
    """
    return _DATE.sub("", text).strip()


def is_date(text: str) -> bool:
    """Whether `text` says nothing but when."""
    return len(text) <= _LONGEST and date_in(text) is not None and not _NO_DATE.search(text)


def issue_in(text: str) -> str | None:
    """Return the number of an issue.

    >>> issue_in("第 32 期"), issue_in("（第十二期）")
    ('32', '12')
    """
    match = _ISSUE.search(text)
    return str(_number(match[1])) if match else None


def _number(text: str) -> int:
    """Read 0–99 in Arabic or Chinese digits: 二十五 → 25; nothing is 0."""
    if text.isdecimal() or not text:
        return int(text or 0)
    tens, ten, ones = text.rpartition("十")
    value = int(_DIGIT.get(ones, "0"))
    return value + (10 * int(_DIGIT.get(tens, "1")) if ten else 0)
