"""What users asked and were answered, in one SQLite file that outlives every index. Floor 2.

An answer is kept whole, with the paragraphs that it cites, so that an old citation shows the text
that it cited whatever the corpus says since. A user sees only what is theirs.
"""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from rag.blocks import Inline, Mark, Paragraph, Text
from rag.database import Database
from rag.errors import BadInput
from rag.types import Answer, Filters, Kind

FILE_NAME = "history.sqlite"
_ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)
_FILTERS: TypeAdapter[Filters] = TypeAdapter(Filters)
_NO_FILTERS = Filters()
_MARK = re.compile(r"(?<!\\)\[(\d+)\]")
_TITLE = 60  # characters of a conversation's title
_REASON = 1000  # characters of a reason
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

Verdict = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer."""

    answer_id: str
    conversation_id: str
    at: str  # ISO 8601, UTC
    answer: Answer
    filters: Filters = _NO_FILTERS
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as the list shows it."""

    conversation_id: str
    title: str
    changed: str  # ISO 8601, UTC
    answers: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of an answer."""

    at: str
    verdict: Verdict
    reason: str
    question: str
    text: str  # of the answer
    answer_id: str
    user: str


class History:
    """The file; usable from several threads, which take turns."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`'s history, made where there is none.

        Raises:
            BadInput: the folder or file cannot be written, or is no such file.
        """
        self._file = Database(folder / FILE_NAME, _TABLES, "history")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def size(self) -> int:
        """Number of conversations of all users."""
        return int(self._file.rows("SELECT count(*) FROM conversations")[0][0])

    def add(self, user: str, conversation_id: str | None, answer: Answer, filters: Filters) -> Turn:
        """Keep one answer; None begins a conversation, named after its question.

        Raises:
            KeyError: the conversation is not one of the user's.
        """
        now, answer_id = _now(), secrets.token_urlsafe(9)
        of: tuple[object, ...]
        if conversation_id is None:
            conversation_id = secrets.token_urlsafe(9)
            named = (conversation_id, user, answer.question[:_TITLE], now)
            of = ("INSERT INTO conversations VALUES (?, ?, ?, ?)", *named)
        else:
            self._own(user, conversation_id)
            of = ("UPDATE conversations SET changed = ? WHERE id = ?", now, conversation_id)
        made = (
            "INSERT INTO answers (id, at, conversation, question, text, answer, filters)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            answer_id, now, conversation_id, answer.question, answer.text,
            _ANSWERS.dump_json(answer).decode(), json.dumps(asdict(filters), ensure_ascii=False),
        )  # fmt: skip
        self._file.run(of, made)
        return Turn(answer_id, conversation_id, now, answer, filters)

    def replace(self, user: str, answer_id: str, answer: Answer) -> Turn:
        """Put `answer` in the place of an earlier answer; what was thought of that one goes.

        Raises:
            KeyError: the answer is not one of the user's.
        """
        old = self.turn(user, answer_id)
        self._file.run(
            ("DELETE FROM feedback WHERE answer = ?", answer_id),
            (
                "UPDATE answers SET text = ?, answer = ?, at = ? WHERE id = ?",
                *(answer.text, _ANSWERS.dump_json(answer).decode(), _now(), answer_id),
            ),
        )
        return Turn(answer_id, old.conversation_id, _now(), answer, old.filters)

    def conversations(self, user: str, query: str = "") -> tuple[Conversation, ...]:
        """The user's conversations that hold `query` in title, question or answer, newest first."""
        rows = self._file.rows(
            "SELECT c.id, c.title, c.changed, count(a.id) FROM conversations c"
            " LEFT JOIN answers a ON a.conversation = c.id WHERE c.user = ?1"
            " AND (?2 = '' OR instr(c.title, ?2) OR EXISTS (SELECT 1 FROM answers b"
            " WHERE b.conversation = c.id AND (instr(b.question, ?2) OR instr(b.text, ?2))))"
            " GROUP BY c.id ORDER BY c.changed DESC, c.rowid DESC",
            user, query.strip(),
        )  # fmt: skip
        return tuple(Conversation(*row) for row in rows)

    def turns(self, user: str, conversation_id: str) -> tuple[Turn, ...]:
        """The answers of a conversation, oldest first; KeyError if it is not the user's."""
        self._own(user, conversation_id)
        return self._turns("a.conversation = ? ORDER BY a.seq", conversation_id)

    def turn(self, user: str, answer_id: str) -> Turn:
        """One answer; KeyError if it is not the user's."""
        found = self._turns("a.id = ?", answer_id)
        if not found:
            raise KeyError(answer_id)
        self._own(user, found[0].conversation_id)
        return found[0]

    def rename(self, user: str, conversation_id: str, title: str) -> None:
        """Name a conversation; KeyError if it is not the user's, BadInput for no name."""
        self._own(user, conversation_id)
        if not (named := " ".join(title.split())[:_TITLE]):
            raise BadInput("the name is empty: type one")
        self._file.run(("UPDATE conversations SET title = ? WHERE id = ?", named, conversation_id))

    def delete(self, user: str, conversation_id: str) -> None:
        """Delete a conversation with its answers; KeyError if it is not the user's."""
        self._own(user, conversation_id)
        self._file.run(("DELETE FROM conversations WHERE id = ?", conversation_id))

    def judge(self, user: str, answer_id: str, verdict: Verdict, reason: str = "") -> None:
        """Keep what a reader thinks of an answer, the last word only; KeyError if not theirs."""
        self.turn(user, answer_id)
        told = (answer_id, verdict, reason.strip()[:_REASON], _now())
        self._file.run(("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", *told))

    def feedback(self) -> tuple[Feedback, ...]:
        """What all readers thought, newest first."""
        rows = self._file.rows(
            "SELECT f.at, f.verdict, f.reason, a.question, a.text, a.id, c.user FROM feedback f"
            " JOIN answers a ON a.id = f.answer JOIN conversations c ON c.id = a.conversation"
            " ORDER BY f.at DESC, f.rowid DESC"
        )
        return tuple(Feedback(*row) for row in rows)

    def _own(self, user: str, conversation_id: str) -> None:
        if not self._file.rows(
            "SELECT 1 FROM conversations WHERE id = ? AND user = ?", conversation_id, user
        ):
            raise KeyError(conversation_id)

    def _turns(self, where: str, value: str) -> tuple[Turn, ...]:
        rows = self._file.rows(
            "SELECT a.id, a.conversation, a.at, a.answer, a.filters, f.verdict FROM answers a"
            f" LEFT JOIN feedback f ON f.answer = a.id WHERE {where}",
            value,
        )
        return tuple(
            Turn(own, of, at, _read(answer), _FILTERS.validate_json(kept), verdict)
            for own, of, at, answer, kept, verdict in rows
        )


def _read(kept: str) -> Answer:
    """Return a kept answer; an older one has a Markdown text alone, shown line by line.

    Of one that another version of the program wrote, what this one does not know is left out.
    """
    try:
        answer = _ANSWERS.validate_json(kept)
    except ValidationError:
        answer = _of_another_version(json.loads(kept))
    if answer.blocks:
        return answer
    lines = filter(None, map(str.strip, answer.text.replace("**", "").splitlines()))
    return replace(answer, blocks=tuple(Paragraph(tuple(_inlines(line))) for line in lines))


def _of_another_version(kept: dict[str, Any]) -> Answer:
    """Return an answer without its kind or, where that is not enough, its text alone."""
    known = {**kept, "kind": get_args(Kind)[0]}
    with suppress(ValidationError):
        return _ANSWERS.validate_python(known)
    question, text = (str(kept.get(name) or "") for name in ("question", "text"))
    return Answer(question, known["kind"], text, (), abstained=False, reason=None)


def _inlines(line: str) -> Iterator[Inline]:
    for part, piece in enumerate(_MARK.split(line)):  # text and number in turn
        if part % 2:
            yield Mark(int(piece))
        elif piece:
            yield Text(re.sub(r"\\(.)", r"\1", piece))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
