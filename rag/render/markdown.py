"""Blocks → Markdown that every CommonMark viewer shows as they are; a table is GFM's.

A text cannot become markup: what Markdown reads anywhere is escaped by `rag.citing`, what it reads
only where a line begins, or right after a mark, here. Bold covers words alone: CommonMark leaves
`**树导向。**各地` open, so punctuation at its ends stands outside, `**树导向**。各地`. The sign of
a unit is no punctuation to a reader: it stays inside, and a space closes it, `**5.2%** 和6.9%`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rag.blocks import (
    Block,
    Cell,
    Heading,
    Inline,
    Item,
    Mark,
    Note,
    ParagraphBlock,
    Table,
    Text,
    joined,
)
from rag.citing import escape

_LINE_END = re.compile(r"\s*[\n\r]\s*")
_BREAK = re.compile(r"[\n\r]")
_LINE_START = re.compile(r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|--|=+\s*$|:-))")
"""What would begin a list, a rule or a table, or make a heading of the line above."""
_UNIT = "%\uff05‰℃"
_WORDS = re.compile(rf"[^\W_](?:.*[^\W_])?[{_UNIT}]?", re.DOTALL)
_CLOSED = tuple(f"{sign}**" for sign in _UNIT)

Piece = str | Mark


class _List(NamedTuple):
    """An open list, as its last item left it."""

    level: int
    indent: str  # of what stands in the item
    number: int | None
    sign: str  # after the number


def markdown(blocks: Iterable[Block]) -> str:
    r"""Return `blocks` as Markdown, marks as `[1]`.

    >>> print(markdown((Item((Text("先选。", bold=True), Text("[2]*"), Mark(1))),)))
    - **先选**。\[2\]\*[1]
    """
    return "".join(f"[{p.number}]" if isinstance(p, Mark) else p for p in pieces(blocks))


def pieces(blocks: Iterable[Block]) -> Iterator[Piece]:
    """Yield the same in pieces, for who writes marks in another way or asks where they stand."""
    lists: list[_List] = []
    first = True
    for block in blocks:
        gap = "\n\n"
        if isinstance(block, Item):
            gap, head = _label(block, lists)
            content = _line(block.inlines, f"\n{lists[-1].indent}")
        else:
            lists.clear()
            head, content = _content(block)
        yield head if first else gap + head
        yield from content
        first = False


def _content(block: ParagraphBlock | Note | Heading | Table) -> tuple[str, list[Piece]]:
    """Return what stands before a block, and the block."""
    if isinstance(block, Table):
        return "", list(_table(block))
    if isinstance(block, Heading):
        return f"#{'#' * block.level} ", _line(block.inlines, " ", begins=False)
    return "", _line(block.inlines, "\n")


def _table(table: Table) -> Iterator[Piece]:
    for number, row in enumerate((table.header, *table.rows)):
        yield "\n|" if number else "|"
        for cell in row:
            if line := _line(cell, " ", begins=False):
                yield " "
                yield from line
            yield " |"
        if number == 0:
            yield f"\n|{'---|' * len(row)}"


def _label(item: Item, lists: list[_List]) -> tuple[str, str]:
    """Return the gap before an item and its label, and note it in `lists`.

    A viewer counts on from a list's first number, so one that is not the next begins a list by
    its other sign; and in the middle of an item only 1 begins a list without an empty line.
    """
    inside = bool(lists)
    last = None  # in the same list
    while lists and lists[-1].level >= item.level:
        last = lists.pop()
    outer = lists[-1].indent if lists else ""
    sign = _sign(item.number, last)
    label = "-" if item.number is None else f"{item.number}{sign}"
    lists.append(_List(item.level, outer + " " * (len(label) + 1), item.number, sign))
    tight = inside and (last is not None or item.number in (None, 1))
    return "\n" if tight else "\n\n", f"{outer}{label} "


def _sign(number: int | None, last: _List | None) -> str:
    """Return what stands after a number: as in the list before it only where it is the next."""
    if number is None or last is None or last.number is None:
        return "."
    return last.sign if number == last.number + 1 else ".)".replace(last.sign, "")


def _line(cell: Cell, line_end: str, begins: bool = True) -> list[Piece]:
    """Return escaped text and marks; `begins` where a line begins with them."""
    made: list[Piece] = []
    for inline in _stripped(joined(part for whole in cell for part in _words(whole))):
        if isinstance(inline, Mark):
            made.append(inline)
            continue
        shown = _escaped(inline.text, line_end, begins and not made)
        if inline.bold:
            shown = f"**{shown}**"
        elif made:
            shown = _parted(made[-1], shown)
        made.append(shown)
    return made


def _parted(before: Piece, shown: str) -> str:
    """Keep what stands before a text from making markup with it."""
    if isinstance(before, Mark):  # [1](…) were a link, [1]: … the address of one
        return f"\\{shown}" if shown[0] in "(:" else shown
    return f" {shown}" if before.endswith(_CLOSED) and _WORDS.match(shown) else shown


def _words(inline: Inline) -> Iterator[Inline]:
    """Set the punctuation at both ends of a bold text apart."""
    if isinstance(inline, Mark) or not inline.bold:
        yield inline
        return
    words = _WORDS.search(inline.text)
    start, end = words.span() if words else (0, 0)
    yield Text(inline.text[:start])
    yield Text(inline.text[start:end], bold=True)
    yield Text(inline.text[end:])


def _stripped(inlines: Cell) -> Cell:
    """Leave out white space at both ends: Markdown reads it."""
    if inlines and isinstance(first := inlines[0], Text):
        text = first.text.lstrip()
        inlines = (*((Text(text, first.bold),) if text else ()), *inlines[1:])
    if inlines and isinstance(last := inlines[-1], Text):
        text = last.text.rstrip()
        inlines = (*inlines[:-1], *((Text(text, last.bold),) if text else ()))
    return inlines


def _escaped(text: str, line_end: str, begins: bool) -> str:
    shown = escape(text)
    if not begins and not _BREAK.search(text):
        return shown
    lines = _LINE_END.split(shown)
    for number in range(0 if begins else 1, len(lines)):
        lines[number] = _LINE_START.sub(r"\1\\", lines[number])
    return line_end.join(lines)
