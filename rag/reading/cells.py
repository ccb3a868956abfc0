"""Tables without rules: which printed lines are rows, and which cells stand in a column."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rag.reading.runs import Run

_BESIDE = 4  # printed lines on either side in which a row of two cells must have another
_MOST_CELLS = 100  # in a row of a table
_LABEL_GAP = 1.3  # times the pitch of a label that runs over lines: a wider gap parts two labels


def row_cells(printed: Sequence[list[Run]]) -> list[list[Run] | None]:
    """Return for each printed line its cells if it is a row of a table, else None.

    A line that is only a piece of a row's label has no cells.
    """
    is_row = [_is_row(printed, i) for i in range(len(printed))]
    labels = _labels(printed, is_row)
    return [labels.get(i, row if is_row[i] else None) for i, row in enumerate(printed)]


def grid_of(cells: Sequence[Sequence[Run]]) -> list[list[str]]:
    """Return the texts of a table's rows, each cell in the column that it stands under."""
    widest = max(map(len, cells), default=0)
    whole = zip(*(row for row in cells if len(row) == widest), strict=True)
    columns = [(min(run.x0 for run in own), max(run.x1 for run in own)) for own in whole]
    grid = [[""] * widest for _ in cells]
    for texts, own in zip(grid, cells, strict=True):
        for run in own:
            away = [abs(run.x0 + run.x1 - a - b) - (b - a) for a, b in columns]
            x = away.index(min(away))
            texts[x] = f"{texts[x]} {run.text.strip()}".strip()
    return grid


def _is_row(printed: Sequence[list[Run]], i: int) -> bool:
    """Whether a printed line is a row of cells."""
    row = printed[i]
    if "：" in row[-1].text and all(len(cell.text.strip()) == 1 for cell in row[:-1]):
        return False  # a label that is spaced out: 时　　间：
    near = (*printed[max(0, i - _BESIDE) : i], *printed[i + 1 : i + 1 + _BESIDE])
    aligned = (len(other) >= 2 and abs(row[-1].x0 - other[-1].x0) < 2.0 for other in near)
    return 2 < len(row) <= _MOST_CELLS or (len(row) == 2 and any(aligned))


def _labels(printed: Sequence[list[Run]], cells: Sequence[bool]) -> dict[int, list[Run]]:
    """Return the rows of tables whose label runs over printed lines, each with its whole label.

    The lines of a label stand in the first column, above and below those of its row, nearer to
    each other than to the next label's. They come back with an empty row.
    """
    full = [row for row, own in zip(printed, cells, strict=True) if own and len(row) > 2]
    if not full:
        return {}
    edge = max(full, key=len)[1].x0  # of the second column
    first = [i for i, own in enumerate(cells) if own]
    bases = [printed[i][0].base for i in first]  # ascending
    found: dict[int, list[Run]] = {}
    for group in _label_groups(printed, cells, edge, first[0] + 1):
        start, bottom = printed[group[0]][0], printed[group[-1]][0].base
        own = first[bisect_left(bases, start.base - 2) : bisect_right(bases, bottom + 2)]
        if len(own) == 1 and len(group) > 1:
            label = "".join(printed[i][0].text.strip() for i in group)
            values = [run for run in printed[own[0]] if run.x1 > edge]
            found |= {i: [] for i in group}
            found[own[0]] = [replace(start, text=label), *values]
    return found


def _label_groups(
    printed: Sequence[list[Run]], cells: Sequence[bool], edge: float, begin: int
) -> list[list[int]]:
    """Return the printed lines from `begin` on that stand left of `edge`, near ones together.

    There are none where each of them is one of a row.
    """
    pieces = [
        i for i in range(begin, len(printed)) if printed[i][0].x1 <= edge + 2.0
        and (cells[i] or len(printed[i]) == 1)
    ]  # fmt: skip
    gaps = [printed[b][0].base - printed[a][0].base for a, b in pairwise(pieces)]
    if not gaps or all(cells[i] for i in pieces):
        return []
    groups, near = [pieces[:1]], _LABEL_GAP * min(gaps)
    for i, gap in zip(pieces[1:], gaps, strict=True):
        if gap > near:
            groups.append([])
        groups[-1].append(i)
    return groups
