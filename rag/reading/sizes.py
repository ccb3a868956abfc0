"""Headings that only the size of their type shows."""

from collections import Counter
from collections.abc import Sequence

LARGER = 1.18  # times the size of running text
LONGEST_HEADING = 60  # characters


def heading_levels(texts: Sequence[str], sizes: Sequence[float | None]) -> list[int]:
    """Return for each paragraph its level as a heading, 0 for none: the larger, the higher.

    >>> heading_levels(["安庆组工信息", "抓制度机制", "正文" * 40], [36, 22, 16])
    [1, 2, 0]
    """
    count: Counter[float] = Counter()
    for text, size in zip(texts, sizes, strict=True):
        if size:
            count[size] += len(text.strip())
    if not count:
        return [0] * len(texts)
    body = count.most_common(1)[0][0]
    larger = sorted((size for size in count if size >= LARGER * body), reverse=True)
    levels = {size: min(6, level) for level, size in enumerate(larger, 1)}
    return [
        levels.get(size or 0, 0) if 0 < len(text.strip()) <= LONGEST_HEADING else 0
        for text, size in zip(texts, sizes, strict=True)
    ]
