"""Blocks for tests: written the short way, `paragraph("先选。[1]")`, or drawn, hostile text too."""

import re
from collections.abc import Iterable

from hypothesis import strategies as st

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

NUMBERS = (1, 2, 3)
"""Of the marks that are drawn."""

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "<http://evil.example>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`<b>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><svg onload=alert(1)>',
    "<style>*{display:none}</style>",
    "甲 | 乙\n--- | ---\n丙 | 丁",
    "# 甲\n- 乙\n3. 丙\n===\n---\n    丁\n> 戊\n+ 己\n```\n庚",
    "1. 甲[1]（见[2]）\n\n\n乙\\",
    "(javascript:alert(1)) : [^1]: **甲**_乙_~~丙~~",
)
_TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text("<>&\"'[](){}!*_`#|-+=:.)~/\\\n\t 19甲乙。，“”a\u3000", max_size=12),
)
_CELLS = st.lists(
    st.one_of(st.builds(Text, _TEXTS, st.booleans()), st.builds(Mark, st.sampled_from(NUMBERS))),
    max_size=5,
).map(joined)
_LINES = _CELLS.filter(lambda cell: bool(squeezed(cell)))
_TABLES = st.integers(1, 3).flatmap(
    lambda width: st.builds(
        Table, st.tuples(*[_LINES] * width), st.lists(st.tuples(*[_CELLS] * width)).map(tuple)
    )
)
DRAWN = st.lists(
    st.one_of(
        st.builds(ParagraphBlock, _LINES),
        st.builds(Item, _LINES, st.integers(1, 3), st.none() | st.integers(1, 12)),
        st.builds(Heading, _LINES),
        st.builds(Note, _LINES),
        _TABLES,
    ),
    max_size=6,
).map(tuple)


def inlines(text: str) -> tuple[Inline, ...]:
    """Return `text` with each "[1]" as a mark."""
    parts = re.split(r"\[(\d+)\]", text)
    made = (Mark(int(part)) if at % 2 else Text(part) for at, part in enumerate(parts))
    return tuple(inline for inline in made if inline != Text(""))


def paragraph(text: str) -> ParagraphBlock:
    """Return a paragraph of such a text."""
    return ParagraphBlock(inlines(text))


def squeezed(cell: Cell) -> str:
    """Return what a reader sees of a cell, marks as "[1]", without white space."""
    shown = (f"[{each.number}]" if isinstance(each, Mark) else each.text for each in cell)
    return without_space("".join(shown))


def without_space(text: str) -> str:
    """Leave out white space, which HTML and Markdown do not keep."""
    return "".join(text.split())


def bold_words(cell: Cell) -> str:
    """Return the letters and figures of a cell that are bold."""
    return letters(each.text for each in cell if isinstance(each, Text) and each.bold)


def letters(texts: Iterable[str]) -> str:
    """Return the letters and figures of `texts`."""
    return "".join(c for c in "".join(texts) if c.isalnum())


def outline(blocks: Iterable[Block]) -> list[tuple[object, ...]]:
    """Return kind, depth, number and words of each block: what every renderer has to show."""
    made: list[tuple[object, ...]] = []
    levels: list[int] = []  # of the open lists
    for block in blocks:
        if isinstance(block, Item):
            levels = [*(level for level in levels if level < block.level), block.level]
            made.append(("item", len(levels), block.number, squeezed(block.inlines)))
            continue
        levels = []
        if isinstance(block, Table):
            made += [("row", *map(squeezed, row)) for row in (block.header, *block.rows)]
        else:
            kind = "heading" if isinstance(block, Heading) else "paragraph"
            made.append((kind, squeezed(block.inlines)))
    return made
