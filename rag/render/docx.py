"""Blocks → a Word file as official documents are laid out, with real footnotes and tables.

The layout is that of GB/T 9704-2012 (党政机关公文格式): page and margins, the sizes of type, lines
of 28 pt, two characters of indent, 一、 in 黑体 and （一） in 楷体, and page numbers at the outer
side. Where a computer lacks a font, the file names others that will do.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from rag.blocks import Block, Cell, Heading, Item, Mark, Table, words
from rag.characters import cleaned
from rag.render.footnotes import Footnotes

_XIAOBIAO, _FANG, _HEI, _KAI, _SONG = "方正小标宋简体", "仿宋", "黑体", "楷体", "宋体"
_INSTEAD = {  # of a font: what is looked for where it is not there
    _XIAOBIAO: "方正小标宋_GBK,小标宋体,华文中宋,宋体,SimSun,Noto Serif CJK SC",
    _FANG: "仿宋_GB2312,FangSong,方正仿宋_GBK,华文仿宋,Noto Serif CJK SC",
    _HEI: "SimHei,方正黑体_GBK,华文黑体,Noto Sans CJK SC",
    _KAI: "楷体_GB2312,KaiTi,方正楷体_GBK,华文楷体,Noto Serif CJK SC",
    _SONG: "SimSun,方正书宋_GBK,华文宋体,Noto Serif CJK SC",
}
_SIZE, _LINE = Pt(16), Pt(28)  # 三号
_WIDTH = 156  # mm of a line
_BODY, _CELL = "Body Text", "Table Text"
_LEVELS = 3  # of headings
_COUNTED = re.compile(r"\s*[（(]?[一二三四五六七八九十百\d]+[）)、.．]")  # a heading with a number
_NUMBERING = "".join(
    f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
    f'<w:pStyle w:val="Heading{level + 1}"/><w:suff w:val="nothing"/><w:lvlText w:val="{text}"/>'
    "</w:lvl>"
    for level, (kind, text) in enumerate(
        [
            ("chineseCountingThousand", "%1、"),
            ("chineseCountingThousand", "（%2）"),
            ("decimal", "%3."),
        ]
    )
)
_NUMBER = "99"  # of the list that headings are in
_LONGEST_TITLE = 200  # characters of a file's property


def docx(title: str, blocks: Iterable[Block], notes: Mapping[int, str]) -> bytes:
    """Return a Word file: `title`, then `blocks`; `notes` are the footnotes of the marks."""
    document = Document()
    _set_page(document)
    _set_styles(document)
    document.add_paragraph(cleaned(title), "Title")
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
        self._ids = {style.name: style.style_id for style in document.styles}  # else looked up

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
                self._footnotes.refer(paragraph, cleaned(self._notes[inline.number]))
            else:
                paragraph.add_run(f"[{inline.number}]")


def _widths(rows: Sequence[Sequence[Cell]]) -> list[Mm]:
    """Share the width of the text out: a column of texts four times as long is twice as wide."""
    longest = [max(len(words(cell)) for cell in column) for column in zip(*rows, strict=True)]
    shares = [max(4, length) ** 0.5 for length in longest]
    return [Mm(_WIDTH * share / sum(shares)) for share in shares]


def _set_page(document: Document) -> None:
    """Set A4, the margins of the standard, and "— 1 —" at the outer side below the text."""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(37), Mm(35)
    page.left_margin, page.right_margin = Mm(28), Mm(210 - 28 - _WIDTH)
    page.footer_distance = Mm(23)  # its top is 7 mm below the text
    document.settings.odd_and_even_pages_header_footer = True
    for footer, side, indent in (
        (page.footer, WD_ALIGN_PARAGRAPH.RIGHT, "right_indent"),
        (page.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT, "left_indent"),
    ):
        line = footer.paragraphs[0]
        line.alignment = side
        setattr(line.paragraph_format, indent, Pt(14))
        line.add_run("— ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        line._p.append(field)
        line.add_run(" —")


def _set_styles(document: Document) -> None:
    """Set Chinese type: without a language the punctuation is set as in Taiwan."""
    styles = document.styles
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    _set(styles["Normal"], _FANG)
    _set(styles[_BODY], _FANG, indent=True)
    _set(styles["Title"], _XIAOBIAO, Pt(22))
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    styles["Title"].paragraph_format.space_after = _LINE
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
    for level, (font, bold) in enumerate(((_HEI, False), (_KAI, False), (_FANG, True)), 1):
        style = styles[f"Heading {level}"]
        _set(style, font, indent=True, bold=bold)
        numbers = style.element.get_or_add_pPr().get_or_add_numPr()
        numbers.get_or_add_ilvl().val, numbers.get_or_add_numId().val = level - 1, int(_NUMBER)
    cell = styles.add_style(_CELL, WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = styles["Normal"]
    _set(cell, _FANG, Pt(12), line=Pt(18))
    _set(styles["Footer"], _SONG, Pt(14))
    numbering = document.part.numbering_part.element
    kinds = (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_NUMBER}">{_NUMBERING}</w:abstractNum>'
    )
    numbering.insert(0, parse_xml(kinds))
    own = f'<w:num {nsdecls("w")} w:numId="{_NUMBER}"><w:abstractNumId w:val="{_NUMBER}"/></w:num>'
    numbering.append(parse_xml(own))
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/>'
        '<w:family w:val="roman"/></w:font>'
        for name, instead in _INSTEAD.items()
    )
    table = document.part.part_related_by(RELATION.FONT_TABLE)
    table._blob = f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()


def _set(
    style: ParagraphStyle,
    name: str,
    size: Pt = _SIZE,
    *,
    line: Pt = _LINE,
    indent: bool = False,
    bold: bool = False,
) -> None:
    """Set a style's type, lines of a fixed height, and two characters of indent."""
    font, form = style.font, style.paragraph_format
    font.size, font.bold, font.italic, font.color.rgb = size, bold, False, RGBColor(0, 0, 0)
    font.name = "Times New Roman"
    fonts = style.element.rPr.rFonts
    fonts.set(qn("w:eastAsia"), name)
    for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme", "w:cstheme"):  # they would win
        fonts.attrib.pop(qn(theme), None)
    form.line_spacing, form.space_before, form.space_after = line, Pt(0), Pt(0)
    form.first_line_indent = 2 * size if indent else Pt(0)
    if indent:
        form.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        style.element.pPr.ind.set(qn("w:firstLineChars"), "200")
