"""Tables in text files: rows of Markdown, and lines whose cells bars, tabs or wide gaps part."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.reading.grid import Grid, table_rows
from rag.types import Line

_RULED = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*")  # under a table's header
_BAR = re.compile(r"(?<!\\)\|")
_GAP = re.compile(r"[ \xa0]{3,}|\u3000{2,}")
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
        split = _splitting(lines[i]) if lines[i].kind == "text" else None
        ruled = split is not None and _RULED.fullmatch(_text(lines, i + 1)) is not None
        if split is None or not (ruled or _is_table(lines[i : i + _LEAST], split)):
            above = lines[i].text if lines[i].text.strip() else above
            i += 1
            continue
        barred = "|" in lines[i].text
        width = len(split(lines[i].text))
        places = [i]
        i += 1 + ruled
        while i < len(lines) and _is_row(lines[i], split, 0 if barred else width):
            places.append(i)
            i += 1
        cells = ([cell.strip() for cell in split(lines[k].text)] for k in places)
        grid = [[bare(cell) for cell in row] if bare else row for row in cells]
        header = 1 if barred else _header(grid)
        if ruled:
            made[places[0] + 1] = replace(lines[places[0] + 1], text="", width=0)
        for row in table_rows(grid, header, above) if header is not None else ():
            line = lines[places[row.number]]
            made[places[row.number]] = replace(row, number=line.number, page=line.page)
    return tuple(made)


def _text(lines: Sequence[Line], i: int) -> str:
    return lines[i].text if i < len(lines) else ""


def _by_bars(row: str) -> list[str]:
    return _BAR.split(row)


def _by_inner_bars(row: str) -> list[str]:
    """Return the cells of a row that bars stand around, too."""
    return _BAR.split(row.strip().removeprefix("|").removesuffix("|"))


def _by_tabs(row: str) -> list[str]:
    return row.rstrip().split("\t")


def _by_gaps(row: str) -> list[str]:
    return _GAP.split(row.strip())


def _splitting(line: Line) -> Callable[[str], list[str]] | None:
    """Return what parts the cells of a line, if it is a row."""
    text = line.text
    if "|" in text:
        return _by_inner_bars if text.lstrip().startswith("|") else _by_bars
    if "\t" in text.strip():
        return _by_tabs
    return _by_gaps if len(_by_gaps(text)) >= _LEAST_APART else None


def _is_table(lines: Sequence[Line], split: Callable[[str], list[str]]) -> bool:
    """Whether lines have the same number of cells, two at least."""
    counts = {len(split(line.text)) for line in lines}
    least = 2 if split is _by_tabs else 3
    return len(lines) == _LEAST and len(counts) == 1 and min(counts) >= least


def _is_row(line: Line, split: Callable[[str], list[str]], width: int) -> bool:
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
