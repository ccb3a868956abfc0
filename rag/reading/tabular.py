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


def rows_of(lines: Sequence[Line], bare: Callable[[str], str] = str) -> dict[int, Line]:
    """Return the rows of tables by the number of their line; `bare` takes the marks off a cell.

    A table has a rule of dashes under its header, or three lines with as many cells each. Where
    no bars part the cells, one column must hold figures under a head: lists of names have none.
    """
    found: dict[int, Line] = {}
    end = 0
    for i in range(1, len(lines)):
        if i < end or lines[i - 1].kind != "text":
            continue
        ruled = "|" in lines[i - 1].text and _RULED.fullmatch(lines[i].text) is not None
        start = i + ruled
        split = _splitting(lines[i - 1].text)
        if split is None or not (ruled or _is_table(lines[i - 1 : i - 1 + _LEAST], split)):
            continue
        width = 0 if "|" in lines[i - 1].text else len(split(lines[i - 1].text))
        end = next(
            (k for k in range(start, len(lines)) if not _is_row(lines[k], split, width)), len(lines)
        )
        grid = [
            [bare(cell.strip()) for cell in split(line.text)]
            for line in (lines[i - 1], *lines[start:end])
        ]
        if width and not _has_figures(grid):
            end = 0
            continue
        above = next((line.text for line in reversed(lines[: i - 1]) if line.text.strip()), "")
        if ruled:
            found[lines[i].number] = Line("", lines[i].number, lines[i].page)
        for row in table_rows(grid, 1, above):
            line = lines[i - 1 if row.number == 0 else start - 1 + row.number]
            found[line.number] = replace(row, number=line.number, page=line.page)
    return found


def _by_bars(row: str) -> list[str]:
    return _BAR.split(row)


def _by_inner_bars(row: str) -> list[str]:
    """Return the cells of a row that bars stand around, too."""
    return _BAR.split(row.strip().removeprefix("|").removesuffix("|"))


def _by_tabs(row: str) -> list[str]:
    return row.rstrip().split("\t")


def _by_gaps(row: str) -> list[str]:
    return _GAP.split(row.strip())


def _splitting(text: str) -> Callable[[str], list[str]] | None:
    """Return what parts the cells of a line, if it is a row."""
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


def _has_figures(grid: Grid) -> bool:
    """Whether figures stand in one column under a head that is none."""
    return any(
        not re.search(r"\d", head) and all(re.search(r"\d", cell) for cell in below)
        for head, *below in zip(*grid, strict=True)
    )
