"""Features, by hand: what each number says of a sentence, a passage and a question."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from rag.answering.features import (
    NAMES,
    Asked,
    Candidate,
    QuestionWords,
    Tokens,
    features,
    year_of,
)
from rag.answering.reader import Reading
from rag.answering.tree import EssayTree, Sentence
from rag.types import Essay, Hit, Paragraph, Passage, Piece, Role

ESSAY = Essay("甲#0", "甲.txt", title="人才工作", place="太湖县", date="2022-10-25")
TEXT = "引进人才80名。建成公寓。"
WEIGHTS = {"人才": 1.0, "公寓": 3.0, "引进": 2.0}


def sentence(
    text: str, essay: Essay = ESSAY, trail: tuple[str, ...] = (), role: Role = "body"
) -> Sentence:
    paragraph = Paragraph(
        f"{essay.essay_id}.1", essay.essay_id, 1, role, text, (Piece(0, 1),), trail
    )
    return Sentence(EssayTree(essay, (), ()), paragraph, 0, len(text), trail)


def hit(text: str, rank: int = 1, score: float = 1.0, cosine: float | None = None) -> Hit:
    passage = Passage(f"甲#0.{rank}:0", f"甲#0.{rank}", "甲#0", None, 0, len(text), text)
    return Hit(passage, score, rank, None, rank, cosine)


def cut(text: str) -> list[str]:
    return [word for word in WEIGHTS if word in text]


def weighed(
    asked: Asked,
    found: Sequence[tuple[Sentence, int, int]],
    hits: Sequence[Hit],
    readings: Sequence[Reading] | None = None,
    words: Sequence[str] = tuple(WEIGHTS),
) -> list[Mapping[str, float]]:
    """Return the features of each candidate (sentence, its passage, its row there) by name."""
    candidates = [Candidate(*each) for each in found]
    rows = features(asked, QuestionWords(words, WEIGHTS), candidates, hits, readings, Tokens(cut))
    assert rows.shape == (len(found), len(NAMES))
    assert rows.dtype == np.float32
    return [dict(zip(NAMES, map(float, row), strict=True)) for row in rows]


def one(
    asked: str, text: str, *, essay: Essay = ESSAY, trail: tuple[str, ...] = ()
) -> Mapping[str, float]:
    (row,) = weighed(Asked(asked, {}), [(sentence(text, essay, trail), 0, 0)], [hit(text)])
    return row


def test_the_shares_of_the_question_by_what_its_words_are_worth() -> None:
    trail = ("建设公寓",)
    own = sentence("引进一批。", ESSAY, trail)
    (row,) = weighed(Asked("问", {}), [(own, 0, 0)], [hit("引进一批。")])
    assert row["in_sentence"] == pytest.approx(2 / 6)
    assert row["in_lead"] == row["in_window"] == pytest.approx(1.0)  # lead and title hold the rest
    assert row["most"] == pytest.approx(1.0)
    assert row["rarest"] == 0.0


def test_the_rarest_word_that_is_missing_beside_the_rarest_of_all() -> None:
    assert QuestionWords(["人才", "公寓"], WEIGHTS).rarest_missing({"公寓"}) == pytest.approx(1 / 3)
    assert QuestionWords(["人才", "公寓"], WEIGHTS).rarest_missing(set()) == 1.0
    assert QuestionWords([], {}).rarest_missing(set()) == 0.0
    assert QuestionWords([], {}).share({"人才"}) == 0.0
    assert QuestionWords(["人才", "人才", "公寓"], WEIGHTS).share({"人才"}) == 0.25


@pytest.mark.parametrize(
    ("asked", "text", "fit"),
    [
        ("2021年引进多少", "2021年引进80名。", 1),
        ("2021年引进多少", "2020年引进80名。", -1),
        ("2022年引进多少", "引进80名。", 1),  # the essay's date
        ("2021年引进多少", "引进80名。", -1),
        ("今年引进多少", "2022年引进80名。", 1),
        ("去年引进多少", "2021年引进80名。", 1),
        ("去年引进多少", "2022年引进80名。", -1),
        ("引进多少", "2021年引进80名。", 0),
    ],
)
def test_a_year_that_is_asked_for_and_one_that_is_not(asked: str, text: str, fit: int) -> None:
    assert one(asked, text)["year"] == fit


def test_a_year_is_the_sentence_s_own_else_its_leads_else_its_essay_s() -> None:
    assert year_of(sentence("2020年建成。", trail=("2021年工作",))) == {"2020"}
    assert year_of(sentence("建成。", trail=("2021年工作",))) == {"2021"}
    assert year_of(sentence("建成。", Essay("乙#0", "乙", title="2019年总结", date="2022"))) == {
        "2019"
    }
    assert year_of(sentence("建成。", Essay("乙#0", "乙", date="2022-01"))) == {"2022"}
    assert year_of(sentence("建成。", Essay("乙#0", "乙"))) == set()


def test_figures_quoted_words_and_what_was() -> None:
    asked = Asked("引进80名、3个“双招双引”项目吗", {}, ("双招双引",))
    own, near = sentence("引进80名。"), hit("引进80名。推进双招双引。")
    (row,) = weighed(asked, [(own, 0, 0)], [near])
    assert asked.figures[0] == "80"
    assert row["figures"] == pytest.approx(1 / len(asked.figures))
    assert (row["quoted"], row["quoted_near"], row["holds_figure"]) == (0, 1, 1)
    assert one("引进多少", "建成公寓。")["holds_figure"] == 0
    assert one("引进多少", "去年建成公寓。")["looks_back"] == 1
    assert one("引进多少", "建成公寓。", trail=("五年来",))["looks_back"] == 1
    assert one("引进多少", "建成公寓。")["looks_back"] == 0


@pytest.mark.parametrize(
    ("role", "kind"),
    [("body", "body"), ("note", "body"), ("heading", "heading"), ("byline", "facts"),
     ("title", "facts"), ("masthead", "facts")],
)  # fmt: skip
def test_where_a_sentence_stands(role: Role, kind: str) -> None:
    (row,) = weighed(Asked("问", {}), [(sentence(TEXT, role=role), 0, 0)], [hit(TEXT)])
    assert [name for name in ("body", "heading", "facts") if row[name]] == [kind]
    assert row["length"] == pytest.approx(np.log1p(len(TEXT)))
    assert row["first"] == 1


def test_what_the_retriever_says() -> None:
    hits = [hit(TEXT, 1, 0.9, 0.7), hit(TEXT, 2, 0.4, 0.8)]
    first, second = weighed(Asked("问", {}), [(sentence(TEXT), n, n) for n in (0, 1)], hits)
    assert [first["score"], second["score"]] == pytest.approx([0.0, -0.5])
    assert [first["place"], second["place"]] == pytest.approx([np.log(2), np.log(3)])
    assert [first["cosine"], second["cosine"]] == pytest.approx([0.7, 0.8])
    assert first["top_cosine"] == second["top_cosine"] == pytest.approx(0.8)
    assert (first["first"], second["first"]) == (1, 0)
    by_words = weighed(Asked("问", {}), [(sentence(TEXT), 0, 0)], [hit(TEXT)])
    assert by_words[0]["cosine"] == by_words[0]["top_cosine"] == 0


def test_what_the_reader_says() -> None:
    readings = [
        Reading(
            np.array([1.0, 4.0], np.float32), ((0, 1),) * 2, np.array([-3.0, -0.5], np.float32)
        ),
        Reading(np.array([2.0], np.float32), ((0, 1),), np.array([-1.0], np.float32)),
    ]
    own = [(sentence(TEXT), 0, 0), (sentence(TEXT), 0, 1), (sentence(TEXT), 1, 0)]
    rows = weighed(Asked("问", {}), own, [hit(TEXT), hit(TEXT, 2)], readings)
    assert [row["margin"] for row in rows] == [1, 4, 2]
    assert [row["behind"] for row in rows] == [-3, 0, -2]
    assert {(row["best"], row["second"]) for row in rows} == {(4, 2)}
    assert [round(float(np.expm1(row["order"]))) for row in rows] == [2, 0, 1]
    assert [row["certain"] for row in rows] == [-3, -0.5, -1]
    without = weighed(Asked("问", {}), own, [hit(TEXT), hit(TEXT, 2)])
    assert {row[name] for row in without for name in NAMES[:6]} == {0}


def test_what_is_asked_is_the_same_in_every_row() -> None:
    asked = Asked("问", {"number": 0.75, "meta": 0.25})
    rows = weighed(asked, [(sentence(TEXT), 0, 0), (sentence(TEXT), 0, 1)], [hit(TEXT)])
    assert {row["number"] for row in rows} == {0.75}
    assert {row["who"] for row in rows} == {0.0}


def test_nothing_found_is_no_row() -> None:
    assert weighed(Asked("问", {}), [], []) == []
    assert weighed(Asked("问", {}), [], [], []) == []


def test_a_text_is_cut_once() -> None:
    seen: list[str] = []

    def counted(text: str) -> list[str]:
        seen.append(text)
        return cut(text)

    tokens = Tokens(counted)
    assert tokens.of("引进人才") == tokens.of("引进人才") == {"引进", "人才"}
    assert seen == ["引进人才"]
