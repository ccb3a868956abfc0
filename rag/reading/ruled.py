"""Ruled tables of a page: the rules give the cells, so a cell's text may run over lines.

A cell that is merged over rows or columns, where no rule parts them, stands in each of its places.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rag.reading.runs import Glyph, joined, rows, runs

_THIN = 2.5  # points that a rule is thick at most
_SHORT = 6.0  # points that a rule is long at least
_NEAR = 3.0  # points between rules that count as one, or as touching
_MOST_CELLS = 20_000  # of a table; a drawing has more
_X_HEIGHT = 0.3  # of the type size: the middle of a character above its base line


class DrawnRule(NamedTuple):
    """A thin box in points from the upper left corner of a page."""

    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def upright(self) -> bool:
        """Whether it is a vertical rule."""
        return self.y1 - self.y0 > self.x1 - self.x0

    @property
    def thin(self) -> bool:
        """Whether it is a rule: thin one way and long the other."""
        short, long = sorted((self.x1 - self.x0, self.y1 - self.y0))
        return short <= _THIN and long >= _SHORT


@dataclass(frozen=True, slots=True)
class RuledTable:
    """The cells of a ruled table, a full grid, and where its columns and rows are parted."""

    grid: list[list[str]]
    xs: list[float]
    ys: list[float]


def tables(
    glyphs: Sequence[Glyph], rules: Sequence[DrawnRule]
) -> tuple[list[RuledTable], list[Glyph]]:
    """Return the tables of a page from top to bottom, and the glyphs that stand in none."""
    found: list[RuledTable] = []
    for own in _touching(rules):
        xs = _places([rule.x0 for rule in own if rule.upright] + _ends(own, 0))
        ys = _places([rule.y0 for rule in own if not rule.upright] + _ends(own, 2))
        if len(xs) > 2 and len(ys) > 2 and len(xs) * len(ys) <= _MOST_CELLS:
            inner, glyphs = _parted(glyphs, xs, ys)
            found.append(RuledTable(_grid(inner, own, xs, ys), xs, ys))
    return found, list(glyphs)


def _touching(rules: Sequence[DrawnRule]) -> Iterator[list[DrawnRule]]:
    """Yield the rules of each table: vertical ones hold its horizontal ones together."""
    group: list[DrawnRule] = []
    bottom = 0.0
    for rule in sorted(rules, key=lambda each: each.y0):
        if group and rule.y0 > bottom + _NEAR:
            yield group
            group = []
        bottom = max(bottom, rule.y1) if group else rule.y1
        group.append(rule)
    if group:
        yield group


def _ends(own: Sequence[DrawnRule], axis: int) -> list[float]:
    """Return where rules begin and end: a table may be open at its sides."""
    return [min(rule[axis] for rule in own), max(rule[axis + 1] for rule in own)]


def _places(values: Sequence[float]) -> list[float]:
    """Return values in order, near ones once."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def _parted(
    glyphs: Sequence[Glyph], xs: Sequence[float], ys: Sequence[float]
) -> tuple[list[tuple[int, int, Glyph]], list[Glyph]]:
    """Return the glyphs of a table by row and column, and the others."""
    inner, outer = [], []
    for glyph in glyphs:
        row = bisect_right(ys, glyph.base - _X_HEIGHT * glyph.size) - 1
        column = bisect_right(xs, (glyph.x0 + glyph.x1) / 2) - 1
        if 0 <= row < len(ys) - 1 and 0 <= column < len(xs) - 1:
            inner.append((row, column, glyph))
        else:
            outer.append(glyph)
    return inner, outer


def _grid(
    inner: Sequence[tuple[int, int, Glyph]],
    own: Sequence[DrawnRule],
    xs: Sequence[float],
    ys: Sequence[float],
) -> list[list[str]]:
    """Return the text of each cell; places that no rule parts are one cell."""
    beside = {(r, c) for c, r in _crossed([rule for rule in own if rule.upright], 0, xs, ys)}
    above = set(_crossed([rule for rule in own if not rule.upright], 2, ys, xs))
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for r in range(len(ys) - 1):
        for c in range(len(xs) - 1):
            if c and (r, c) not in beside:
                cells[r, c] = cells[r, c - 1]
            elif r and (r, c) not in above:
                cells[r, c] = cells[r - 1, c]
            else:
                cells[r, c] = (r, c)
    held: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for r, c, glyph in inner:
        held[cells[r, c]].append(glyph)
    texts = {cell: _text(glyphs) for cell, glyphs in held.items()}
    return [[texts.get(cells[r, c], "") for c in range(len(xs) - 1)] for r in range(len(ys) - 1)]


def _crossed(
    rules: Sequence[DrawnRule], axis: int, places: Sequence[float], across: Sequence[float]
) -> Iterator[tuple[int, int]]:
    """Yield the number of each rule's place with that of each row or column that it runs along."""
    middles = [(a + b) / 2 for a, b in pairwise(across)]
    for rule in rules:
        place = bisect_right(places, rule[axis] + _NEAR) - 1
        start, end = rule[2 - axis], rule[3 - axis]
        for k in range(bisect_left(middles, start), bisect_right(middles, end)):
            yield place, k


def _text(glyphs: Sequence[Glyph]) -> str:
    """Return the text of a cell; its lines are one, with a space between Latin words."""
    text = ""
    for line in rows(runs(glyphs)):
        piece = joined(line).text.strip()
        latin = text[-1:].isascii() and piece[:1].isascii() and text[-1:].isalnum()
        text += f" {piece}" if text and latin else piece
    return text
