"""Slides (.pptx) → the paragraphs of each slide, its title as a heading, through python-pptx."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.text.text import _Run

from rag.reading.archive import opened
from rag.reading.grid import spread, table_rows
from rag.reading.paragraphs import ReadParagraph, lines_of
from rag.reading.result import Read
from rag.reading.safe_xml import local
from rag.reading.text import without_heads
from rag.settings import Settings


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the paragraphs of all slides and their notes; the page of a line is its slide."""
    opened(data, settings).close()
    made: list[ReadParagraph] = []
    for page, slide in enumerate(Presentation(BytesIO(data)).slides, 1):
        title = slide.shapes.title
        for shape in _shapes(slide.shapes):
            is_title = title is not None and shape.shape_id == title.shape_id
            for paragraph in _of_shape(shape):
                paragraph.page, paragraph.heading = page, 2 if is_title else 0
                made.append(paragraph)
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
            for paragraph in _paragraphs(frame):
                paragraph.page, paragraph.kind = page, "note"
                made.append(paragraph)
    return Read(without_heads(list(lines_of(made))))


def _shapes(shapes: Any) -> Iterator[Any]:  # noqa: ANN401 (python-pptx has no types)
    """Yield the shapes from top to bottom, those in groups too."""
    for shape in sorted(shapes, key=lambda each: (each.top or 0, each.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _of_shape(shape: Any) -> Iterator[ReadParagraph]:  # noqa: ANN401
    if getattr(shape, "has_table", False) and shape.has_table:
        cells = [[x for x in row.cells if not x.is_spanned] for row in shape.table.rows]
        grid = spread([[(x.text, x.span_height, x.span_width) for x in row] for row in cells])
        for row in table_rows(grid, 1 if shape.table.first_row else None):
            yield ReadParagraph(pieces=[row.text], kind=row.kind)
    elif shape.has_text_frame:
        yield from _paragraphs(shape.text_frame)


def _paragraphs(frame: Any) -> Iterator[ReadParagraph]:  # noqa: ANN401
    for paragraph in frame.paragraphs:
        made = ReadParagraph()
        for element in paragraph._p.iterchildren("{*}r", "{*}br"):
            if local(element) == "br":
                made.add("\n")
            else:
                run = _Run(element, paragraph)
                made.add(run.text, bool(run.font.bold))
        if made.text.strip():
            yield made
