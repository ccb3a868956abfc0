"""Clues of three sentences, counted by hand with every token as rare as the next."""

import numpy as np
import pytest

from rag.answering.clues import NAMES, Asked, clues
from rag.answering.evidence import Evidence
from rag.answering.names import Named
from rag.answering.question import Question, Term
from rag.answering.shelf import Sentence
from rag.types import Essay, Paragraph, Piece

TEXT = "石狩号是一艘护卫舰。舰长八十五米。以重油为燃料。"
ENDS = ((0, 10), (10, 17), (17, 24))


def sentences(trail: tuple[str, ...] = (), title: str | None = None) -> list[Sentence]:
    essay = Essay("甲#0", "甲.txt", title=title)
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", TEXT, (Piece(0, 1),))
    return [
        Sentence(essay, paragraph, start, end, TEXT[start:end], trail, None, "")
        for start, end in ENDS
    ]


def table(text: str, made: list[Sentence], named: Named | None = None) -> dict[str, list[float]]:
    question = Question(text, "fact", named or Named(rest=text), (Term("重油"),), ())
    asked = Asked.of(question, lambda term: 1.0)
    found = [Evidence(sentence, 0.5, 0.25, 2.0) for sentence in made]
    columns = clues(asked, found, lambda sentence: made).T
    return {name: list(map(float, column)) for name, column in zip(NAMES, columns, strict=True)}


def test_each_sentence_is_told_from_its_neighbours() -> None:
    made = table("石狩号以什么为燃料？", sentences())
    assert made["rest_letters"] == pytest.approx([0, 0, 1])  # 以为燃料 are not in the first one
    assert made["beside"] == pytest.approx([0.5, 0, 0.5])  # 石狩号 and 以燃料
    assert made["rest"] == pytest.approx([0, 0, 1])
    assert len(set(made["setting"])) == 1
    assert 0 < made["own"][0] < made["setting"][0] <= 1
    assert made["before"][0] == 0
    assert made["before"][1] == pytest.approx(made["own"][0])
    assert made["opens"] == [1, 0, 0]
    assert made["coverage"] == [0.25] * 3
    assert made["fit"] == pytest.approx([np.log(2)] * 3)
    assert made["length"][0] > made["length"][1]


def test_what_stands_above_opens_the_text() -> None:
    made = table("石狩号以什么为燃料？", sentences(title="石狩号护卫舰"))
    assert made["opens"] == [0, 0, 0]
    assert made["rest"] == pytest.approx([0, 0, 1])


def test_a_name_that_chose_the_essay_is_known_of_it() -> None:
    text = "太湖县用什么作燃料？"
    unnamed = table(text, sentences())
    named = table(text, sentences(), Named(places=("太湖县",), rest="用什么作燃料？"))
    assert named["setting"][0] > unnamed["setting"][0]
    assert named["own"] == unnamed["own"]


def test_an_everyday_word_is_held_by_an_official_one() -> None:
    text = "用什么烧火？"
    question = Question(text, "fact", Named(rest=text), (Term("烧火", official=("燃料",)),), ())
    asked = Asked.of(question, lambda term: 1.0)
    assert asked.held("以重油为燃料。").tolist() == [term == "烧火" for term in asked.terms]
    assert not asked.held("舰长八十五米。").any()


def test_no_sentence_has_no_clue() -> None:
    asked = Asked.of(Question("", "fact", Named(), (), ()), lambda term: 1.0)
    assert clues(asked, [], lambda sentence: []).shape == (0, len(NAMES))
    assert table("？", sentences())["setting"] == [0, 0, 0]
