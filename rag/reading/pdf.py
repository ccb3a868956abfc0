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
from rag.reading.ocr import INSTALL, installed
from rag.reading.result import Read, titled
from rag.reading.ruled import DrawnRule, is_rule, tables
from rag.reading.runs import Glyph, runs
from rag.reading.styles import HEAVY
from rag.reading.text import is_garbled
from rag.settings import Settings
from rag.types import Stated

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
_TURN = threading.Lock()  # PDFium is not safe for several threads


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the printed lines of a PDF in reading order.

    Raises:
        UnreadableFile: locked, damaged, too long, or a scan that cannot be read.
    """
    with _TURN:
        document = _opened(data)
        try:
            if len(document) > (most := settings.max_pages):
                raise UnreadableFile(
                    "it has {count} pages, more than max_pages = {most}",
                    count=len(document),
                    most=most,
                )
            pages, scans, broken, garbled = _pages(document, settings.max_text)
            stated = _stated(document)
            recognised = _recognised(document, [*scans, *garbled])
        finally:
            document.close()
    for number, page in recognised.items():
        pages[number - 1] = page
    made, told = layout.lines(pages)
    unread = tuple(both("page {page} is damaged", page=number) for number in broken)
    if recognised:
        told = (
            both("{count} scanned pages recognised, so check them", count=len(recognised)),
            *told,
        )
    for wrong, numbers in (
        ("{which} are scans without text: {todo}", scans),
        (
            "{which} have a text layer of wrong characters 乱码, so they are not read: {todo}",
            garbled,
        ),
    ):
        if numbers and not recognised:
            unread = (*unread, _unread(wrong, numbers, pages))
    return Read(made, stated, told, unread)


def _opened(data: bytes) -> Any:  # noqa: ANN401 (pypdfium2 has no types)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile(_LOCKED) from None
        raise UnreadableFile("this PDF is cut off or damaged: copy or save it again") from None


def _pages(
    document: Any,  # noqa: ANN401
    most: int,
) -> tuple[list[layout.Page], list[int], list[int], list[int]]:
    """Return the pages, and the numbers of those that are scans, damaged or garbled."""
    made: list[layout.Page] = []
    scans: list[int] = []
    broken: list[int] = []
    garbled: list[int] = []
    length = 0  # pages may share what is on them
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            broken.append(index + 1)
            made.append(layout.Page([], 1.0, 1.0))
            continue
        glyphs = list(_glyphs(page))
        if (length := length + len(glyphs)) > most:
            raise UnreadableFile("it has more than max_text = {most} characters of text", most=most)
        if not glyphs and _has_image(page):
            scans.append(index + 1)
        if is_garbled("".join(glyph.text for glyph in glyphs)):
            garbled.append(index + 1)
            glyphs = []
        found, rest = tables(glyphs, list(_rules(page)))
        width, height = page.get_size()
        made.append(layout.Page(runs(rest), width, height, found))
        page.close()
    return made, scans, broken, garbled


def _glyphs(page: Any) -> Iterator[Glyph]:  # noqa: ANN401
    """Yield the characters of a page as painted, upright whatever its rotation."""
    text_page = page.get_textpage()
    raw = text_page.raw
    edges, turned = page.get_bbox(), page.get_rotation()
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
        x0, x1, base, size = _upright(box, x.value, y.value, edges, turned)
        if code > _HAN:  # as wide as high; the box of 一 may be as low as its stroke
            size = max(size, x1 - x0)
        yield Glyph(chr(code), x0, x1, base, size, looks[key])
    text_page.close()


def _rules(page: Any) -> Iterator[DrawnRule]:  # noqa: ANN401
    """Yield the rules that are drawn on a page, upright as its characters."""
    edges, turned = page.get_bbox(), page.get_rotation()
    paths = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1)
    for path in islice(paths, _MOST_PATHS):
        for x0, y0, x1, y1 in _boxes(path):
            box = pdfium.FS_RECTF(x0, y1, x1, y0)
            x, y = x1 if turned == 90 else x0, y1 if turned == 180 else y0
            left, right, base, height = _upright(box, x, y, edges, turned)
            if is_rule(left, right, base - height, base):
                yield DrawnRule(left, right, base - height, base)


def _boxes(path: Any) -> Iterator[tuple[float, float, float, float]]:  # noqa: ANN401
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
        if not stroke.value:
            yield _around(part)
            continue
        for side in pairwise([*part, part[0]]):
            yield _around(side)


def _around(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _upright(
    box: Any,  # noqa: ANN401
    x: float,
    y: float,
    edges: tuple[float, float, float, float],
    turned: int,
) -> tuple[float, float, float, float]:
    """Return where a character begins and ends, its base line from above, and its height.

    PDF measures from the lower left corner of the page before it is turned.
    """
    left, bottom, right, top = edges
    if turned == 90:
        return box.bottom - bottom, box.top - bottom, x - left, box.right - box.left
    if turned == 180:
        return right - box.right, right - box.left, y - bottom, box.top - box.bottom
    if turned == 270:
        return top - box.top, top - box.bottom, right - x, box.right - box.left
    return box.left - left, box.right - left, top - y, box.top - box.bottom


def _is_bold(owner: Any) -> bool:  # noqa: ANN401
    """Whether a text object is set in heavy type, by its font's weight or name or by stroking."""
    if pdfium.FPDFTextObj_GetTextRenderMode(owner) == _STROKED:
        return True
    font = pdfium.FPDFTextObj_GetFont(owner)
    name = _name(font)
    if name and HEAVY.search(name):
        return not _LIGHT.search(name) or _LIGHT_WEIGHT.search(name) is not None
    return bool(pdfium.FPDFFont_GetWeight(font) >= _BOLD)


def _name(font: Any) -> str:  # noqa: ANN401
    length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
    if length <= 1:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFFont_GetBaseFontName(font, buffer, length)
    return buffer.value.decode("utf-8", "replace")


def _has_image(page: Any) -> bool:  # noqa: ANN401
    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2))


def _recognised(document: Any, scans: list[int]) -> dict[int, layout.Page]:  # noqa: ANN401
    """Return what the extra `ocr` makes of the scanned pages; nothing where it is missing."""
    if not scans or not installed():
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
    return both(told, which=which, todo=INSTALL)


def _stated(document: Any) -> tuple[Stated, ...]:  # noqa: ANN401
    try:
        return titled(document.get_metadata_value("Title"))
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return ()
