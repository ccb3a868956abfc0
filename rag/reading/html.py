"""Web pages → the paragraphs of their main text, through lxml.

The main text is the smallest element with nearly all the sentences that are no links. It is not
cleaned by a library for news pages, for those leave out what an outline needs: mastheads, bylines
and the rows of tables. Where a page is nothing but text, all of it is kept.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from lxml import html as lxml_html
from lxml.etree import ParserError, _Element

from rag.errors import UnreadableFile, failing_as
from rag.reading.decode import decode, decoded_as
from rag.reading.grid import spread, table_rows
from rag.reading.paragraphs import ReadParagraph, lines_of
from rag.reading.result import Read
from rag.settings import Settings
from rag.types import LineKind, Stated

_DROPPED = frozenset(
    """script style noscript template iframe object svg nav aside footer select button textarea
    input audio video canvas head""".split()
)
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark q s
    samp small span strike strong sub sup time tt u var wbr ruby rb rp rt o:p""".split()
)
_BOLD_TAGS = frozenset(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BOLD_STYLE = re.compile(
    r"font-weight\s*:\s*(bold|bolder|[6-9]00)|font-family\s*:[^;]{0,200}(?:黑体|SimHei)"
)
_SIZE = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)\s*p[tx]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_SENTENCE = re.compile(r"[。！？；，、：]")
_BREAK = re.compile(r"(?<=[^\x00-\u2e7f])[ \t]*[\r\n][ \t\r\n]*(?=[^\x00-\u2e7f])")
_SPACE = re.compile(r"[ \t\r\n]+")
_OF_SITE = re.compile(r"版权所有|ICP备|公网安备|网站标识码|Copyright|技术支持[:：]|浏览器")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MOST_OF_IT = 0.9  # of the sentences on a page that its main text holds
_MOST_MENU = 0.3  # of the text that an element adds may be menus, to be of the main text
_DEEPEST = 200
_LONGEST_CELL = 800  # characters; a longer one holds an essay
_LONGEST_STYLE = 2_000  # characters of a style that are read
_MOST_SPANNED = 100  # rows or columns of one cell
_META = {  # names that the sites of Chinese offices must give, and what others give
    "articletitle": ("title", 0.9), "pubdate": ("date", 0.7), "contentsource": ("publication", 0.6),
    "author": ("author", 0.5), "og:title": ("title", 0.5), "publishdate": ("date", 0.6),
    "source": ("publication", 0.5), "article:published_time": ("date", 0.6),
}  # fmt: skip
_Look = tuple[bool, float | None, bool]  # bold, size, in a link
_PLAIN: _Look = (False, None, False)


