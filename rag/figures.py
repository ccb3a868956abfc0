"""Figures in Chinese prose, so that 十五种 equals 15种, and 500人以上 does not equal 500人.

Two figures are equal when value, unit and bound are. A Chinese numeral counts as a figure only
with a unit after it (十五种, but not 统一); as a word it is compared letter by letter elsewhere.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from rag.types import Span

_HAN = "〇零一二三四五六七八九十百千两"
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER = rf"(?:{_ARABIC}|[{_HAN}]+(?:点[{_HAN}]+)?)"
_MANY = r"[万亿]*(?:[多余][万亿]*)?"
_UNITS = (
    "个百分点|平方公里|平方千米|平方米|立方米|个月|小时|分钟|公里|千米|公顷|公斤|人次|户次|万亿元|"
    "[%‰元人个家名位种类项期年月日天号时秒吨亩件条点次户所座台辆村倍岁届批场篇米克级处套张度斤句组支"
    "镇乡县区市省代步层页章节款部本门间栋幢对双轮股成]"
)
_LEAST = "不低于|不少于|不小于|不下于|至少|最少|高于|大于|多于|超过|超出|突破|逾|超"
_MOST = "不超过|不高于|不大于|不多于|至多|最多|低于|少于|小于|不足|不到"
_ABOUT = "大约|将近|接近|大概|约|近"
_FIGURE = re.compile(
    rf"(?P<before>第|{_LEAST}|{_MOST}|{_ABOUT})?(?P<share>百分之)?"
    rf"(?P<low>{_NUMBER})(?P<low_many>{_MANY})%?"
    rf"(?:[—–\-~～至到]+(?:百分之)?(?P<high>{_NUMBER})(?P<high_many>{_MANY}))?"
    rf"(?P<unit>{_UNITS})?(?P<after>以上|以下|以内|之内|左右|上下|[多余])?"
)
_BOUNDS = {"第": "ordinal"}
_BOUNDS |= dict.fromkeys([*_LEAST.split("|"), "以上", "多", "余"], "least")
_BOUNDS |= dict.fromkeys([*_MOST.split("|"), "以下", "以内", "之内"], "most")
_BOUNDS |= dict.fromkeys([*_ABOUT.split("|"), "左右", "上下"], "about")
_MEASURES = ("个月", "年", "天", "小时", "倍", "米", "公里", "元", "吨", "亩")
_PEOPLE = dict.fromkeys("个名位人", "个")  # classifiers that text exchanges for one another
_SCALES = {"公里": ("米", 1000), "千米": ("米", 1000), "平方千米": ("平方公里", 1)}
_NO_NUMERAL = re.compile(r"[十百千][一二三四五六七八九]{2}|[十百千]{2}")  # 十四五 is a plan's name
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}


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

    `text` has ASCII digits and percent signs (see `rag.line`).

    >>> [(str(f.values[0]), f.unit, *f.bounds) for f, _ in figures("不低于1%，近35个")]
    [('1', '%', 'least'), ('35', '个', 'about')]
    """
    found = []
    for match in _FIGURE.finditer(text):
        if match["low"][0] in _HAN and not _is_figure(match):
            continue
        share = match["share"] or "%" in match.group()
        unit = "%" if share else _PEOPLE.get(match["unit"] or "", match["unit"] or "")
        unit, scale = _SCALES.get(unit, (unit, 1))
        many = match["low_many"] or (match["high_many"] if match["high"] else "") or ""
        values = [_value(match["low"], many, scale)]
        if match["high"]:
            values.append(_value(match["high"], match["high_many"] or "", scale))
        words = [match["before"], match["after"], *re.findall("[多余]", many)]
        bounds = frozenset(_BOUNDS[word] for word in words if word)
        found.append((Figure(tuple(values), unit, bounds), match.span()))
    return found


def _is_figure(match: re.Match[str]) -> bool:
    """Whether a Chinese numeral counts something: a unit follows, and it is no mere article."""
    if _NO_NUMERAL.search(match["low"]):
        return False
    counted = bool(match["unit"] or match["share"] or match["low_many"])
    article = match["low"] == "一" and match["unit"] not in _MEASURES
    return counted and not (article and not match["share"] and not match["before"])


def _value(numeral: str, many: str, scale: int) -> Decimal:
    """Return the value of `numeral` times the 万 and 亿 in `many`, times `scale`."""
    value = scale * (_han(numeral) if numeral[0] in _HAN else Decimal(numeral.replace(",", "")))
    for sign in many:
        value *= _MYRIADS.get(sign, 1)
    return value.normalize()


def _han(numeral: str) -> Decimal:
    """Read 三百二十, 二〇二二 or 三点五."""
    whole, _, part = numeral.replace("两", "二").replace(_HAN[0], "零").partition("点")
    digits = "零一二三四五六七八九"
    if not set(whole) & set(_TENS):
        return Decimal("".join(str(digits.index(d)) for d in whole) + _decimals(part, digits))
    total, one = 0, 0
    for sign in whole:
        if sign in _TENS:
            total += (one or 1) * _TENS[sign]
            one = 0
        else:
            one = digits.index(sign)
    return Decimal(str(total + one) + _decimals(part, digits))


def _decimals(part: str, digits: str) -> str:
    return "." + "".join(str(digits.index(d)) if d in digits else "0" for d in part) if part else ""
