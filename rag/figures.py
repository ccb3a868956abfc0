"""Numerals, figures and dates in Arabic, full-width and Chinese digits.

Two figures are equal when value, unit and bound are: 十五种 equals 15种, 500人以上 does not equal
500人. A Chinese numeral counts as a figure only with a unit after it (十五种, but not 统一); as a
word it is compared letter by letter elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.types import Span

ORDINALS = "一二三四五六七八九十"
"""What parts and items are numbered with."""

_SINGLE = "〇零一二三四五六七八九"  # digits that stand for themselves
_ONES = _SINGLE[1:]
_DIGITS = {sign: max(0, place - 1) for place, sign in enumerate(_SINGLE)} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_HAN = "".join((*_DIGITS, *_TENS))
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.．]\d+)?"
_PART = rf"(?:{_ARABIC}|[{_HAN}]+(?:点[{_HAN}]+)?)"
_NUMBER = rf"{_PART}(?:[万亿]{{1,2}}{_PART})*"  # 一亿二千万, its last 万 apart
_NUMERAL = re.compile(rf"{_NUMBER}[万亿]*|[万亿]+")
_PARTS = re.compile(rf"({_PART})?([万亿])?")
_ESTIMATE = re.compile(
    rf"(?<![{_SINGLE}])(?:一[两二]|[两二]三|三四|四五|五六|六七|七八|八九)(?![{_SINGLE}])"
)
_MANY = r"[万亿]*(?:[多余][万亿]*)?"
_UNITS = (
    "个百分点|平方公里|平方千米|平方米|立方米|个月|小时|分钟|公里|千米|公顷|公斤|人次|户次|万亿元|"
    "[%％‰元人个家名位种类项期年月日天号时秒吨亩件条点次户所座台辆村倍岁届批场篇米克级处套张度斤句组支"
    "镇乡县区市省代步层页章节款部本门间栋幢对双轮股成]"
)
_LEAST = "不低于|不少于|不小于|不下于|至少|最少|高于|大于|多于|超过|超出|突破|逾|超"
_MOST = "不超过|不高于|不大于|不多于|至多|最多|低于|少于|小于|不足|不到"
_ABOUT = "大约|将近|接近|大概|约|近"
_FIGURE = re.compile(
    rf"(?P<before>第|{_LEAST}|{_MOST}|{_ABOUT})?(?P<share>百分之)?"
    rf"(?P<low>{_NUMBER})(?P<low_many>{_MANY})[%％]?"
    rf"(?:[—–\-~～至到]+(?:百分之)?(?P<high>{_NUMBER})(?P<high_many>{_MANY}))?"
    rf"(?P<unit>{_UNITS})?(?P<after>以上|以下|以内|之内|左右|上下|[多余])?"
)
_BOUNDS = {"第": "ordinal"}
_BOUNDS |= dict.fromkeys([*_LEAST.split("|"), "以上", "多", "余"], "least")
_BOUNDS |= dict.fromkeys([*_MOST.split("|"), "以下", "以内", "之内"], "most")
_BOUNDS |= dict.fromkeys([*_ABOUT.split("|"), "左右", "上下"], "about")
_MEASURES = ("个月", "年", "天", "小时", "倍", "米", "公里", "元", "吨", "亩")
_SAME = dict.fromkeys("个名位人", "个") | {"％": "%"}  # units that text exchanges for one another
_SCALES = {"公里": ("米", 1000), "千米": ("米", 1000), "平方千米": ("平方公里", 1)}
_NO_NUMERAL = re.compile(r"[十百千][一二三四五六七八九]{2}|[十百千]{2}")  # 十四五 is a plan's name

_SMALL = rf"\d{{1,2}}|[{ORDINALS}]{{1,3}}"
_DATE = re.compile(
    rf"(?P<year>[12\uff11\uff12]\d{{3}}|[一二][{_SINGLE}○O]{{3}})\s*(?:年|[-/.．])\s*"
    rf"(?:(?P<month>{_SMALL})\s*(?:月份?|[-/.．](?=\s*\d)|$)\s*"
    rf"(?:(?P<day>{_SMALL})\s*(?:[日号]|(?!\d)))?)?"
)
_AS_ARABIC = str.maketrans("○O" + _SINGLE, "0000123456789")
_HAN_YEAR = re.compile(rf"[一二][{_SINGLE}○O]{{3}}(?=年)")
_NO_DATE = re.compile(rf"[^\W\d_年月日时分秒号○{_SINGLE}{ORDINALS}星期上下午出版]")
_LONGEST_DATE = 34  # characters of a line that is a date: with weekday and time of day
_ISSUE = re.compile(rf"第\s*(\d{{1,4}}|[{ORDINALS}]{{1,3}})\s*期(?![限间工建项培学])")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure says."""

    values: tuple[Decimal, ...]  # two for a range
    unit: str  # "" if none is known
    bounds: frozenset[str]  # of "least", "most", "about", "ordinal"

    def follows_from(self, other: "Figure") -> bool:
        """Whether who says `other` may say this: the same, or about as much, rounded.

        >>> said, known = (figures(text)[0][0] for text in ("约13.4万人", "133913人"))
        >>> said.follows_from(known), known.follows_from(said)
        (True, False)
        """
        if self == other:
            return True
        if self.bounds != {"about"} or other.bounds - {"about"} or self.unit != other.unit:
            return False
        return len(self.values) == len(other.values) and all(
            _rounded(exact, about) for about, exact in zip(self.values, other.values, strict=True)
        )


