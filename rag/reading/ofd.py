"""OFD (GB/T 33190-2016), the format of official electronic documents → printed lines.

A ZIP of XML: OFD.xml names the document, Document.xml its pages and fonts, each page its text
objects with the place of every glyph. Lengths there are in millimetres.
"""

import posixpath
from collections.abc import Iterator

from lxml import etree

from rag.errors import UnreadableFile
from rag.messages import both
from rag.reading import layout
from rag.reading.archive import Archive, opened, part
from rag.reading.result import TOO_LONG, TOO_MANY_PAGES, Read, limited, titled
from rag.reading.runs import Glyph, runs
from rag.reading.safe_xml import parse
from rag.reading.styles import HEAVY
from rag.settings import Settings

_POINTS = 72 / 25.4  # in a millimetre
_A4 = (210.0 * _POINTS, 297.0 * _POINTS)
_BOLD = 600  # TextObject's Weight from which on type is bold
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the printed lines of an OFD in reading order.

    Raises:
        UnreadableFile: damaged, encrypted, or too long.
    """
    with opened(data, settings) as archive:
        root = _xml(archive, "OFD.xml")
        pages: list[layout.Page] = []
        unread: list[str] = []
        for place in dict.fromkeys(_text(body, "DocRoot") for body in root.iterfind("{*}DocBody")):
            _document(archive, place, pages, unread, settings)
        title = next((_text(info, "Title") for body in root.iterfind("{*}DocBody")
                      for info in body.iterfind("{*}DocInfo")), "")  # fmt: skip
    return Read(layout.lines(pages), titled(title), unread=tuple(unread))


def _document(
    archive: Archive, root: str, pages: list[layout.Page], unread: list[str], settings: Settings
) -> None:
    document = _xml(archive, root)
    folder = posixpath.dirname(root)
    common = document.find("{*}CommonData")
    size = _A4 if common is None else _size(common, _A4)
    heavy = set() if common is None else _heavy_fonts(archive, common, folder)
    listed = document.findall("{*}Pages/{*}Page")
    limited(TOO_MANY_PAGES, len(pages) + len(listed), settings.max_pages)
    length = 0  # one page may be listed many times
    for page in listed:
        try:
            content = _xml(archive, _resolved(folder, page.get("BaseLoc", "")))
        except UnreadableFile as error:
            unread.append(both("page {page}: {why}", page=len(pages) + 1, why=error))
            pages.append(layout.Page([], *size))
            continue
        painted = content.iterfind(".//{*}TextObject")
        found = runs(glyph for element in painted for glyph in _glyphs(element, heavy))
        length += sum(len(run.text) for run in found)
        limited(TOO_LONG, length, settings.max_text)
        pages.append(layout.Page(found, *_size(content, size)))


def _heavy_fonts(archive: Archive, common: etree._Element, folder: str) -> set[str]:
    """Return the ids of the fonts that are heavy by themselves."""
    heavy = set()
    places = [*common.iterfind("{*}PublicRes"), *common.iterfind("{*}DocumentRes")]
    for path in {_resolved(folder, (place.text or "").strip()) for place in places}:
        if (content := part(archive, path)) is None:
            continue
        for font in parse(content, path).iterfind(".//{*}Font"):
            names = f"{font.get('FontName', '')} {font.get('FamilyName', '')}"
            if font.get("Bold") == "true" or HEAVY.search(names):
                heavy.add(font.get("ID", ""))
    return heavy


def _glyphs(element: etree._Element, heavy: set[str]) -> Iterator[Glyph]:
    """Yield the glyphs of a text object in the order in which they are painted."""
    left, top = _numbers(element, "Boundary", 4, (0.0, 0.0))[:2]
    a, b, c, d, e, f = _numbers(element, "CTM", 6, _IDENTITY)
    (size,) = _numbers(element, "Size", 1, (0.0,))
    (weight,) = _numbers(element, "Weight", 1, (400.0,))
    bold = element.get("Font", "") in heavy or weight >= _BOLD
    scale = abs(d) or abs(b) or 1.0
    stretch = _numbers(element, "HScale", 1, (1.0,))[0] * (abs(a) or abs(c) or 1.0)
    x = y = 0.0
    for code in element.iterfind("{*}TextCode"):
        text = code.text or ""
        (x,), (y,) = _numbers(code, "X", 1, (x,)), _numbers(code, "Y", 1, (y,))
        steps = _deltas(code.get("DeltaX"), len(text))
        for i, char in enumerate(text):
            px, py = left + a * x + c * y + e, top + b * x + d * y + f
            step = steps[i] if i < len(steps) else 0.0
            wide = 1.0 if ord(char) > 0x2E80 else 0.5
            width = stretch * max(size * wide, min(step, 1.2 * size))
            yield Glyph(char, px * _POINTS, (px + width) * _POINTS, py * _POINTS,
                        size * scale * _POINTS, bold)  # fmt: skip
            x += step or size * wide


def _deltas(text: str | None, most: int) -> list[float]:
    """Read the steps between glyphs, about so many; "g 3 5.2" stands for three steps of 5.2.

    >>> _deltas("4 g 2 3.5", 3)
    [4.0, 3.5, 3.5]
    """
    words = (text or "").split()
    steps: list[float] = []
    i = 0
    while i < len(words) and len(steps) < most:
        if words[i] == "g" and i + 2 < len(words) and words[i + 1].isdecimal():
            steps += [_number(words[i + 2])] * min(int(words[i + 1][:9]), most)
            i += 3
        else:
            steps.append(_number(words[i]))
            i += 1
    return steps


def _xml(archive: Archive, path: str) -> etree._Element:
    content = part(archive, path)
    if content is None:
        raise UnreadableFile("{part} is missing in it", part=path or both("a page"))
    return parse(content, path)


def _resolved(folder: str, path: str) -> str:
    """Return a place in the archive; one with a leading slash counts from its root."""
    return path.lstrip("/") if path.startswith("/") else posixpath.normpath(f"{folder}/{path}")


def _size(element: etree._Element, default: tuple[float, float]) -> tuple[float, float]:
    """Return width and height of a page, in points."""
    for box in element.iterfind(".//{*}PhysicalBox"):
        if len(numbers := [_number(word) * _POINTS for word in (box.text or "").split()]) == 4:
            return numbers[2], numbers[3]
    return default


def _numbers(
    element: etree._Element, name: str, count: int, default: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the numbers of an attribute, if there are as many as there should be."""
    numbers = tuple(map(_number, element.get(name, "").split()))
    return numbers if len(numbers) == count else default


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e6 else 0.0  # not NaN either, for that compares false


def _text(element: etree._Element, name: str) -> str:
    return str(element.findtext(f"{{*}}{name}", "")).strip()
