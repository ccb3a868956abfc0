"""A page of a PDF as a picture, with lines boxed. Imports little: it runs in a process of its own.

What a file does to PDFium is then one line for the reader, and harms nobody else.
"""

import ctypes
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import ImageDraw

from rag.words import flat

_WIDTH, _HEIGHT = 1000, 2000  # pixels at most
_COLOURS = 64
_BOX, _AROUND = "#c0392b", 4  # pixels between a box and what it holds
_SURROGATES = range(0xD800, 0xE000)
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Printed:
    """A part of a printed line; `before` lines of its page above it hold the same text."""

    line: str
    before: int
    part: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page, from 1, of the PDF `data`, and what to box on it."""

    data: bytes
    page: int
    boxed: tuple[Printed, ...]


def draw(sheet: Sheet) -> bytes:
    """Return the page as a PNG image."""
    document = pypdfium2.PdfDocument(sheet.data)
    page = document[sheet.page - 1]
    width, height = page.get_size()
    image = page.render(scale=min(_WIDTH / width, _HEIGHT / height)).to_pil().convert("RGB")
    pencil = ImageDraw.Draw(image)
    signs, boxes = _characters(page)
    for printed in sheet.boxed:
        if found := _place(signs, printed):
            corners = [_seen(page, box, image.size) for box in boxes[found[0] : found[1]]]
            xs, ys = zip(*(corner for pair in corners for corner in pair), strict=True)
            edges = (min(xs) - _AROUND, min(ys) - _AROUND, max(xs) + _AROUND, max(ys) + _AROUND)
            pencil.rectangle(edges, outline=_BOX, width=3)
    sink = BytesIO()
    image.quantize(_COLOURS).save(sink, "PNG", optimize=True)
    return sink.getvalue()


def _characters(page: Any) -> tuple[str, list[Box]]:  # noqa: ANN401 (pypdfium2 has no types)
    """Return what is printed as exact look-up compares it, and the box of each character."""
    text, box = page.get_textpage(), pdfium.FS_RECTF()
    signs, boxes = "", list[Box]()
    for number in range(pdfium.FPDFText_CountChars(text.raw)):
        code = pdfium.FPDFText_GetUnicode(text.raw, number)
        if code not in _SURROGATES:
            pdfium.FPDFText_GetLooseCharBox(text.raw, number, box)
            shown = flat(chr(code))[0]
            signs += shown
            boxes += [(box.left, box.bottom, box.right, box.top)] * len(shown)
    return signs, boxes


def _place(signs: str, printed: Printed) -> tuple[int, int] | None:
    """Return where `printed` stands among the characters of its page."""
    line, part = flat(printed.line)[0], flat(printed.part)[0]
    at = -1
    for _ in range(printed.before + 1):
        at = signs.find(line, at + 1)
    start = signs.find(part, max(at, 0))
    return (start, start + len(part)) if part and start >= 0 else None


def _seen(page: Any, box: Box, size: tuple[int, int]) -> list[tuple[int, int]]:  # noqa: ANN401
    """Return two opposite corners of a box in pixels, however the page is turned or cut."""
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in (box[:2], box[2:]):
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, across, up, x, y)
        corners.append((x.value, y.value))
    return corners
