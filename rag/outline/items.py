"""Runs inside a paragraph: 一是…二是…三是…, 首先…其次…最后…, 第一，…第二，…, 其一，…其二，….

Each item stands at the beginning of a clause and counts on from the one before; one alone is no
run.
"""

import re
from itertools import zip_longest

from rag.types import Span

_CLAUSE = "(?:^|(?<=[。；：，！？]))"
_ORDER = dict(zip("一二三四五六七八九", range(9), strict=True))
_ORDER |= {"十": 9, "十一": 10, "十二": 11, "十三": 12, "首先": 0, "其次": 1, "再次": 2}
_LAST = "最后"
_RUNS = (
    ("一是", re.compile(_CLAUSE + r"(?P<n>[一二三四五六七八九]|十[一二三]?)是(?=[^，。])")),
    ("首先", re.compile(_CLAUSE + r"(?P<n>首先|其次|再次|最后)[，,]")),
    ("第一", re.compile(_CLAUSE + r"第(?P<n>[一二三四五六七八九])[，,：]")),
    ("其一", re.compile(_CLAUSE + r"其(?P<n>[一二三四五六七八九])[，,：]")),
)
_LEAD_END = re.compile(r"[。！？：:；;]")
_LONGEST = 45  # characters of an item's lead


def items(text: str, start: int) -> list[Span]:
    """Return where the lead of each item in `text[start:]` begins and ends.

    >>> text = "采取措施。一是加强引才，每年引进。二是优化服务。"
    >>> [text[a:b] for a, b in items(text, 0)]
    ['一是加强引才，每年引进。', '二是优化服务。']
    """
    found = [span for first, run in _RUNS if first in text for span in _of_run(run, text, start)]
    return sorted(found)


def _of_run(run: re.Pattern[str], text: str, start: int) -> list[Span]:
    matches = [match for match in run.finditer(text) if match.start() >= start]
    spans: list[Span] = []
    before: str | None = None  # of the run that is open
    for match, after in zip_longest(matches, matches[1:]):
        number = match["n"]
        begins = _ORDER.get(number) == 0 and after is not None and _follows(number, after["n"])
        if begins or (before is not None and _follows(before, number)):
            limit = after.start() if after else len(text)
            spans.append((match.start(), _end(text, match.end(), limit)))
            before = number
    return spans


def _follows(number: str, other: str) -> bool:
    """Whether `other` is the next after `number`; 最后 may follow any."""
    if other == _LAST:
        return number != _LAST
    return number in _ORDER and _ORDER[other] == _ORDER[number] + 1


def _end(text: str, start: int, limit: int) -> int:
    """Return where the lead of an item ends that has the text up to `limit`."""
    match = _LEAD_END.search(text, start, limit)
    end = match.end() if match else limit - (text[limit - 1] in "，、")
    if end - start <= _LONGEST:
        return end
    comma = text.find("，", start)
    return comma if 0 < comma - start <= _LONGEST else end
