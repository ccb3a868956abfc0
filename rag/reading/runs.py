"""Pieces of text with their place on a page → pieces that stand on one printed line.

A page is measured in points from its upper left corner. PDF and OFD both give glyphs in the order
in which they were painted; this module joins them, `layout` puts them into reading order.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf
from statistics import median
from typing import TypeVar

from rag.reading.text import embolden
from rag.types import Span

_SAME_LINE = 0.35  # of the type size: a shift of the base line up to this is none
_LONGEST = 2_000  # characters of a piece
_WIDE_GAP = 1.9  # of the type size: a wider gap parts two pieces of a line
_WORD_GAP = 0.16  # of the type size: a wider gap between Latin letters is a space
_HAN_GAP = 0.22  # the same where Chinese characters are, which justified lines spread
_TWICE = 0.3  # of its width: the same character again within this was painted twice, for bold


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, or several that were painted as one."""

    text: str
    x0: float
    x1: float
    base: float  # of the base line
    size: float
    bold: bool


@dataclass(slots=True)
class Run:
    """A piece of a printed line without wide gaps."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: list[Span] = field(default_factory=list)


Piece = TypeVar("Piece", Glyph, Run)


def runs(glyphs: Iterable[Glyph]) -> list[Run]:
    """Join the glyphs of a page that stand on one line without wide gaps between them.

    The order of painting does not count: many programs paint quotes after the line around them.
    """
    return [run for row in rows(glyphs, _SAME_LINE) for run in _of_row(row) if run.text]


def _of_row(row: list[Glyph]) -> Iterator[Run]:
    run, before = Run("", 0.0, 0.0, 0.0, 0.0), None
    sizes: list[float] = []
    for glyph in row:
        if not glyph.text.strip():
            run.text = run.text.rstrip() + " " if run.text else ""
            continue
        shift = glyph.x0 - before.x0 if before and before.text == glyph.text else inf
        if shift < _TWICE * (glyph.x1 - glyph.x0):
            embolden(run.bold, len(run.text.rstrip()) - 1, len(run.text.rstrip()))
            continue
        gap = glyph.x0 - run.x1
        if not run.text or gap > _WIDE_GAP * glyph.size or len(run.text) > _LONGEST:
            yield _ended(run, sizes)
            run, sizes = Run("", glyph.x0, glyph.x0, glyph.base, glyph.size), []
        elif run.text[-1] != " " and gap > _least_space(run, glyph):
            run.text += " "
        text = unicodedata.normalize("NFC", glyph.text)
        if glyph.bold:
            embolden(run.bold, len(run.text), len(run.text) + len(text), gap=1)
        run.text += text
        run.x1 = max(run.x1, glyph.x1)
        sizes.append(glyph.size)
        before = glyph
    yield _ended(run, sizes)


def _ended(run: Run, sizes: list[float]) -> Run:
    return replace(run, text=run.text.rstrip(), size=median(sizes or [0.0]))


def _least_space(run: Run, glyph: Glyph) -> float:
    """Return how wide a gap between two characters is a space."""
    latin = (run.text[-1] + glyph.text[0]).isascii()
    return (_WORD_GAP if latin else _HAN_GAP) * max(run.size, glyph.size)


def joined(row: list[Run]) -> Run:
    """Join the runs of one printed line, left to right, with a space in each wide gap."""
    made = Run("", row[0].x0, row[0].x1, row[0].base, row[0].size, list(row[0].bold))
    pieces, length = [row[0].text], len(row[0].text)
    for run in row[1:]:
        space = " " if run.x0 - made.x1 > _HAN_GAP * made.size else ""
        moved = length + len(space)
        made.bold += [(a + moved, b + moved) for a, b in run.bold]
        if len(run.text) > length:
            made.size = run.size
        pieces += [space, run.text]
        length = moved + len(run.text)
        made.x1 = max(made.x1, run.x1)
    made.text = "".join(pieces)
    return made


def rows(pieces: Iterable[Piece], shift: float = 0.5) -> Iterator[list[Piece]]:
    """Yield the pieces of each printed line, top to bottom, each from left to right.

    `shift` is by how much of the type size base lines of one line may differ.
    """
    row: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: (each.base, each.x0)):
        if row and piece.base - row[-1].base > shift * min(piece.size, row[-1].size):
            yield sorted(row, key=lambda each: each.x0)
            row = []
        row.append(piece)
    if row:
        yield sorted(row, key=lambda each: each.x0)
