"""The Word file says every text as it is, read back by python-docx."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

from docx import Document
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from hypothesis import given, settings
from lxml import etree

from rag.blocks import Block, Cell, Item, Mark, Table, Text, cells, joined, marks
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
    """Yield what stands in the file for a block: labels before, header and heading in bold."""
    label = ""
    if isinstance(block, Item):
        label = "•\t" if block.number is None else f"{block.number}.\t"
    bold = len(block.header) if isinstance(block, Table) else int(block.type == "heading")
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
