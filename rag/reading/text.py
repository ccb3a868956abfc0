"""Plain text → lines. Nothing is taken off but characters without width."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rag.types import Line
from rag.words import plain

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHLESS = re.compile("[\u200b\u200c\u200d\u2060\ufeff\xad\x1a]+")


_NO_SPACE = re.compile(r"[、，的和与及“《（][ ]*\n|\n[、，的和与及”》）]|关于.*\n|\n关于")


class RawLine(NamedTuple):
    """One line as an editor would count it."""

    number: int  # 1-based
    page: int | None  # 1-based, where form feeds part pages
    text: str


def raw_lines(text: str) -> Iterator[RawLine]:
    """Yield the lines of `text`, NFC, without line ends.

    A form feed begins a page, as in the output of pdftotext; without one there are no pages.
    """
    page = 1 if "\f" in text else None
    clean = unicodedata.normalize("NFC", _WIDTHLESS.sub("", text))
    for number, line in enumerate(_LINE_END.split(clean), 1):
        if page is not None:
            page += line.count("\f")
        yield RawLine(number, page, line.replace("\f", ""))


def read_text(text: str) -> tuple[Line, ...]:
    """Return the lines of a plain text."""
    return tuple(
        Line(text=line.text, number=line.number, page=line.page, width=len(line.text.lstrip()))
        for line in raw_lines(text)
    )


def across(first: str, second: str) -> str:
    """Return what stands for the line break between two lines of a title: a space, or nothing.

    Nothing where it cuts a word or a phrase, or where the title is one phrase: 关于…的通知.

    >>> across("关于开展党建品", "牌创建工作"), across("高举旗帜凝心聚力", "为建设新城而奋斗")
    ('', ' ')
    """
    if _NO_SPACE.search(f"{first}\n{second}"):
        return ""
    place = len(first)
    words = plain().pieces(first + second)
    return "" if any(start < place < end for _, start, end in words) else " "
