"""Citations: made only with their quote, numbered in order of their marks, checked at the end."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.draft import Draft
from rag.answering.tree import EssayTree, Sentence
from rag.blocks import Item, Mark, Note, ParagraphBlock, Table, Text
from rag.types import Essay, Piece, Span
from rag.types import Paragraph as Source

ESSAY = Essay("甲#0", "甲.txt", place="太湖县")
TEXT = "**把牢**标准“选”。[1] <b>严把</b>政治关、廉洁关；一票否决。"
SOURCE = Source("甲#0.1", "甲#0", 1, "body", TEXT, (Piece(0, 7),))
TREE = EssayTree(ESSAY, (SOURCE,), ())
SPANS = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).map(sorted).map(tuple)


def test_words_and_quotes_go_into_the_open_block() -> None:
    draft = Draft()
    draft.paragraph("太湖县")
    draft.item(level=2, number=3)
    draft.quote(Sentence(TREE, SOURCE, 0, 6, ()), [(2, 4)])
    draft.say("，等")
    draft.note("共 1 条。")
    draft.say("另见：")
    draft.quote(Sentence(TREE, SOURCE, 6, 11, ("一、",)))
    draft.paragraph()
    draft.item()
    draft.say("")
    blocks, citations = draft.finish()
    assert blocks == (
        ParagraphBlock((Text("太湖县："),)),
        Item((Text("**"), Text("把牢", True), Text("**"), Mark(1), Text("，等")), 2, 3),
        Note((Text("共 1 条。"),)),
        ParagraphBlock((Text("另见：标准“选”"), Mark(2))),
    )
    assert [(c.number, c.quote, c.trail) for c in citations] == [
        (1, "**把牢**", ()),
        (2, "标准“选”", ("一、",)),
    ]
    assert draft.cited == {"甲#0"}


def test_equal_quotes_share_a_number_in_a_table_too() -> None:
    draft = Draft()
    draft.quote(Sentence(TREE, SOURCE, 6, 11, ()))
    quoted = Sentence(TREE, SOURCE, 6, 11, ()), Sentence(TREE, SOURCE, 0, 6, ())
    draft.table(("", "乙"), [("太湖县", quoted), ("未提及", "")])
    draft.say("后")
    blocks, citations = draft.finish()
    cell = Text("标准“选”"), Mark(1), Text("**把牢**"), Mark(2)
    rows = (((Text("太湖县"),), cell), ((Text("未提及"),), ()))
    assert blocks[1:] == (Table(((), (Text("乙"),)), rows), ParagraphBlock((Text("后"),)))
    assert [c.number for c in citations] == [1, 2]


def test_a_row_of_another_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        Draft().table(("甲", "乙"), [("丙",)])


@given(st.integers(0, 20), st.integers(1, 18), st.lists(SPANS, max_size=4))
def test_bold_never_changes_what_is_quoted(start: int, length: int, bold: Sequence[Span]) -> None:
    end = min(len(TEXT), start + length)
    draft = Draft()
    draft.quote(Sentence(TREE, SOURCE, start, end, ()), bold)
    (block,), (citation,) = draft.finish()
    assert isinstance(block, ParagraphBlock)
    *texts, mark = block.inlines
    looks = [(c, each.bold) for each in texts if isinstance(each, Text) for c in each.text]
    assert "".join(c for c, _ in looks) == citation.quote == TEXT[start:end]
    wanted = [any(a <= at < b for a, b in bold) for at in range(start, end)]
    assert [strong for _, strong in looks] == wanted
    assert mark == Mark(1)
