"""Pages of runs → lines in reading order: columns, tables, headings by size, footnotes.

A region is cut at a white gutter into columns where text stands on both sides of it, else into
bands by what stands across it; a region that neither cuts is read line by line (Nagy & Seth 1984,
"Hierarchical representation of optically scanned documents": the XY-cut).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, pairwise
from statistics import median

from rag.reading.cells import grid_of, row_cells
from rag.reading.grid import table_rows
from rag.reading.ruled import RuledTable
from rag.reading.runs import Run, joined, rows
from rag.reading.sizes import LONGEST_HEADING, heading_level, type_sizes
from rag.reading.text import across, running_heads
from rag.types import Line

_LEAST_LINES = 4  # on each side of a gutter
_MOST_GUTTERS = 20  # that are tried, those nearest the middle of the region
_LEAST_WIDTH = 0.22  # of the region that a column takes up
_NOTE_SIZE = 0.92  # of the size of running text: at most, for a footnote
_NOTE_MARK = re.compile(r"[①-⑳*※]|[\[［〔(（]?\d{1,2}[\]］〕)）]?(?=[\s一-鿿《])")
_INDENT = "\u3000\u3000"
_LEAST_HEADS = 2  # pages on which a head comes back
_MARGIN = 0.13  # of the page's height in which heads, feet and page numbers stand
_MOST_PIECES = 3  # runs of a head: left, middle and right; a row of a table has as many or more
_LARGER = 1.1  # times the running text: larger type is a heading


@dataclass(frozen=True, slots=True)
class Page:
    """One page's runs, its size in points, and its ruled tables with what stands in them."""

    runs: Sequence[Run]
    width: float
    height: float
    tables: Sequence[RuledTable] = ()


@dataclass(slots=True)
class _Placed:
    """A printed line with its surroundings."""

    run: Run
    page: int
    left: float  # of its column
    gap: bool  # more white above it than between lines
    cells: list[Run] | None = None  # those of a table's row
    begins: bool = False  # the first row of a ruled table

    @property
    def indented(self) -> bool:
        """Whether it is set in like the first line of a paragraph, not like a centred one."""
        return 1.5 * self.run.size < self.run.x0 - self.left < 4.5 * self.run.size


