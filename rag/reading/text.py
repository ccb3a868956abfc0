"""Plain text → lines. Nothing is taken off but characters without width."""

import re
import unicodedata
from collections.abc import Iterator

from rag.types import Line

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHLESS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\xad\x1a"))


def raw_lines(text: str) -> Iterator[tuple[int, int | None, str]]:
    """Yield line number, page and text of each line, NFC, as an editor would count them.

    A form feed begins a page, as in the output of pdftotext; without one there are no pages.
    """
    page = 1 if "\f" in text else None
    clean = unicodedata.normalize("NFC", text.translate(_WIDTHLESS))
    for number, line in enumerate(_LINE_END.split(clean), 1):
        if page is not None:
            page += line.count("\f")
        yield number, page, line.replace("\f", "")


def read_text(text: str) -> tuple[Line, ...]:
    """Return the lines of a plain text."""
    return tuple(
        Line(text=line, number=number, page=page, width=len(line.strip()))
        for number, page, line in raw_lines(text)
    )
