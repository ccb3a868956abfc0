"""Where a sentence differs from its source, and of which kind that is."""

import pytest

from rag.pipeline import Assistant
from rag.types import Citation, Essay, Paragraph, Piece
from rag.verify import verify
from rag.verify.comparing import changes

OWN = "太湖县"


def source(text: str) -> Citation:
    essay = Essay("甲#0", "甲.txt", title="甲", place=OWN)
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", text, (Piece(0, 1),))
    return Citation(1, paragraph, essay, text, 0, len(text))


@pytest.mark.parametrize(
    ("draft", "text", "found"),
    [
        ("太湖县设立专项资金。", "设立专项资金。", []),  # whose it is may be said
        ("望江县设立专项资金。", "设立专项资金。", [("place", "望江县", "")]),
        ("2023年设立专项资金。", "去年设立专项资金。", [("year", "2023年", "去年")]),
        ("去年设立专项资金。", "2023年设立专项资金。", [("year", "去年", "2023年")]),
        ("2023年设立专项资金。", "近期设立专项资金。", [("year", "2023年", "近期")]),
        ("近期设立专项资金。", "2023年设立专项资金。", [("year", "近期", "2023年")]),
        ("每年培训两次干部。", "每年培训三次干部。", [("figure", "两次", "三次")]),
    ],
)
def test_a_difference_has_its_kind(
    draft: str, text: str, found: list[tuple[str, str, str]]
) -> None:
    made = [(each.kind, each.draft, each.source) for each in changes(draft, draft, source(text), 0)]
    assert made == found


def test_words_in_another_order_are_a_change(assistant: Assistant) -> None:
    (paragraph, *_) = (
        each.text
        for essay in assistant.records.essays()
        for each in assistant.records.paragraphs(essay.essay_id)
        if "引进、培养、使用、评价、流动、激励" in each.text
    )
    was = "引进、培养、使用、评价、流动、激励"
    draft = paragraph.replace(was, "培养、引进、使用、评价、流动、激励")
    judged = [each for each in verify([draft], assistant.steady()) if "培养、引进" in each.text]
    assert [each.verdict for each in judged] == ["changed"]
