"""What an answer is made of: blocks of text with citation marks.

Text is plain: no character of it means anything. How it looks as Markdown, HTML, plain text or in
Word is up to `rag.render`. All values are plain data, so that they can be kept and sent as JSON;
`type` tells one kind of block from another there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    """A run of characters, shown as they are."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A citation mark: what stands before it is from the citation of this number."""

    number: int


Inline = Text | Mark
Cell = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class ParagraphBlock:
    """A paragraph."""

    inlines: tuple[Inline, ...]
    type: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list; items that follow each other are one list."""

    inlines: tuple[Inline, ...]
    level: int = 1  # 1 for the outermost list
    number: int | None = None  # printed "3." where it is set, a bullet where it is None
    type: Literal["item"] = "item"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over the blocks that follow."""

    inlines: tuple[Inline, ...]
    level: int = 1  # 1 for the outermost heading
    type: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark of the program's own on the answer, such as 共 5 条，已全部列出."""

    inlines: tuple[Inline, ...]
    type: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as the header."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    type: Literal["table"] = "table"


Block = ParagraphBlock | Item | Heading | Note | Table


def cells(block: Block) -> Iterator[Cell]:
    """Yield the runs of inlines of `block`: one, or a table's cell by cell in reading order."""
    if isinstance(block, Table):
        yield from block.header
        for row in block.rows:
            yield from row
    else:
        yield block.inlines


def words(cell: Cell) -> str:
    """Return the text of `cell` without its marks."""
    return "".join(inline.text for inline in cell if isinstance(inline, Text))


def marks(blocks: Iterable[Block]) -> tuple[int, ...]:
    """Return the number of every mark, in reading order."""
    return tuple(
        inline.number
        for block in blocks
        for cell in cells(block)
        for inline in cell
        if isinstance(inline, Mark)
    )


def joined(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """Return `inlines` with neighbours of one look made one text, and without empty ones.

    >>> joined((Text("先选"), Text(""), Text("后育。"), Mark(1)))
    (Text(text='先选后育。', bold=False), Mark(number=1))
    """
    made: list[Inline] = []
    for inline in inlines:
        last = made[-1] if made else None
        if isinstance(inline, Mark):
            made.append(inline)
        elif isinstance(last, Text) and last.bold == inline.bold:
            made[-1] = Text(last.text + inline.text, last.bold)
        elif inline.text:
            made.append(inline)
    return tuple(made)
