"""Markdown shows every text as it is, as a CommonMark parser that others wrote reads it."""

import re
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from rag.blocks import Block, Heading, Item, Mark, Note, ParagraphBlock, Table, Text, cells
from rag.render.markdown import markdown, pieces
from tests import said

VIEWERS = (MarkdownIt("commonmark").enable("table"), MarkdownIt("gfm-like", {"linkify": False}))


def read(nodes: Iterable[SyntaxTreeNode], depth: int = 1) -> Iterator[tuple[object, ...]]:
    """Yield what a viewer shows, as `said.outline` puts it."""
    for node in nodes:
        if node.type == "bullet_list":
            for item in node.children:
                yield ("item", depth, None, shown(item.children[0]))
                yield from read(item.children[1:], depth + 1)
        elif node.type == "ordered_list":
            for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
                yield ("item", depth, number, shown(item.children[0]))
                yield from read(item.children[1:], depth + 1)
        elif node.type == "table":
            for row in (row for part in node.children for row in part.children):
                yield ("row", *map(shown, row.children))
        else:
            assert node.type in {"paragraph", "heading"}
            yield (node.type, shown(node))


def shown(node: SyntaxTreeNode) -> str:
    """Return the words of a node, in which nothing but text, line ends and bold may be."""
    (inline,) = node.children
    parts = [part for part in inline.walk() if part.type not in {"inline", "softbreak", "strong"}]
    assert {part.type for part in parts} <= {"text"}
    return said.without_space("".join(part.content for part in parts))


def bold(tree: SyntaxTreeNode) -> Iterator[str]:
    for strong in (node for node in tree.walk() if node.type == "strong"):
        yield from (part.content for part in strong.walk() if part.type == "text")


@pytest.mark.parametrize("viewer", VIEWERS)
@given(said.DRAWN)
def test_any_text_is_shown_as_it_is(viewer: MarkdownIt, blocks: tuple[Block, ...]) -> None:
    tree = SyntaxTreeNode(viewer.parse(markdown(blocks)))
    assert list(read(tree.children)) == said.outline(blocks)
    wanted = "".join(said.bold_words(cell) for block in blocks for cell in cells(block))
    assert said.letters(bold(tree)) == wanted


@given(said.DRAWN)
def test_the_pieces_say_where_each_mark_stands(blocks: tuple[Block, ...]) -> None:
    made = list(pieces(blocks))
    unescaped = re.findall(r"(?<!\\)(?:\\\\)*\[(\d+)\]", markdown(blocks))
    assert [piece.number for piece in made if isinstance(piece, Mark)] == list(map(int, unescaped))
    assert markdown(blocks) == "".join(p if isinstance(p, str) else f"[{p.number}]" for p in made)


def test_how_it_is_written() -> None:
    blocks = (
        Heading((Text("比较"),)),
        ParagraphBlock((Text("甲县", bold=True), Text("："))),
        Item((Text("先选。", bold=True), Text("再育"), Mark(1)), number=1),
        Item((Text("后用"), Mark(2), Mark(3)), level=2),
        Item((Text("另"),), number=2),
        Table(((Text("甲"),), ()), (((Text("一|\n二"), Mark(1)), (Text("三"),)),)),
        Note((Text("共 2 条。"),)),
    )
    assert markdown(blocks) == (
        "## 比较\n\n**甲县**：\n\n1. **先选**。再育[1]\n   - 后用[2][3]\n2. 另\n\n"
        "| 甲 | |\n|---|---|\n| 一\\| 二[1] | 三 |\n\n共 2 条。"
    )


@pytest.mark.parametrize(
    ("inlines", "written"),
    [
        ((Text("树导向。", True), Text("各地")), "**树导向**。各地"),
        ((Text("实行"), Text("“双招双引”", True), Text("机制")), "实行“**双招双引**”机制"),
        ((Text("2 ** 3"),), "2 \\*\\* 3"),
        ((Mark(1), Text("(javascript:x)")), "[1]\\(javascript:x)"),
        ((Mark(1), Text(": x")), "[1]\\: x"),
        ((Text("3. 甲\n- 乙\n-5℃，1.5倍"),), "3\\. 甲\n\\- 乙\n-5℃，1.5倍"),
    ],
)
def test_what_only_begins_or_ends_something_is_escaped_there(
    inlines: said.Cell, written: str
) -> None:
    assert markdown((ParagraphBlock(inlines),)) == written


def test_a_number_that_is_not_the_next_begins_a_list() -> None:
    items = [Item((Text("甲"),), number=number) for number in (3, 4, 7, 8, 1)]
    assert markdown(items) == "3. 甲\n4. 甲\n7) 甲\n8) 甲\n1. 甲"
