"""Workbooks (.xlsx) → a heading for each sheet and a line for each row, through openpyxl."""

import datetime
import unicodedata
from collections.abc import Iterable
from io import BytesIO

from openpyxl import load_workbook

from rag.reading.archive import opened
from rag.reading.result import Read
from rag.settings import Settings
from rag.types import Line, LineKind

CELLS = " | "  # between the cells of a row, here and in the tables of other formats
_MOST_ROWS = 100_000


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the rows that hold anything; formulas as the values they had when saved."""
    opened(data, settings).close()
    book = load_workbook(BytesIO(data), read_only=True, data_only=True)
    lines: list[Line] = []
    unread: tuple[str, ...] = ()
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            if len(sheets) > 1:
                lines.append(Line(sheet.title, len(lines) + 1, heading=1))
            for row in sheet.iter_rows(values_only=True):
                if text := row_text(_shown(value) for value in row):
                    lines.append(Line(text, len(lines) + 1, kind=_kind(text)))
                if len(lines) >= _MOST_ROWS:
                    unread = (f"rows after the first {_MOST_ROWS}",)
                    break
    finally:
        book.close()
    return Read(tuple(lines), unread=unread)


def row_text(cells: Iterable[str]) -> str:
    """Return the cells of a row as one line; empty ones are left out.

    >>> row_text(["太湖县", "", "12人"])
    '太湖县 | 12人'
    """
    texts = (" ".join(unicodedata.normalize("NFC", cell).split()) for cell in cells)
    return CELLS.join(text for text in texts if text)


def _kind(text: str) -> LineKind:
    return "row" if CELLS in text else "text"


def _shown(value: object) -> str:
    """Return a cell as a reader of the sheet sees it, about."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if not value.time() else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
