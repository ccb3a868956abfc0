"""Blocks → a Word file in which every mark is a real footnote and every table a real table."""

from collections.abc import Iterable, Mapping
from io import BytesIO

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from rag.blocks import Block, Cell, Heading, Item, Mark, Table
from rag.characters import cleaned
from rag.render.footnotes import Footnotes

_SONG, _HEI = "宋体", "黑体"
_INDENT = Cm(0.75)  # of a list item, a level
_LONGEST_TITLE = 200  # characters of a file's property


def docx(title: str, blocks: Iterable[Block], notes: Mapping[int, str]) -> bytes:
    """Return a Word file: `title`, then `blocks`; `notes` are the footnotes of the marks."""
    document = Document()
    _set_styles(document)
    document.add_heading(cleaned(title), level=1)
    writer = _Writer(document, notes)
    for block in blocks:
        writer.write(block)
    document.core_properties.title = cleaned(title)[:_LONGEST_TITLE]
    document.core_properties.author = ""
    document.core_properties.comments = ""
    sink = BytesIO()
    document.save(sink)
    return sink.getvalue()


class _Writer:
    """Writes blocks into `document`."""

    def __init__(self, document: Document, notes: Mapping[int, str]) -> None:
        self._document, self._notes = document, notes
        self._footnotes = Footnotes(document)

    def write(self, block: Block) -> None:
        """Add one block, and the footnotes of its marks."""
        if isinstance(block, Table):
            self._write_table(block)
            return
        paragraph = self._document.add_paragraph()
        if isinstance(block, Item):
            paragraph.paragraph_format.left_indent = _INDENT * block.level
            paragraph.paragraph_format.first_line_indent = -_INDENT
            paragraph.add_run("•\t" if block.number is None else f"{block.number}.\t")
        self._fill(paragraph, block.inlines, bold=isinstance(block, Heading))

    def _write_table(self, block: Table) -> None:
        table = self._document.add_table(0, len(block.header), "Table Grid")
        for cells in (block.header, *block.rows):
            row = table.add_row()
            for cell, inlines in zip(row.cells, cells, strict=True):
                self._fill(cell.paragraphs[0], inlines, bold=cells is block.header)
        properties = table.rows[0]._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:tblHeader"))  # repeated on every page

    def _fill(self, paragraph: Paragraph, inlines: Cell, *, bold: bool) -> None:
        for inline in inlines:
            if not isinstance(inline, Mark):
                run = paragraph.add_run(cleaned(inline.text))
                run.bold = inline.bold or bold or None
            elif inline.number in self._notes:
                self._footnotes.refer(paragraph, cleaned(self._notes[inline.number]))
            else:
                paragraph.add_run(f"[{inline.number}]")


def _set_styles(document: Document) -> None:
    """Set A4 and Chinese type: without a language the punctuation is set as in Taiwan."""
    page, styles = document.sections[0], document.styles
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.7)
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    _set_font(styles["Normal"], _SONG, Pt(12))
    styles["Normal"].paragraph_format.line_spacing = 1.5
    styles["Normal"].paragraph_format.space_after = Pt(4)
    _set_font(styles["Heading 1"], _HEI, Pt(16))
    styles["Heading 1"].font.color.rgb = RGBColor(0, 0, 0)


def _set_font(style: object, name: str, size: Pt) -> None:
    font = style.font  # type: ignore[attr-defined]
    font.size = size
    font.name = "Times New Roman"
    fonts = style.element.rPr.rFonts  # type: ignore[attr-defined]
    fonts.set(qn("w:eastAsia"), name)
    for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme"):  # these would win
        fonts.attrib.pop(qn(theme), None)
