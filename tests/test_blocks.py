"""Blocks are plain data: they come back from JSON as they went in."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from rag.blocks import Block, Inline, Mark, Table, Text, cells, joined, marks
from rag.contract import answer_json
from rag.types import Answer
from tests import said

_BLOCKS: TypeAdapter[tuple[Block, ...]] = TypeAdapter(tuple[Block, ...])
INLINES = st.lists(
    st.builds(Text, st.text("甲乙", max_size=2), st.booleans()) | st.builds(Mark, st.integers(1, 3))
)


@given(said.DRAWN)
def test_they_come_back_from_json(blocks: tuple[Block, ...]) -> None:
    answer = Answer("问", "fact", "", (), False, None, blocks=blocks)
    made = answer_json(answer)["blocks"]
    assert _BLOCKS.validate_json(json.dumps(made)) == blocks
    assert [each["type"] for each in made] == [block.type for block in blocks]


@given(INLINES)
def test_joining_changes_no_character_and_leaves_nothing_to_join(inlines: Sequence[Inline]) -> None:
    def single(of: Sequence[Inline]) -> list[object]:
        return [
            each
            for inline in of
            for each in (
                [inline] if isinstance(inline, Mark) else [(c, inline.bold) for c in inline.text]
            )
        ]

    made = joined(inlines)
    assert single(made) == single(inlines)
    assert joined(made) == made
    assert all(inline != Text("", bold) for inline in made for bold in (False, True))


def test_marks_come_in_reading_order() -> None:
    table = Table(((Mark(3),), (Text("甲"),)), (((Mark(1), Mark(3)), (Mark(2),)),))
    assert marks((said.paragraph("甲[2]"), table)) == (2, 3, 1, 3, 2)
    assert list(cells(table)) == [(Mark(3),), (Text("甲"),), (Mark(1), Mark(3)), (Mark(2),)]
