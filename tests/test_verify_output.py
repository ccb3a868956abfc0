"""What was judged of a draft, as comments beside it."""

from io import BytesIO

import docx

from rag.types import Citation, Essay, Paragraph, Piece
from rag.verify import Judged, with_comments
from rag.verify.comparing import DraftItem


def _comments(data: bytes) -> list[str]:
    return [comment.text for comment in docx.Document(BytesIO(data)).comments]


def test_a_comment_says_what_is_missing_and_what_is_nearest() -> None:
    essay = Essay("甲#0", "甲.txt", title="甲")
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", "县里设立专项资金。", (Piece(0, 1),))
    source = Citation(1, paragraph, essay, paragraph.text, 0, len(paragraph.text))
    item = DraftItem("place", "乙县", 0, 2, found=False)
    judged = [
        Judged(0, 0, 9, "县里设立专项资金。", "verbatim", (source,)),
        Judged(1, 0, 9, "乙县设立专项资金。", "not found", (source,), (), (item,)),
    ]
    same, missing = _comments(with_comments([each.text for each in judged], judged))
    assert same.splitlines()[1:] == ["出处：《甲》，第1段。原文：县里设立专项资金。"]
    assert missing.splitlines()[1:] == [
        "资料库中没有：乙县",
        "最接近的原文：《甲》，第1段。原文：县里设立专项资金。",
    ]
