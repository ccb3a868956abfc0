"""A small good file of every kind, made here by the libraries that others make theirs with."""

import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

import pypdfium2
from docx import Document
from openpyxl import Workbook
from PIL import Image
from pptx import Presentation

from tests import converted

CSV = '乡镇,人数\n晋熙镇,"1,203"\n徐桥镇,986\n'
KINDS = (
    "txt",
    "md",
    "html",
    "docx",
    "pdf",
    "ofd",
    "xlsx",
    "pptx",
    "zip",
    "rtf",
    "doc",
    "png",
    "csv",
    "eml",
)
TEXT = """加强人才工作

太湖县委组织部 左小斌

一、建立机制。落实责任，强化考核。
二、优化服务。设立人才专窗。
"""
MARKDOWN = """---
title: 标题
---
# 加强人才工作

**建立机制。**落实责任。

- 设立人才专窗，限时办结。
"""


def of_kind(kind: str) -> list[bytes]:
    """Return good files of a kind."""
    return {
        "txt": lambda: [TEXT.encode(), TEXT.encode("gb18030"), TEXT.encode("utf-16")],
        "md": lambda: [MARKDOWN.encode()],
        "html": lambda: [html()],
        "docx": lambda: [docx(), corpus("docx")],
        "pdf": lambda: [pdf(), pdf(pages=3)],
        "ofd": lambda: [corpus("ofd")],
        "xlsx": lambda: [xlsx()],
        "pptx": lambda: [pptx()],
        "zip": lambda: [zipped({"甲.txt": TEXT.encode(), "乙/丙.docx": docx()})],
        "rtf": lambda: [b"{\\rtf1\\ansi\\ansicpg936 \\u21152?\\u24378?}"],
        "doc": lambda: [ole()],
        "png": lambda: [png()],
        "csv": lambda: [CSV.encode(), CSV.encode("gb18030")],
        "eml": lambda: [f"Subject: talent\r\n\r\n{TEXT}".encode()],
    }[kind]()


@cache
def corpus(form: str) -> bytes:
    """Return the newspaper essay of corpus/ in another format."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{form}")
        (converted.to_ofd if form == "ofd" else converted.to_docx)(converted.NAMES[1], path)
        return path.read_bytes()


def docx() -> bytes:
    """Return a Word file with a heading, bold type, a list and a table."""
    document = Document()
    document.core_properties.title = "加强人才工作"
    document.add_heading("加强人才工作", 1)
    paragraph = document.add_paragraph()
    paragraph.add_run("建立机制。").bold = True
    paragraph.add_run("落实责任，\n强化考核。")
    document.add_paragraph("设立专窗。", style="List Number")
    document.add_paragraph("限时办结。", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("乡镇", "人数", "晋熙镇", "12"), strict=True):
        cell.text = text
    return saved(document)


def saved(document: object) -> bytes:
    """Return what a document of python-docx, openpyxl or python-pptx saves."""
    made = BytesIO()
    document.save(made)  # type: ignore[attr-defined]
    return made.getvalue()


def xlsx() -> bytes:
    """Return a workbook of two sheets."""
    book = Workbook()
    sheet = book.active
    sheet.title = "任务"
    for row in (
        ("任务", "责任单位", "时限"),
        ("设立人才专窗", "组织部", 2022),
        ("培训", None, 1.5),
    ):
        sheet.append(row)
    book.create_sheet("说明").append(["本表由组织部汇总。"])
    return saved(book)


def pptx() -> bytes:
    """Return two slides, one with a table and notes."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "加强人才工作"
    slide.placeholders[1].text = "建立机制，落实责任。\n优化服务。"
    slide.notes_slide.notes_text_frame.text = "讲稿：重点说机制。"
    other = deck.slides.add_slide(deck.slide_layouts[6])
    table = other.shapes.add_table(2, 2, 0, 0, 4_000_000, 1_000_000).table
    for i, text in enumerate(("乡镇", "人数", "晋熙镇", "12")):
        table.cell(i // 2, i % 2).text = text
    return saved(deck)


def html() -> bytes:
    """Return a page with a menu, meta facts, a table and a foot."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        '<meta name="ArticleTitle" content="关于加强人才工作的意见">'
        '<meta name="PubDate" content="2022-10-25 10:20"><title>意见_太湖县</title></head><body>'
        '<ul><li><a href="/">首页</a></li><li><a href="/a">政务公开</a></li></ul><div><h1>关于加强'
        "人才工作的意见</h1><p>来源：太湖县委组织部</p><div id=zoom><p>　　为加强人才工作，提出\n"
        "如下意见。</p><p><strong>一、建立机制。</strong>落实责任，强化考核。<br>　　优化服务，"
        "限时办结。</p><table><tr><td>乡镇</td><td>人数</td></tr><tr><td>晋熙镇</td><td>12</td></tr>"
        "</table></div></div><div><a href=x>某地召开会议，部署工作</a></div>"
        "<div>版权所有：太湖县 皖ICP备00000000号</div><script>var a = '脚本，不是正文。';</script>"
        "</body></html>"
    ).encode()


def pdf(pages: int = 1) -> bytes:
    """Return a PDF with a text layer."""
    return pdf_of([
        f"BT /F1 18 Tf 72 760 Td (Report on talent {i}) Tj ET BT /F1 11 Tf 72 720 Td"
        f" (One window for all, in two days.) Tj 0 -16 Td (Page {i} goes on.) Tj ET"
        f" BT /F1 9 Tf 290 30 Td ({i + 1}) Tj ET"
        for i in range(pages)
    ])  # fmt: skip


def pdf_of(streams: list[str]) -> bytes:
    """Return a PDF of these pages, written by hand: Latin text needs no font file."""
    pages = len(streams)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(pages))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
    ]
    for i, stream in enumerate(streams):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * i} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    made, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        made
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(made)}\n%%EOF"
        ).encode()
    )


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a ZIP of these files."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_part(data: bytes, name: str, content: str) -> bytes:
    """Return a ZIP with other content in one of its members."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    return zipped({**files, name: content.encode()})


def png() -> bytes:
    """Return an image without text."""
    made = BytesIO()
    Image.new("RGB", (64, 64), "white").save(made, "PNG")
    return made.getvalue()


def scanned_pdf() -> bytes:
    """Return a PDF whose one page is an image."""
    made = BytesIO()
    Image.new("RGB", (64, 64), "white").save(made, "PDF")
    return made.getvalue()


def ole(stream: str = "WordDocument") -> bytes:
    """Return an OLE container with one stream, as [MS-CFB] describes it, 512 bytes a sector."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF

    def ints(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        coded = name.encode("utf-16-le") + b"\0\0" if name else b""
        return (
            coded.ljust(64, b"\0") + len(coded).to_bytes(2, "little") + bytes((kind, 1))
            + ints(free, free, child) + bytes(36) + ints(start, size, 0)
        )  # fmt: skip

    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0"
        + bytes(6) + ints(0, 1, 1, 0, 4096, end, 0, end, 0, 0) + ints(*[free] * 108)
    )  # fmt: skip
    table = ints(0xFFFFFFFD, end, *range(3, 10), end).ljust(512, b"\xff")
    folder = (entry("Root Entry", 5, 1, end, 0) + entry(stream, 2, free, 2, 4096)).ljust(512, b"\0")
    return header + table + folder + bytes(4096)


def reopened(data: bytes) -> int:
    """Return the number of pages that PDFium counts."""
    document = pypdfium2.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()
