"""Answers on the real essays: what they say, whose words they use, and what they refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.pipeline import Assistant
from rag.types import Answer, Filters

QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "questions.jsonl").read_text("utf-8").splitlines()
]
ANSWERED = [q for q in QUESTIONS if "abstain" not in q]
REFUSED = [q for q in QUESTIONS if "abstain" in q]


def text_of(question: dict[str, Any]) -> str:
    return str(question["question"])


def unescaped(markdown: str) -> str:
    return re.sub(r"\\(.)", r"\1", markdown).replace("**", "")


def check_promise(answer: Answer) -> None:
    """Every quote stands in its paragraph and in the answer; marks and citations are one set."""
    assert answer.abstained == (answer.citations == ())
    marks = [int(n) for n in re.findall(r"(?<!\\)\[(\d+)\]", answer.text)]
    assert list(dict.fromkeys(marks)) == [c.number for c in answer.citations]
    for citation in (*answer.citations, *answer.nearest):
        assert citation.paragraph.text[citation.start : citation.end] == citation.quote
        assert citation.paragraph.essay_id == citation.essay.essay_id
    for citation in answer.citations:
        if citation.paragraph.role in {"body", "note"}:
            assert f"{citation.quote}[{citation.number}]" in unescaped(answer.text)


@pytest.mark.parametrize("question", ANSWERED, ids=text_of)
def test_answers(assistant: Assistant, question: dict[str, Any]) -> None:
    answer = assistant.ask(question["question"], question.get("history", ()))
    check_promise(answer)
    assert [must for must in question["must"] if must not in unescaped_bold(answer.text)] == []
    assert {c.essay.place for c in answer.citations if c.essay.place} <= set(
        question["places"]
    ) or (question["places"] == [])


def unescaped_bold(markdown: str) -> str:
    """Return the answer with and without its bold marks: an expectation may name either."""
    return re.sub(r"\\(.)", r"\1", markdown) + unescaped(markdown)


@pytest.mark.parametrize("question", REFUSED, ids=text_of)
def test_refusals(assistant: Assistant, question: dict[str, Any]) -> None:
    answer = assistant.ask(question["question"], question.get("history", ()))
    check_promise(answer)
    assert answer.abstained
    assert answer.reason is not None
    assert question["abstain"] in answer.reason


BITS = (
    "太湖县 池州 合肥市 储部长 “四进四考” 人才 干部 怎么 哪些 多少 谁 措施 比较 和 第三条 2022年 "
    "7% [1] ** <b> 是什么 ？ 呢 😀"
).split()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(BITS), min_size=1, max_size=6))
def test_no_question_breaks_the_promise(assistant: Assistant, words: list[str]) -> None:
    check_promise(assistant.ask("".join(words), ["太湖县怎么引才？"]))


@pytest.mark.parametrize("place", ["桐城市", "太湖县", "望江县", "迎江区", "大观区", "安庆经开区"])
@pytest.mark.parametrize(
    "topic", ["怎么引才？", "有哪些措施？", "在干部队伍方面有什么做法？", "容错纠错怎么做？"]
)
def test_a_named_place_is_answered_in_its_own_words(
    assistant: Assistant, place: str, topic: str
) -> None:
    answer = assistant.ask(place + topic)
    assert {citation.essay.place for citation in answer.citations} <= {place}


def test_filters_limit_the_essays(assistant: Assistant) -> None:
    answer = assistant.ask("哪些地方提到了容错纠错？", filters=Filters(place=("大观区",)))
    assert {c.essay.place for c in answer.citations} == {"大观区"}
    assert assistant.ask("容错纠错", filters=Filters(author=("无此人",))).abstained


def test_all_measures_are_all(assistant: Assistant) -> None:
    for essay in assistant.records.essays():
        if essay.place is None or essay.kind == "matter":
            continue
        answer = assistant.ask(f"{essay.place}有哪些措施？")
        leads = [measure.lead for measure in assistant.records.measures(essay.essay_id)]
        said = unescaped(answer.text)
        assert [lead for lead in leads if lead not in said] == []
        assert len(answer.citations) >= len(leads)


def test_a_citation_names_its_lines_in_the_file(assistant: Assistant) -> None:
    (citation,) = assistant.ask("“六个一批”包括哪些？").citations
    path = Path("corpus") / citation.essay.document
    first, last = citation.paragraph.lines
    lines = path.read_text(encoding="utf-8").splitlines()[first - 1 : last]
    assert citation.quote in "".join(lines).replace("**", "")
    assert citation.trail == ("健全能力素质培养机制。",)
