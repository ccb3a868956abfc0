"""Footnotes in a Word file, which python-docx cannot write by itself. Floor 2.

A part `footnotes.xml` is added to the package (ECMA-376, Part 1, 17.11); it needs two notes of
its own, -1 and 0, that draw the line above the notes. A mark in the text refers to a note by its
number; a second mark with the same number gets a note of its own that says the same, because
Word numbers notes by where they stand.
"""

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from rag.markup import Block

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_SONG, _HEI = "宋体", "黑体"
_INDENT = Cm(0.75)  # of a list item, a level
_RULES = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/>'
    "</w:r></w:p></w:footnote>"
)


class Footnotes:
    """Writes blocks into `document`, their marks as footnotes."""

    def __init__(self, document: Document, notes: dict[int, str]) -> None:
        """Take the footnote of each mark: number → text."""
        self._document = document
        self._notes = notes
        self._root = parse_xml(f"<w:footnotes {nsdecls('w')}>{_RULES}</w:footnotes>")
        self._written = 0
        _set_styles(document)
        part = XmlPart(PackURI("/word/footnotes.xml"), _TYPE, self._root, document.part.package)
        document.part.relate_to(part, RELATION.FOOTNOTES)

    def write(self, block: Block) -> None:
        """Add one block, and the footnotes of its marks."""
        paragraph = self._document.add_paragraph()
        if block.level:
            paragraph.paragraph_format.left_indent = _INDENT * block.level
        if block.label:
            paragraph.paragraph_format.first_line_indent = -_INDENT
            paragraph.add_run(f"{block.label}\t")
        for run in block.runs:
            if run.mark in self._notes:
                self._refer(paragraph, self._notes[run.mark])
            else:
                paragraph.add_run(_printable(run.text)).bold = run.bold or block.heading or None

    def _refer(self, paragraph: Paragraph, text: str) -> None:
        self._written += 1
        number = str(self._written)
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), number)
        mark = paragraph.add_run()
        mark.style = "footnote reference"
        mark._r.append(reference)
        note = OxmlElement("w:footnote")
        note.set(qn("w:id"), number)
        body = Paragraph(OxmlElement("w:p"), self._document.element.body)
        note.append(body._p)
        self._root.append(note)
        _style(body._p, "w:pPr", "w:pStyle", self._document.styles["footnote text"].style_id)
        own = body.add_run()
        _style(own._r, "w:rPr", "w:rStyle", self._document.styles["footnote reference"].style_id)
        own._r.append(OxmlElement("w:footnoteRef"))
        body.add_run(f" {_printable(text)}")


def _style(element: object, holder: str, name: str, style_id: str) -> None:
    """Set a style by its id: outside of the document's body python-docx cannot look names up."""
    properties, style = OxmlElement(holder), OxmlElement(name)
    style.set(qn("w:val"), style_id)
    properties.append(style)
    element.insert(0, properties)  # type: ignore[attr-defined]


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
    text = styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH)
    text.base_style = styles["Normal"]
    text.font.size = Pt(9)
    text.paragraph_format.line_spacing = 1.0
    text.paragraph_format.space_after = Pt(0)
    mark = styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    mark.font.superscript = True


def _set_font(style: object, name: str, size: Pt) -> None:
    font = style.font  # type: ignore[attr-defined]
    font.size = size
    font.name = "Times New Roman"
    fonts = style.element.rPr.rFonts  # type: ignore[attr-defined]
    fonts.set(qn("w:eastAsia"), name)
    for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme"):  # these would win
        fonts.attrib.pop(qn(theme), None)


def _printable(text: str) -> str:
    """Leave out the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or c >= " ")
