"""rag.reading.grid: a row says what its cells are, in every format that has tables."""

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as new_docx
from openpyxl import Workbook

from rag.reading import read
from rag.reading.grid import Grid, table_rows
from rag.reading.markdown import read_markdown

TOWNS = [["乡镇", "经费（万元）", "党员数"], ["松林镇", "56", "1203"], ["竹溪镇", "48", "986"]]
TOLD = ["松林镇，经费：56万元；党员数：1203", "竹溪镇，经费：48万元；党员数：986"]


def told(grid: Grid) -> list[str]:
    return [row.text for row in table_rows(grid) if row.kind == "row"]


def lines(data: bytes, name: str, folder: Path) -> list[str]:
    (folder / name).write_bytes(data)
    return [x.text for x in read(folder / name, name).lines if x.kind == "row"]


@pytest.mark.parametrize(
    ("grid", "rows"),
    [
        (TOWNS, TOLD),
        ([*TOWNS, TOWNS[0], ["青石乡", "7", "81"]], [*TOLD, "青石乡，经费：7万元；党员数：81"]),
        ([["中央资金", "320万元", "县级配套", "80万元"]], ["中央资金：320万元；县级配套：80万元"]),
        ([["姓名", "王建", "性别", "男"], ["出生年月", "1979.5", "民族", "汉族"]],
         ["姓名：王建；性别：男", "出生年月：1979.5；民族：汉族"]),
        ([["项目名称", "冷库"], ["投资", "260万元"], ["面积", "3000平方米"]],
         ["项目名称：冷库", "投资：260万元", "面积：3000平方米"]),
        ([["序号", "村", "户数"], ["1", "松林村", "80"]], ["松林村，户数：80；序号：1"]),
        ([["指标", "收入", "收入"], ["指标", "2022年", "2023年"], ["全县", "5", "6"]],
         ["全县，收入2022年：5；收入2023年：6"]),
        ([["各镇收支表"] * 4, ["单位：万元", "", "", ""], ["乡镇", "收入", "收入", "支出"],
          ["乡镇", "2022年", "2023年", "2023年"], ["松林镇", "5", "6", ""]],
         ["松林镇，收入2022年：5万元；收入2023年：6万元"]),
        ([["学校", "其中", "其中", "其中"], ["学校", "人员", "公用", "公用"], ["学校", "人员",
         "水费", "电费"],
          ["一中", "900", "120", "80"]],
           ["一中，其中人员：900；其中公用水费：120；其中公用电费：80"]),
        ([["收入", "收入", "支出", "支出"], ["项目", "数", "项目", "数"], ["拨款", "12",
         "基本支出", "9"],
          ["其他", "8", "项目支出", "11"]],
         ["拨款，收入数：12；支出项目：基本支出；支出数：9",
          "其他，收入数：8；支出项目：项目支出；支出数：11"]),
        ([["指标", "2023年", "增长%"], ["粮食", "32.6", "1.8"]],
         ["粮食，2023年：32.6；增长：1.8%"]),
        ([["一、基础教育", "", ""], ["学校", "学生数", "教师数"], ["一中", "23", "18"], ["", "",
         ""],
          ["二、职业教育", "二、职业教育", "二、职业教育"], ["学校", "学生数", "就业率"], ["职校",
           "12", "96.5%"]],
         ["一中，学生数：23；教师数：18", "职校，学生数：12；就业率：96.5%"]),
        ([["类别", "项目", "投资（万元）"], ["教育", "二中扩建", "42"], ["合计", "合计", "42"]],
         ["教育，项目：二中扩建；投资：42万元", "合计，投资：42万元"]),
        ([["单位：万元", "", ""], ["乡镇", "收入", "户数"], ["松林镇", "5", "80"]],
         ["松林镇，收入：5万元；户数：80"]),
    ],
)  # fmt: skip
def test_rows_are_told_by_their_columns(grid: Grid, rows: list[str]) -> None:
    assert told(grid) == rows


def test_an_empty_cell_says_nothing() -> None:
    assert told([*TOWNS, ["青石乡", "", "81"]])[-1] == "青石乡，党员数：81"


def test_a_table_of_markdown() -> None:
    table = "\n".join(["| " + " | ".join(row) + " |" for row in TOWNS])
    table = table.replace("\n", "\n| --- | ---: | ---: |\n", 1)
    made = [(line.text, line.number) for line in read_markdown(f"前文。\n\n{table}\n\n后文。")]
    assert [each for each in made if each[0] in TOLD] == [(TOLD[0], 5), (TOLD[1], 6)]


def test_merged_cells_of_a_web_page_and_of_a_word_file(tmp_path: Path) -> None:
    page = (
        "<table><tr><th>乡镇</th><th>项目</th><th>收入（万元）</th></tr>"
        "<tr><td rowspan=2>松林镇</td><td>光伏</td><td>35</td></tr>"
        "<tr><td>茶园</td><td>62</td></tr></table><p>以上由县农业农村局提供。</p>"
    )
    expected = ["松林镇，项目：光伏；收入：35万元", "松林镇，项目：茶园；收入：62万元"]
    assert lines(page.encode(), "a.html", tmp_path) == expected
    document = new_docx()
    table = document.add_table(3, 3)
    for y, row in enumerate(
        [["乡镇", "项目", "收入（万元）"], ["", "光伏", "35"], ["", "茶园", "62"]]
    ):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    table.cell(1, 0).merge(table.cell(2, 0)).text = "松林镇"
    sink = BytesIO()
    document.save(sink)
    assert lines(sink.getvalue(), "a.docx", tmp_path) == expected


def test_a_sheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["乡镇", "项目", "占比", "内部备注"], ["松林镇", "光伏", 0.125, "勿传"],
                [None, "茶园", 0.5, "勿传"], ["隐去镇", "石材", 0.1, ""]]:  # fmt: skip
        sheet.append(row)
    for y in range(2, 5):
        sheet.cell(y, 3).number_format = "0.0%"
    sheet.merge_cells("A2:A3")
    sheet.column_dimensions["D"].hidden = True
    sheet.row_dimensions[4].hidden = True
    sheet["XFD9000"] = "很远"
    sheet.row_dimensions[9000].hidden = True
    secret = book.create_sheet("草稿")
    secret.append(["草稿", "不外传"])
    secret.sheet_state = "hidden"
    sink = BytesIO()
    book.save(sink)
    assert lines(sink.getvalue(), "a.xlsx", tmp_path) == [
        "松林镇，项目：光伏；占比：12.5%", "松林镇，项目：茶园；占比：50.0%",
    ]  # fmt: skip
    assert read(tmp_path / "a.xlsx", "a.xlsx").notes == ("1 hidden sheets left out",)


def test_a_word_file_of_pictures_is_named(tmp_path: Path) -> None:
    from PIL import Image

    document, sink = new_docx(), BytesIO()
    Image.new("RGB", (40, 40), "white").save(tmp_path / "a.png")
    document.add_paragraph("公告")
    document.add_picture(str(tmp_path / "a.png"))
    document.save(sink)
    (tmp_path / "a.docx").write_bytes(sink.getvalue())
    (unread,) = read(tmp_path / "a.docx", "a.docx").unread
    assert unread.startswith("1 pictures 图片 not read") and "youju[ocr]" in unread


def test_the_line_above_a_table_may_name_its_unit() -> None:
    grid = [["项目", "本年预算", "增减（%）"], ["拨款", "3200", "4.9"]]
    assert table_rows(grid, above="表1　收入预算表（单位：万元）")[1].text == (
        "拨款，本年预算：3200万元；增减：4.9%"
    )
