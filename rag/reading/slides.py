"""Slides (.pptx) → the paragraphs of each slide, its title as a heading, through python-pptx."""

import unicodedata
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation

from rag.reading.archive import opened
from rag.reading.grid import table_rows
from rag.reading.result import Read
from rag.settings import Settings
from rag.types import Line, LineKind, Span


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the paragraphs of all slides and their notes; the page of a line is its slide."""
    opened(data, settings).close()
    lines: list[Line] = []
    for page, slide in enumerate(Presentation(BytesIO(data)).slides, 1):
        title = slide.shapes.title
        titled = title.shape_id if title is not None else None
        for shape in _shapes(slide.shapes):
            for text, bold, kind in _of_shape(shape):
                heading = 2 if shape.shape_id == titled else 0
                lines.append(Line(text, len(lines) + 1, page, heading, bold, len(text), kind))
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
            for text, _ in _paragraphs(frame):
                lines.append(Line(text, len(lines) + 1, page, kind="note"))
    return Read(tuple(lines))


def _shapes(shapes: Any) -> Iterator[Any]:  # noqa: ANN401 (python-pptx has no types)
    """Yield the shapes from top to bottom, those in groups too."""
    for shape in sorted(shapes, key=lambda each: (each.top or 0, each.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _of_shape(shape: Any) -> Iterator[tuple[str, tuple[Span, ...], LineKind]]:  # noqa: ANN401
    if getattr(shape, "has_table", False) and shape.has_table:
        grid = [[cell.text_frame.text for cell in row.cells] for row in shape.table.rows]
        for row in table_rows(grid, 1 if shape.table.first_row else None):
            yield row.text, (), row.kind
    elif shape.has_text_frame:
        for text, bold in _paragraphs(shape.text_frame):
            yield text, bold, "text"


def _paragraphs(frame: Any) -> Iterator[tuple[str, tuple[Span, ...]]]:  # noqa: ANN401
    for paragraph in frame.paragraphs:
        text, bold = "", []
        for run in paragraph.runs:
            piece = unicodedata.normalize("NFC", run.text.replace("\v", " "))
            if run.font.bold and piece.strip():
                bold.append((len(text), len(text) + len(piece)))
            text += piece
        if text.strip():
            yield text, tuple(bold)
