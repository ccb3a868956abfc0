"""Runs inside a paragraph: 一是…二是…三是…, 首先…其次…最后…, 第一，…第二，…, 其一，…其二，….

Each item stands at the beginning of a clause and counts on from the one before; one alone is no
run.
"""

import re

from rag.figures import number
from rag.types import Span

_CLAUSE = "(?:^|(?<=[。；：，！？]))"
_ORDER = {"首先": 1, "其次": 2, "再次": 3}
_LAST = "最后"
_RUNS = (
    ("一是", re.compile(_CLAUSE + r"(?P<n>[一二三四五六七八九]|十[一二三]?)是(?=[^，。])")),
    ("首先", re.compile(_CLAUSE + r"(?P<n>首先|其次|再次|最后)[，,]")),
    ("第一", re.compile(_CLAUSE + r"第(?P<n>[一二三四五六七八九])[，,：]")),
    ("其一", re.compile(_CLAUSE + r"其(?P<n>[一二三四五六七八九])[，,：]")),
)
_LEAD_END = re.compile(r"[。！？：:；;]")
_LONGEST = 45  # characters of an item's lead


def items(text: str, start: int, then: str = "") -> list[Span]:
    """Return where the lead of each item in `text[start:]` begins and ends; `then` comes after it.

    >>> text = "采取措施。一是加强引才，每年引进。二是优化服务。"
    >>> [text[a:b] for a, b in items(text, 0)]
    ['一是加强引才，每年引进。', '二是优化服务。']
    """
    runs = (_of_run(run, text, start, then) for first, run in _RUNS if first in text)
    return sorted(span for run in runs for span in run)


def _of_run(run: re.Pattern[str], text: str, start: int, then: str) -> list[Span]:
    matches = [match for match in run.finditer(text) if match.start() >= start]
    spans: list[Span] = []
    before: str | None = None  # of the run that is open
    for match, after in zip(matches, [*matches[1:], run.match(then)], strict=False):
        word = match["n"]
        begins = _order(word) == 1 and after is not None and _follows(word, after["n"])
        if begins or (before is not None and _follows(before, word)):
            limit = after.start() if after and after.string is text else len(text)
            spans.append((match.start(), _end(text, match.end(), limit)))
            before = word
    return spans


def _follows(word: str, other: str) -> bool:
    """Whether `other` is the next after `word`; 最后 may follow any."""
    return word != _LAST and (other == _LAST or _order(other) == _order(word) + 1)


def _order(word: str) -> int:
    return _ORDER.get(word) or number(word) or 0


def _end(text: str, start: int, limit: int) -> int:
    """Return where the lead of an item ends that has the text up to `limit`."""
    match = _LEAD_END.search(text, start, limit)
    end = match.end() if match else limit - (text[limit - 1] in "，、")
    if end - start <= _LONGEST:
        return end
    comma = text.find("，", start)
    return comma if 0 < comma - start <= _LONGEST else end
