"""rag.reading.pdf, layout and runs: printed lines in the order in which people read them."""

from pathlib import Path

import pytest

from rag.errors import UnreadableFile
from rag.outline import outline
from rag.outline.lines import tidy
from rag.reading import layout, read
from rag.reading.result import can_recognise
from rag.reading.runs import Glyph, Run, runs
from rag.settings import Settings
from rag.types import Document, Line
from tests import samples

SIZE = 16.0


def printed(
    text: str, x: float, base: float, size: float = SIZE, bold: bool = False
) -> list[Glyph]:
    return [
        Glyph(c, x + i * size, x + (i + 1) * size, base, size, bold) for i, c in enumerate(text)
    ]


def a_run(text: str, x: float, base: float, size: float = SIZE) -> Run:
    return Run(text, x, x + len(text) * size, base, size)


def page(*made: Run) -> layout.Page:
    return layout.Page(made, 595.0, 842.0)


def texts(*pages: layout.Page) -> list[str]:
    return [line.text.strip() for line in layout.lines(pages) if is_kept(line)]


def is_kept(line: Line) -> bool:
    return bool(line.text) and line.kind != "furniture"


def test_a_text_layer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"  # the content decides
    path.write_bytes(samples.pdf(pages=2))
    document = read(path, "a.txt")
    assert document.format == "pdf"
    assert document.notes[0] == "named .txt but is pdf"
    assert [(x.text, x.page, x.heading > 0) for x in document.lines if is_kept(x)] == [
        ("Report on talent 0", 1, True),
        ("One window for all, in two days.", 1, False),
        ("Page 0 goes on.", 1, False),
        ("Report on talent 1", 2, True),
        ("One window for all, in two days.", 2, False),
        ("Page 1 goes on.", 2, False),
    ]
    assert next(filter(is_kept, document.lines)).bold == ((0, 18),)
    assert [line.number for line in document.lines] == list(range(1, len(document.lines) + 1))


def test_the_order_of_painting_does_not_count() -> None:
    glyphs = printed("深化改革，", 50, 100) + printed("推动发展。", 50 + 6 * SIZE, 100)
    glyphs += printed("“", 50 + 5 * SIZE, 100)
    (run,) = runs(glyphs)
    assert run.text == "深化改革，“推动发展。"


def test_type_that_is_painted_twice_is_bold() -> None:
    glyphs = printed("建立机制", 50, 100) + printed("建立", 50.4, 100)
    (run,) = runs(glyphs)
    assert (run.text, run.bold) == ("建立机制", [(0, 2)])


def test_columns_are_read_one_after_the_other() -> None:
    left = [a_run("左" * 12, 50, 200 + 20 * i) for i in range(8)]
    right = [a_run("右" * 12, 320, 200 + 20 * i) for i in range(8)]
    title = a_run("标题横跨两栏之上的文字内容很长很长啊", 120, 120, 22)
    mixed = [run for pair in zip(left, right, strict=True) for run in pair]
    assert texts(page(title, *mixed)) == [title.text, *["左" * 12] * 8, *["右" * 12] * 8]


def test_a_table_is_read_row_by_row() -> None:
    rows = [("乡镇", "人数"), ("晋熙镇", "12"), ("徐桥镇", "9"), ("新仓镇", "8"), ("小池镇", "7")]
    cells = [a_run(text, 60 + 250 * j, 100 + 25 * i) for i, row in enumerate(rows)
             for j, text in enumerate(row)]  # fmt: skip
    made = layout.lines([page(*cells)])
    assert [(line.text, line.kind) for line in made if line.text] == [
        ("乡镇 | 人数", "furniture"),
        *((f"{town}，人数：{number}", "row") for town, number in rows[1:]),
    ]


def test_the_rows_of_a_table_are_no_running_heads() -> None:
    pages = [
        page(*(a_run(text, 60 + 150 * j, 40 + 24 * i) for i in range(32)
               for j, text in enumerate((f"第{32 * n + i}村", f"{300 + 32 * n + i}", "王建国"))))
        for n in range(3)
    ]  # fmt: skip
    made = [line for line in layout.lines(pages) if line.text]
    assert len(made) == 96 and {line.kind for line in made} == {"row"}
    assert "第95村" in made[-1].text and "395" in made[-1].text


def test_a_label_over_printed_lines_is_that_of_one_row() -> None:
    runs = [a_run("项目", 40, 110), a_run("本期", 200, 110), a_run("上年同期", 320, 110)]
    for n, (first, second) in enumerate((("净收", "益额"), ("净资", "产额"), ("税后", "利润"))):
        base = 140 + 60 * n
        runs += [a_run(first, 40, base), a_run(second, 40, base + 18)]
        runs += [a_run(f"{n}26", 200, base + 9), a_run(f"{n}31", 320, base + 9)]
    assert texts(page(*runs)) == [
        "净收益额，本期：026；上年同期：031",
        "净资产额，本期：126；上年同期：131",
        "税后利润，本期：226；上年同期：231",
    ]


