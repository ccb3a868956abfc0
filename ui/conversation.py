"""One conversation: the turns on the page, the questions behind them, and how a turn is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.history import Turn
from rag.index import Records
from rag.pipeline import Assistant
from rag.types import Citation, Essay, Measure
from ui import render
from ui.examples import next_questions
from ui.scope import limits
from ui.source import Surroundings
from ui.strings import ZH, Strings

TURNS_KEPT = 40  # of one conversation, on the page and in the server's memory
_AROUND = 2  # paragraphs shown on each side of a cited one


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation: its language, whose it is, the turns and the questions behind them."""

    language: str = ZH.language
    user: str = ""
    conversation_id: str | None = None  # None until its first answer is kept
    turns: tuple[str, ...] = ()  # HTML
    questions: tuple[str, ...] = ()
    last: str | None = None  # id of the last answer, which can be had again
    pending: str = ""  # the question that is being answered

    def with_turn(self, question: str, turn: str) -> "Chat":
        """Return the conversation with one more turn, the oldest dropped past the limit."""
        return replace(
            self,
            turns=(*self.turns, turn)[-TURNS_KEPT:],
            questions=(*self.questions, question)[-TURNS_KEPT:],
            pending="",
        )

    def without_last(self) -> "Chat":
        """Return the conversation without its last turn."""
        return replace(self, turns=self.turns[:-1], questions=self.questions[:-1])


class Shown:
    """Turns what the history holds into what the page shows, with the library as it is now."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._read = lru_cache(maxsize=1)(_read)

    def turn(self, kept: Turn, s: Strings, asked: Sequence[str] = (), last: bool = True) -> str:
        """Return one turn.

        Args:
            kept: the turn.
            s: the interface's language.
            asked: the questions of the conversation, which are not suggested again.
            last: whether it is the last one, which suggests what to ask next.
        """
        answer, records = kept.answer, self._assistant.records
        essays, measures = self._read(records)
        question = answer.understood or answer.question
        named = self._assistant.names.find(question)
        return render.turn(
            answer,
            {
                c.paragraph.paragraph_id: around(c, records)
                for c in answer.citations or answer.nearest
            },
            s,
            render.Kept(
                kept.answer_id,
                kept.verdict,
                limits(question, named, kept.filters, essays, s),
                next_questions(answer, essays, measures, s, asked) if last else (),
                last,
            ),
        )


def around(citation: Citation, records: Records) -> Surroundings:
    """Look the neighbours up; none where the index no longer has the paragraph as cited."""
    paragraphs = records.paragraphs(citation.essay.essay_id)
    place = {p.paragraph_id: at for at, p in enumerate(paragraphs)}
    at = place.get(citation.paragraph.paragraph_id)
    if at is None or paragraphs[at].text != citation.paragraph.text:
        return Surroundings(changed=True)
    return Surroundings(
        before=paragraphs[max(0, at - _AROUND) : at],
        after=paragraphs[at + 1 : at + 1 + _AROUND],
    )


def _read(records: Records) -> tuple[tuple[Essay, ...], tuple[Measure, ...]]:
    """Read once an index what every turn needs of it."""
    return records.essays(), records.measures()
