"""Families of hostile input: text of any length of one kind, as people or files may send it.

Each is a unit that is repeated, between a beginning and an end. What reads them must take time in
proportion to their length: `tests/test_growth.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from tests import samples


@dataclass(frozen=True, slots=True)
class Family:
    """Input of one kind."""

    name: str
    unit: str
    begins: str = ""
    ends: str = ""

    def of(self, length: int) -> str:
        """Text of some `length` characters."""
        repeats = -(-(length - len(self.begins) - len(self.ends)) // len(self.unit))
        return self.begins + self.unit * max(1, repeats) + self.ends


QUESTIONS = (
    Family("digits", "1"),
    Family("wide digits", "１"),
    Family("numerals", "九"),
    Family("dates", "2022年"),
    Family("one word", "人"),
    Family("places", "太湖县"),
    Family("surnames", "张三、"),
    Family("combining marks", "\u0301\u0316", "a"),
    Family("ligatures", "ﷺ"),
    Family("spaces", " ", "a", "b"),
    Family("brackets", "（"),
    Family("quotes", "“人才"),
    Family("percent signs", "3%"),
    Family("latin", "ab-"),
    Family("one long latin word", "a"),
    Family("question marks", "？"),
    Family("asking", "什么时候"),
    Family("ordinals", "第三条"),
)
TEXTS = (
    *QUESTIONS,
    Family("short lines", "一\n"),
    Family("blank lines", "\n", "a", "b"),
    Family("headings", "一、加强领导\n"),
    Family("nested numbers", "（一）1.（1）①"),
    Family("mastheads", "第32期\n"),
    Family("bylines", "中共太湖县委书记　王某\n"),
    Family("distribution", "报：市委。\n"),
    Family("sentences", "落实责任。"),
    Family("clauses", "落实责任，"),
    Family("dots of a table of contents", "…", "一、", "3\n"),
    Family("dashes", "---\n"),
)
MARKUP = (
    Family("stars", "a*"),
    Family("half emphasis", "a***\n"),
    Family("open brackets", "[", "", "]("),
    Family("links", "](", "["),
    Family("quoted", "> "),
    Family("lists in lists", "- "),
    Family("backticks", "`a"),
    Family("escapes", "\\*"),
    Family("entities", "&amp;"),
    Family("table rows", "|a|b|\n", "|a|b|\n|-|-|\n"),
)
HTML = (
    Family("paragraphs", "<p>落实责任。</p>"),
    Family("open paragraphs", "<p>落实"),
    Family("divisions", "<div>"),
    Family("list items", "<li>落实</li>", "<ol>", "</ol>"),
    Family("bold", "<b>落实</b>"),
    Family("breaks", "落实<br>"),
    Family("open angles", "<"),
    Family("comments", "<!--a-->"),
    Family("style", "font-family:", '<p style="', '">落实</p>'),
    Family("attributes", "a ", "<p ", ">落实</p>"),
    Family("table cells", "<td>落实</td>", "<table><tr>", "</tr></table>"),
)


@dataclass(frozen=True, slots=True)
class FileFamily:
    """Files of one kind: so many parts alike, between a beginning and an end."""

    name: str
    suffix: str
    part: Callable[[int], str]
    begins: str = ""
    ends: str = ""
    few: int = 700  # parts of a small file

    def of(self, count: int) -> bytes:
        """Return a file of `count` parts."""
        made = self.begins + "".join(map(self.part, range(count))) + self.ends
        return _FILES[self.suffix](made)


def _docx(made: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body>{made}</w:body></w:document>'
    return samples.with_part(samples.docx(), "word/document.xml", body)


def _xlsx(made: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}">{made}</worksheet>'
    return samples.with_part(samples.xlsx(), "xl/worksheets/sheet1.xml", sheet)


def _pdf(made: str) -> bytes:
    return samples.pdf_of([made])


def _ofd(made: str) -> bytes:
    """Return an OFD of one page."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    files = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>D.xml</ofd:DocRoot></ofd:DocBody>"
        "</ofd:OFD>",
        "D.xml": f'<ofd:Document {space}><ofd:Pages><ofd:Page BaseLoc="Page.xml"/></ofd:Pages>'
        "</ofd:Document>",
        "Page.xml": f"<ofd:Page {space}>{made}</ofd:Page>",
    }
    return samples.zipped({name: content.encode() for name, content in files.items()})


