"""Pages of runs → lines in reading order: columns, tables, headings by size, footnotes.

A region is cut at a white gutter into columns where text stands on both sides of it, else into
bands by what stands across it; a region that neither cuts is read line by line (Nagy & Seth 1984,
"Hierarchical representation of optically scanned documents": the XY-cut).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.reading.heads import Page, without_heads
from rag.reading.runs import Run, joined, rows
from rag.reading.sheets import CELLS
from rag.reading.sizes import LARGER, LONGEST_HEADING
from rag.types import Line

__all__ = ["Page", "lines"]

_LEAST_LINES = 4  # on each side of a gutter
_LEAST_WIDTH = 0.22  # of the region that a column takes up
_NOTE_SIZE = 0.92  # of the size of running text: at most, for a footnote
_NOTE_MARK = re.compile(r"[①-⑳*※]|[\[［〔(（]?\d{1,2}[\]］〕)）]?(?=[\s一-鿿《])")
_INDENT = "\u3000\u3000"


@dataclass(slots=True)
class _Placed:
    """A printed line with its surroundings."""

    run: Run
    page: int
    left: float  # of its column
    gap: bool  # more white above it than between lines
    cells: bool  # stands in a table
    columns: bool = False

    @property
    def indented(self) -> bool:
        """Whether it is set in like the first line of a paragraph, not like a centred one."""
        return 1.5 * self.run.size < self.run.x0 - self.left < 4.5 * self.run.size


def lines(pages: Sequence[Page]) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Return the lines of all pages in reading order, and what was left out."""
    body = _body_size(pages)
    larger = _heading_sizes(pages, body)
    kept, dropped = without_heads(pages, body)
    made: list[Line] = []
    columns = False
    for number, (page, runs) in enumerate(zip(pages, kept, strict=True), 1):
        text, notes = _split_notes(runs, page, body)
        for placed in _read(text, number):
            columns = columns or placed.columns
            line = _line(placed, len(made) + 1, body, larger)
            if made and _is_cut_heading(made[-1], line):
                made[-1] = _whole_heading(made[-1], line)
                continue
            if made and made[-1].text and (placed.gap or made[-1].heading):
                made.append(Line("", len(made) + 1, number))
                line = replace(line, number=len(made) + 1)
            made.append(line)
        for row in rows(notes):
            made.append(Line(joined(row).text, len(made) + 1, number, kind="note"))
    told = [f"{dropped} running heads and page numbers left out"] if dropped else []
    if columns:
        told.append("columns read one after the other")
    return tuple(made), tuple(told)


def _is_cut_heading(first: Line, second: Line) -> bool:
    """Whether two lines in the same large type, without white between them, are one heading."""
    if not first.heading or first.heading != second.heading or first.page != second.page:
        return False
    return len(first.text + second.text) <= LONGEST_HEADING


def _whole_heading(first: Line, second: Line) -> Line:
    """Join two lines of a heading: a first one that is not longer was broken at a phrase."""
    space = "" if first.width >= second.width else " "
    return replace(first, text=first.text + space + second.text, bold=())


