"""What users asked and were answered, in one SQLite file that outlives every index.

A question is kept when it is asked, its answer when it is whole, with the paragraphs that it cites:
an old citation shows the text that it cited whatever the corpus says since. Whoever asks names the
turn and its conversation, so that a question that is sent twice is kept once. A user sees only what
is theirs.
"""

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from rag.database import Database
from rag.errors import BadInput, DataNotWritten
from rag.kept import ANSWERS, kept_answer
from rag.types import Answer, Filters

FILE_NAME = "history.sqlite"
_FILTERS: TypeAdapter[Filters] = TypeAdapter(Filters)
_NO_FILTERS = Filters()
_ID = re.compile(r"[\w-]{8,40}", re.ASCII)  # that a page may give a turn or a conversation
_TITLE = 60  # characters of a conversation's title
_REASON = 1000  # characters of a reason
_UNDO = timedelta(days=1)  # for which a deleted conversation can be had back
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, at TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question TEXT NOT NULL, text TEXT NOT NULL, answer TEXT NOT NULL, filters TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answers_conversation ON answers (conversation);
CREATE INDEX IF NOT EXISTS conversations_user ON conversations (user, changed);
CREATE TABLE IF NOT EXISTS feedback (
    answer TEXT PRIMARY KEY REFERENCES answers (id) ON DELETE CASCADE,
    verdict TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL);
