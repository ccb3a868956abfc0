"""Paragraphs as Word files, web pages and slides have them → lines.

Where nothing marks headings, short paragraphs in larger type are headings.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

from rag.reading.sizes import heading_level, type_sizes
from rag.reading.text import across, clipped, embolden
from rag.types import Line, LineKind, Span

_BREAKS = re.compile(r"\s*\n\s*")
_LONGEST_BROKEN = 500  # characters of a heading whose lines are put together


@dataclass(slots=True, kw_only=True)
class ReadParagraph:
    """A paragraph, a heading, a table's row or a note; a soft line break in it is a line end."""

    heading: int = 0
    kind: LineKind = "text"
    page: int | None = None
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    bold: list[Span] = field(default_factory=list)
    sizes: Counter[float] = field(default_factory=Counter)  # characters in each size of type

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)

    @property
    def size(self) -> float | None:
        """The size of most of its type, where it says one."""
        return max(self.sizes, key=self.sizes.__getitem__, default=None)

    def add(self, text: str, bold: bool = False, size: float | None = None) -> None:
        """Put `text` to its end."""
        text = unicodedata.normalize("NFC", text)
        if bold:
            embolden(self.bold, self.length, self.length + len(text))
        if size and text.strip():
            self.sizes[size] += len(text)
        self.pieces.append(text)
        self.length += len(text)

    def numbered(self, number: str) -> None:
        """Put a number before it, bold where its first character is."""
        moved = len(number)
        self.bold = [(a + moved if a else 0, b + moved) for a, b in self.bold]
        self.pieces.insert(0, number)
        self.length += moved


def lines_of(paragraphs: Sequence[ReadParagraph], parted: bool = False) -> Iterator[Line]:
    """Yield the lines of each paragraph, those of a heading as one.

    A soft line break begins no new line of the file, but where pages are `parted` by it.
    """
    number = 0
    for paragraph, level in zip(paragraphs, _levels(paragraphs), strict=True):
        text, bold = paragraph.text, paragraph.bold
        if level and len(text) <= _LONGEST_BROKEN:
            text, bold = reduce(_joined, _BREAKS.split(text.strip())), []
        start = 0
        for piece in text.split("\n"):
            end = start + len(piece)
            number += parted or start == 0
            yield Line(
                text=piece,
                number=number,
                page=paragraph.page,
                heading=level if piece.strip() else 0,
                bold=clipped(bold, start, end),
                kind=paragraph.kind,
            )
            start = end + 1


def _levels(paragraphs: Sequence[ReadParagraph]) -> list[int]:
    """Return the level of each paragraph as a heading, 0 for none."""
    levels = [each.heading if each.kind == "text" else 0 for each in paragraphs]
    if any(levels):
        return levels
    counts: Counter[float] = Counter()
    for each in paragraphs:
        counts.update(each.sizes)
    known = type_sizes(counts)
    return [heading_level(each.text, each.size, *known) if each.size else 0 for each in paragraphs]


def _joined(first: str, second: str) -> str:
    return first + across(first, second) + second