@dataclass(slots=True, kw_only=True)
class _HtmlBlock(ReadParagraph):
    """A paragraph, a heading or a row, with the element it stands in."""

    owner: _Element
    linked: int = 0  # characters in links

    @property
    def is_links(self) -> bool:
        """Whether it is mostly links, or says whose site this is: a menu, a foot."""
        length = len("".join(self.text.split()))
        return length > 0 and (self.linked > 0.6 * length or _OF_SITE.search(self.text) is not None)

    @property
    def weight(self) -> int:
        """Its characters, if it is a sentence of nobody's menu."""
        text = self.text.strip()
        return len(text) if not self.is_links and _SENTENCE.search(text) else 0


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the main text of a web page.

    Raises:
        UnreadableFile: undecodable, or no page.
    """
    text, encoding = decode(data)
    told = "this web page holds nothing: {why}"
    with failing_as(UnreadableFile, told, ParserError, ValueError):
        root = lxml_html.document_fromstring(_DECLARATION.sub("", text))
    walker = _Walker()
    walker.walk(root)
    blocks = [block for block in walker.blocks if block.text.strip()]
    kept = {id(block) for block in _main(blocks)}
    for block in blocks:
        if id(block) not in kept:
            block.kind = "furniture"
    return Read(tuple(lines_of(blocks, parted=True)), tuple(_stated(root)), decoded_as(encoding))


class _Walker:
    """Cuts a tree into blocks in reading order."""

    def __init__(self) -> None:
        self.blocks: list[_HtmlBlock] = []
        self._number = ""  # of a list item, until its text comes
        self._items: dict[_Element, int] = {}  # of each numbered list so far

    def walk(self, element: _Element, depth: int = 0, look: _Look = _PLAIN) -> None:
        """Take in an element that stands in others of that look."""
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _DROPPED or depth > _DEEPEST:
            return
        style = (element.get("style") or "")[:_LONGEST_STYLE]
        if element.get("hidden") is not None or _HIDDEN.search(style):
            return
        if tag == "br":
            self.blocks[-1].add("\n")
            return
        if tag == "table" and (grid := _grid(element)):
            for row in table_rows(grid, _header(element), self._last()):
                self._start(element, kind=row.kind)
                self._add(row.text)
            self._start(element)
            return
        look = _changed(look, element, style)
        is_block = tag not in _INLINE
        if is_block:
            self._start(element, _HEADINGS.get(tag, 0))
        if tag == "li":
            self._number = self._ordinal(element)
        self._add(element.text, look)
        for child in element:
            self.walk(child, depth + 1, look)
            self._add(child.tail, look)
        if is_block:
            self._start(element.getparent() if element.getparent() is not None else element)

    def _last(self) -> str:
        """Return the text before what comes now."""
        return next((block.text for block in reversed(self.blocks[-2:]) if block.text.strip()), "")

    def _ordinal(self, item: _Element) -> str:
        """Return the number of an item that the browser counts: "1." in an <ol>."""
        parent = item.getparent()
        if parent is None or parent.tag != "ol":
            return ""
        start = parent.get("start") or "1"
        first = int(start) if start.isdecimal() else 1
        self._items[parent] = number = self._items.get(parent, first - 1) + 1
        return f"{number}."

    def _start(self, owner: _Element, heading: int = 0, kind: LineKind = "text") -> None:
        if self.blocks and not self.blocks[-1].text.strip():
            self.blocks.pop()
        self.blocks.append(_HtmlBlock(owner=owner, heading=heading, kind=kind))

    def _add(self, text: str | None, look: _Look = _PLAIN) -> None:
        if not text or not self.blocks:
            return
        text = _SPACE.sub(" ", _BREAK.sub("", text))
        if self._number and text.strip():
            text, self._number = self._number + text.lstrip(), ""
        bold, size, linked = look
        self.blocks[-1].linked += len("".join(text.split())) if linked else 0
        self.blocks[-1].add(text, bold, size)


def _changed(look: _Look, element: _Element, style: str) -> _Look:
    """Return `look` with what an element and its style say themselves."""
    bold, size, linked = look
    bold = bold or element.tag in _BOLD_TAGS or _BOLD_STYLE.search(style) is not None
    if match := _SIZE.search(style):
        size = float(match[1])
    return bold, size, linked or (element.tag == "a" and element.get("href") is not None)


def _grid(table: _Element) -> list[list[str]]:
    """Return the cells of a table, merged ones in each of their places; none of a page's layout."""
    if next(table.iterdescendants("table"), None) is not None:
        return []
    rows = [[x for x in row if x.tag in {"td", "th"}] for row in table.iter("tr")]
    texts = [[" ".join(" ".join(cell.itertext()).split()) for cell in row] for row in rows]
    lengths = [len(text) for row in texts for text in row]
    linked = sum(len("".join(link.itertext())) for link in table.iter("a") if link.get("href"))
    several = sum(len(row) > 1 for row in rows)
    is_long = max(lengths, default=0) > _LONGEST_CELL
    if is_long or several * 2 < len(rows) or linked > 0.6 * sum(lengths):
        return []
    spans = ((_span(cell, "rowspan"), _span(cell, "colspan")) for row in rows for cell in row)
    return spread([[(text, *next(spans)) for text in row] for row in texts])


def _span(cell: _Element, name: str) -> int:
    value = cell.get(name) or "1"
    return max(1, min(int(value), _MOST_SPANNED)) if value.isdecimal() else 1


def _header(table: _Element) -> int | None:
    """Return how many rows are marked as header: all their cells are <th>."""
    rows = ({cell.tag for cell in row if cell.tag in {"td", "th"}} for row in table.iter("tr"))
    return sum(1 for _ in takewhile(lambda tags: tags == {"th"}, rows)) or None


def _main(blocks: list[_HtmlBlock]) -> list[_HtmlBlock]:
    """Return the blocks of the main text with the title and facts above and below it."""
    whole = sum(block.weight for block in blocks)
    if not whole:
        return [block for block in blocks if not block.is_links] or blocks
    main = _container(blocks, whole)
    inside = [main in (block.owner, *block.owner.iterancestors()) for block in blocks]
    first = inside.index(True)
    last = len(inside) - 1 - inside[::-1].index(True)
    titles = [i for i in range(first) if blocks[i].heading == 1]
    start = titles[-1] if titles else first
    return [block for block in blocks[start : last + 1] if not block.is_links]


def _container(blocks: list[_HtmlBlock], whole: int) -> _Element:
    """Return the smallest element with nearly all sentences, and what adds text to it, no menus."""
    held: dict[_Element, Counter[str]] = defaultdict(Counter)  # characters in it by what they are
    for block in blocks:
        kind = "menus" if block.is_links else "text"
        own = {"sentences": block.weight, kind: len(block.text.strip())}
        for element in (block.owner, *block.owner.iterancestors()):
            held[element].update(own)
    enough = [element for element in held if held[element]["sentences"] >= _MOST_OF_IT * whole]
    main = max(enough, key=lambda each: sum(1 for _ in each.iterancestors()))
    for around in main.iterancestors():
        added = held[around] - held[main]
        if added["menus"] > _MOST_MENU * (added["text"] + added["menus"]):
            break
        main = around
    return main


def _stated(root: _Element) -> Iterator[Stated]:
    """Yield what the page's meta elements and its title say."""
    for meta in root.iter("meta"):
        named = (meta.get("name") or meta.get("property") or "").strip().lower()
        value = " ".join((meta.get("content") or "").split())
        if value and named in _META:
            field_name, confidence = _META[named]
            yield Stated(field_name, unicodedata.normalize("NFC", value), "properties", confidence)
    if text := " ".join((root.findtext(".//title") or "").split()):
        yield Stated("title", unicodedata.normalize("NFC", text), "properties", 0.3)