_FILES = {"docx": _docx, "xlsx": _xlsx, "pdf": _pdf, "ofd": _ofd}


def _run(text: str = "落实", properties: str = "", after: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t>{after}</w:r>"


def _cells(*texts: str) -> str:
    return "".join(f"<w:tc><w:p>{_run(text)}</w:p></w:tc>" for text in texts)


def _cell(column: int, row: int) -> str:
    place = f"{get_column_letter(column)}{row}"
    return f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>落实</t></is></c></row>'


def _painted(x: float, y: float) -> str:
    return f"BT /F1 11 Tf {x:.0f} {y:.0f} Td (ab) Tj ET\n"


def _object(x: float, y: float, deltas: str = "5") -> str:
    return (
        f'<ofd:TextObject Boundary="{x} {y} 9 9" Size="4"><ofd:TextCode X="0" Y="0"'
        f' DeltaX="{deltas}">落实</ofd:TextCode></ofd:TextObject>'
    )


_DEEP = 40  # tables in one another
DOCUMENTS = (
    FileFamily("paragraphs, each of its own size", "docx",
          lambda i: f'<w:p>{_run(properties=f"""<w:sz w:val="{i + 20}"/>""")}</w:p>'),
    FileFamily("bold runs and breaks", "docx",
          lambda _: _run(properties="<w:b/>") + _run(after="<w:br/>"), "<w:p>", "</w:p>"),
    FileFamily("breaks in a heading", "docx", lambda _: _run(after="<w:br/>"),
          '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>', "</w:p>"),
    FileFamily("numbered", "docx",
          lambda i: '<w:p><w:pPr><w:pStyle w:val="ListNumber"/><w:numPr><w:ilvl'
          f' w:val="{i % 9}"/></w:numPr></w:pPr>{_run()}</w:p>'),
    FileFamily("tables in tables", "docx",
          lambda _: "<w:tbl><w:tr><w:tc>" * _DEEP + f"<w:p>{_run()}</w:p>"
          + "</w:tc></w:tr></w:tbl>" * _DEEP, few=20),
    FileFamily("rows of a header", "docx",
          lambda i: f"<w:tr><w:trPr><w:tblHeader/></w:trPr>{_cells('甲', str(i))}</w:tr>",
          "<w:tbl>", "</w:tbl>"),
    FileFamily("cells on the diagonal", "xlsx", lambda i: _cell(i + 1, i + 1), "<sheetData>",
          "</sheetData>"),
    FileFamily("rows far away", "xlsx", lambda i: _cell(i % 9 + 1, 100 * i + 1), "<sheetData>",
          "</sheetData>"),
    FileFamily("merged ranges", "xlsx", lambda i: f'<mergeCell ref="A1:CV{i % 99 + 1}"/>',
          f"<sheetData>{_cell(1, 1)}</sheetData><mergeCells>", "</mergeCells>"),
    FileFamily("hidden columns", "xlsx", lambda i: f'<col min="{i + 1}" max="16384" hidden="1"/>',
          "<cols>", f"</cols><sheetData>{_cell(1, 1)}</sheetData>"),
    FileFamily("objects beside one another", "pdf", lambda i: _painted(40 * i, 700)),
    FileFamily("objects below one another", "pdf", lambda i: _painted(72, 800 - 14 * i)),
    FileFamily("objects beside one another", "ofd", lambda i: _object(15 * i, 100)),
    FileFamily("objects without a gap", "ofd", lambda i: _object(9 * i, 100)),
    FileFamily("objects below one another", "ofd", lambda i: _object(i % 2 * 30, 6 * i)),
    FileFamily("labels and cells", "ofd",
          lambda i: "".join(_object(x, 6 * i) for x in ((0,) if i % 3 else (0, 40, 80)))),
    FileFamily("steps", "ofd", lambda i: _object(i % 7, i, f"g {99999 - i} {i} " * 10), few=300),
)  # fmt: skip
