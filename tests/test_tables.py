"""Tables: every row of the records, and nothing a spreadsheet would run."""

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.tables import Table, essay_table, measure_table, render, write_table
from rag.types import Filters

HOSTILE = Table(("lead", "text"), (("=1+1", "@SUM(A1)"), ("-甲", "平常，“引号”\n换行")))


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
    table = Table(("lead", "text"), (("甲", "一，“二”\n三"),))
    assert json.loads(render(table, "json")) == [{"lead": "甲", "text": "一，“二”\n三"}]
    rows = list(csv.reader(io.StringIO(render(table, "csv"))))
    assert rows == [["lead", "text"], ["甲", "一，“二”\n三"]]


def test_csv_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(render(HOSTILE, "csv"))))
    assert rows[1:] == [["'=1+1", "'@SUM(A1)"], ["'-甲", "平常，“引号”\n换行"]]


def test_xlsx_runs_no_formula(tmp_path: Path) -> None:
    write_table(HOSTILE, "xlsx", tmp_path / "t.xlsx")
    sheet = load_workbook(tmp_path / "t.xlsx").active
    assert sheet is not None
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [("=1+1", "s"), ("@SUM(A1)", "s")]


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--out FILE\.xlsx"):
        write_table(HOSTILE, "xlsx", None)
    with pytest.raises(BadInput, match="cannot write"):
        write_table(HOSTILE, "csv", tmp_path / "no" / "t.csv")
