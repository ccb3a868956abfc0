"""Headings that only the size of their type shows."""

from collections import Counter
from collections.abc import Mapping, Sequence

_LARGER = 1.18  # times the size of running text
_STEP = 0.93  # of a size: what is not smaller is of the same level
LONGEST_HEADING = 60  # characters


def type_sizes(counts: Mapping[float, int]) -> tuple[float, list[float]]:
    """Return the size of running text, to half a point, and the sizes of headings, largest first.

    `counts` are the characters of each size.
    """
    rounded: Counter[float] = Counter()
    for size, count in counts.items():
        rounded[round(size * 2) / 2] += count
    body = rounded.most_common(1)[0][0] if rounded else 0.0
    steps: list[float] = []
    for size in sorted((size for size in counts if size >= _LARGER * body), reverse=True):
        if not steps or size < _STEP * steps[-1]:
            steps.append(size)
    return body, steps


def heading_level(text: str, size: float, body: float, steps: Sequence[float]) -> int:
    """Return the level of a short text in type larger than running text; 0 for any other."""
    if size < _LARGER * body or not 0 < len(text.strip()) <= LONGEST_HEADING:
        return 0
    return min(6, 1 + sum(size < _STEP * step for step in steps))
