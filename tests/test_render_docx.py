"""The Word file says every text as it is, read back by python-docx."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from hypothesis import given, settings
from lxml import etree

from rag.blocks import Block, Cell, Heading, Item, Mark, Table, Text, cells, joined, marks
from rag.render.docx import docx
from tests import said

NOTES = {number: f"出处<{number}>&" for number in said.NUMBERS}


def read(data: bytes) -> Iterator[Cell]:
    """Yield the inlines of each paragraph after the title, and of each cell."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        root = etree.fromstring(package.read("word/footnotes.xml"))
    notes = {
        note.get(qn("w:id")): "".join(each.text or "" for each in note.iter(qn("w:t"))).strip()
        for note in root
    }
    numbers = {note: number for number, note in NOTES.items()}

    def inlines(paragraph: WordParagraph) -> Cell:
        made: list[Text | Mark] = []
        for run in paragraph.runs:
            references = run._r.findall(qn("w:footnoteReference"))
            made += (Mark(numbers[notes[each.get(qn("w:id"))]]) for each in references)
            made.append(Text(run.text, bool(run.bold)))
        return joined(made)

    _, *content = Document(BytesIO(data)).iter_inner_content()
    for block in content:
        if isinstance(block, WordTable):
            for row in block.rows:
                for cell in row.cells:
                    yield inlines(cell.paragraphs[0])
        else:
            yield inlines(block)


def labelled(block: Block) -> Iterator[Cell]:
    """Yield what stands in the file for a block: labels before, the header in bold."""
    label = ""
    if isinstance(block, Item):
        numbered = f"{block.number}." if block.level == 1 else f"（{block.number}）"
        label = "• " if block.number is None else numbered
    bold = len(block.header) if isinstance(block, Table) else 0
    for at, cell in enumerate(cells(block)):
        made = [
            Text(each.text, True) if isinstance(each, Text) and at < bold else each for each in cell
        ]
        yield joined((Text(label), *made))


@settings(max_examples=40)
@given(said.DRAWN)
def test_any_text_is_shown_as_it_is(blocks: tuple[Block, ...]) -> None:
    made = list(read(docx("问", blocks, NOTES)))
    assert made == [cell for block in blocks for cell in labelled(block)]
    assert [m.number for cell in made for m in cell if isinstance(m, Mark)] == list(marks(blocks))


def test_a_table_is_one_and_repeats_its_header() -> None:
    table = Table(((Text("甲"),), (Text("乙"),)), (((Text("一"), Mark(1)), ()),))
    (made,) = Document(BytesIO(docx("问", (table,), NOTES))).tables
    assert made.style.name == "Table Grid"
    assert [row._tr.find(qn("w:trPr")) is not None for row in made.rows] == [True, False]
    assert made.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_what_xml_cannot_hold_goes_and_a_mark_without_a_footnote_stays() -> None:
    data = docx("问\x00", (said.paragraph("甲[9]\x07\uffff"),), NOTES)
    assert [each.text for each in Document(BytesIO(data)).paragraphs] == ["问", "甲[9]"]


def test_the_layout_is_that_of_official_documents() -> None:
    """The figures are those of GB/T 9704-2012, 5.2 and 7.3."""
    blocks = (
        Heading((Text("总体情况"),)),
        Heading((Text("人才工作"),), level=2),
        Heading((Text("三、已有序号"),)),
        said.paragraph("正文。[1]"),
    )
    made = Document(BytesIO(docx("标题", blocks, NOTES)))
    page = made.sections[0]
    edges = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    assert [round(edge.mm) for edge in edges] == [37, 35, 28, 26]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    looks = [
        (
            style.element.rPr.rFonts.get(qn("w:eastAsia")),
            style.font.size.pt,
            style.paragraph_format.line_spacing.pt,
            style.paragraph_format.first_line_indent.pt,
        )
        for style in (each.style for each in made.paragraphs)
    ]
    assert looks == [
        ("方正小标宋简体", 22, 28, 0),
        ("黑体", 16, 28, 32),
        ("楷体", 16, 28, 32),
        ("黑体", 16, 28, 32),
        ("仿宋", 16, 28, 32),
    ]
    assert made.paragraphs[0].style.paragraph_format.alignment == WD_ALIGN_PARAGRAPH.CENTER
    numbers = [each._p.find(f".//{qn('w:numId')}") for each in made.paragraphs]
    assert [each is not None and each.val for each in numbers] == [False, False, False, 0, False]
    for footer in (page.footer, page.even_page_footer):
        assert footer.paragraphs[0].text == "—  —"
        field = footer.paragraphs[0]._p.find(qn("w:fldSimple"))
        assert field.get(qn("w:instr")) == "PAGE"
    with zipfile.ZipFile(BytesIO(docx("标题", blocks, NOTES))) as package:
        fonts = etree.fromstring(package.read("word/fontTable.xml"))
    instead = {each.get(qn("w:name")): each[0].get(qn("w:val")) for each in fonts}
    assert "宋体" in instead["方正小标宋简体"].split(",")
    assert "仿宋_GB2312" in instead["仿宋"].split(",")


def test_a_column_with_long_texts_is_wider() -> None:
    rows = (((Text("甲县"),), (Text("长" * 400),)),)
    (made,) = Document(BytesIO(docx("问", (Table(((), ()), rows),), {}))).tables
    narrow, wide = (column.width.mm for column in made.columns)
    assert narrow + wide == pytest.approx(156, abs=0.1)
    assert wide > 5 * narrow
