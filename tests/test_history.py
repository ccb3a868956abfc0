"""What was asked is kept whole, for its own user only, and outlives a restart."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from rag.blocks import Mark, Paragraph, Text, marks
from rag.citing import check
from rag.errors import BadInput
from rag.history import FILE_NAME, History
from rag.pipeline import Assistant
from rag.types import Answer, Filters

ASKED = "太湖县有哪些措施？"


@pytest.fixture(scope="module")
def answer(assistant: Assistant) -> Answer:
    return assistant.ask(ASKED)


def test_an_answer_comes_back_as_it_went_in_after_a_restart(
    tmp_path: Path, answer: Answer, assistant: Assistant
) -> None:
    refused = assistant.ask("哪个县提出了垃圾分类？")
    history, filters = History(tmp_path), Filters(place=("太湖县",), date=("2022",))
    first = history.add("甲", None, answer, filters)
    history.add("甲", first.conversation_id, refused, Filters())
    history.close()
    turns = History(tmp_path).turns("甲", first.conversation_id)
    assert [turn.answer for turn in turns] == [answer, refused]
    assert [turn.filters for turn in turns] == [filters, Filters()]


def test_an_answer_kept_before_there_were_blocks_is_shown_line_by_line(
    tmp_path: Path, answer: Answer
) -> None:
    text = "**甲县**：\n\n- **先选**。\\[2\\][1]再育[2]\n\n共 2 条。\n"
    history = History(tmp_path)
    one = history.add("甲", None, replace(answer, text=text, blocks=()), Filters())
    assert history.turn("甲", one.answer_id).answer.blocks == (
        Paragraph((Text("甲县："),)),
        Paragraph((Text("- 先选。[2]"), Mark(1), Text("再育"), Mark(2))),
        Paragraph((Text("共 2 条。"),)),
    )
    old = history.add("甲", None, replace(answer, blocks=()), Filters())
    shown = history.turn("甲", old.answer_id).answer
    assert marks(shown.blocks) == marks(answer.blocks)
    check(shown.blocks, shown.citations)


def test_a_user_sees_and_changes_only_their_own(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    mine = history.add("甲", None, answer, Filters())
    assert history.conversations("乙") == ()
    for forbidden in (
        lambda: history.turns("乙", mine.conversation_id),
        lambda: history.turn("乙", mine.answer_id),
        lambda: history.rename("乙", mine.conversation_id, "改名"),
        lambda: history.delete("乙", mine.conversation_id),
        lambda: history.judge("乙", mine.answer_id, "bad"),
        lambda: history.add("乙", mine.conversation_id, answer, Filters()),
        lambda: history.replace("乙", mine.answer_id, answer),
    ):
        with pytest.raises(KeyError):
            forbidden()
    assert history.turn("甲", mine.answer_id).answer == answer


def test_conversations_are_listed_found_renamed_and_deleted(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    one = history.add("甲", None, answer, Filters()).conversation_id
    two = history.add("甲", None, replace(answer, question="另一问"), Filters()).conversation_id
    history.add("甲", one, replace(answer, question="追问"), Filters())
    assert {(c.title, c.answers) for c in history.conversations("甲")} == {
        (ASKED, 2),
        ("另一问", 1),
    }
    assert [c.conversation_id for c in history.conversations("甲", "追问")] == [one]
    assert len(history.conversations("甲", "培根铸魂")) == 2, "found by the words of its answer"
    assert history.conversations("甲", "100%_没有") == ()
    history.rename("甲", two, "  新 名字\n")
    assert history.conversations("甲", "新 名字")[0].conversation_id == two
    with pytest.raises(BadInput, match="name"):
        history.rename("甲", two, " ")
    history.judge("甲", history.turns("甲", one)[0].answer_id, "bad", "出处不对")
    history.delete("甲", one)
    assert [c.conversation_id for c in history.conversations("甲")] == [two]
    assert history.feedback() == (), "what was said of a deleted answer is gone with it"


def test_the_last_word_on_an_answer_counts(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    turn = history.add("甲", None, answer, Filters())
    history.judge("甲", turn.answer_id, "good")
    history.judge("甲", turn.answer_id, "bad", " 不完整 ")
    (said,) = history.feedback()
    assert (said.verdict, said.reason, said.question, said.user) == ("bad", "不完整", ASKED, "甲")
    assert history.turn("甲", turn.answer_id).verdict == "bad"
    history.replace("甲", turn.answer_id, replace(answer, kind="fact"))
    again = history.turn("甲", turn.answer_id)
    assert (again.answer.kind, again.verdict) == ("fact", None)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="RAG_DATA"):
        History(tmp_path / "file")
    (tmp_path / FILE_NAME).write_text("keine Datenbank" * 100, encoding="utf-8")
    with pytest.raises(BadInput, match=FILE_NAME):
        History(tmp_path)
    assert sqlite3.threadsafety == 3, "one connection may serve several threads"


def test_only_its_owner_may_read_the_file(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path / "new" / "data")
    history.add("甲", None, answer, Filters())
    assert (tmp_path / "new" / "data" / FILE_NAME).stat().st_mode & 0o077 == 0
    history.close()
