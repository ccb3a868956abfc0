"""The other formats: OFD, web pages, sheets, slides, old Office files; and how a kind is told."""

import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from pptx import Presentation

from rag.errors import UnreadableFile
from rag.outline import outline
from rag.reading import kinds, ofd, read
from rag.types import Document, Line
from tests import converted, samples


def of(data: bytes, folder: Path, name: str) -> Document:
    (folder / name).write_bytes(data)
    return read(folder / name, name)


def shown(document: Document) -> list[tuple[str, int, str]]:
    return [(line.text.strip(), line.heading, line.kind) for line in kept(document)]


def kept(document: Document) -> list[Line]:
    return [line for line in document.lines if line.kind != "furniture"]


@pytest.mark.parametrize("kind", ["docx", "pdf", "ofd", "xlsx", "pptx", "html"])
def test_the_content_tells_the_kind_whatever_the_name(tmp_path: Path, kind: str) -> None:
    data = samples.of_kind(kind)[0]
    named = of(data, tmp_path, f"a.{kind}")
    for name in ("a.txt", "a.doc", "a"):
        document = of(data, tmp_path, name)
        assert (document.format, document.lines) == (kind, named.lines)
        assert (f"named {Path(name).suffix} but is {kind}" in document.notes) == ("." in name)


def test_kinds_of_what_needs_libreoffice() -> None:
    assert kinds.kind_of(samples.ole(), "a.wps") == "doc"
    assert kinds.kind_of(samples.ole("Workbook"), "a") == "xls"
    assert kinds.kind_of(b"{\\rtf1 a}", "a.doc") == "rtf"
    odt = samples.zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "a": b""})
    assert kinds.kind_of(odt, "a.docx") == "odt"
    with pytest.raises(UnreadableFile, match="locked by a password"):
        kinds.kind_of(samples.ole("EncryptedPackage"), "a.docx")


def test_a_web_page_gives_its_main_text(tmp_path: Path) -> None:
    document = of(samples.html(), tmp_path, "a.html")
    assert shown(document) == [
        ("关于加强人才工作的意见", 1, "text"),
        ("来源：太湖县委组织部", 0, "text"),
        ("为加强人才工作，提出如下意见。", 0, "text"),  # the source's line break is gone
        ("一、建立机制。落实责任，强化考核。", 0, "text"),
        ("优化服务，限时办结。", 0, "text"),  # the page's line break is not
        ("晋熙镇，人数：12", 0, "row"),
    ]
    assert kept(document)[3].bold == ((0, 7),)
    assert "首页" in [line.text for line in document.lines if line.kind == "furniture"]
    assert {(fact.name, fact.value) for fact in document.stated} >= {
        ("title", "关于加强人才工作的意见"),
        ("date", "2022-10-25 10:20"),
    }


def test_a_web_page_in_another_encoding(tmp_path: Path) -> None:
    page = samples.html().decode().replace("utf-8", "gb2312").encode("gb18030")
    assert shown(of(page, tmp_path, "a.html")) == shown(of(samples.html(), tmp_path, "b.html"))


def test_a_page_of_nothing_but_text_is_kept_whole(tmp_path: Path) -> None:
    page = "<p>标题</p><ol start=3><li>第三条要求。</li><li><p>第四条要求。</p></li></ol><p>完</p>"
    assert [text for text, *_ in shown(of(page.encode(), tmp_path, "a.html"))] == [
        "标题", "3.第三条要求。", "4.第四条要求。", "完",
    ]  # fmt: skip


def test_sizes_show_headings_where_a_page_has_none(tmp_path: Path) -> None:
    page = (
        '<body><p style="font-size:22pt">抓制度机制</p>'
        f'<p style="font-size:16pt">{"正文。" * 30}</p></body>'
    )
    assert [line.heading for line in of(page.encode(), tmp_path, "a.html").lines] == [1, 0]


def test_a_line_break_in_a_title_cuts_no_word(tmp_path: Path) -> None:
    page = "<h1>关于开展党建品<br>牌创建工作的通知</h1><p>县委组织部决定开展创建工作。</p>"
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "关于开展党建品\v牌创建工作的通知"
    slide.placeholders[1].text = "县委组织部决定，\v开展创建工作。"
    for name, data in (("a.html", page.encode()), ("a.pptx", samples.saved(deck))):
        first, *rest = of(data, tmp_path, name).lines
        assert (first.text, first.heading > 0) == ("关于开展党建品牌创建工作的通知", True)
        assert {line.number for line in rest} == {2}


def test_an_ofd_is_read_by_its_glyphs(tmp_path: Path) -> None:
    document = of(samples.corpus("ofd"), tmp_path, "a.ofd")
    assert kept(document)[0].text.strip().startswith("推进长三角一体化发展，是习近平总书记")
    assert kept(document)[0].page == 1
    assert all(converted.HEAD not in line.text for line in kept(document))


