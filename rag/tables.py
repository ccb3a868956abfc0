"""The records as a table: for the terminal, CSV, JSON or XLSX. Floor 6."""

import csv
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rag.errors import BadInput
from rag.index import Records
from rag.types import Filters

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def essay_table(records: Records, filters: Filters) -> Table:
    """One row an essay, in the order of the corpus."""
    columns = ("place", "title", "author", "office", "publication", "issue", "date", "document")
    rows = tuple(
        tuple(getattr(essay, column) or "" for column in columns)
        for essay in records.essays_where(filters)
        if essay.kind == "essay"
    )
    return Table(columns, rows)


def measure_table(records: Records, filters: Filters) -> Table:
    """One row a measure, in reading order; `text` is what stands under its lead there."""
    rows = []
    for essay in records.essays_where(filters):
        leads: dict[str, str] = {}
        for measure in records.measures(essay.essay_id):
            leads[measure.measure_id] = measure.lead
            text = records.paragraph(measure.paragraph_id).text[measure.start : measure.end]
            section = leads.get(measure.parent or "", "")
            rows.append(
                (
                    essay.place or "",
                    essay.author or "",
                    essay.title or "",
                    section,
                    measure.lead,
                    text,
                    essay.document,
                )
            )
    columns = ("place", "author", "title", "section", "lead", "text", "document")
    return Table(columns, tuple(rows))


def write_table(table: Table, format: str, out: Path | None) -> None:
    """Write `table` to `out`, or to the terminal if that is None.

    Raises:
        BadInput: an XLSX file without a name to write to, or a file that cannot be written.
    """
    try:
        if format == "xlsx":
            if out is None:
                raise BadInput("an XLSX file cannot go to the terminal: add --out FILE.xlsx")
            _write_xlsx(table, out)
        elif out is None:
            sys.stdout.write(render(table, format))
        else:  # a mark at the start tells spreadsheets that a CSV file is UTF-8
            encoding = "utf-8-sig" if format == "csv" else "utf-8"
            out.write_text(render(table, format), encoding=encoding, newline="")
    except OSError as error:
        raise BadInput(f"cannot write {out}: {error.strerror}") from error


def render(table: Table, format: str) -> str:
    """Return `table` as "text", "csv" or "json"."""
    if format == "json":
        made = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if format == "csv":
        sink = StringIO()
        csv.writer(sink).writerows(
            [table.columns, *([_inert(cell) for cell in row] for row in table.rows)]
        )
        return sink.getvalue()
    return _drawn(table)


def _inert(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _drawn(table: Table) -> str:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(show_lines=False)
    for column in table.columns:
        drawn.add_column(column, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(_short(cell)) for cell in row))
    sink = StringIO()
    Console(file=sink, width=_width()).print(drawn)
    return sink.getvalue()


def _width() -> int:
    return max(100, shutil.get_terminal_size((140, 24)).columns)


def _short(cell: str, most: int = 60) -> str:
    return cell if len(cell) <= most else f"{cell[:most]}…"


def _write_xlsx(table: Table, out: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    if sheet is None:  # a new workbook always has one; the library's types do not know
        raise BadInput("the spreadsheet library made a workbook without a sheet")
    rows: Sequence[Sequence[str]] = [table.columns, *table.rows]
    for at, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            made = sheet.cell(at, column, cell)
            made.data_type = "s"
    book.save(out)
