"""rag.reading.tabular: rows in text files, whatever parts their cells."""

from pathlib import Path

import pytest
from docx import Document as new_docx

from rag.reading import read

TOLD = ["松林镇，面积：12500亩；金额：137.5万元", "竹溪镇，面积：9800亩；金额：107.8万元"]


def rows(text: str, folder: Path, name: str = "a.txt") -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    return [line.text for line in read(folder / name, name).lines if line.kind == "row"]


@pytest.mark.parametrize(
    "table",
    [
        "乡镇\t面积（亩）\t金额（万元）\n松林镇\t12500\t137.5\n竹溪镇\t9800\t107.8\n",
        "乡镇    面积（亩）    金额（万元）\n松林镇    12500    137.5\n竹溪镇   9800    107.8\n",
        "　　　　单位：万元\n乡镇\t面积（亩）\t金额\n松林镇\t12500\t137.5\n竹溪镇\t9800\t107.8\n",
        "|乡镇|面积（亩）|金额（万元）|\n| 松林镇 | 12500 | 137.5 |\n| 竹溪镇 | 9800 | 107.8 |\n",
        "乡镇 | 面积（亩） | 金额（万元）\n松林镇 | 12500 | 137.5\n竹溪镇 | 9800 | 107.8\n",
    ],
)
def test_what_parts_the_cells_does_not_matter(table: str, tmp_path: Path) -> None:
    assert rows(f"补贴发放情况\n\n{table}\n以上各镇已发放到位。\n", tmp_path) == TOLD


def test_a_blank_cell_between_tabs_keeps_its_place(tmp_path: Path) -> None:
    told = rows("村\t户数\t人口\n松林\t\t86\n竹溪\t30\t90\n", tmp_path)
    assert told == ["松林，人口：86", "竹溪，户数：30；人口：90"]


def test_labels_with_a_figure_each_are_pairs(tmp_path: Path) -> None:
    told = ["松林村：45", "竹溪村：31", "青石村：28"]
    text = "松林村\t45\n竹溪村\t31\n青石村\t28"
    assert rows(f"各村党员数\n\n{text}\n", tmp_path) == told
    document = new_docx()
    for line in ("各村党员数", *text.split("\n")):
        document.add_paragraph(line)
    document.save(str(tmp_path / "a.docx"))
    assert [line.text for line in read(tmp_path / "a.docx", "a.docx").lines][1:] == told


@pytest.mark.parametrize("gap", ["\t", "　　　", "      "])
def test_a_list_of_names_is_no_table(gap: str, tmp_path: Path) -> None:
    names = [
        gap.join(own)
        for own in (("王海", "李涛", "陈静"), ("赵宁", "孙伟", "周丽"), ("吴敏", "郑洁", "何军"))
    ]
    assert rows("\n".join(["先进个人名单", "", *names]), tmp_path) == []


def test_separated_values(tmp_path: Path) -> None:
    table = '村名,户数,人口\n松林村,412,"1,536"\n"竹溪村",388,1402\n'
    told = ["松林村，户数：412；人口：1,536", "竹溪村，户数：388；人口：1402"]
    assert rows(table, tmp_path, "a.csv") == told
    assert (
        rows(
            table.replace('"1,536"', "1，536").replace(",", "\t").replace("，", ","),
            tmp_path,
            "a.tsv",
        )
        == told
    )
    (tmp_path / "b.csv").write_bytes(table.encode("gb18030"))
    assert read(tmp_path / "b.csv", "b.csv").lines[1].text == told[0]