def _rounded(exact: Decimal, about: Decimal) -> bool:
    step = Decimal(1).scaleb(int(about.as_tuple().exponent))
    near = abs(exact - about) * 50 <= abs(exact)  # not 1000 for 1400
    return near and exact.quantize(step) == about


def figures(text: str) -> list[tuple[Figure, Span]]:
    """Return the figures in `text`, in order, each with its half-open span.

    >>> [(str(f.values[0]), f.unit, *f.bounds) for f, _ in figures("不低于1%，近35个")]
    [('1', '%', 'least'), ('35', '个', 'about')]
    """
    found = []
    for match in _FIGURE.finditer(text):
        low, high = match["low"], match["high"]
        if low[0] in _HAN and not _is_figure(match):
            continue
        many = match["low_many"] or (match["high_many"] if high else "") or ""
        high_many = match["high_many"] or ""
        if not high and _ESTIMATE.search(low):  # 七八: a range
            low, high, high_many = _estimated(low, 0), _estimated(low, -1), many
        unit = match["unit"] or ""
        share = match["share"] or re.search("[%％]", match.group())
        unit, scale = _SCALES.get(unit, ("%" if share else _SAME.get(unit, unit), 1))
        ends = [low + many, high + high_many] if high else [low + many]
        words = [match["before"], match["after"], *re.findall("[多余]", many)]
        bounds = frozenset(_BOUNDS[word] for word in words if word)
        values = tuple((scale * _value(end)).normalize() for end in ends)
        found.append((Figure(values, unit, bounds), match.span()))
    return found


def _is_figure(match: re.Match[str]) -> bool:
    """Whether a Chinese numeral counts something: a unit follows, and it is no mere article."""
    if _NO_NUMERAL.search(match["low"]):
        return False
    counted = bool(match["unit"] or match["share"] or match["low_many"])
    article = match["low"] == "一" and match["unit"] not in _MEASURES
    return counted and not (article and not match["share"] and not match["before"])


def number(words: str) -> int | None:
    """Return the first whole number in `words`, of an estimate the upper.

    >>> [number(words) for words in ("一百二十万", "两三条", "二〇三五年", "第12条", "前几")]
    [1200000, 3, 2035, 12, None]
    """
    match = _NUMERAL.search(_estimated(words, -1))
    return int(_value(match.group())) if match else None


def _estimated(numeral: str, end: int) -> str:
    """Return an estimate as its lower end (0) or its upper one (-1): 一百二三十 → 一百三十."""
    return _ESTIMATE.sub(lambda match: match.group()[end], numeral)


def _value(numeral: str) -> Decimal:
    """Return the value of a numeral with its 万 and 亿."""
    total, last = Decimal(0), 0
    for digits, sign in _PARTS.findall(numeral):
        size = _MYRIADS.get(sign, 1)
        part = _of_part(digits) if digits else Decimal(not total and bool(sign))
        total = (total + part) * size if size > last else total + part * size
        last = size
    return total


