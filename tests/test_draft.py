"""Citations: made only with their quote, numbered in order, checked before they leave."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.draft import Draft
from rag.citing import check, escape
from rag.types import Essay, Paragraph, Piece

ESSAY = Essay("甲#0", "甲.txt", place="太湖县")
TEXT = "**把牢**标准“选”。[1] <b>严把</b>政治关、廉洁关；一票否决。"
PARAGRAPH = Paragraph("甲#0.1", "甲#0", 1, "body", TEXT, (Piece(0, 7),))


def test_equal_quotes_share_a_number_and_others_count_up() -> None:
    draft = Draft()
    draft.quote(ESSAY, PARAGRAPH, 0, 5)
    draft.quote(ESSAY, PARAGRAPH, 5, 9)
    draft.quote(ESSAY, PARAGRAPH, 0, 5)
    text, citations = draft.finish()
    assert [(c.number, c.quote) for c in citations] == [(1, TEXT[0:5]), (2, TEXT[5:9])]
    assert text.endswith("[1]")


def test_source_text_cannot_forge_a_mark_or_markup() -> None:
    draft = Draft()
    draft.quote(ESSAY, PARAGRAPH, 0, len(TEXT))
    text, citations = draft.finish()
    assert text == (
        "\\*\\*把牢\\*\\*标准“选”。\\[1\\] \\<b\\>严把\\</b\\>政治关、廉洁关；一票否决。[1]"
    )
    assert len(citations) == 1


@given(st.integers(0, 20), st.integers(1, 18), st.integers(0, 40), st.integers(0, 10))
def test_bold_never_changes_what_is_quoted(start: int, length: int, at: int, wide: int) -> None:
    end = min(len(TEXT), start + length)
    plain, bold = Draft(), Draft()
    plain.quote(ESSAY, PARAGRAPH, start, end)
    bold.quote(ESSAY, PARAGRAPH, start, end, bold=(at, at + wide))
    without = bold.finish()[0].replace("\\*", "§").replace("**", "").replace("§", "\\*")
    assert without.strip() == plain.finish()[0]  # a finished text has no outer spaces
    assert bold.finish()[1] == plain.finish()[1]


def test_what_cannot_leave() -> None:
    draft = Draft()
    mark = draft.cite(ESSAY, PARAGRAPH, 0, 4)
    citations = tuple(draft._citations.values())
    with pytest.raises(RuntimeError, match="differ"):
        check("没有标记的一句话。", citations)
    with pytest.raises(RuntimeError, match="differ"):
        check(f"{mark} 和另一句[2]", citations)
    with pytest.raises(RuntimeError, match="citation 1 is not in its paragraph"):
        check(mark, (replace(citations[0], quote="捏造"),))


@given(st.text(st.sampled_from("a*_[]<>`\\#|~&。1")))
def test_escape_can_be_undone(text: str) -> None:
    escaped = escape(text)
    plain, at = "", 0
    while at < len(escaped):
        at += escaped[at] == "\\"
        plain += escaped[at]
        at += 1
    assert plain == text
