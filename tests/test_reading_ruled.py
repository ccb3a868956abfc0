"""rag.reading.ruled: tables as a browser prints them, with cells of several lines."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from rag.reading import read
from tests.browser.driver import ARGUMENTS

Printed = Callable[[str], list[str]]
TASKS = [
    (
        "1",
        "建立健全党员教育培训机制，分类制定年度计划，每季度组织一次集中轮训",
        "组织部",
        "6月底前",
    ),
    ("2", "整顿软弱涣散村党组织", "组织部、政法委、农业农村局、各乡镇党委", "长期坚持"),
    ("3", "发展村级集体经济，收入十万元以上的村达到八成", "农业农村局", "年底前完成阶段任务"),
]
NAMES = ("序号", "重点任务", "责任单位", "完成时限")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """Print HTML to a PDF, read that, and return its rows and paragraphs."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    folder = tmp_path_factory.mktemp("pdf")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page()

        def made(html: str) -> list[str]:
            page.set_content(f"<style>table{{border-collapse:collapse}}</style>{html}")
            page.pdf(path=folder / "a.pdf")
            found = read(Path(folder / "a.pdf"), "a.pdf")
            return [
                line.text for line in found.lines if line.text.strip() and line.kind != "furniture"
            ]

        yield made
        browser.close()


def table(rows: list[tuple[str, ...]], style: str, border: int = 1) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    widths = "".join(f"<col style='width:{width}px'>" for width in (40, 190, 110, 90))
    return (
        f"<style>td{{border:{border}px solid;font-size:14px;{style}}}</style>"
        f"<table><colgroup>{widths}</colgroup>{body}</table>"
    )


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("align", ["top", "middle", "bottom"])
def test_a_row_is_one_however_many_lines_its_cells_have(
    printed: Printed, align: str, padding: int
) -> None:
    rows = table([NAMES, *TASKS], f"vertical-align:{align};padding:{padding}px")
    assert printed(f"<p>任务分解如下。</p>{rows}<p>请认真落实。</p>") == [
        "任务分解如下。",
        *(f"{task}，责任单位：{unit}；完成时限：{end}；序号：{n}" for n, task, unit, end in TASKS),
        "请认真落实。",
    ]


def test_a_merged_cell_stands_in_each_of_its_rows(printed: Printed) -> None:
    html = (
        "<style>td{border:1px solid}</style><table>"
        "<tr><td>单位<td>项目<td>金额（万元）</tr>"
        "<tr><td rowspan=2>青山县<td>道路<td>120</tr><tr><td>水渠<td>80</tr>"
        "<tr><td>白石县<td>学校<td>300</tr></table>"
    )
    assert printed(html) == [
        "青山县，项目：道路；金额：120万元",
        "青山县，项目：水渠；金额：80万元",
        "白石县，项目：学校；金额：300万元",
    ]


def test_the_head_of_a_table_counts_on_its_next_page(printed: Printed) -> None:
    many = [(str(n), f"任务{n}", "组织部", "年底") for n in range(1, 120)]
    made = printed(table([NAMES, *many], ""))
    assert made == [f"任务{n}，责任单位：组织部；完成时限：年底；序号：{n}" for n in range(1, 120)]


def test_a_frame_and_a_rule_are_no_table(printed: Printed) -> None:
    text = "各乡镇党委要把教育培训摆上重要位置，" * 6
    framed = f"<div style='border:2px solid'>{text}<hr>{text}</div>"
    assert "".join(printed(framed)).replace(" ", "") == text * 2
