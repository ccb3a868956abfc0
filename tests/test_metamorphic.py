"""A question says the same however it is wrapped: politeness, haste, format, width of signs."""

from collections.abc import Callable

import pytest

from rag.pipeline import Assistant
from rag.types import Answer

QUESTIONS = (
    "望江县有哪些措施？",
    "池州市的人才发展专项资金按什么比例设立？",
    "“六个突出”是哪个县提的？",
    "“星期天工程师”是哪里提出来的？",
    "太湖县怎么引才？",
    "大观区如何从严管理干部？",
    "迎江区怎么抓基层党建？",
    "怎么吸引大学生回乡？",
    "对比大观区和望江县对年轻干部的锻炼方式",
    "太湖县的“红专”坐标包括哪几方面？",
    "哪些地方提到了“三个区分开来”？",
    "黄山市怎么引才？",
)
_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
WRAPPERS: tuple[Callable[[str], str], ...] = (
    lambda question: f"  您好，请问{question}谢谢！ \n",
    lambda question: f"急！{question.translate(_WIDE)}",
)


def cited(answer: Answer) -> list[tuple[str, int, int]]:
    return sorted((c.paragraph.paragraph_id, c.start, c.end) for c in answer.citations)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_wrapped_question_has_the_same_citations(assistant: Assistant, question: str) -> None:
    plain = cited(assistant.ask(question))
    for wrapped in (wrap(question) for wrap in WRAPPERS):
        assert cited(assistant.ask(wrapped)) == plain, wrapped


@pytest.mark.parametrize("question", QUESTIONS[:3])
def test_asked_twice_the_answer_is_the_same(assistant: Assistant, question: str) -> None:
    first, second = (assistant.ask(question) for _ in range(2))
    assert (first.text, first.blocks, cited(first)) == (second.text, second.blocks, cited(second))


def test_in_a_table_a_comparison_cites_the_same_places(assistant: Assistant) -> None:
    plain = assistant.ask("对比大观区和望江县对年轻干部的锻炼方式")
    table = assistant.ask("对比大观区和望江县对年轻干部的锻炼方式，用表格")
    for answer in (plain, table):
        assert {citation.essay.place for citation in answer.citations} == {"大观区", "望江县"}
    assert {block.type for block in table.blocks} & {"table"}
