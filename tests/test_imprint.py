"""Questions on a document's head and foot are answered by the lines that hold it."""

import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer

NOTICE = """中共青禾县委组织部文件

青组发〔2023〕17号

关于做好村干部培训工作的通知

各乡镇党委：

现就做好村干部培训工作通知如下。

一、培训对象。全县村党组织书记、村委会主任共480人。

二、培训时间。每季度一次，每次两天。

附件：1.培训安排表

中共青禾县委组织部
2023年3月1日

抄送：县纪委监委，县委办公室。
"""
PLAN = """青禾县河长制实施方案

为保护河道，制定本方案。

一、工作目标。河道全部落实河长。

二、保障措施。每月巡河四次。
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    room = tmp_path_factory.mktemp("imprint")
    for name, text in (("通知.txt", NOTICE), ("方案.txt", PLAN)):
        (room / name).write_text(text, encoding="utf-8")
    build([room], room / "index", Settings())
    return Assistant.open(room / "index", Settings())


def quotes(answer: Answer) -> list[str]:
    assert not answer.abstained, answer.reason
    return [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("村干部培训工作的通知文号是多少？", "青组发〔2023〕17号"),
        ("村干部培训工作的通知是哪天印发的？", "2023年3月1日"),
        ("村干部培训工作的通知是哪个单位发的？", "中共青禾县委组织部"),
        ("村干部培训工作的通知抄送给谁？", "抄送：县纪委监委，县委办公室。"),
        ("村干部培训工作的通知有哪些附件？", "附件：1.培训安排表"),
    ],
)
def test_the_line_that_holds_it_is_quoted(asked: Assistant, question: str, line: str) -> None:
    assert line in quotes(asked.ask(question))


def test_what_head_and_foot_do_not_hold_is_not_made_up(asked: Assistant) -> None:
    answer = asked.ask("青禾县河长制实施方案的文号是多少？")
    assert answer.abstained
    assert not any("〔" in citation.quote for citation in answer.citations)


def test_a_question_on_the_text_is_no_question_on_head_or_foot(asked: Assistant) -> None:
    found = quotes(asked.ask("村干部培训的对象一共多少人？"))
    assert any("480人" in quote for quote in found)
    assert "青组发〔2023〕17号" not in found


def test_form_alone_is_heard(asked: Assistant) -> None:
    first = "村干部培训工作的通知有哪些要求？"
    answer = asked.ask("列成表", (first,))
    assert [type(block).__name__ for block in answer.blocks][:1] == ["Table"]


def test_a_noun_of_another_document_leaves_the_conversation(asked: Assistant) -> None:
    history = ("村干部培训工作的通知有哪些要求？",)
    documents = {c.essay.document for c in asked.ask("多久巡河一次", history).citations}
    assert documents == {"方案.txt"}