def _body_size(pages: Sequence[Page]) -> float:
    """The size that most characters are set in, in half points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for run in page.runs:
            sizes[round(run.size * 2) / 2] += len(run.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _heading_sizes(pages: Sequence[Page], body: float) -> list[float]:
    """The sizes that are larger than running text, largest first; near ones count as one."""
    sizes = sorted({run.size for page in pages for run in page.runs if run.size >= LARGER * body},
                   reverse=True)  # fmt: skip
    steps: list[float] = []
    for size in sizes:
        if not steps or size < 0.93 * steps[-1]:
            steps.append(size)
    return steps


def _split_notes(kept: list[Run], page: Page, body: float) -> tuple[list[Run], list[Run]]:
    """Part the footnotes: small type at the foot of the page, from a line with a mark on."""
    small = [run for run in kept if run.size <= _NOTE_SIZE * body and run.base > 0.5 * page.height]
    first = min((run.base for run in small if _NOTE_MARK.match(run.text)), default=None)
    if first is None:
        return kept, []
    below = [run for run in kept if run.base >= first - 1]
    if any(run.size > _NOTE_SIZE * body for run in below):
        return kept, []
    return [run for run in kept if run.base < first - 1], below


def _read(runs: list[Run], page: int) -> Iterator[_Placed]:
    """Yield the lines of a region in reading order."""
    if not runs:
        return
    if parted := _at_gutter(runs):
        for side in parted:
            for line in _read(side, page):
                line.columns = True
                yield line
        return
    bands = _bands(runs)
    if not any(map(_at_gutter, bands)):
        yield from _column(runs, page)
        return
    for band in bands:
        if _at_gutter(band):
            yield from _read(band, page)
        else:
            yield from _column(band, page)


def _at_gutter(runs: list[Run]) -> list[list[Run]] | None:
    """Cut a region at the white gutter nearest its middle, if it has columns."""
    if len(runs) < 2 * _LEAST_LINES:
        return None
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    least = max(0.8 * median(run.size for run in runs), 6.0)
    gutters: list[tuple[float, float]] = []
    reach = left
    for run in sorted(runs, key=lambda each: each.x0):
        if run.x0 - reach >= least and reach > left:
            gutters.append((reach, run.x0))
        reach = max(reach, run.x1)
    middle = (left + right) / 2
    for a, b in sorted(gutters, key=lambda each: abs((each[0] + each[1]) / 2 - middle)):
        sides = [
            [run for run in runs if run.x1 <= a + 0.1],
            [run for run in runs if run.x0 >= b - 0.1],
        ]
        if all(_is_column(side, right - left) for side in sides):
            return sides
    return None


def _is_column(side: list[Run], width: float) -> bool:
    """Whether runs are running text and not cells of a table: mostly as wide as their column."""
    if len(list(rows(side))) < _LEAST_LINES:
        return False
    own = max(run.x1 for run in side) - min(run.x0 for run in side)
    filled = sum(run.x1 - run.x0 >= 0.75 * own for run in side)
    return own >= _LEAST_WIDTH * width and filled * 2 >= len(side)


def _bands(runs: list[Run]) -> list[list[Run]]:
    """Cut a region into bands: lines that stand across its middle, and what is between them."""
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    middle = (left + right) / 2
    bands: list[list[Run]] = []
    across = None
    for row in rows(runs):
        spans = any(run.x0 < middle - run.size and run.x1 > middle + run.size for run in row)
        if spans != across:
            bands.append([])
            across = spans
        bands[-1] += row
    return bands


def _column(runs: list[Run], page: int) -> Iterator[_Placed]:
    """Yield the lines of one column, with what indent, white and cells say of them."""
    printed = list(rows(runs))
    if not printed:
        return
    left = min(row[0].x0 for row in printed)
    pitches = [b[0].base - a[0].base for a, b in pairwise(printed)]
    pitch = median(pitches) if pitches else 0.0
    before = None
    for i, row in enumerate(printed):
        run = joined(row)
        beside = printed[max(0, i - 1) : i] + printed[i + 1 : i + 2]
        cells = len(row) > 2 or (len(row) == 2 and any(_aligned(row, other) for other in beside))
        if cells:
            run.text = CELLS.join(each.text.strip() for each in row)
            run.bold = []
        yield _Placed(
            run=run,
            page=page,
            left=left,
            gap=before is not None and run.base - before > 1.6 * max(pitch, run.size),
            cells=cells,
        )
        before = run.base


def _aligned(row: list[Run], other: list[Run]) -> bool:
    return len(other) == 2 and abs(row[1].x0 - other[1].x0) < 2.0


def _line(placed: _Placed, number: int, body: float, larger: list[float]) -> Line:
    run = placed.run
    heading = 0
    if run.size >= LARGER * body and len(run.text) <= LONGEST_HEADING and not placed.cells:
        heading = 1 + sum(run.size < 0.93 * size for size in larger)
    indent = _INDENT if placed.indented and not heading else ""
    return Line(
        text=indent + run.text,
        number=number,
        page=placed.page,
        heading=min(6, heading),
        bold=tuple((a + len(indent), b + len(indent)) for a, b in run.bold),
        width=max(len(run.text), round((run.x1 - placed.left) / run.size)),
        kind="row" if placed.cells else "text",
    )
