"""Plain text says every text as it is."""

from hypothesis import given

from rag.blocks import Block, Heading, Item, Mark, Note, ParagraphBlock, Table, Text
from rag.render.text import text
from tests import said


@given(said.DRAWN)
def test_any_text_is_shown_as_it_is(blocks: tuple[Block, ...]) -> None:
    wanted = []
    for kind, *rest in said.outline(blocks):
        label = (f"{rest[1]}." if rest[1] else "•") if kind == "item" else ""
        wanted.append(label + "".join(map(str, rest[2:] if kind == "item" else rest)))
    assert said.without_space(text(blocks)) == "".join(wanted)


def test_how_it_is_written() -> None:
    blocks = (
        Heading((Text("比较"),)),
        ParagraphBlock((Text("甲县", bold=True), Text("："))),
        Item((Text("先选。"), Mark(1)), number=3),
        Item((Text("后用"), Mark(2), Mark(3)), level=2),
        Table(((Text("甲"),), (Text("乙"),)), (((Text("一\t\n二"), Mark(1)), ()),)),
        Note((Text("共 2 条。"),)),
    )
    assert text(blocks).splitlines() == [
        "比较", "甲县：", "3. 先选。[1]", "  • 后用[2][3]", "甲\t乙", "一 二[1]\t", "共 2 条。",
    ]  # fmt: skip
