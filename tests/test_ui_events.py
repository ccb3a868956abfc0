"""An answer that is there at once is shown in growing steps."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.blocks import Block, Item, Mark, Table, cells
from tests import said
from ui.events import beginnings


def words(blocks: tuple[Block, ...]) -> str:
    return "\n".join(said.squeezed(cell) for block in blocks for cell in cells(block))


@given(said.DRAWN, st.integers(1, 20))
def test_beginnings_grow_to_the_whole(blocks: tuple[Block, ...], most: int) -> None:
    steps = list(beginnings(blocks, most))
    assert steps[-1:] == ([blocks] if blocks else [])
    assert len(steps) <= most
    assert all(words(b).startswith(words(a)) and a != b for a, b in pairwise(steps))


def test_they_stop_after_blocks_and_marks() -> None:
    item = Item(said.inlines("乙，丙[1]丁[2]"))
    table = Table(((Mark(1),),), ())
    first = said.paragraph("甲。")
    assert list(beginnings((first, item, table), 9)) == [
        (first,),
        (first, Item(said.inlines("乙，丙[1]"))),
        (first, item),
        (first, item, table),
    ]
    assert list(beginnings((first, item, table), 2)) == [
        (first, Item(said.inlines("乙，丙[1]"))),
        (first, item, table),
    ]