"""
_STATES = """
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN deleted TEXT;
ALTER TABLE answers ADD COLUMN state TEXT NOT NULL DEFAULT 'answered';
ALTER TABLE answers ADD COLUMN problem TEXT NOT NULL DEFAULT '';
ALTER TABLE answers ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
"""

Verdict = Literal["good", "bad"]
State = Literal["asked", "answered", "stopped", "failed"]
Outcome = Literal["asked", "answered", "refused", "stopped", "failed"]
ConversationChange = Literal["rename", "pin", "unpin", "delete", "restore"]
_CHANGES: dict[ConversationChange, str] = {
    "rename": "title = ?1",
    "pin": "pinned = 1",
    "unpin": "pinned = 0",
    "delete": "deleted = ?2",
    "restore": "deleted = NULL",
}

_OUTCOME = (  # of an answer as JSON; the text of a question cannot hold these signs there
    "CASE WHEN a.state = 'answered' AND instr(a.answer, '\"abstained\":true') THEN 'refused'"
    " ELSE a.state END"
)
_DAY = "date(a.at, 'localtime')"
_OWN = "id = ? AND user = ? AND (deleted IS NOT NULL) = ?"
_LOGGED = (
    "FROM answers a JOIN conversations c ON c.id = a.conversation"
    " LEFT JOIN feedback f ON f.answer = a.id WHERE c.deleted IS NULL"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, with its answer once there is one."""

    answer_id: str
    conversation_id: str
    at: str  # ISO 8601, UTC
    question: str
    answer: Answer | None = None  # an earlier one while the question is asked again
    filters: Filters = _NO_FILTERS
    verdict: Verdict | None = None
    state: State = "answered"
    problem: str = ""  # why it failed, as a name that the page has a text for
    tries: int = 0  # how often an answer was begun

    @property
    def mark(self) -> str:
        """What changes whenever the turn does."""
        return f"{self.answer_id} {self.state} {self.at}"

    @property
    def whole(self) -> Answer:
        """The answer.

        Raises:
            KeyError: there is none yet.
        """
        if self.answer is None:
            raise KeyError(self.answer_id)
        return self.answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as the list shows it."""

    conversation_id: str
    title: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """One question of the log: what became of it, and what its reader thought."""

    answer_id: str
    at: str
    user: str
    question: str
    outcome: Outcome
    verdict: Verdict | None
    reason: str  # of the verdict


@dataclass(frozen=True, slots=True)
class Day:
    """How many questions were asked on a day, by the clock of this machine."""

    day: str  # ISO 8601
    asked: int
    refused: int
    disliked: int


class History:
    """The file; usable from several threads, which take turns."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`'s history, made where there is none; one of an older version is brought up.

        Raises:
            BadInput: the folder or file cannot be written, is no such file, or is of a version
                that a later program wrote.
        """
        self._file = Database(folder / FILE_NAME, _TABLES, "history", _STATES)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def size(self) -> int:
        """Number of conversations of all users."""
        return int(self._file.rows("SELECT count(*) FROM conversations")[0][0])

    def ask(
        self, user: str, conversation_id: str, answer_id: str, question: str, filters: Filters
    ) -> Turn:
        """Keep a question; one that was kept before under this id is returned as it is.

        The first question of a conversation begins it and names it.

        Raises:
            KeyError: the conversation or the turn is not one of the user's.
            BadInput: one of the ids is none.
        """
        if not (_ID.fullmatch(conversation_id) and _ID.fullmatch(answer_id)):
            raise BadInput("a turn has no usable id: load the page again")
        if self._turns("a.id = ?", answer_id):
            return self.turn(user, answer_id)
        now, title = _now(), " ".join(question.split())[:_TITLE]
        kept = self._file.run(
            (
                "INSERT OR IGNORE INTO conversations (id, user, title, changed)"
                " VALUES (?, ?, ?, ?)",
                *(conversation_id, user, title, now),
            ),
            (f"UPDATE conversations SET changed = ? WHERE {_OWN}", now, conversation_id, user, 0),
            (
                "INSERT OR IGNORE INTO answers"
                " (id, at, conversation, question, text, answer, filters, state)"
                f" SELECT ?, ?, id, ?, '', '', ?, 'asked' FROM conversations WHERE {_OWN}",
                answer_id, now, question, _json(filters), conversation_id, user, 0,
            ),
        )  # fmt: skip
        if not kept:
            self._own(user, conversation_id)
        return self.turn(user, answer_id)

    def again(self, user: str, answer_id: str, filters: Filters) -> Turn:
        """Ask a question anew under `filters`; its answer stays until there is another.

        Raises:
            KeyError: the turn is not one of the user's.
        """
        self.turn(user, answer_id)
        anew = "state = 'asked', problem = '', tries = 0, filters = ?"
        self._file.run((f"UPDATE answers SET {anew} WHERE id = ?", _json(filters), answer_id))
        return self.turn(user, answer_id)

    def begin(self, answer_id: str) -> None:
        """Count one more try at an answer, which is made where that cannot be kept, too."""
        with suppress(DataNotWritten):
            self._file.run(("UPDATE answers SET tries = tries + 1 WHERE id = ?", answer_id))

    def finish(self, answer_id: str, answer: Answer) -> None:
        """Keep the answer to a question, unless it was stopped meanwhile; what was thought goes."""
        still = "id = ? AND state = 'asked'"
        self._file.run(
            (f"DELETE FROM feedback WHERE answer IN (SELECT id FROM answers WHERE {still})",
             answer_id),
            (
                "UPDATE answers SET text = ?, answer = ?, at = ?, state = 'answered'"
                f" WHERE {still}",
                *(answer.text, ANSWERS.dump_json(answer).decode(), _now(), answer_id),
            ),
        )  # fmt: skip

    def settle(self, answer_id: str, state: State, problem: str = "") -> None:
        """End a question without a new answer; one that had an answer before keeps it."""
        self._file.run(
            (
                "UPDATE answers SET state = iif(answer = '', ?, 'answered'), problem = ?"
                " WHERE id = ? AND state = 'asked'",
                *(state, problem, answer_id),
            )
        )

    def conversations(self, user: str, query: str = "", most: int = -1) -> tuple[Conversation, ...]:
        """The user's conversations that hold `query` in title, question or answer.

        The pinned come first, then the newest; `most` of them, -1 for all.
        """
        rows = self._file.rows(
            "SELECT c.id, c.title, c.pinned FROM conversations c"
            " WHERE c.user = ?1 AND c.deleted IS NULL"
            " AND (?2 = '' OR instr(c.title, ?2) OR EXISTS (SELECT 1 FROM answers b"
            " WHERE b.conversation = c.id AND (instr(b.question, ?2) OR instr(b.text, ?2))))"
            " ORDER BY c.pinned DESC, c.changed DESC, c.rowid DESC LIMIT ?3",
            *(user, query.strip(), most),
        )
        return tuple(Conversation(of, title, bool(pinned)) for of, title, pinned in rows)

    def turns(
        self, user: str, conversation_id: str, before: str = "", most: int = -1
    ) -> tuple[Turn, ...]:
        """The turns of a conversation, oldest first; KeyError if it is not the user's.

        Args:
            user: who asks.
            conversation_id: of the conversation.
            before: id of the turn before which they stand; "" for the end.
            most: how many of the last ones, -1 for all.
        """
        self._own(user, conversation_id)
        earlier = "(?2 = '' OR a.seq < (SELECT seq FROM answers WHERE id = ?2))"
        last = f"a.conversation = ?1 AND {earlier} ORDER BY a.seq DESC LIMIT ?3"
        found = self._turns(last, conversation_id, before, most)
        return found[::-1]

    def questions(self, turn: Turn) -> tuple[str, ...]:
        """The questions of a conversation that were answered before `turn`, oldest first."""
        rows = self._file.rows(
            "SELECT question FROM answers WHERE conversation = ?1 AND answer != ''"
            " AND seq < (SELECT seq FROM answers WHERE id = ?2) ORDER BY seq",
            turn.conversation_id, turn.answer_id,
        )  # fmt: skip
        return tuple(question for (question,) in rows)

    def turn(self, user: str, answer_id: str) -> Turn:
        """One answer; KeyError if it is not the user's."""
        found = self._turns("a.id = ?", answer_id)
        if not found:
            raise KeyError(answer_id)
        self._own(user, found[0].conversation_id)
        return found[0]

    def change(
        self, user: str, conversation_id: str, change: ConversationChange, title: str = ""
    ) -> None:
        """Change a conversation; one that is deleted can be restored for a day.

        Raises:
            KeyError: it is not the user's; for "restore", it is not deleted, or gone for good.
            BadInput: it is to be renamed to nothing.
        """
        self._own(user, conversation_id, deleted=change == "restore")
        named = " ".join(title.split())[:_TITLE]
        if change == "rename" and not named:
            raise BadInput("the name is empty: type one")
        set_ = f"UPDATE conversations SET {_CHANGES[change]} WHERE id = ?3"
        self._file.run(
            (set_, named, _now(), conversation_id),
            ("DELETE FROM conversations WHERE deleted < ?", _now(_UNDO)),
        )

    def judge(self, user: str, answer_id: str, verdict: Verdict, reason: str = "") -> None:
        """Keep what a reader thinks of an answer, the last word only; KeyError if not theirs."""
        self.turn(user, answer_id)
        told = (answer_id, verdict, reason.strip()[:_REASON], _now())
        self._file.run(("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", *told))

    def log(
        self, day: str = "", only: str = "", most: int = -1, skip: int = 0
    ) -> tuple[LoggedQuestion, ...]:
        """The questions of all users, newest first.

        Args:
            day: on which they were asked, ISO 8601; "" for any.
            only: an outcome or a verdict; "" for any.
            most: how many, -1 for all.
            skip: how many newer ones are left out.
        """
        rows = self._file.rows(
            f"SELECT a.id, a.at, c.user, a.question, {_OUTCOME}, f.verdict, coalesce(f.reason, '')"
            f" {_LOGGED}"
            f" AND (?1 = '' OR {_DAY} = ?1) AND (?2 = '' OR ?2 IN ({_OUTCOME}, f.verdict))"
            " ORDER BY a.seq DESC LIMIT ?3 OFFSET ?4",
            *(day, only, most, skip),
        )
        return tuple(LoggedQuestion(*row) for row in rows)

    def days(self, most: int) -> tuple[Day, ...]:
        """How many questions were asked on each of the last `most` days, the last one first."""
        rows = self._file.rows(
            f"SELECT {_DAY}, count(*), sum({_OUTCOME} = 'refused'),"
            f" coalesce(sum(f.verdict = 'bad'), 0) {_LOGGED}"
            " AND a.at > date('now', ?) GROUP BY 1 ORDER BY 1 DESC",
            f"-{most} days",
        )
        return tuple(Day(*row) for row in rows)

    def forget(self, days: int) -> int:
        """Delete what was asked more than `days` days ago; return how many questions that were."""
        before = _now(timedelta(days=days))
        old = self._file.run(("DELETE FROM answers WHERE at < ?", before))
        empty = "NOT EXISTS (SELECT 1 FROM answers a WHERE a.conversation = conversations.id)"
        self._file.run((f"DELETE FROM conversations WHERE changed < ? AND {empty}", before))
        return old

    def _own(self, user: str, conversation_id: str, deleted: bool = False) -> None:
        if not self._file.rows(
            f"SELECT 1 FROM conversations WHERE {_OWN}", conversation_id, user, deleted
        ):
            raise KeyError(conversation_id)

    def _turns(self, where: str, *values: object) -> tuple[Turn, ...]:
        rows = self._file.rows(
            "SELECT a.id, a.conversation, a.at, a.question, a.answer, a.filters, f.verdict,"
            " a.state, a.problem, a.tries"
            f" FROM answers a LEFT JOIN feedback f ON f.answer = a.id WHERE {where}",
            *values,
        )
        made = []
        for own, of, at, question, answer, filters, *settled in rows:
            whole = kept_answer(answer) if answer else None
            limits = _FILTERS.validate_json(filters)
            made.append(Turn(own, of, at, question, whole, limits, *settled))
        return tuple(made)


def _json(filters: Filters) -> str:
    return json.dumps(asdict(filters), ensure_ascii=False)


def _now(ago: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="seconds")
