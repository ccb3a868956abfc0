"""Blocks → a Word file as official documents are laid out, with real footnotes and tables.

The layout is that of GB/T 9704-2012 (党政机关公文格式): page and margins, the sizes of type, lines
of 28 pt, two characters of indent, 一、 in 黑体 and （一） in 楷体, and page numbers at the outer
side. `official.docx` holds it, an empty file to be changed in Word; where a computer lacks a font,
it names others that will do.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docx.text.paragraph import Paragraph

from rag.blocks import Block, Cell, Heading, Item, Mark, Table, words
from rag.characters import cleaned

_OFFICIAL = Path(__file__).with_name("official.docx")
_WIDTH = 156  # mm of a line
_BODY, _CELL = "Body Text", "Table Text"
_LEVELS = 3  # of headings
_COUNTED = re.compile(r"\s*[（(]?[一二三四五六七八九十百\d]+[）)、.．]")  # a heading with a number
_LONGEST_TITLE = 200  # characters of a file's property
_NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RULES = (  # two notes of the part's own, which draw the line above the others
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/>'
    "</w:r></w:p></w:footnote>"
)


def docx(title: str, blocks: Iterable[Block], notes: Mapping[int, str]) -> bytes:
    """Return a Word file: `title`, then `blocks`; `notes` are the footnotes of the marks."""
    document = Document(str(_OFFICIAL))
    document.add_paragraph(cleaned(title), "Title")
    writer = _Writer(document, notes)
    for block in blocks:
        writer.write(block)
    document.core_properties.title = cleaned(title)[:_LONGEST_TITLE]
    sink = BytesIO()
    document.save(sink)
    return sink.getvalue()


class _Writer:
    """Writes blocks into `document`."""

    def __init__(self, document: Document, notes: Mapping[int, str]) -> None:
        self._document, self._notes = document, notes
        self._ids = {style.name: style.style_id for style in document.styles}  # else looked up
        self._footnotes = parse_xml(f"<w:footnotes {nsdecls('w')}>{_RULES}</w:footnotes>")
        package = document.part.package
        part = XmlPart(PackURI("/word/footnotes.xml"), _NOTES, self._footnotes, package)
        document.part.relate_to(part, RELATION.FOOTNOTES)

    def write(self, block: Block) -> None:
        """Add one block, and the footnotes of its marks."""
        if isinstance(block, Table):
            self._write_table(block)
            return
        style = f"Heading {min(block.level, _LEVELS)}" if isinstance(block, Heading) else _BODY
        paragraph = self._document.add_paragraph()
        paragraph._p.style = self._ids[style]
        if isinstance(block, Item):
            numbered = f"{block.number}." if block.level == 1 else f"（{block.number}）"
            paragraph.add_run("• " if block.number is None else numbered)
        self._fill(paragraph, block.inlines)
        if isinstance(block, Heading) and _COUNTED.match(paragraph.text):
            numbers = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            numbers.get_or_add_numId().val = 0  # none of the file's own

    def _write_table(self, block: Table) -> None:
        table = self._document.add_table(0, len(block.header), "Table Grid")
        widths = _widths((block.header, *block.rows))
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width  # for LibreOffice; Word goes by the cells
        for cells in (block.header, *block.rows):
            row = table.add_row()
            if cells is block.header:  # repeated on every page
                row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
            for cell, inlines, width in zip(row.cells, cells, widths, strict=True):
                cell.width = width
                paragraph = cell.paragraphs[0]
                paragraph._p.style = self._ids[_CELL]
                self._fill(paragraph, inlines, bold=cells is block.header)

    def _fill(self, paragraph: Paragraph, inlines: Cell, *, bold: bool = False) -> None:
        for inline in inlines:
            if not isinstance(inline, Mark):
                run = paragraph.add_run(cleaned(inline.text))
                run.bold = inline.bold or bold or None
            elif inline.number in self._notes:
                self._refer(paragraph, cleaned(self._notes[inline.number]))
            else:
                paragraph.add_run(f"[{inline.number}]")

    def _refer(self, paragraph: Paragraph, text: str) -> None:
        """End `paragraph` with a mark whose footnote (ECMA-376, Part 1, 17.11) says `text`.

        A second mark with the same number gets a note of its own that says the same, because Word
        numbers notes by where they stand.
        """
        note, reference = OxmlElement("w:footnote"), OxmlElement("w:footnoteReference")
        for each in (note, reference):
            each.set(qn("w:id"), str(len(self._footnotes) - 1))
        self._footnotes.append(note)
        body = Paragraph(OxmlElement("w:p"), self._document.element.body)
        body._p.style = self._ids["footnote text"]
        note.append(body._p)
        for holder, mark in ((paragraph, reference), (body, OxmlElement("w:footnoteRef"))):
            run = holder.add_run()._r
            run.style = self._ids["footnote reference"]
            run.append(mark)
        body.add_run(f" {text}")


def _widths(rows: Sequence[Sequence[Cell]]) -> list[Mm]:
    """Share the width of the text out: a column of texts four times as long is twice as wide."""
    longest = [max(len(words(cell)) for cell in column) for column in zip(*rows, strict=True)]
    shares = [max(4, length) ** 0.5 for length in longest]
    return [Mm(_WIDTH * share / sum(shares)) for share in shares]
