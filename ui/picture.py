"""A page of a PDF as a picture, with lines boxed. Imports little: it runs in a process of its own.

What a file does to PDFium is then one line for the reader, and harms nobody else.
"""

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
class Sheet:
    """A page, from 1, of the PDF `data`, and what to box on it: printed lines, and a part of each.

    A line that stands there twice is boxed the first time.
    """

    data: bytes
    page: int
    boxed: tuple[tuple[str, str], ...]


def draw(sheet: Sheet) -> bytes:
    """Return the page as a PNG image."""
    document = pypdfium2.PdfDocument(sheet.data)
    page = document[sheet.page - 1]
    width, height = page.get_size()
    bitmap = page.render(scale=min(_WIDTH / width, _HEIGHT / height))
    seen = bitmap.get_posconv(page).to_bitmap  # however the page is turned or cut
    image = bitmap.to_pil().convert("RGB")
    pencil = ImageDraw.Draw(image)
    signs, boxes = _characters(page)
    for line, part in (map(_as_found, each) for each in sheet.boxed):
        start = signs.find(part, max(signs.find(line), 0))
        if part and start >= 0:
            held = boxes[start : start + len(part)]
            xs, ys = zip(*(seen(*end) for box in held for end in (box[:2], box[2:])), strict=True)
            edges = (min(xs) - _AROUND, min(ys) - _AROUND, max(xs) + _AROUND, max(ys) + _AROUND)
            pencil.rectangle(edges, outline=_BOX, width=3)
    sink = BytesIO()
    image.quantize(_COLOURS).save(sink, "PNG", optimize=True)
    return sink.getvalue()


def _characters(page: Any) -> tuple[str, list[Box]]:  # noqa: ANN401 (pypdfium2 has no types)
    """Return what is printed as exact look-up compares it, and the box of each character."""
    text, signs, boxes = page.get_textpage(), "", list[Box]()
    for number in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text.raw, number)
        if code not in _SURROGATES:
            shown = _as_found(chr(code))
            signs += shown
            boxes += [text.get_charbox(number, loose=True)] * len(shown)
    return signs, boxes


def _as_found(text: str) -> str:
    """Return `text` as exact look-up compares it."""
    return flat(text)[0]