def _of_part(numeral: str) -> Decimal:
    """Read 1,345.6, 三百二十, 二〇二二 or 三点五."""
    if numeral[0] not in _HAN:
        return Decimal(numeral.replace(",", "").replace("．", "."))
    whole, _, decimals = numeral.partition("点")
    if not set(whole) & set(_TENS):
        read = "".join(str(_DIGITS[sign]) for sign in whole)
    else:
        total = one = 0
        for sign in whole:
            total += (one or 1) * _TENS[sign] if sign in _TENS else 0
            one = _DIGITS.get(sign, 0)
        read = str(total + one)
    return Decimal(f"{read}.{''.join(str(_DIGITS.get(sign, 0)) for sign in decimals)}")


def chinese(value: int) -> str:
    """Write a number in Chinese; one that is not within 1–9999 stays in Arabic digits.

    >>> [chinese(n) for n in (3, 10, 21, 105, 110)]
    ['三', '十', '二十一', '一百零五', '一百一十']
    """
    if not 0 < value < 10_000:
        return str(value)
    digits = zip(f"{value:04}", "千百十 ", strict=True)
    text = "".join(_ONES[int(digit)] + (power if digit != "0" else "") for digit, power in digits)
    text = re.sub("零+", "零", text).strip("零 ")
    return text.removeprefix("一") if 10 <= value < 20 else text


def dates(text: str) -> Iterator[tuple[str, Span]]:
    """Yield the dates in `text` in ISO 8601, as exact as they are stated, with their spans."""
    for match in _DATE.finditer(text):
        date = f"{number(re.sub('[○O]', '零', match['year']))}"
        month, day = number(match["month"] or "") or 0, number(match["day"] or "") or 0
        if match["month"]:
            if not (1 <= month <= 12 and day <= 31):
                continue
            date += f"-{month:02}" + (f"-{day:02}" if day else "")
        yield date, match.span()


def date_in(text: str) -> str | None:
    """Return the first date in `text`.

    >>> date_in("二〇二二年十月"), date_in("2022.10.25")
    ('2022-10', '2022-10-25')
    """
    return next((date for date, _ in dates(text)), None)


def respelled(text: str, other: str) -> str:
    """Return `text` with its dates as `other` spells them; years alone stay (2023 of 2023-2025).

    >>> respelled("2023年5月6日开了什么会", "县委常委会（2023.5.6）")
    '2023.5.6开了什么会'
    """
    stated = [(date, span) for date, span in dates(text) if "-" in date]
    spelled = {date: other[start:end] for date, (start, end) in dates(other)} if stated else {}
    for date, (start, end) in reversed(stated):
        text = text[:start] + spelled.get(date, text[start:end]) + text[end:]
    return text


def years_in(text: str) -> set[str]:
    """Return the years that `text` writes in Chinese digits, in Arabic ones.

    >>> sorted(years_in("到二〇三五年，比二○二五年翻一番"))
    ['2025', '2035']
    """
    return {year.translate(_AS_ARABIC) for year in _HAN_YEAR.findall(text)}


def arabic_years(text: str) -> str:
    """Return `text` with its years in Arabic digits; no character moves.

    >>> arabic_years("到二〇三五年")
    '到2035年'
    """
    return _HAN_YEAR.sub(lambda year: year.group().translate(_AS_ARABIC), text)


def year_spellings(year: str) -> tuple[str, ...]:
    """Return how a year of four Arabic digits is written: 2035, 二〇三五, 二○三五, 二零三五."""
    zeros = "\u3007○零"
    return (year, *(year.translate(str.maketrans("0123456789", z + _ONES[1:])) for z in zeros))


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
    return len(text) <= _LONGEST_DATE and date_in(text) is not None and not _NO_DATE.search(text)


def issue_in(text: str) -> str | None:
    """Return the number of an issue.

    >>> issue_in("第 32 期"), issue_in("（第十二期）")
    ('32', '12')
    """
    match = _ISSUE.search(text)
    return str(number(match[1])) if match else None
