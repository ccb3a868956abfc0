"""Word documents → one line a paragraph, through python-docx.

Bold runs, heading styles, the numbers that Word counts, tables, text boxes and footnotes come
along; deleted and hidden text, fields and tables of contents do not.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import takewhile

from docx import Document as open_docx
from docx.oxml import parse_xml
from lxml import etree

from rag.messages import Bilingual, both, joined
from rag.reading.archive import opened, part
from rag.reading.grid import spread, table_rows
from rag.reading.numbers import Numbers, W, value
from rag.reading.paragraphs import ReadParagraph, lines_of
from rag.reading.result import OCR_MISSING, Read, titled
from rag.reading.safe_xml import local, parse
from rag.reading.styles import Look, Styles, changed
from rag.reading.tabular import with_rows
from rag.settings import Settings

_PARTS = ("document", "styles", "numbering", "footnotes", "endnotes")
_SKIPPED = frozenset(
    "del moveFrom instrText Fallback footnoteRef endnoteRef rt pict object".split()
)
_SHOWN = frozenset("t tab br cr noBreakHyphen".split())  # python-docx says what they look like
_TEXT_BESIDE = 100  # characters beside a picture; with fewer it may hold the text itself


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the paragraphs of a Word document in reading order."""
    with opened(data, settings) as archive:
        parts = {name: content for name in _PARTS if (content := part(archive, f"word/{name}.xml"))}
    for member, content in parts.items():
        parse(content, f"word/{member}.xml")
    document = open_docx(BytesIO(data))
    lists = parse_xml(parts["numbering"]) if "numbering" in parts else ()
    reader = _Reader(Styles(document.styles.element), Numbers(lists))
    made = list(reader.paragraphs(document.element.body))
    told, unread = list[str](), list[str]()
    if reader.contents:
        told.append(both("table of contents of {count} lines left out", count=reader.contents))
    for member in ("footnotes", "endnotes"):
        made += _footnotes(parse_xml(parts[member]), reader) if member in parts else []
    missing, count = _not_read(document.element.body)
    if count * _TEXT_BESIDE > sum(each.length for each in made):
        unread.append(both("{what}: {todo}", what=missing, todo=OCR_MISSING))
    elif count:
        told.append(missing)
    stated = titled(document.core_properties.title)
    return Read(with_rows(list(lines_of(made))), stated, tuple(told), tuple(unread))


class _Reader:
    """Walks the XML; python-docx's own paragraphs leave out text boxes and content controls."""

    def __init__(self, styles: Styles, numbers: Numbers) -> None:
        self._styles = styles
        self._numbers = numbers
        self.contents = 0

    def paragraphs(self, container: etree._Element) -> Iterator[ReadParagraph]:
        """Yield the paragraphs and table rows in a body, cell, text box or note."""
        above = ""
        for child in container:
            name = local(child)
            if name == "p":
                for paragraph in self._paragraph(child):
                    above = paragraph.text or above
                    yield paragraph
            elif name == "tbl":
                yield from self._table(child, above)
            elif name in {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}:
                yield from self.paragraphs(child)

    def _table(self, table: etree._Element, above: str) -> Iterator[ReadParagraph]:
        """Yield a table's rows; one of a single row or column only sets out text."""
        rows = _inside(table, "tr")
        cells = [_inside(row, "tc") for row in rows]
        held = [[list(self.paragraphs(cell)) for cell in row] for row in cells]
        texts = [[" ".join(p.text for p in cell) for cell in row] for row in held]
        spans = (_spans(cell) for row in cells for cell in row)
        grid = spread([[(text, *next(spans)) for text in row] for row in texts])
        widest = max((sum(bool(text.strip()) for text in row) for row in texts), default=0)
        nested = table.find(f".//{W}tbl") is not None
        if widest <= 1 or len(rows) == 1 or nested or not grid:
            yield from (paragraph for row in held for cell in row for paragraph in cell)
            return
        header = sum(row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows)
        for row in table_rows(grid, header or None, above):
            yield ReadParagraph(pieces=[row.text], kind=row.kind)

    def _paragraph(self, element: etree._Element) -> Iterator[ReadParagraph]:
        style = value(element, "pPr/pStyle", self._styles.paragraph_default)
        look = changed(self._styles.look(style), element.find(W + "pPr"))
        made = ReadParagraph(heading=look.heading)
        boxes: list[etree._Element] = []
        for run in _runs_of(element, boxes):
            shown = self._run_look(run, look)
            if not shown.hidden and (said := _text(run)):
                made.add(said, shown.stands_out, shown.size)
        holds_text = bool(made.text.strip())
        if look.contents:
            self.contents += holds_text
            return
        if look.num_id and holds_text:
            made.numbered(self._numbers.next(look.num_id, look.level))
        yield made
        for box in boxes:
            yield from self.paragraphs(box)

    def _run_look(self, run: etree._Element, look: Look) -> Look:
        if named := value(run, "rPr/rStyle"):
            bold = self._styles.look(named).bold
            look = replace(look, bold=look.bold if bold is None else bold)
        return changed(look, run.find(W + "rPr"))


def _spans(cell: etree._Element) -> tuple[int, int]:
    """Return how many rows and columns a cell fills; 0 rows where it goes on with the one above."""
    across, merged = value(cell, "tcPr/gridSpan"), cell.find(f"{W}tcPr/{W}vMerge")
    goes_on = merged is not None and merged.get(W + "val", "continue") == "continue"
    return 0 if goes_on else 1, min(int(across), 100) if across.isdecimal() else 1


def _runs_of(element: etree._Element, boxes: list[etree._Element]) -> Iterator[etree._Element]:
    """Yield the runs of a paragraph, and put the text boxes in it aside."""
    for child in element:
        name = local(child)
        if name == "r":
            yield child
            boxes += (box for box in child.iter(W + "txbxContent") if not _is_inner(box, child))
        elif name not in _SKIPPED:
            yield from _runs_of(child, boxes)


def _is_inner(box: etree._Element, run: etree._Element) -> bool:
    """Whether a text box stands in another, or is a copy for older programs."""
    around = takewhile(lambda each: each is not run, box.iterancestors())
    return any(local(each) in ("Fallback", "txbxContent") for each in around)


def _text(run: etree._Element) -> str:
    """Return the characters of a run; a soft line break is a line end."""
    text = ""
    for child in run:
        if (name := local(child)) in _SHOWN:
            text += str(child)
        elif name == "ruby":
            text += "".join(map(str, child.iterfind(f"{W}rubyBase//{W}t")))
    return text


def _inside(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the rows of a table or the cells of a row, less those of tables in it."""
    found = element.iter(W + name)
    return [each for each in found if next(each.iterancestors(element.tag), None) is element]


def _footnotes(root: etree._Element, reader: _Reader) -> Iterator[ReadParagraph]:
    for note in root:
        if note.get(W + "type") is None:  # the others are separators
            for paragraph in reader.paragraphs(note):
                paragraph.kind = "note"
                yield paragraph


def _not_read(root: etree._Element) -> tuple[Bilingual, int]:
    """Say which pictures and objects stand in the text, and how many."""
    names = Counter(map(local, root.iter()))
    counted = (
        ("{count} pictures 图片 not read", names["blip"] + names["imagedata"]),
        ("{count} embedded objects 嵌入对象 not read", names["OLEObject"]),
    )
    found = [both(told, count=count) for told, count in counted if count]
    return joined(found), sum(count for _, count in counted)
