"""Running heads, feet and page numbers: what stands at the edge of page after page."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.reading.runs import Run

_MARGIN = 0.13  # of the page's height in which heads, feet and page numbers stand
_STEP = 6.0  # points by which the height of a head may differ
_SHARE = 0.3  # of the pages that have it: heads of left and right pages may differ
_FEW = 3  # pages up to which it must be on each
_LARGER = 1.1  # times the running text: larger type is a heading
_NUMBER = re.compile(r"[\s\-—–－·/第共页]*\d{1,4}[\s\-—–－·/第共页\d]*")
_PRINTED = re.compile(  # what a browser prints around a page
    r"(?:https?|file):\S+|\d{1,4}[/.\-年]\d{1,2}[/.\-月]\d{1,4}日?,? *\d{1,2}:\d{2}(?: ?[AP]M)?"
)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Page:
    """One page's runs and its size in points."""

    runs: Sequence[Run]
    width: float
    height: float


def without_heads(pages: Sequence[Page], body: float) -> tuple[list[list[Run]], int]:
    """Return the runs of each page less its heads and feet, and how many were left out.

    `body` is the size of running text.
    """
    seen = Counter(
        key
        for page in pages
        for key in {_key(run) for run in page.runs if _is_head(run, page, body)}
    )
    least = len(pages) if len(pages) <= _FEW else max(2.0, _SHARE * len(pages))
    repeated = {key for key, count in seen.items() if count >= max(2, least)}
    kept = [
        [
            run
            for run in page.runs
            if not (_is_head(run, page, body) and (_key(run) in repeated or _is_number(run, page)))
        ]
        for page in pages
    ]
    return kept, sum(len(page.runs) for page in pages) - sum(map(len, kept))


def _is_head(run: Run, page: Page, body: float) -> bool:
    """Whether a run stands where heads and feet stand and is no larger than running text."""
    at_edge = not _MARGIN * page.height < run.base < (1 - _MARGIN) * page.height
    return at_edge and run.size <= _LARGER * body


def _key(run: Run) -> tuple[str, int]:
    """What a head has in common from page to page: its text less digits, and its height."""
    return _DIGITS.sub("#", "".join(run.text.split())), round(run.base / _STEP)


def _is_number(run: Run, page: Page) -> bool:
    """Whether a run is a bare number, or a browser's mark, in the outermost line of its page."""
    bases = [each.base for each in page.runs]
    outermost = run.base >= max(bases) - 1 or run.base <= min(bases) + 1
    text = run.text.strip()
    return outermost and bool(_NUMBER.fullmatch(text) or _PRINTED.fullmatch(text))
