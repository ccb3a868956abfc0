"""Workbooks (.xlsx) → a heading for each sheet and a line for each row, through openpyxl.

Hidden sheets, rows and columns are left out; a merged value stands in each of its cells.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from lxml import etree
from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.cell import range_boundaries

from rag.messages import both
from rag.reading.archive import Archive, opened, part
from rag.reading.grid import table_rows
from rag.reading.result import Read
from rag.reading.safe_xml import local
from rag.settings import Settings
from rag.types import Line

_LAST_ROW, _LAST_COLUMN = 1_048_576, 18_278  # that openpyxl reads, more than Excel has
_MOST_ROWS = 100_000
_MOST_CELLS = 2_000_000  # of one sheet, empty ones too
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
        listed = {sheet._worksheet_path: sheet for sheet in book.worksheets}.values()  # each once
        sheets = [sheet for sheet in listed if sheet.sheet_state == "visible"]
        hidden = len(listed) - len(sheets)
        for sheet in sheets:
            if len(sheets) > 1:
                lines.append(Line(sheet.title, len(lines) + 1, heading=1))
            grid, whole = _grid(sheet, archive)
            if not whole:
                told = "rows after the first {most} of sheet {sheet}"
                unread += (both(told, most=len(grid), sheet=sheet.title),)
            start = lines[-1].number + 1 if lines else 1
            lines += [replace(row, number=start + row.number) for row in table_rows(grid)]
        book.close()
    notes = (both("{count} hidden sheets left out", count=hidden),) if hidden else ()
    return Read(tuple(lines), notes=notes, unread=unread)


def _grid(sheet: Any, archive: Archive) -> tuple[list[list[str]], bool]:  # noqa: ANN401
    """Return the visible cells of a sheet as they are shown, and whether those are all.

    Empty rows and columns are left out: two cells may stand a million rows apart.
    """
    sheet.reset_dimensions()  # what a file says of them may be wrong, or far too much
    rows: dict[int, dict[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows(max_row=_LAST_ROW), 1):
        shown = {x: _shown(cell) for x, cell in enumerate(row, 1) if cell is not EMPTY_CELL}
        if any(shown.values()):
            rows[number] = shown
            if len(rows) > _MOST_ROWS:
                break
    hidden_rows, hidden_columns = set[int](), bytearray(_LAST_COLUMN + 1)
    left = _MOST_CELLS  # that merged ranges may fill
    for element in _layout(archive, sheet._worksheet_path):
        if local(element) == "mergeCell":
            left -= _fill(rows, element.get("ref", ""), min(left, _MOST_MERGED))
        elif element.get("hidden") not in ("1", "true"):
            continue
        elif local(element) == "row":
            hidden_rows.add(int(element.get("r", "0")))
        else:
            first, last = (int(element.get(end, "1")) for end in ("min", "max"))
            first, last = max(1, first), min(last, _LAST_COLUMN)
            hidden_columns[first : last + 1] = b"\1" * (last + 1 - first)
    visible = [row for number, row in sorted(rows.items()) if number not in hidden_rows]
    columns = [x for x in sorted({x for row in visible for x in row}) if not hidden_columns[x]]
    most = min(_MOST_ROWS, _MOST_CELLS // max(1, len(columns)))
    grid = [[row.get(x, "") for x in columns] for row in visible[:most]]
    return grid, len(visible) <= most


def _layout(archive: Archive, path: str) -> Iterator[etree._Element]:
    """Yield the rows, columns and merged ranges of a sheet, without their cells."""
    content = part(archive, path) or b"<none/>"
    for _, element in etree.iterparse(
        BytesIO(content), resolve_entities=False, no_network=True, recover=True
    ):
        if local(element) in ("row", "col", "mergeCell"):
            yield element
            element.clear()


def _fill(rows: dict[int, dict[int, str]], ref: str, most: int) -> int:
    """Put what a merged range holds into each of its cells; return how many were filled."""
    left, top, right, bottom = range_boundaries(ref)
    if None in (left, top, right, bottom) or not (value := rows.get(top, {}).get(left)):
        return 0
    cells: int = (right - left + 1) * (bottom - top + 1)
    if cells > most:
        return 0
    for number in range(top, bottom + 1):
        rows.setdefault(number, {}).update(dict.fromkeys(range(left, right + 1), value))
    return cells


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
