"""Tables in text files: rows of Markdown, and lines whose cells bars, tabs or wide gaps part."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from rag.reading.grid import Grid, table_rows
from rag.types import Line

_RULED = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*")  # under a table's header
_BAR = re.compile(r"(?<!\\)\|")
_GAP = re.compile(r"[ \xa0]{3,}|\u3000{2,}")
_Split = Callable[[str], list[str]]
_LEAST = 3  # lines of a table without a rule
_LEAST_APART = 3  # cells of a row that gaps part


def with_rows(lines: Sequence[Line], bare: Callable[[str], str] | None = None) -> tuple[Line, ...]:
    """Return lines, those that are rows of tables as such; `bare` takes the marks off a cell.

    A table has a rule of dashes under its header, or three lines with as many cells each. Where
    no bars part the cells, one column must hold figures: lists of names have none.
    """
    made = list(lines)
    i, above = 0, ""
    while i < len(lines):
        split, places = _table_at(lines, i)
        if not places:
            above = lines[i].text if lines[i].text.strip() else above
            i += 1
            continue
        if _is_rule(lines, i + 1):
            made[i + 1] = replace(lines[i + 1], text="", width=0)
        cells = ([cell.strip() for cell in split(lines[k].text)] for k in places)
        grid = [[bare(cell) for cell in row] if bare else row for row in cells]
        header = 1 if "|" in lines[i].text else _header(grid)
        for row in table_rows(grid, header, above) if header is not None else ():
            line = lines[places[row.number]]
            made[places[row.number]] = replace(row, number=line.number, page=line.page)
        i = places[-1] + 1
    return tuple(made)


def _table_at(lines: Sequence[Line], i: int) -> tuple[_Split, list[int]]:
    """Return what parts the cells of the table that begins at a line, and the places of its rows.

    There are none where no table begins.
    """
    split = _splitting(lines[i]) if lines[i].kind == "text" else None
    if not split or not (_is_rule(lines, i + 1) or _is_table(lines[i : i + _LEAST], split)):
        return _by_bars, []
    width = 0 if "|" in lines[i].text else len(split(lines[i].text))
    below = range(i + 1 + _is_rule(lines, i + 1), len(lines))
    return split, [i, *takewhile(lambda k: _is_row(lines[k], split, width), below)]


def _is_rule(lines: Sequence[Line], i: int) -> bool:
    """Whether a line is the rule of dashes under a header."""
    return i < len(lines) and _RULED.fullmatch(lines[i].text) is not None


def _by_bars(row: str) -> list[str]:
    return _BAR.split(row)


def _by_inner_bars(row: str) -> list[str]:
    """Return the cells of a row that bars stand around, too."""
    return _BAR.split(row.strip().removeprefix("|").removesuffix("|"))


def _by_tabs(row: str) -> list[str]:
    return row.rstrip().split("\t")


def _by_gaps(row: str) -> list[str]:
    return _GAP.split(row.strip())


def _splitting(line: Line) -> _Split | None:
    """Return what parts the cells of a line, if it is a row."""
    text = line.text
    if "|" in text:
        return _by_inner_bars if text.lstrip().startswith("|") else _by_bars
    if "\t" in text.strip():
        return _by_tabs
    return _by_gaps if len(_by_gaps(text)) >= _LEAST_APART else None


def _is_table(lines: Sequence[Line], split: _Split) -> bool:
    """Whether lines have the same number of cells, two at least."""
    counts = {len(split(line.text)) for line in lines}
    least = 2 if split is _by_tabs else 3
    return len(lines) == _LEAST and len(counts) == 1 and min(counts) >= least


def _is_row(line: Line, split: _Split, width: int) -> bool:
    """Whether a line goes on with a table, whose rows have so many cells, 0 for any number."""
    return len(split(line.text)) == width if width else "|" in line.text


def _header(grid: Grid) -> int | None:
    """Return how many rows head columns of figures, 0 for labels with a figure each; else None."""
    columns = [
        [re.search(r"\d", cell) is not None for cell in own] for own in zip(*grid, strict=True)
    ]
    if any(all(below) and not head for head, *below in columns):
        return 1
    return 0 if len(columns) == 2 and all(columns[1]) and not any(columns[0]) else None
