"""Answers on the real essays: what they say, whose words they use, and what they refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.citing import check
from rag.pipeline import Assistant
from rag.render.markdown import markdown
from rag.types import Answer, Filters
from tests.truth import check_claims

QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "questions.jsonl").read_text("utf-8").splitlines()
]
"""Each with its `history`, the `places` whose words alone may be cited, and what is to be shown:
`said` in the answer, `shown` in the answer or in the nearest text of a refusal, or why it is
refused (`refused`). How often questions are answered well is measured elsewhere, on other sets."""


def text_of(question: dict[str, Any]) -> str:
    return str(question["question"])


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("%** ", "%").replace("**", "")


def check_promise(answer: Answer) -> None:
    """Every quote stands in its paragraph and in the answer; marks and citations are one set."""
    assert answer.abstained == (answer.citations == ())
    assert bool(answer.reason) == answer.abstained
    assert answer.text == markdown(answer.blocks)
    check(answer.blocks, answer.citations)
    marks = [int(n) for n in re.findall(r"(?<!\\)\[(\d+)\]", answer.text)]
    assert list(dict.fromkeys(marks)) == [c.number for c in answer.citations]
    for citation in (*answer.citations, *answer.nearest):
        assert citation.paragraph.text[citation.start : citation.end] == citation.quote
        assert citation.paragraph.essay_id == citation.essay.essay_id
    for citation in answer.citations:
        if citation.paragraph.role in {"body", "note"}:
            assert f"{citation.quote}[{citation.number}]" in unescaped(answer.text)


def shown(answer: Answer) -> str:
    """Return all that a reader is shown: the answer, with and without bold, and what is nearest."""
    answered = re.sub(r"\\(.)", r"\1", answer.text)
    return "\n".join([answered, unescaped(answer.text), *(c.quote for c in answer.nearest)])


@pytest.mark.parametrize("question", QUESTIONS, ids=text_of)
def test_questions(assistant: Assistant, question: dict[str, Any]) -> None:
    answer = assistant.ask(question["question"], question.get("history", ()))
    check_promise(answer)
    check_claims(assistant.records, answer)
    if places := question.get("places"):
        cited = {c.essay.place for c in (*answer.citations, *answer.nearest) if c.essay.place}
        assert cited <= set(places)
    assert [fact for fact in question.get("shown", ()) if fact not in shown(answer)] == []
    if facts := question.get("said"):
        assert not answer.abstained, answer.reason
        assert [fact for fact in facts if fact not in unescaped(answer.text)] == []
    if why := question.get("refused"):
        assert answer.abstained
        assert why in (answer.reason or "")


BITS = (
    "太湖县 池州 合肥市 储部长 “四进四考” 人才 干部 怎么 哪些 多少 谁 措施 比较 和 第三条 2022年 "
    "7% [1] ** <b> 是什么 ？ 呢 😀"
).split()


@settings(max_examples=25)
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


def test_two_things_are_compared_in_what_was_set_by_hand(assistant: Assistant) -> None:
    asked = "能上能下机制和容错纠错机制有什么不同？"
    answer = assistant.ask(asked, filters=Filters(place=("大观区",)))
    assert {citation.essay.place for citation in answer.citations} == {"大观区"}


def test_all_measures_are_listed_or_counted(assistant: Assistant) -> None:
    """Where they are too many to read, their sections are listed, with how many stand under."""
    for essay in assistant.records.essays():
        if essay.place is None or essay.kind == "matter":
            continue
        answer = assistant.ask(f"{essay.place}有哪些措施？")
        measures = assistant.records.measures(essay.essay_id)
        said = unescaped(answer.text)
        left = [measure for measure in measures if measure.lead not in said]
        if left:
            leaves = {m.measure_id for m in measures} - {m.parent for m in measures}
            assert f"共 {len(leaves)} 条" in said
            assert "全部列出" not in said
            assert all(measure.level > 1 for measure in left)
        else:
            assert "全部列出" in said


@pytest.mark.parametrize(
    "question",
    [
        "望江县有哪些措施？",
        "哪些地方提到了容错纠错？",
        "黄山市怎么引才？",
        "哪些地方提到垃圾分类？",
    ],
)
def test_what_is_said_of_the_corpus_is_true(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert check_claims(assistant.records, answer) or "没有出现" in (answer.reason or "")


def test_a_citation_names_its_lines_in_the_file(assistant: Assistant) -> None:
    citation, *_ = assistant.ask("“六个一批”包括哪些？").citations
    path = Path("corpus") / citation.essay.document
    first, last = citation.paragraph.lines
    lines = path.read_text(encoding="utf-8").splitlines()[first - 1 : last]
    assert citation.quote in "".join(lines).replace("**", "")
    assert citation.trail == ("健全能力素质培养机制。",)


@pytest.mark.parametrize("said", ["收到谢谢", "明白了", "知道了", "好嘞"])
def test_who_says_that_he_understood_asks_for_nothing(assistant: Assistant, said: str) -> None:
    before = ["太湖县有哪些措施？"]
    assert assistant.ask(said, before).kind == "help"
    after = assistant.ask("展开第二条", [*before, said])
    assert after.blocks == assistant.ask("展开第二条", before).blocks


def test_yes_to_what_was_asked_back_is_that_question(assistant: Assistant) -> None:
    mistyped = "太胡县在引才方面有哪些措施？"
    refused, meant = assistant.ask(mistyped), assistant.ask(mistyped.replace("太胡", "太湖"))
    assert "是不是要问：太湖县" in (refused.reason or "")
    for yes in ("是的", "对", "嗯嗯。"):
        answer = assistant.ask(yes, [mistyped])
        assert [c.quote for c in answer.citations] == [c.quote for c in meant.citations]
        assert answer.understood == "太湖县在引才方面有哪些措施"
    right = "太湖县在引才方面有哪些措施？"
    assert assistant.ask("是的", [right]).abstained  # nothing was asked back
    assert assistant.ask(
        "是的", [mistyped, "你好"]
    ).abstained  # it is no longer the last thing said


def test_what_was_asked_back_takes_no_conversation_away(assistant: Assistant) -> None:
    before = ["池州市在引才方面有哪些措施？", "太胡县在引才方面有哪些措施？"]
    answer = assistant.ask("怎么留才呢？", before)
    assert answer.citations
    assert {citation.essay.place for citation in answer.citations} == {"池州市"}
