"""Plain text → lines. Nothing is taken off but characters without width."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rag.types import Line

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHLESS = re.compile("[\u200b\u200c\u200d\u2060\ufeff\xad\x1a]+")


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
