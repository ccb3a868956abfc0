"""Tables without rules: which printed lines are rows, and which cells stand in a column."""

from collections.abc import Sequence

from rag.reading.runs import Run

_BESIDE = 4  # printed lines on either side in which a row of two cells must have another
_MOST_CELLS = 100  # in a row of a table


def grid_of(cells: Sequence[Sequence[Run]]) -> list[list[str]]:
    """Return the texts of a table's rows, each cell in the column that it stands under."""
    widest = max(map(len, cells), default=0)
    columns: list[tuple[float, float]] = []  # where each begins and ends
    for row in (row for row in cells if len(row) == widest):
        spans = [(run.x0, run.x1) for run in row]
        columns = [
            (min(a, c), max(b, d)) for (a, b), (c, d) in zip(columns or spans, spans, strict=True)
        ]
    grid = [[""] * widest for _ in cells]
    for texts, own in zip(grid, cells, strict=True):
        for run in own:
            away = [abs(run.x0 + run.x1 - a - b) - (b - a) for a, b in columns]
            x = away.index(min(away))
            texts[x] = f"{texts[x]} {run.text.strip()}".strip()
    return grid


def is_row(printed: Sequence[list[Run]], i: int) -> bool:
    """Whether a printed line is a row of cells."""
    row = printed[i]
    near = (*printed[max(0, i - _BESIDE) : i], *printed[i + 1 : i + 1 + _BESIDE])
    aligned = (len(other) >= 2 and abs(row[-1].x0 - other[-1].x0) < 2.0 for other in near)
    return 2 < len(row) <= _MOST_CELLS or (len(row) == 2 and any(aligned))
