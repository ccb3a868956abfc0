"""What any cited text is held to."""

from dataclasses import replace

import pytest

from rag.citing import check, escape
from rag.types import Citation, Essay, Paragraph, Piece
from tests import said

PARAGRAPH = Paragraph("甲#0.1", "甲#0", 1, "body", "先选后育。", (Piece(0, 7),))
CITATION = Citation(1, PARAGRAPH, Essay("甲#0", "甲.txt"), "先选", 0, 2)


def test_a_cited_text_passes() -> None:
    check((said.paragraph("先选[1]"), said.paragraph("又[1]")), (CITATION,))


@pytest.mark.parametrize(
    ("text", "citations", "complaint"),
    [
        ("先选", (CITATION,), "differ"),
        ("先选[1][2]", (CITATION,), "differ"),
        ("先选[1]", (CITATION, CITATION), "differ"),
        ("先选[1]", (replace(CITATION, quote="后选"),), "citation 1 is not in its paragraph"),
        ("先选[1]", (replace(CITATION, end=3),), "citation 1 is not in its paragraph"),
    ],
)
def test_what_cannot_leave(text: str, citations: tuple[Citation, ...], complaint: str) -> None:
    with pytest.raises(RuntimeError, match=complaint):
        check((said.paragraph(text),), citations)


def test_markdown_and_html_are_broken() -> None:
    assert escape("<img src=x> ![a](b) *c* `d`") == ("\\<img src=x\\> !\\[a\\](b) \\*c\\* \\`d\\`")