def lines(pages: Sequence[Page]) -> tuple[Line, ...]:
    """Return the lines of all pages in reading order."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for run in page.runs:
            sizes[run.size] += len(run.text)
    reader = _PageReader(*type_sizes(sizes))
    for number, (page, heads) in enumerate(zip(pages, _heads(pages, reader.body), strict=True), 1):
        reader.take(number, page, heads)
    reader.close_table()
    return tuple(reader.made)


def _heads(pages: Sequence[Page], body: float) -> list[list[list[Run]]]:
    """Return the running heads, feet and page number of each page, as printed lines.

    They stand at its edge, in type no larger than running text.
    """
    printed = [(number, row) for number, page in enumerate(pages) for row in rows(page.runs)]
    found = running_heads(
        (
            Line(
                "".join(run.text for run in row),
                i,
                page=number + 1,
                heading=not _is_edge(row, pages[number], body),
            )
            for i, (number, row) in enumerate(printed)
        ),
        _LEAST_HEADS,
    )
    heads: list[list[list[Run]]] = [[] for _ in pages]
    for i in sorted(found):
        number, row = printed[i]
        heads[number].append(row)
    return heads


def _is_edge(row: Sequence[Run], page: Page, body: float) -> bool:
    inside = _MARGIN * page.height < row[0].base < (1 - _MARGIN) * page.height
    large = any(run.size > _LARGER * body for run in row)
    return not inside and not large and len(row) <= _MOST_PIECES


@dataclass(slots=True)
class _PageReader:
    """Takes in the pages of a document, whose running text is set in the size `body`."""

    body: float
    steps: Sequence[float]  # the sizes of its headings, largest first
    made: list[Line] = field(default_factory=list)
    table: list[_Placed] = field(default_factory=list)  # the rows of the open one, over pages too

    def take(self, number: int, page: Page, heads: Sequence[list[Run]]) -> None:
        """Take in one page; its heads are furniture."""
        for head in heads:
            self._add(Line(joined(head).text, 0, number, kind="furniture"))
        gone = {id(run) for head in heads for run in head}
        left = [run for run in page.runs if id(run) not in gone]
        text, notes = _split_notes(left, page, self.body)
        for placed in _with_tables(text, page.tables, number):
            if not placed.cells or (placed.begins and self.table and _ends(self.table, placed)):
                self.close_table()
            if placed.cells:
                self.table.append(placed)
            else:
                self._place(placed)
        if notes:
            self.close_table()
        for printed in rows(notes):
            self._add(Line(joined(printed).text, 0, number, kind="note"))

    def close_table(self) -> None:
        """End the open table, if there is one."""
        above = next((line.text for line in reversed(self.made[-2:]) if line.text), "")
        grid = grid_of([placed.cells or [] for placed in self.table])
        for line in table_rows(grid, above=above) if grid else ():
            self._add(replace(line, page=self.table[line.number].page))
        self.table.clear()

    def _place(self, placed: _Placed) -> None:
        """Add a line; one that goes on with the heading before it is joined to that."""
        line = _line(placed, self.body, self.steps)
        if self.made and _is_cut_heading(self.made[-1], line):
            self.made[-1] = _whole_heading(self.made[-1], line)
            return
        if self.made and self.made[-1].text and (placed.gap or self.made[-1].heading):
            self._add(Line("", 0, placed.page))
        self._add(line)

    def _add(self, line: Line) -> None:
        self.made.append(replace(line, number=len(self.made) + 1))


def _with_tables(runs: list[Run], tables: Sequence[RuledTable], page: int) -> Iterator[_Placed]:
    """Yield the lines of a page and the rows of its ruled tables, which part its text."""
    for table in tables:
        yield from _read([run for run in runs if run.base < table.ys[0]], page)
        runs = [run for run in runs if run.base >= table.ys[0]]
        for i, row in enumerate(table.grid):
            spans = zip(row, pairwise(table.xs), strict=True)
            cells = [Run(text, a, b, table.ys[i], 1.0) for text, (a, b) in spans]
            yield _Placed(cells[0], page, table.xs[0], gap=False, cells=cells, begins=i == 0)
    yield from _read(runs, page)


def _ends(table: Sequence[_Placed], row: _Placed) -> bool:
    """Whether a ruled table that begins with `row` is another one, not the rest of `table`."""
    return row.page == table[-1].page or len(row.cells or ()) != len(table[-1].cells or ())


def _is_cut_heading(first: Line, second: Line) -> bool:
    """Whether two lines in the same large type, without white between them, are one heading."""
    if not first.heading or first.heading != second.heading or first.page != second.page:
        return False
    return len(first.text + second.text) <= LONGEST_HEADING


def _whole_heading(first: Line, second: Line) -> Line:
    """Join two lines of a heading: a first one that is not longer was broken at a phrase."""
    space = "" if first.width >= second.width else across(first.text, second.text)
    return replace(first, text=first.text + space + second.text, bold=())


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
    sides = _at_gutter(runs)
    bands = sides or _bands(runs)
    cuts = [bool(sides or _at_gutter(band)) for band in bands]
    if not any(cuts):
        yield from _column(runs, page)
        return
    for band, is_cut in zip(bands, cuts, strict=True):
        yield from _read(band, page) if is_cut else _column(band, page)


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
    gutters.sort(key=lambda each: abs((each[0] + each[1]) / 2 - middle))
    for a, b in gutters[:_MOST_GUTTERS]:
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

    def is_across(row: list[Run]) -> bool:
        return any(run.x0 < middle - run.size and run.x1 > middle + run.size for run in row)

    return [list(chain.from_iterable(band)) for _, band in groupby(rows(runs), is_across)]


def _column(runs: list[Run], page: int) -> Iterator[_Placed]:
    """Yield the lines of one column, with what indent, white and cells say of them."""
    printed = list(rows(runs))
    left = min(row[0].x0 for row in printed)
    pitches = [b[0].base - a[0].base for a, b in pairwise(printed)]
    pitch = median(pitches) if pitches else 0.0
    before = None
    for row, cells in zip(printed, row_cells(printed), strict=True):
        if cells == []:
            continue  # a piece of a row's label
        yield _Placed(
            run=joined(row),
            page=page,
            left=left,
            gap=before is not None and row[0].base - before > 1.6 * max(pitch, row[0].size),
            cells=cells,
        )
        before = row[0].base


def _line(placed: _Placed, body: float, steps: Sequence[float]) -> Line:
    run = placed.run
    heading = heading_level(run.text, run.size, body, steps)
    indent = _INDENT if placed.indented and not heading else ""
    return Line(
        text=indent + run.text,
        number=0,
        page=placed.page,
        heading=heading,
        bold=tuple((a + len(indent), b + len(indent)) for a, b in run.bold),
        width=max(len(run.text), round((run.x1 - placed.left) / run.size)),
    )