def test_annexes_of_a_page_each_keep_their_labels() -> None:
    labels = [f"附件{n}" for n in (1, 2, 3)]
    pages = [page(a_run(label, 60, 90), a_run("正文。", 60, 300)) for label in labels]
    assert texts(*pages) == [text for label in labels for text in (label, "正文。")]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        page(
            a_run("内部资料", 250, 40),
            a_run(f"正文第{name}段。", 60, 300),
            a_run(f"— {n} —", 280, 800),
        )
        for n, name in enumerate("甲乙丙丁", 1)
    ]
    made = layout.lines(pages)
    assert [line.text for line in made if is_kept(line)] == [f"正文第{x}段。" for x in "甲乙丙丁"]
    assert [line.text for line in made if line.kind == "furniture"] == [
        text for n in range(1, 5) for text in ("内部资料", f"— {n} —")
    ]


def test_footnotes_stand_apart() -> None:
    body = [a_run("正" * 30, 50, 100 + 24 * i) for i in range(20)]
    notes = [a_run("①见《统计年鉴》。", 50, 740, 10), a_run("续上。", 50, 754, 10)]
    made = layout.lines([page(*body, *notes)])
    assert [(line.text, line.kind) for line in made[-2:]] == [
        ("①见《统计年鉴》。", "note"), ("续上。", "note"),
    ]  # fmt: skip


def test_a_heading_of_two_lines_is_one() -> None:
    body = [a_run("正" * 30, 50, 300 + 24 * i) for i in range(10)]
    heads = [a_run("锚定中心任务建设堪当重任的", 60, 100, 24), a_run("高素质干部队伍", 60, 130, 24)]
    made = layout.lines([page(*heads, *body)])
    assert made[0].text.replace(" ", "") == "锚定中心任务建设堪当重任的高素质干部队伍"
    assert (made[0].heading, made[1].heading) == (1, 0)


def test_a_scan_names_what_to_install_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rag.reading.pdf
    import rag.reading.scan

    for module in (rag.reading.pdf, rag.reading.scan):
        monkeypatch.setattr(module, "can_recognise", lambda: False)
    for name, data in (("a.pdf", samples.scanned_pdf()), ("a.png", samples.png())):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile, match=r"pip install 'youju\[ocr\]'"):
            read(tmp_path / name, name)


@pytest.mark.skipif(not can_recognise(), reason="the extra `ocr` is not installed")
def test_a_scan_is_recognised(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (640, 120), "white")
    ImageDraw.Draw(image).text((40, 40), "One window 2022", "black", ImageFont.load_default(40))
    image.save(tmp_path / "a.png")
    document = read(tmp_path / "a.png", "a.png")
    assert "".join(document.lines[0].text.split()) == "Onewindow2022"
    assert document.notes == ("recognised from an image, so check it",)


@pytest.mark.parametrize(
    ("turned", "matrix"),
    [(90, "0 1 -1 0 100 50 Tm"), (180, "-1 0 0 -1 500 700 Tm"), (270, "0 -1 1 0 500 800 Tm")],
)
def test_a_turned_page_is_read_upright(tmp_path: Path, turned: int, matrix: str) -> None:
    data = samples.pdf().replace(b"/MediaBox", f"/Rotate {turned}/MediaBox".encode())
    data = data.replace(b"72 720 Td", matrix.encode()).replace(
        b"/F1 18 Tf 72 760 Td", b"/F1 11 Tf 3 Tr"
    )
    (tmp_path / "a.pdf").write_bytes(data)
    texts = [line.text.strip() for line in read(tmp_path / "a.pdf", "a.pdf").lines]
    first = texts.index("One window for all, in two days.")
    assert texts[first + 1] == "Page 0 goes on."


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(samples.pdf(pages=3))
    with pytest.raises(UnreadableFile, match="3 pages, more than max_pages = 2"):
        read(tmp_path / "a.pdf", "a.pdf", Settings(max_pages=2))


def test_a_spaced_out_label_is_no_cell() -> None:
    rows = [("时", "间：2024年6月12日"), ("地", "点：局会议室"), ("记", "录：刘洋")]
    made = [
        run
        for i, (label, rest) in enumerate(rows)
        for run in (a_run(label, 50, 100 + 25 * i), a_run(rest, 50 + 4 * SIZE, 100 + 25 * i))
    ]
    lines = layout.lines([page(*made)])
    assert {line.kind for line in lines} == {"text"}
    assert [tidy(line).text for line in lines if line.text] == [
        "时间：2024年6月12日", "地点：局会议室", "记录：刘洋",
    ]  # fmt: skip


def test_the_line_above_a_printed_table_may_name_its_unit() -> None:
    rows = [
        ("表1（单位：万元）",),
        ("项目", "预算", "决算"),
        ("拨款", "3200", "3050"),
        ("其他", "160", "140"),
    ]
    made = [
        a_run(text, 50 + 150 * x, 100 + 25 * i)
        for i, row in enumerate(rows)
        for x, text in enumerate(row)
    ]
    told = [line.text for line in layout.lines([page(*made)]) if line.kind == "row"]
    assert told == ["拨款，预算：3200万元；决算：3050万元", "其他，预算：160万元；决算：140万元"]


def test_a_short_page_too_cuts_paragraphs_by_its_width() -> None:
    first = "王海涛，男，汉族，大学学历，中共党员，现任县财政局副局长，拟任县审"
    made = [a_run("任前公示", 200, 60), a_run(first, 50, 100, 12), a_run("计局局长。", 50, 120, 12)]
    lines = layout.lines([page(*made)])
    texts = [p.text for p in outline(Document("a.pdf", "", "pdf", lines)).paragraphs]
    assert texts == ["任前公示", f"{first}计局局长。"]
