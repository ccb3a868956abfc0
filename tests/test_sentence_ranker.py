"""Which sentences come into question, and which is put first."""

from dataclasses import replace

import pytest

from rag.answering.clues import NAMES
from rag.answering.evidence import Evidence, to_the_letter
from rag.answering.names import Names
from rag.answering.question import Question, understand
from rag.answering.refusal import enough, likely
from rag.answering.sentence_ranker import DEPTH, choose
from rag.pipeline import Assistant


def found(assistant: Assistant, text: str) -> tuple[Question, list[Evidence]]:
    essays = assistant.records.essays()
    question = understand(text, Names(essays).find(text))
    return question, assistant.desk.rank(question, essays)


def test_the_best_come_first_and_few_are_weighed(assistant: Assistant) -> None:
    question, sentences = found(assistant, "“益企办”是什么？")
    choices = choose(assistant.desk, question, sentences)
    merits = [choice.merit for choice in choices]
    assert merits == sorted(merits, reverse=True)
    assert len(choices) == min(DEPTH, len(sentences))
    assert "益企办" in choices[0].evidence.sentence.text
    assert choices[0].clues.shape == (len(NAMES),)
    assert choose(assistant.desk, question, []) == []


def test_a_sentence_of_another_year_is_not_weighed(assistant: Assistant) -> None:
    question, sentences = found(assistant, "2022年的人才发展专项资金按什么比例设立？")
    dated = [e for e in sentences if e.sentence.essay.date]
    worse = [replace(e, fit=0.5 * dated[0].fit) for e in dated[1:]]
    choices = choose(assistant.desk, question, [dated[0], *worse])
    assert [choice.evidence for choice in choices] == [dated[0]]


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("新修订的规定明确了多少种应认定为不适宜担任现职的情形？", True),
        ("怎样用显微镜观察洋葱细胞？", False),
        ("今天天气怎么样？", False),
    ],
)
def test_how_likely_it_is(assistant: Assistant, text: str, answered: bool) -> None:
    question, sentences = found(assistant, text)
    chance = likely(question, choose(assistant.desk, question, sentences))
    assert 0 <= chance <= 1
    assert (chance >= enough()) is answered


def test_without_a_phrase_nothing_is_held_to_the_letter(assistant: Assistant) -> None:
    question, sentences = found(assistant, "人才服务有哪些窗口？")
    marks = replace(sentences[0], sentence=replace(sentences[0].sentence, text="“”", trail=()))
    assert question.phrase == ""
    assert to_the_letter(question, [marks, *sentences]) == [marks, *sentences]
