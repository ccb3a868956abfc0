"""The numbers that Word counts by itself: they are on the page but not in the text.

ECMA-376, 17.9: a paragraph names a list and a level; the level has a form ("%1、") and a kind of
digits. A paragraph of one level starts the levels below it anew.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from rag.figures import chinese
from rag.reading.safe_xml import local

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = frozenset(
    """
    chineseCounting chineseCountingThousand japaneseCounting ideographDigital taiwaneseCounting
    taiwaneseCountingThousand taiwaneseDigital japaneseDigitalTenThousand
    """.split()
)
_DEEPEST, _LONGEST = 8, 60  # the last level that Word has; characters of a form


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    digits: str  # w:numFmt
    form: str  # w:lvlText


class Numbers:
    """Counts through one document, paragraph by paragraph."""

    def __init__(self, root: Iterable[etree._Element]) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._list_of: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        for child in root:
            if local(child) == "abstractNum":
                self._levels[child.get(W + "abstractNumId", "")] = _levels(child)
            elif local(child) == "num":
                self._list_of[child.get(W + "numId", "")] = value(child, "abstractNumId")

    def next(self, num_id: str, level: int) -> str:
        """Return what stands before the next paragraph of a list; "" for a bullet."""
        abstract = self._list_of.get(num_id, "")
        levels = self._levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self._counts[abstract]
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        made = levels[level]
        if made.digits in {"bullet", "none"}:
            return ""
        text = made.form
        for each in range(level + 1):
            if each in levels:
                count = counts.get(each, levels[each].start)
                text = text.replace(f"%{each + 1}", _shown(count, levels[each].digits))
        return text


def _levels(abstract: etree._Element) -> dict[int, _Level]:
    found = {}
    for level in abstract.iterchildren(W + "lvl"):
        number = level.get(W + "ilvl", "0")
        if not number.isdecimal() or int(number) > _DEEPEST:
            continue
        start = value(level, "start")
        found[int(number)] = _Level(
            start=int(start) if start.isdecimal() else 1,
            digits=value(level, "numFmt", "decimal"),
            form=value(level, "lvlText")[:_LONGEST],
        )
    return found


def value(element: etree._Element, path: str, default: str = "") -> str:
    """Return what w:val of the element at `path` says; `default` where it says nothing."""
    child = element.find("/".join(W + step for step in path.split("/")))
    return child.get(W + "val", default) if child is not None else default


def _shown(count: int, digits: str) -> str:
    """Write a number in the digits that Word names.

    >>> _shown(12, "chineseCounting"), _shown(3, "decimalEnclosedCircle"), _shown(4, "upperLetter")
    ('十二', '③', 'D')
    """
    if digits in _CHINESE:
        return chinese(count)
    if digits.startswith("decimalEnclosedCircle") and 1 <= count <= 20:
        return chr(0x2460 + count - 1)
    if digits in {"upperLetter", "lowerLetter"} and 1 <= count <= 26:
        return chr((65 if digits[0] == "u" else 97) + count - 1)
    return str(count)
