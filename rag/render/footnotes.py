"""Footnotes in a Word file, which python-docx cannot write by itself.

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
from docx.shared import Pt
from docx.text.paragraph import Paragraph

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RULES = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/>'
    "</w:r></w:p></w:footnote>"
)


class Footnotes:
    """Adds footnotes to `document`."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._root = parse_xml(f"<w:footnotes {nsdecls('w')}>{_RULES}</w:footnotes>")
        self._written = 0
        self._text, self._mark = _add_styles(document)
        part = XmlPart(PackURI("/word/footnotes.xml"), _TYPE, self._root, document.part.package)
        document.part.relate_to(part, RELATION.FOOTNOTES)

    def refer(self, paragraph: Paragraph, text: str) -> None:
        """End `paragraph` with a mark whose footnote says `text`."""
        self._written += 1
        number = str(self._written)
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), number)
        mark = paragraph.add_run()
        mark._r.style = self._mark
        mark._r.append(reference)
        note = OxmlElement("w:footnote")
        note.set(qn("w:id"), number)
        body = Paragraph(OxmlElement("w:p"), self._document.element.body)
        body._p.style = self._text
        note.append(body._p)
        self._root.append(note)
        own = body.add_run()
        own._r.style = self._mark
        own._r.append(OxmlElement("w:footnoteRef"))
        body.add_run(f" {text}")


def _add_styles(document: Document) -> tuple[str, str]:
    """Add the styles of a note and of its mark, and return their ids, which are set directly.

    Outside of the document's body python-docx cannot look names up, and in it that is slow.
    """
    styles = document.styles
    text = styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH)
    text.base_style = styles["Normal"]
    text.font.size = Pt(9)
    text.paragraph_format.line_spacing = 1.0
    text.paragraph_format.space_after = Pt(0)
    mark = styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    mark.font.superscript = True
    return text.style_id, mark.style_id
