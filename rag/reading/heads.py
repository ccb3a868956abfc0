"""Running heads, feet and page numbers: what stands at the edge of page after page."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.reading.ruled import RuledTable
from rag.reading.runs import Run, rows
from rag.reading.text import recurring

_MARGIN = 0.13  # of the page's height in which heads, feet and page numbers stand
_STEP = 6.0  # points by which the height of a head may differ
_SHARE = 0.3  # of the pages that have it: heads of left and right pages may differ
_FEW = 3  # pages up to which it must be on each
_MOST_PIECES = 3  # runs of a head: left, middle and right; a row of a table has as many or more
_LARGER = 1.1  # times the running text: larger type is a heading


@dataclass(frozen=True, slots=True)
class Page:
    """One page's runs, its size in points, and its ruled tables with what stands in them."""

    runs: Sequence[Run]
    width: float
    height: float
    tables: Sequence[RuledTable] = ()


def without_heads(pages: Sequence[Page], body: float) -> tuple[list[list[Run]], list[list[str]]]:
    """Return the runs of each page less its heads and feet, and the texts of those.

    A head is a printed line at the edge of its page that comes back at its height on other pages,
    where its numbers stay or count the pages; so rows of tables and other data are none. `body` is
    the size of running text.
    """
    edges = [[row for row in rows(page.runs) if _is_edge(row, page, body)] for page in pages]
    least = max(2.0, len(pages) if len(pages) <= _FEW else _SHARE * len(pages))
    repeated = recurring(
        (
            (number, round(row[0].base / _STEP), _text(row))
            for number, found in enumerate(edges)
            for row in found
        ),
        least,
    )
    kept, left = [], []
    for number, (page, found) in enumerate(zip(pages, edges, strict=True)):
        heads = [row for row in found if (number, _text(row)) in repeated]
        gone = {id(run) for row in heads for run in row}
        kept.append([run for run in page.runs if id(run) not in gone])
        left.append([" ".join(run.text.strip() for run in row) for row in heads])
    return kept, left


def _is_edge(row: Sequence[Run], page: Page, body: float) -> bool:
    """Whether a line stands where heads and feet stand and is no larger than running text."""
    inside = _MARGIN * page.height < row[0].base < (1 - _MARGIN) * page.height
    return not inside and len(row) <= _MOST_PIECES and all(
        run.size <= _LARGER * body for run in row
    )  # fmt: skip


def _text(row: Sequence[Run]) -> str:
    return "".join("".join(run.text.split()) for run in row)
