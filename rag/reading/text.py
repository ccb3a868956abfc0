"""Plain text → lines. Nothing is taken off but characters without width."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from rag.sentences import CLOSERS, ENDINGS
from rag.types import Line, Span
from rag.words import plain

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHLESS = re.compile("[\u200b\u200c\u200d\u2060\ufeff\xad\x1a]+")
_NUMBER = re.compile(r"\d{1,18}")
_ANNEX = re.compile(r"\s*附[件表录图]")  # annexes of a page each count as the pages do
_ENDS = f"{ENDINGS}；;"
_LONGEST_HEAD = 40  # characters
_LEAST_HEADS = 3  # pages on which a head of a text comes back
_JUDGED = 2_000  # characters of a page that tell whether it is garbled
_LEAST_JUDGED = 20
_LEAST_HAN = 200
_MOST_NOTHING = 0.2  # of the characters
_LEAST_WORDS = 0.15  # of the Chinese characters that stand in words of two and more
_NO_SPACE = re.compile(r"[、，的和与及“《（][ ]*\n|\n[、，的和与及”》）]|关于.*\n|\n关于")


def read_text(text: str) -> tuple[Line, ...]:
    """Return the lines of a plain text as an editor would count them, NFC, without line ends.

    A form feed begins a page, as in the output of pdftotext; without one there are no pages.
    """
    page = 1 if "\f" in text else None
    clean = unicodedata.normalize("NFC", _WIDTHLESS.sub("", text))
    lines = []
    for number, line in enumerate(_LINE_END.split(clean), 1):
        if page is not None:
            page += line.count("\f")
        whole = line.replace("\f", "")
        lines.append(Line(whole, number, page, width=len(whole.lstrip())))
    return without_heads(lines)


def without_heads(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines of pages, running heads, feet and page numbers among them as furniture."""
    found = running_heads(lines)
    return tuple(
        replace(line, kind="furniture") if line.number in found else line for line in lines
    )


def running_heads(lines: Iterable[Line], least: int = _LEAST_HEADS) -> set[int]:
    """Return the numbers of the lines that are running heads, feet and page numbers.

    They begin or end `least` pages, come back nowhere else, and their numbers stay or count on.
    """
    filled = [line for line in lines if line.page and line.text.strip() and line.kind == "text"]
    found: set[int] = set()
    while True:
        left = (line for line in filled if line.number not in found)
        pages = [list(own) for _, own in groupby(left, key=lambda line: line.page)]
        inner = {_around(line.text) for own in pages for line in own[1:-1]}
        alike: dict[Hashable, list[Line]] = defaultdict(list)
        for place, line in ((place, own[place]) for own in pages for place in (0, -1)):
            if (around := _around(line.text)) not in inner and _may_be_head(line):
                alike[place, around].append(line)
        heads = (own for own in alike.values() if len(own) >= least and _counts(own))
        if not (more := {line.number for own in heads for line in own}):
            return found
        found |= more


def _may_be_head(line: Line) -> bool:
    """Whether a line is short and no sentence: what says something is no furniture."""
    text = line.text.rstrip(f"{CLOSERS} \u3000")
    says = line.heading or text[-1:] in _ENDS or _ANNEX.match(text)
    return not says and len(text.lstrip()) <= _LONGEST_HEAD


def _around(text: str) -> tuple[str, ...]:
    """Return what stands around the numbers of a line."""
    return tuple(_NUMBER.split(text.strip()))


def _counts(found: Sequence[Line]) -> bool:
    """Whether each number in lines that are alike but for them stays, or grows as their pages do.

    A bare number that stays is no head.
    """
    bare = found[0].text.strip().isdecimal()
    numbers = zip(*([int(n) for n in _NUMBER.findall(line.text)] for line in found), strict=True)
    shifts = [
        (set(own), {number - (line.page or 0) for number, line in zip(own, found, strict=True)})
        for own in numbers
    ]
    return all(len(shift) == 1 or (len(own) == 1 and not bare) for own, shift in shifts)


def embolden(bold: list[Span], start: int, end: int, gap: int = 0) -> None:
    """Add a stretch to bold ranges; one that begins within `gap` characters goes on."""
    if bold and start - bold[-1][1] <= gap:
        start = bold.pop()[0]
    bold.append((start, end))


def clipped(bold: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """Return the bold ranges of a text, in order, as those of its part from `start` to `end`."""
    if start >= end:
        return ()
    first = bisect_right(bold, start, key=lambda span: span[1])
    last = bisect_left(bold, end, key=lambda span: span[0])
    return tuple((max(a, start) - start, min(b, end) - start) for a, b in bold[first:last])


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


def is_garbled(text: str) -> bool:
    """Whether `text` is what a font without a table of its characters gives, not what is printed.

    It has many characters that stand for nothing, or hardly two that make a word together.
    """
    held = "".join(text.split())[:_JUDGED]
    if len(held) < _LEAST_JUDGED:
        return False
    nothing = sum(
        unicodedata.category(char) in ("Co", "Cn", "Cc") or char == "\ufffd" for char in held
    )
    if nothing > _MOST_NOTHING * len(held):
        return True
    han = sum("\u3400" <= char <= "\u9fff" for char in held)
    if han < max(_LEAST_HAN, len(held) // 2):
        return False
    words = sum(end - start for _, start, end in plain().pieces(held) if end - start > 1)
    return words < _LEAST_WORDS * han