def test_ofd_steps_and_scales() -> None:
    from lxml import etree

    made = etree.fromstring(
        '<TextObject Boundary="10 20 100 10" Size="10" CTM="0.5 0 0 0.5 1 2" Font="1">'
        '<TextCode X="0" Y="10" DeltaX="g 2 10">甲乙丙</TextCode></TextObject>'
    )
    glyphs = list(ofd._glyphs(made, {"1"}))
    points = 72 / 25.4
    assert [round(g.x0 / points, 6) for g in glyphs] == [11, 16, 21]
    assert {(round(g.base / points, 6), round(g.size / points, 6), g.bold) for g in glyphs} == {
        (27, 5, True)
    }


def test_sheets_give_rows(tmp_path: Path) -> None:
    assert shown(of(samples.xlsx(), tmp_path, "a.xlsx")) == [
        ("任务", 1, "text"),
        ("设立人才专窗，责任单位：组织部；时限：2022", 0, "row"),
        ("培训，时限：1.5", 0, "row"),
        ("说明", 1, "text"),
        ("本表由组织部汇总。", 0, "text"),
    ]


def test_slides_give_paragraphs_and_notes(tmp_path: Path) -> None:
    document = of(samples.pptx(), tmp_path, "a.pptx")
    assert [
        (*row, line.page) for row, line in zip(shown(document), kept(document), strict=True)
    ] == [
        ("加强人才工作", 2, "text", 1),
        ("建立机制，落实责任。", 0, "text", 1),
        ("优化服务。", 0, "text", 1),
        ("讲稿：重点说机制。", 0, "note", 1),
        ("晋熙镇，人数：12", 0, "row", 2),
    ]


def test_what_comes_back_at_the_foot_of_slides_is_furniture(tmp_path: Path) -> None:
    deck = Presentation()
    for town in ("晋熙镇", "徐桥镇", "新仓镇"):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "各镇做法"
        slide.placeholders[1].text = f"{town}设立人才专窗。"
        slide.shapes.add_textbox(0, 6_500_000, 900_000, 300_000).text_frame.text = "太湖县委组织部"
    document = of(samples.saved(deck), tmp_path, "a.pptx")
    assert [row[0] for row in shown(document)][1::2] == [
        "晋熙镇设立人才专窗。", "徐桥镇设立人才专窗。", "新仓镇设立人才专窗。",
    ]  # fmt: skip


def test_a_merged_cell_of_a_slide_stands_in_each_row(tmp_path: Path) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 3, 0, 0, 4_000_000, 1_000_000).table
    for i, text in enumerate(("乡镇", "类别", "人数", "晋熙镇", "博士", "5", "", "硕士", "18")):
        table.cell(i // 3, i % 3).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    rows = shown(of(samples.saved(deck), tmp_path, "a.pptx"))
    assert [row[0] for row in rows] == [
        "晋熙镇，类别：博士；人数：5",
        "晋熙镇，类别：硕士；人数：18",
    ]


def test_rows_and_notes_stand_alone_in_an_outline(tmp_path: Path) -> None:
    made = outline(of(samples.docx(), tmp_path, "a.docx"))
    rows = [paragraph for paragraph in made.paragraphs if "晋熙镇" in paragraph.text]
    assert [(row.text, row.role) for row in rows] == [("晋熙镇，人数：12", "body")]
    assert not any(
        measure.paragraph_id == row.paragraph_id for measure in made.measures for row in rows
    )


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["rtf"])
def test_libreoffice_reads_what_has_no_reader(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.docx").write_bytes(samples.docx())
    (made,) = converted.by_libreoffice(kind, tmp_path / "a.docx")
    document = of(made.read_bytes(), tmp_path, "a.docx")  # named wrongly
    assert document.format == kind
    texts = [text for text, *_ in shown(document)]
    assert texts[:2] == ["加强人才工作", "建立机制。落实责任，"]
    assert "晋熙镇，人数：12" in texts


def test_without_libreoffice_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for name, data in (("a.wps", samples.ole()), ("b.doc", b"{\\rtf1 a}")):
        with pytest.raises(UnreadableFile, match=f"{name}: reading .* needs LibreOffice: install"):
            of(data, tmp_path, name)


def test_a_mail_has_its_subject_its_day_and_its_text(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["Date"] = "关于报送数据的通知", "Mon, 06 May 2024 09:00:00 +0800"
    mail.set_content("各乡镇：\n\n请于5月10日前报送，每镇不超过12名。\n")
    mail.add_alternative("<p>各乡镇：请于5月10日前报送。</p>", subtype="html")
    mail.add_attachment(b"1", "application", "pdf", filename="表.pdf")
    document = of(mail.as_bytes(), tmp_path, "a.eml")
    (essay,) = outline(document).essays
    assert (essay.title, essay.date) == ("关于报送数据的通知", "2024-05-06")
    assert [line.text for line in document.lines if line.text][
        1
    ] == "请于5月10日前报送，每镇不超过12名。"
    assert "表.pdf" in document.unread[0]
