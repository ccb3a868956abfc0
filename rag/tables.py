"""The records as a table: for the terminal, CSV, JSON or XLSX. Floor 6."""

import csv
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, StringIO
from pathlib import Path

from rag.characters import cleaned
from rag.errors import BadInput
from rag.index import Records
from rag.types import Essay, Filters, Measure

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


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure as a table shows it."""

    essay: Essay
    measure: Measure
    section: str  # the lead that it stands under; empty for a section
    text: str  # what stands under its lead in that paragraph, the lead included
    ordinal: int  # of its paragraph


def measure_rows(records: Records, filters: Filters) -> tuple[MeasureRow, ...]:
    """Return the measures of the essays that `filters` lets through, in reading order."""
    rows = []
    for essay in records.essays_where(filters):
        leads: dict[str, str] = {}
        for measure in records.measures(essay.essay_id):
            leads[measure.measure_id] = measure.lead
            paragraph = records.paragraph(measure.paragraph_id)
            text = paragraph.text[measure.start : measure.end]
            section = leads.get(measure.parent or "", "")
            rows.append(MeasureRow(essay, measure, section, text, paragraph.ordinal))
    return tuple(rows)


def measure_table(records: Records, filters: Filters) -> Table:
    """One row a measure, in reading order."""
    return table_of(measure_rows(records, filters))


def table_of(rows: Iterable[MeasureRow]) -> Table:
    """Return measures as a table."""
    columns = ("place", "author", "title", "section", "lead", "text", "document")
    return Table(
        columns,
        tuple(
            (
                row.essay.place or "",
                row.essay.author or "",
                row.essay.title or "",
                row.section,
                row.measure.lead,
                row.text,
                row.essay.document,
            )
            for row in rows
        ),
    )


def write_table(table: Table, format: str, out: Path | None) -> None:
    """Write `table` to `out`, or to the terminal if that is None.

    Raises:
        BadInput: an XLSX file without a name to write to, or a file that cannot be written.
    """
    try:
        if format == "xlsx" and out is None:
            raise BadInput("an XLSX file cannot go to the terminal: add --out FILE.xlsx")
        if out is None:
            sys.stdout.write(render(table, format))
        else:
            out.write_bytes(as_bytes(table, format))
    except OSError as error:
        raise BadInput(f"cannot write {out}: {error.strerror}") from error


def as_bytes(table: Table, format: str) -> bytes:
    """Return `table` as a file of that format."""
    if format == "xlsx":
        return _xlsx(_clean(table))
    # a mark at the start tells spreadsheets that a CSV file is UTF-8
    return render(table, format).encode("utf-8-sig" if format == "csv" else "utf-8")


def render(table: Table, format: str) -> str:
    """Return `table` as "text", "csv" or "json"."""
    table = _clean(table)
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


def _clean(table: Table) -> Table:
    """Return `table` without the characters that no spreadsheet, terminal or file can hold."""
    return replace(table, rows=tuple(tuple(map(cleaned, row)) for row in table.rows))


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


def _xlsx(table: Table) -> bytes:
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
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()
