"""rag.reading.docx: what is on the page of a Word file, with its marks."""

from io import BytesIO
from pathlib import Path

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from rag.reading import read
from rag.reading.numbers import Numbers
from rag.types import Document as Read
from rag.types import Line
from tests import samples


def lines(document: object, folder: Path) -> tuple[Line, ...]:
    return made(samples.saved(document), folder).lines


def made(data: bytes, folder: Path, name: str = "a.docx") -> Read:
    path = folder / name
    path.write_bytes(data)
    return read(path, name)


def test_marks_come_along(tmp_path: Path) -> None:
    read_ = made(samples.docx(), tmp_path)
    assert read_.format == "docx"
    assert [(line.number, line.text, line.heading, line.kind) for line in read_.lines] == [
        (1, "加强人才工作", 1, "text"),
        (2, "建立机制。落实责任，", 0, "text"),
        (2, "强化考核。", 0, "text"),  # a soft line break
        (3, "1.设立专窗。", 0, "text"),  # numbers that Word counts
        (4, "2.限时办结。", 0, "text"),
        (5, "乡镇 | 人数", 0, "furniture"),
        (6, "晋熙镇，人数：12", 0, "row"),
    ]
    assert read_.lines[1].bold == ((0, 5),)
    assert [(fact.name, fact.value, fact.source) for fact in read_.stated] == [
        ("title", "加强人才工作", "properties")
    ]


def test_a_larger_type_is_a_heading_where_no_style_is(tmp_path: Path) -> None:
    document = Document()
    for text, size in (
        ("安庆组工信息", 36),
        ("抓制度机制", 22),
        ("正文" * 60, 16),
        ("另" * 80, 22),
    ):
        document.add_paragraph().add_run(text).font.size = Pt(size)
    assert [line.heading for line in lines(document, tmp_path)] == [1, 2, 0, 0]


def test_a_heavy_typeface_is_bold(tmp_path: Path) -> None:
    document = Document()
    run = document.add_paragraph("前").add_run("一、建立机制。")
    run._r.get_or_add_rPr().append(parse_xml(f'<w:rFonts {nsdecls("w")} w:eastAsia="黑体"/>'))
    assert lines(document, tmp_path)[0].bold == ((1, 8),)


def test_what_was_deleted_or_hidden_is_not_read(tmp_path: Path) -> None:
    document = Document()
    paragraph = document.add_paragraph("留下，")
    paragraph._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>删去</w:delText></w:r></w:del>")
    )
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>加上。</w:t></w:r></w:ins>"))
    paragraph.add_run("隐藏").font.hidden = True
    assert [line.text for line in lines(document, tmp_path)] == ["留下，加上。"]


def test_a_table_of_one_row_only_sets_out_text(tmp_path: Path) -> None:
    document = Document()
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "太湖县委组织部", "2022年10月25日"
    assert [(line.text, line.kind) for line in lines(document, tmp_path)] == [
        ("太湖县委组织部", "text"),
        ("2022年10月25日", "text"),
    ]


def test_text_boxes_and_content_controls_are_read(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("正文。")
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>控件里的标题</w:t></w:r></w:p>"
            "</w:sdtContent></w:sdt>"
        ),
    )
    box = parse_xml(
        f"<w:r {nsdecls('w')}><w:drawing><w:txbxContent><w:p><w:r><w:t>文本框。</w:t></w:r></w:p>"
        "</w:txbxContent></w:drawing></w:r>"
    )
    document.paragraphs[0]._p.append(box)
    assert [line.text for line in lines(document, tmp_path)] == [
        "控件里的标题",
        "正文。",
        "文本框。",
    ]


def test_footnotes_stand_apart(tmp_path: Path) -> None:
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>'
        '<w:footnote w:id="1"><w:p><w:r><w:t>见年报。</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    data = with_part(samples.docx(), "word/footnotes.xml", notes)
    note = made(data, tmp_path).lines[-1]
    assert (note.text, note.kind) == ("见年报。", "note")


def test_a_table_of_contents_is_left_out(tmp_path: Path) -> None:
    document = Document()
    style = document.styles.add_style("toc 1", 1)
    document.add_paragraph("一、建立机制\t3", style=style)
    document.add_paragraph("一、建立机制。落实责任。")
    read_ = made(samples.saved(document), tmp_path)
    assert [line.text for line in read_.lines] == ["一、建立机制。落实责任。"]
    assert read_.notes == ("table of contents of 1 lines left out",)


def with_part(data: bytes, name: str, content: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    return samples.zipped({**parts, name: content.encode()})


def test_levels_count_as_word_counts_them() -> None:
    root = OxmlElement("w:numbering")
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{digits}"/>'
        f'<w:lvlText w:val="{form}"/></w:lvl>'
        for i, (digits, form) in enumerate(
            (("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
        )
    )
    root.append(
        parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="7">{levels}</w:abstractNum>')
    )
    root.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="2"><w:abstractNumId w:val="7"/></w:num>')
    )
    numbers = Numbers(root)
    shown = [numbers.next("2", level) for level in (0, 1, 1, 2, 0, 1, 2, 2)]
    assert shown == ["一、", "（一）", "（二）", "1.", "二、", "（一）", "1.", "2."]
    assert numbers.next("9", 0) == ""  # a list that is not there
    assert root.tag == qn("w:numbering")
