"""Which figure of a sentence answers: the one whose own words and unit the question shares.

A figure's own words stand before it, behind the last stop or figure: 奖补资金 of 奖补资金345万元.
Its unit stands in it, and in the question behind what asks: 多少人次. Where the thing wanted has
units of its own (a share, a time), only figures in these come into question.
Where several figures belong to as many subjects (A和B分别为1和2) each has its subject, and of a sum
(366天-106天=260天) the result has the words before it.
"""

import re
from collections.abc import Container
from dataclasses import dataclass

from rag.answering.topic import pairs
from rag.figures import figures
from rag.types import Span

_STOP = re.compile(r"[，,；;。：:！？\s]")
_ADDS = re.compile(r"^\s*[-+×÷*/—–\uff1d=]\s*$")
_EQUALS = re.compile(r"[\uff1d=]")
_AND = re.compile(r"[和与及、]")
_RESPECTIVELY = "分别"
_ASKED_UNIT = re.compile(r"(?:多少|几)个?(\w)")
_UNITS = {  # thing wanted → units of figures that say it
    "share": ("%", "‰", "成", "倍", "个百分点"),
    "date": ("年", "月", "日", "号"),
    "duration": ("年", "个月", "天", "日", "小时", "分钟"),
}


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A figure and the words that are its own."""

    start: int
    end: int
    label: str
    unit: str
    is_share: bool = False  # whether the label is a subject: what counts is how much is asked for


def answering_figure(question: str, text: str, picked: Span, wanted: str = "") -> Span:
    """Return the span of the figure that the question asks for; `picked` where that is not clear.

    `wanted` is the thing wanted, as a `Request` has it.

    >>> text = "引进人才126名，兑现奖补资金345.6万元"
    >>> start, end = answering_figure("兑现奖补资金多少", text, (4, 8))
    >>> text[start:end]
    '345.6万元'
    """
    found = _in_units(_respectively(text, _labelled(text)), _UNITS.get(wanted, ()))
    asked = pairs(question)
    units = "".join(_ASKED_UNIT.findall(question))

    def score(one: _Labelled) -> float:
        own = pairs(one.label)
        of_unit = any(sign in units for sign in one.unit)
        return of_unit + len(own & asked) / (len(own) or 1 if one.is_share else 1)

    best = max(found, key=score, default=None)
    if best is None or [score(one) for one in found].count(score(best)) > 1:
        return picked
    return best.start, best.end


def _in_units(found: list[_Labelled], units: Container[str]) -> list[_Labelled]:
    """Those in some units, if there are any."""
    return [one for one in found if one.unit in units] or found


def _labelled(text: str) -> list[_Labelled]:
    """The figures with the words before each; what stands side by side (2023年5月6日) is one."""
    found: list[_Labelled] = []
    for figure, (start, end) in figures(text):
        if "ordinal" in figure.bounds:
            continue
        last = found[-1] if found else None
        between = text[last.end : start] if last else text[:start]
        if last and not between:
            found[-1] = _Labelled(last.start, end, last.label, figure.unit)
        elif last and _ADDS.match(between):
            kept = start if _EQUALS.search(between) else last.start
            found[-1] = _Labelled(kept, end, last.label, figure.unit)
        else:
            found.append(_Labelled(start, end, _own_words(between), figure.unit))
    return found


def _own_words(before: str) -> str:
    """The last clause that says something: of 经费（万元）： all, not what follows the colon."""
    clauses = [clause for clause in _STOP.split(before) if clause]
    return clauses[-1] if clauses else ""


def _respectively(text: str, found: list[_Labelled]) -> list[_Labelled]:
    """Give each of the figures behind 分别 its subject."""
    at = text.find(_RESPECTIVELY)
    behind = [one for one in found if one.start > at]
    if at < 0 or len(behind) < 2:
        return found
    subjects = _AND.split(_STOP.split(text[:at])[-1])
    if len(subjects) != len(behind):
        return found
    joined = [
        _Labelled(one.start, one.end, subject, one.unit, is_share=True)
        for one, subject in zip(behind, subjects, strict=True)
    ]
    return [one for one in found if one.start < at] + joined
