"""PDF with a text layer → printed lines, through PDFium (pypdfium2).

A page without text is a scan: it is read by the extra `ocr` where that is installed.
"""

import ctypes
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from rag.errors import UnreadableFile
from rag.messages import Bilingual, both
from rag.reading import layout
from rag.reading.result import (
    OCR_MISSING,
    TOO_LONG,
    TOO_MANY_PAGES,
    Read,
    can_recognise,
    limited,
    titled,
)
from rag.reading.ruled import DrawnRule, tables
from rag.reading.runs import Glyph, runs
from rag.reading.styles import HEAVY
from rag.reading.text import is_garbled
from rag.settings import Settings
from rag.types import Stated

_Box = tuple[float, float, float, float]
_LIGHT = re.compile(r"yahei|微软雅黑|light|regular", re.IGNORECASE)
_LIGHT_WEIGHT = re.compile(r"bold", re.IGNORECASE)
_BOLD = 600  # font weight from which on type is bold
_STROKED = 2  # render mode: filled and stroked, which is how type without a bold face is made so
_DOTS = 200  # to an inch, for recognition
_LOCKED = "it is locked by a password: save it without one"
_NO_CHARACTER = frozenset((0xAD, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)))
_HAN = 0x2E80  # characters from here on are about as wide as high
_MOST_PATHS = 20_000  # of a page that are looked through for rules
_MOST_SEGMENTS = 2_000  # of a path
_DAMAGED = "page {page} is damaged"
_SCANNED = "{which} are scans without text: {todo}"
_GARBLED = "{which} have a text layer of wrong characters 乱码, so they are not read: {todo}"
_TURN = threading.Lock()  # PDFium is not safe for several threads


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the printed lines of a PDF in reading order.

    Raises:
        UnreadableFile: locked, damaged, too long, or a scan that cannot be read.
    """
    with _TURN:
        document = _opened(data)
        try:
            limited(TOO_MANY_PAGES, len(document), settings.max_pages)
            pages, faults = _pages(document, settings.max_text)
            stated = _stated(document)
            recognised = _recognised(document, [*faults[_SCANNED], *faults[_GARBLED]])
        finally:
            document.close()
    for number, page in recognised.items():
        pages[number - 1] = page
    unread = [both(_DAMAGED, page=number) for number in faults.pop(_DAMAGED)]
    told: tuple[str, ...] = ()
    if recognised:
        told = (both("{count} scanned pages recognised, so check them", count=len(recognised)),)
    else:
        unread += [_unread(wrong, own, pages) for wrong, own in faults.items() if own]
    return Read(layout.lines(pages), stated, told, tuple(unread))


def _opened(data: bytes) -> Any:  # noqa: ANN401 (pypdfium2 has no types)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile(_LOCKED) from None
        raise UnreadableFile("this PDF is cut off or damaged: copy or save it again") from None


def _pages(document: Any, most: int) -> tuple[list[layout.Page], dict[str, list[int]]]:  # noqa: ANN401
    """Return the pages, and the numbers of those with a fault by what is told of it."""
    made: list[layout.Page] = []
    faults: dict[str, list[int]] = {_DAMAGED: [], _SCANNED: [], _GARBLED: []}
    length = 0  # pages may share what is on them
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            faults[_DAMAGED].append(index + 1)
            made.append(layout.Page([], 1.0, 1.0))
            continue
        glyphs = list(_glyphs(page))
        limited(TOO_LONG, length := length + len(glyphs), most)
        if not glyphs and any(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2)):
            faults[_SCANNED].append(index + 1)
        if is_garbled("".join(glyph.text for glyph in glyphs)):
            faults[_GARBLED].append(index + 1)
            glyphs = []
        found, rest = tables(glyphs, list(_rules(page)))
        width, height = page.get_size()
        made.append(layout.Page(runs(rest), width, height, found))
        page.close()
    return made, faults


def _glyphs(page: Any) -> Iterator[Glyph]:  # noqa: ANN401
    """Yield the characters of a page as painted, upright whatever its rotation."""
    text_page = page.get_textpage()
    raw = text_page.raw
    shown = _shown(page)
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    looks: dict[int, bool] = {}
    for i in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, i)
        if code < 32 or code in _NO_CHARACTER or pdfium.FPDFText_IsGenerated(raw, i) == 1:
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, i, box)
        pdfium.FPDFText_GetCharOrigin(raw, i, x, y)
        owner = pdfium.FPDFText_GetTextObject(raw, i)
        key = ctypes.cast(owner, ctypes.c_void_p).value or 0
        if key not in looks:
            looks[key] = _is_bold(owner) if key else False
        x0, x1, top, bottom = _upright((box.left, box.bottom, box.right, box.top), shown)
        size = bottom - top
        base = shown.on_point(x.value, y.value)[1]
        if code > _HAN:  # as wide as high; the box of 一 may be as low as its stroke
            size = max(size, x1 - x0)
        yield Glyph(chr(code), x0, x1, base, size, looks[key])
    text_page.close()


def _rules(page: Any) -> Iterator[DrawnRule]:  # noqa: ANN401
    """Yield the rules that are drawn on a page, upright as its characters."""
    shown = _shown(page)
    paths = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1)
    for path in islice(paths, _MOST_PATHS):
        for box in _boxes(path):
            rule = DrawnRule(*_upright(box, shown))
            if rule.thin:
                yield rule


def _boxes(path: Any) -> Iterator[_Box]:  # noqa: ANN401
    """Yield the box of each thin part of a path, and of each side of what is stroked."""
    x, y = ctypes.c_float(), ctypes.c_float()
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path.raw, fill, stroke)
    matrix = path.get_matrix()
    parts: list[list[tuple[float, float]]] = []
    for i in range(min(pdfium.FPDFPath_CountSegments(path.raw), _MOST_SEGMENTS)):
        segment = pdfium.FPDFPath_GetPathSegment(path.raw, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        if not parts or pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO:
            parts.append([])
        parts[-1].append(matrix.on_point(x.value, y.value))
    for part in parts:
        for side in pairwise([*part, part[0]]) if stroke.value else [part]:
            xs, ys = zip(*side, strict=True)
            yield min(xs), min(ys), max(xs), max(ys)


def _shown(page: Any) -> Any:  # noqa: ANN401
    """Return the matrix from the lower left corner of a page to the upper left one as shown."""
    left, bottom, right, top = page.get_bbox()
    return pypdfium2.PdfMatrix(*{
        90: (0, 1, 1, 0, -bottom, -left), 180: (-1, 0, 0, 1, right, -bottom),
        270: (0, -1, -1, 0, top, right),
    }.get(page.get_rotation(), (1, 0, 0, -1, -left, top)))  # fmt: skip


def _upright(box: _Box, shown: Any) -> _Box:  # noqa: ANN401
    """Return a box as it is shown: its left and right, top and bottom."""
    (ax, ay), (bx, by) = shown.on_point(*box[:2]), shown.on_point(*box[2:])
    return min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)


def _is_bold(owner: Any) -> bool:  # noqa: ANN401
    """Whether a text object is set in heavy type, by its font's weight or name or by stroking."""
    if pdfium.FPDFTextObj_GetTextRenderMode(owner) == _STROKED:
        return True
    font = pypdfium2.PdfFont(pdfium.FPDFTextObj_GetFont(owner))
    try:
        name = font.get_base_name()
        if HEAVY.search(name):
            return not _LIGHT.search(name) or _LIGHT_WEIGHT.search(name) is not None
        return bool(font.get_weight() >= _BOLD)
    except pypdfium2.PdfiumError:  # a font that says neither
        return False


def _recognised(document: Any, scans: list[int]) -> dict[int, layout.Page]:  # noqa: ANN401
    """Return what the extra `ocr` makes of the scanned pages; nothing where it is missing."""
    if not scans or not can_recognise():
        return {}
    from rag.reading import scan

    scale = _DOTS / 72
    found = {}
    for number in scans:
        image = document[number - 1].render(scale=scale).to_pil().convert("RGB")
        found[number] = scan.page(image, 1 / scale)
    return found


def _unread(told: str, numbers: Sequence[int], pages: Sequence[layout.Page]) -> Bilingual:
    """Say what is the matter with some of the pages, and what to install."""
    named = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
    some = both("pages {numbers}", numbers=named)
    which = both("all pages") if len(numbers) == len(pages) else some
    return both(told, which=which, todo=OCR_MISSING)


def _stated(document: Any) -> tuple[Stated, ...]:  # noqa: ANN401
    try:
        return titled(document.get_metadata_value("Title"))
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return ()
