"""Workbooks (.xlsx) → a heading for each sheet and a line for each row, through openpyxl.

Hidden sheets, rows and columns are left out; a merged value stands in each of its cells.
"""

import datetime
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any
from zipfile import ZipFile

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from rag.messages import both
from rag.reading.archive import opened, part
from rag.reading.grid import table_lines
from rag.reading.result import Read
from rag.reading.safe_xml import local
from rag.settings import Settings
from rag.types import Line

_MOST_ROWS = 100_000
_MOST_MERGED = 10_000  # cells that one merged range fills
_DECIMALS = re.compile(
    r"[#,]*0(?:\.(?P<decimals>0+))?(?P<percent>%)?(?:\"(?P<said>[^\"]*)\")?(?:_.*)?"
)


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the rows that hold anything; formulas as the values they had when saved."""
    lines: list[Line] = []
    unread: tuple[str, ...] = ()
    with opened(data, settings) as archive:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = len(book.worksheets) - len(sheets)
        for sheet in sheets:
            if len(sheets) > 1:
                lines.append(Line(sheet.title, len(lines) + 1, heading=1))
            grid = _grid(sheet, archive)
            if len(grid) > _MOST_ROWS:
                unread = (
                    both(
                        "rows after the first {most} of sheet {sheet}",
                        most=_MOST_ROWS,
                        sheet=sheet.title,
                    ),
                )
            start = lines[-1].number + 1 if lines else 1
            lines += table_lines(grid[:_MOST_ROWS], start)
        book.close()
    notes = (both("{count} hidden sheets left out", count=hidden),) if hidden else ()
    return Read(tuple(lines), notes=notes, unread=unread)


def _grid(sheet: Any, archive: ZipFile) -> list[list[str]]:  # noqa: ANN401
    """Return the visible cells of a sheet as they are shown, empty rows left out."""
    sheet.reset_dimensions()  # what a file says of them may be wrong, or far too much
    rows: dict[int, list[str]] = {}
    for number, row in enumerate(sheet.iter_rows(), 1):
        shown = [_shown(cell) for cell in row]
        if any(shown):
            rows[number] = shown
            if len(rows) > _MOST_ROWS:
                break
    hidden_rows, hidden_columns = set[int](), set[int]()
    for element in _layout(archive, sheet._worksheet_path):
        if local(element) == "mergeCell":
            _fill(rows, element.get("ref", ""))
        elif element.get("hidden") not in ("1", "true"):
            continue
        elif local(element) == "row":
            hidden_rows.add(int(element.get("r", "0")))
        else:
            first, last = int(element.get("min", "1")), int(element.get("max", "1"))
            hidden_columns |= set(range(first - 1, min(last, 20_000)))
    return [
        [cell for x, cell in enumerate(row) if x not in hidden_columns]
        for number, row in sorted(rows.items())
        if number not in hidden_rows
    ]


def _layout(archive: ZipFile, path: str) -> Iterator[etree._Element]:
    """Yield the rows, columns and merged ranges of a sheet, without their cells."""
    content = part(archive, path) or b"<none/>"
    for _, element in etree.iterparse(
        BytesIO(content), resolve_entities=False, no_network=True, recover=True
    ):
        if local(element) in ("row", "col", "mergeCell"):
            yield element
            element.clear()


def _fill(rows: dict[int, list[str]], ref: str) -> None:
    """Put what a merged range holds into each of its cells."""
    left, top, right, bottom = range_boundaries(ref)
    if None in (left, top, right, bottom) or top not in rows:
        return
    value = next(islice(rows[top], left - 1, left), "")
    if not value or (right - left + 1) * (bottom - top + 1) > _MOST_MERGED:
        return
    for number in range(top, bottom + 1):
        row = rows.setdefault(number, [])
        row += [""] * (right - len(row))
        row[left - 1 : right] = [value] * (right - left + 1)


def _shown(cell: Any) -> str:  # noqa: ANN401 (cells of openpyxl, empty ones too)
    """Return a cell as a reader of the sheet sees it, about."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if not value.time() else value.isoformat(" ", "minutes")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    match = _DECIMALS.fullmatch(cell.number_format or "")
    if match and (match["percent"] or match["decimals"] or match["said"]):
        value = value * 100 if match["percent"] else value
        made = f"{value:.{len(match['decimals'] or '')}f}"
        return made + (match["percent"] or "") + (match["said"] or "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
