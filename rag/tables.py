"""The records as a table: for the terminal, CSV, JSON or XLSX."""

import csv
import json
import shutil
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

from rag import blocks
from rag.characters import cleaned
from rag.export import Paper
from rag.index import Records
from rag.types import Essay, Filters, Measure

_HEADS = {  # of columns that have a name for programs
    "place": "地区",
    "title": "题名",
    "author": "作者",
    "office": "职务",
    "publication": "刊物",
    "issue": "期号",
    "date": "日期",
    "document": "文件",
    "section": "所属部分",
    "lead": "措施",
    "text": "原文",
}
_SOURCE = "出处"
_WIDEST = 60  # characters of a column, a Chinese one counted as two
_SHOWN = 60  # characters of a cell on the terminal
_LONGEST_CELL = 32_000  # characters; Excel takes no more
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Rows of text under named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def essay_table(records: Records, filters: Filters) -> RecordTable:
    """One row an essay, in the order of the corpus."""
    columns = ("place", "title", "author", "office", "publication", "issue", "date", "document")
    rows = tuple(
        tuple(getattr(essay, column) or "" for column in columns)
        for essay in records.essays_where(filters)
        if essay.kind == "essay"
    )
    return RecordTable(columns, rows)


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


def measure_table(records: Records, filters: Filters) -> RecordTable:
    """One row a measure, in reading order."""
    return table_of(measure_rows(records, filters))


def table_of(rows: Iterable[MeasureRow]) -> RecordTable:
    """Return measures as a table."""
    about = ("place", "author", "title")
    return RecordTable(
        (*about, "section", "lead", "text", "document"),
        tuple(
            (
                *(getattr(row.essay, column) or "" for column in about),
                *(row.section, row.measure.lead, row.text, row.essay.document),
            )
            for row in rows
        ),
    )


def as_bytes(table: RecordTable, format: str, about: Mapping[str, str] | None = None) -> bytes:
    """Return `table` as a file of that format; a workbook says what it is `about`."""
    if format == "xlsx":
        return book({"数据": table}, about or {})
    # a mark at the start tells spreadsheets that a CSV file is UTF-8
    return render(table, format).encode("utf-8-sig" if format == "csv" else "utf-8")


def render(table: RecordTable, format: str) -> str:
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


def _clean(table: RecordTable) -> RecordTable:
    """Return `table` without the characters that no spreadsheet, terminal or file can hold."""
    return replace(table, rows=tuple(tuple(map(cleaned, row)) for row in table.rows))


def _inert(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _drawn(table: RecordTable) -> str:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(show_lines=False)
    for column in table.columns:
        drawn.add_column(column, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(cell[:_SHOWN] + "…" * (len(cell) > _SHOWN)) for cell in row))
    sink, width = StringIO(), max(100, shutil.get_terminal_size((140, 24)).columns)
    Console(file=sink, width=width).print(drawn)
    return sink.getvalue()


def book(sheets: Mapping[str, RecordTable], about: Mapping[str, str]) -> bytes:
    """Return a workbook for people: heads in Chinese, and a last sheet that says what it holds."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    counts = {f"{name}（行数）": str(len(table.rows)) for name, table in sheets.items()}
    facts = {**about, "导出时间": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}", **counts}
    for name, table in {
        **sheets,
        "说明": RecordTable(("项目", "内容"), tuple(facts.items())),
    }.items():
        _fill(book.create_sheet(name), _clean(table))
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


def _fill(sheet: Any, table: RecordTable) -> None:  # noqa: ANN401 (openpyxl has no types)
    """Write a table into a sheet as text: wrapped, its head kept in sight and made a filter."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    first = sheet["A1"]  # its styles are shared: making them takes longer than writing a text
    first.alignment = Alignment(vertical="top", wrap_text=True)
    plain, inert = copy(first._style), copy(first._style)
    inert.quotePrefix = 1  # a text still when it is edited
    first.font = Font(bold=True)
    head = copy(first._style)
    columns = [_HEADS.get(column, column) for column in table.columns]
    for at, row in enumerate([columns, *table.rows], 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(at, column, text[:_LONGEST_CELL])
            cell.data_type, cell._style = "s", inert if text.startswith(_FORMULA) else plain
    for cell in sheet[1]:
        cell._style = head
    for column, texts in enumerate(zip(columns, *table.rows, strict=True), 1):
        longest = max(map(len, "\n".join(texts).splitlines()), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = min(2 * longest + 3, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def sheets(paper: Paper) -> dict[str, RecordTable]:
    """Return a paper as tables: its text under its headings, then each table, with the sources."""
    texts: list[tuple[str, ...]] = []
    made: dict[str, RecordTable] = {}
    heading = ""
    for block in paper.blocks:
        if isinstance(block, blocks.Table):
            rows = tuple((*map(blocks.words, row), _sources(row, paper)) for row in block.rows)
            made[f"表{len(made) + 1}"] = RecordTable(
                (*map(blocks.words, block.header), _SOURCE), rows
            )
        elif isinstance(block, blocks.Heading):
            heading = blocks.words(block.inlines)
        else:
            texts.append((heading, blocks.words(block.inlines), _sources([block.inlines], paper)))
    text = (
        {"正文": RecordTable(("标题", "内容", _SOURCE), tuple(texts))} if texts or not made else {}
    )
    return {**text, **made}


def _sources(cells: Iterable[blocks.Cell], paper: Paper) -> str:
    numbers = [each.number for cell in cells for each in cell if isinstance(each, blocks.Mark)]
    return "\n".join(dict.fromkeys(paper.notes[n] for n in numbers if n in paper.notes))
