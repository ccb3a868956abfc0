"""What was asked is kept whole, for its own user only, and outlives a restart."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from rag.blocks import Mark, ParagraphBlock, Text, marks
from rag.citing import check
from rag.errors import BadInput
from rag.history import FILE_NAME, History
from rag.pipeline import Assistant
from rag.types import Answer, Filters
from tests.keeping import keep

ASKED = "太湖县有哪些措施？"


@pytest.fixture(scope="module")
def answer(assistant: Assistant) -> Answer:
    return assistant.ask(ASKED)


def test_an_answer_comes_back_as_it_went_in_after_a_restart(
    tmp_path: Path, answer: Answer, assistant: Assistant
) -> None:
    refused = assistant.ask("哪个县提出了垃圾分类？")
    history, filters = History(tmp_path), Filters(place=("太湖县",), date=("2022",))
    first = keep(history, "甲", None, answer, filters)
    keep(history, "甲", first.conversation_id, refused, Filters())
    history.close()
    turns = History(tmp_path).turns("甲", first.conversation_id)
    assert [turn.answer for turn in turns] == [answer, refused]
    assert [turn.filters for turn in turns] == [filters, Filters()]


def test_an_answer_kept_before_there_were_blocks_is_shown_line_by_line(
    tmp_path: Path, answer: Answer
) -> None:
    text = "**甲县**：\n\n- **先选**。\\[2\\][1]再育[2]\n\n共 2 条。\n"
    history = History(tmp_path)
    one = keep(history, "甲", None, replace(answer, text=text, blocks=()), Filters())
    assert history.turn("甲", one.answer_id).whole.blocks == (
        ParagraphBlock((Text("甲县："),)),
        ParagraphBlock((Text("- 先选。[2]"), Mark(1), Text("再育"), Mark(2))),
        ParagraphBlock((Text("共 2 条。"),)),
    )
    old = keep(history, "甲", None, replace(answer, blocks=()), Filters())
    shown = history.turn("甲", old.answer_id).whole
    assert marks(shown.blocks) == marks(answer.blocks)
    check(shown.blocks, shown.citations)


def test_a_user_sees_and_changes_only_their_own(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    mine = keep(history, "甲", None, answer, Filters())
    assert history.conversations("乙") == ()
    other = Filters()
    for forbidden in (
        lambda: history.turns("乙", mine.conversation_id),
        lambda: history.turn("乙", mine.answer_id),
        lambda: history.change("乙", mine.conversation_id, "rename", "改名"),
        lambda: history.change("乙", mine.conversation_id, "delete"),
        lambda: history.judge("乙", mine.answer_id, "bad"),
        lambda: keep(history, "乙", mine.conversation_id, answer, Filters()),
        lambda: history.again("乙", mine.answer_id, other),
        lambda: history.change("乙", mine.conversation_id, "pin"),
        lambda: history.change("乙", mine.conversation_id, "restore"),
        lambda: history.ask("乙", mine.conversation_id, "turn-of-another", "问", other),
        lambda: history.ask("乙", "conversation", mine.answer_id, "问", other),
    ):
        with pytest.raises(KeyError):
            forbidden()
    assert history.turn("甲", mine.answer_id).answer == answer


def test_conversations_are_listed_found_renamed_and_deleted(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    one = keep(history, "甲", None, answer, Filters()).conversation_id
    two = keep(history, "甲", None, replace(answer, question="另一问"), Filters()).conversation_id
    keep(history, "甲", one, replace(answer, question="追问"), Filters())
    assert {c.title for c in history.conversations("甲")} == {ASKED, "另一问"}
    assert len(history.turns("甲", one)) == 2
    assert [c.conversation_id for c in history.conversations("甲", "追问")] == [one]
    assert len(history.conversations("甲", "培根铸魂")) == 2, "found by the words of its answer"
    assert history.conversations("甲", "100%_没有") == ()
    history.change("甲", two, "rename", "  新 名字\n")
    assert history.conversations("甲", "新 名字")[0].conversation_id == two
    with pytest.raises(BadInput, match="name"):
        history.change("甲", two, "rename", " ")
    history.judge("甲", history.turns("甲", one)[0].answer_id, "bad", "出处不对")
    history.change("甲", one, "delete")
    assert [c.conversation_id for c in history.conversations("甲")] == [two]
    assert history.log(only="bad") == (), "what was said of a deleted answer is gone with it"
    history.change("甲", one, "restore")
    assert {c.conversation_id for c in history.conversations("甲")} == {one, two}
    history.change("甲", two, "pin")
    assert [(c.conversation_id, c.pinned) for c in history.conversations("甲", most=1)] == [
        (two, True)
    ]


def test_a_question_is_kept_when_it_is_asked_and_once_however_often_it_is_sent(
    tmp_path: Path, answer: Answer
) -> None:
    history, limits = History(tmp_path), Filters(place=("太湖县",))
    for _ in range(3):
        turn = history.ask("甲", "conversation", "turn-number-1", ASKED, limits)
    assert (turn.state, turn.question, turn.filters, turn.answer) == ("asked", ASKED, limits, None)
    history.close()
    history = History(tmp_path)  # the server was started anew
    assert [t.answer_id for t in history.turns("甲", "conversation")] == ["turn-number-1"]
    assert history.conversations("甲")[0].title == ASKED
    history.finish("turn-number-1", answer)
    assert history.ask("甲", "conversation", "turn-number-1", ASKED, limits).whole == answer
    with pytest.raises(BadInput, match="load the page again"):
        history.ask("甲", "conversation", "short", ASKED, limits)


def test_what_comes_after_a_stop_is_not_kept(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    history.ask("甲", "conversation", "turn-number-1", ASKED, Filters())
    history.settle("turn-number-1", "stopped")
    history.finish("turn-number-1", answer)
    stopped = history.turn("甲", "turn-number-1")
    assert (stopped.state, stopped.answer) == ("stopped", None)
    with pytest.raises(KeyError):
        _ = stopped.whole


def test_a_second_try_that_fails_or_is_stopped_leaves_the_first_answer(
    tmp_path: Path, answer: Answer
) -> None:
    history = History(tmp_path)
    turn = keep(history, "甲", None, answer, Filters())
    for state, problem in (("stopped", ""), ("failed", "other_error")):
        assert history.again("甲", turn.answer_id, Filters()).state == "asked"
        history.settle(turn.answer_id, state, problem)  # type: ignore[arg-type]
        kept = history.turn("甲", turn.answer_id)
        assert (kept.state, kept.whole, kept.problem) == ("answered", answer, problem)


def test_the_questions_before_a_turn_are_those_that_were_answered(
    tmp_path: Path, answer: Answer
) -> None:
    history = History(tmp_path)
    for number in range(5):
        history.ask("甲", "conversation", f"turn-number-{number}", f"{number}？", Filters())
        if number == 1:
            history.settle("turn-number-1", "stopped")
        else:
            history.finish(f"turn-number-{number}", answer)
    assert history.questions(history.turn("甲", "turn-number-3")) == ("0？", "2？")
    last = history.turns("甲", "conversation", before="turn-number-4", most=2)
    assert [turn.question for turn in last] == ["2？", "3？"]


def test_a_history_of_the_first_version_is_brought_up_and_a_copy_stays(
    tmp_path: Path, answer: Answer
) -> None:
    first = History(tmp_path)
    kept = keep(first, "甲", None, answer, Filters())
    first.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:  # as the first version wrote it
        for column in ("pinned", "deleted"):
            file.execute(f"ALTER TABLE conversations DROP COLUMN {column}")
        for column in ("state", "problem", "tries"):
            file.execute(f"ALTER TABLE answers DROP COLUMN {column}")
        file.execute("PRAGMA user_version = 0")
    file.close()
    History(tmp_path).close()
    again = History(tmp_path)
    assert again.turn("甲", kept.answer_id).whole == answer
    assert again.turn("甲", kept.answer_id).state == "answered"
    again.close()
    (copy,) = tmp_path.glob(f"{FILE_NAME}.v*")
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as old:
        assert old.execute("SELECT id FROM answers").fetchall() == [(kept.answer_id,)]
        assert "state" not in [row[1] for row in old.execute("PRAGMA table_info(answers)")]
        old.execute("PRAGMA user_version = 99")
    old.close()
    copy.rename(tmp_path / FILE_NAME)
    with pytest.raises(BadInput, match="later version"):
        History(tmp_path)


def test_the_last_word_on_an_answer_counts(tmp_path: Path, answer: Answer) -> None:
    history = History(tmp_path)
    turn = keep(history, "甲", None, answer, Filters())
    history.judge("甲", turn.answer_id, "good")
    history.judge("甲", turn.answer_id, "bad", " 不完整 ")
    (said,) = history.log(only="bad")
    assert (said.verdict, said.reason, said.question, said.user) == ("bad", "不完整", ASKED, "甲")
    assert history.turn("甲", turn.answer_id).verdict == "bad"
    history.again("甲", turn.answer_id, Filters())
    history.finish(turn.answer_id, replace(answer, kind="fact"))
    again = history.turn("甲", turn.answer_id)
    assert (again.whole.kind, again.verdict) == ("fact", None)


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
    keep(history, "甲", None, answer, Filters())
    assert (tmp_path / "new" / "data" / FILE_NAME).stat().st_mode & 0o077 == 0
    history.close()
