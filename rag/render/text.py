"""Blocks → plain text: marks as `[1]`, the cells of a row parted by tabs."""

from collections.abc import Iterable, Iterator

from rag.blocks import Block, Cell, Item, Mark, Table


def text(blocks: Iterable[Block]) -> str:
    r"""Return `blocks`, each on a line of its own.

    >>> from rag.blocks import Text
    >>> text((Item((Text("先选。"), Mark(1)), number=1), Item((Text("后育。"),), level=2)))
    '1. 先选。[1]\n  • 后育。'
    """
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        for row in (block.header, *block.rows):
            yield "\t".join(" ".join(_plain(cell).split()) for cell in row)
    elif isinstance(block, Item):
        label = "•" if block.number is None else f"{block.number}."
        yield f"{'  ' * (block.level - 1)}{label} {_plain(block.inlines)}"
    else:
        yield _plain(block.inlines)


def _plain(cell: Cell) -> str:
    return "".join(f"[{each.number}]" if isinstance(each, Mark) else each.text for each in cell)
