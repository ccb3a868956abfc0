"""Tables: every row of the records, and nothing a spreadsheet would run."""

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rag import blocks
from rag.blocks import Heading, Mark, ParagraphBlock, Text
from rag.export import Paper
from rag.pipeline import Assistant
from rag.tables import RecordTable, as_bytes, essay_table, measure_table, render, sheets
from rag.types import Filters
from tests import converted

HOSTILE = RecordTable(("lead", "text"), (("=1+1", "@SUM(A1)"), ("-甲", "平常，“引号”\n换行")))


def test_measures_of_one_place(assistant: Assistant) -> None:
    table = measure_table(assistant.records, Filters(place=("望江县",)))
    assert [row[table.columns.index("lead")] for row in table.rows] == [
        "完善考核识别使用机制。", "健全能力素质培养机制。", "构建激励担当作为机制。",
    ]  # fmt: skip
    assert all(row[5].startswith(row[4]) for row in table.rows)


def test_a_measure_names_its_section(assistant: Assistant) -> None:
    table = measure_table(assistant.records, Filters(author=("孙琳",)))
    sections = {row[4]: row[3] for row in table.rows}
    assert sections["推进能上能下。"] == "严管厚爱、一线练兵，锻造善作善为干部队伍。"


def test_essays_leave_out_the_matter_around_them(assistant: Assistant) -> None:
    table = essay_table(assistant.records, Filters())
    assert [row[0] for row in table.rows] == [
        "桐城市", "太湖县", "望江县", "迎江区", "大观区", "安庆经开区", "池州市",
    ]  # fmt: skip


def test_json_and_csv_hold_the_same() -> None:
    table = RecordTable(("lead", "text"), (("甲", "一，“二”\n三"),))
    assert json.loads(render(table, "json")) == [{"lead": "甲", "text": "一，“二”\n三"}]
    rows = list(csv.reader(io.StringIO(render(table, "csv"))))
    assert rows == [["lead", "text"], ["甲", "一，“二”\n三"]]


def test_csv_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(render(HOSTILE, "csv"))))
    assert rows[1:] == [["'=1+1", "'@SUM(A1)"], ["'-甲", "平常，“引号”\n换行"]]


def test_xlsx_runs_no_formula() -> None:
    sheet = load_workbook(io.BytesIO(as_bytes(HOSTILE, "xlsx"))).active
    assert sheet is not None
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [("=1+1", "s"), ("@SUM(A1)", "s")]
    assert [cell.quotePrefix for row in sheet["A2:B3"] for cell in row] == [True, True, True, False]


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
def test_a_workbook_is_for_people_and_libreoffice_shows_it_as_it_is(tmp_path: Path) -> None:
    hostile = ("=cmd|' /C calc'!A0", "<b>甲</b>\x00", "\u202eab", "长" * 200)
    about = {"标题": "措施一览", "地区": "望江县"}
    table = RecordTable(("place", "lead", "text", "自定"), (hostile,))
    (tmp_path / "t.xlsx").write_bytes(as_bytes(table, "xlsx", about))
    book = load_workbook(tmp_path / "t.xlsx")
    sheet, facts = book.worksheets
    assert [cell.value for cell in sheet[1]] == ["地区", "措施", "原文", "自定"]
    assert all(cell.font.bold and cell.alignment.wrap_text for cell in sheet[1])
    assert not sheet["A2"].font.bold
    assert sheet["A2"].alignment.wrap_text
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:D2")
    widths = [sheet.column_dimensions[letter].width for letter in "ABCD"]
    assert widths == [2 * len(hostile[0]) + 3, 19, 9, 60]
    told = dict(facts.iter_rows(min_row=2, values_only=True))
    assert told["标题"] == "措施一览"
    assert told["地区"] == "望江县"
    assert told["数据（行数）"] == "1"
    (shown,) = converted.by_libreoffice(
        "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path / "t.xlsx"
    )
    rows = list(csv.reader(io.StringIO(shown.read_text(encoding="utf-8"))))
    assert rows[1] == [hostile[0], "<b>甲</b>", hostile[2], hostile[3]], "no formula was run"


def test_a_paper_becomes_its_text_and_its_tables_with_their_sources() -> None:
    row = ((Text("甲县"),), (Text("先选。"), Mark(1), Text("后育。"), Mark(2)))
    paper = Paper(
        "比较",
        (
            Heading((Text("一"),)),
            ParagraphBlock((Text("共两县。"), Mark(2))),
            blocks.Table(((Text("范围"),), (Text("原文"),)), (row,)),
        ),
        {1: "《甲》。", 2: "《乙》。"},
    )
    assert sheets(paper) == {
        "正文": RecordTable(("标题", "内容", "出处"), (("一", "共两县。", "《乙》。"),)),
        "表1": RecordTable(
            ("范围", "原文", "出处"), (("甲县", "先选。后育。", "《甲》。\n《乙》。"),)
        ),
    }
