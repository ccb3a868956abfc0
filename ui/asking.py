"""Questions that are being answered: they go on whether or not a page looks, and are kept.

A page asks, then looks at the turn until it is settled. So nothing depends on one connection: a
proxy may cut it, the page be loaded again, the server be started anew.
"""

import logging
import sqlite3
import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

from rag.errors import Overloaded, RagError
from rag.history import Turn
from rag.queue import Place
from rag.types import Answer, Filters
from rag.users import LOCAL
from ui.site import Site, problem

TURNS_KEPT = 40  # earlier questions that a question may lean on
_OWN = 4  # questions of one person that are answered or wait
_TRIES = 3  # at one answer: a question that ends the process must not do so for ever

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Growing:
    """An answer on its way."""

    user: str = ""
    place: Place = field(default_factory=Place)
    version: int = 0  # grows with what there is of it
    answer: Answer | None = None
    problem: str = ""  # why there is none, as a name of a text
    stopped: bool = False
    unkept: bool = False  # at its end, but the history could not be written


class Asking:
    """Answers the questions of `site`'s history, each in a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._assistant, self._history, self._watch = site.assistant, site.history, site.watch
        self._growing: dict[str, Growing] = {}
        self._turn = threading.Lock()

    def look(self, user: str, answer_id: str) -> tuple[Turn, Growing | None]:
        """Return a turn and, while it is answered, what there is of the answer.

        A question whose answer was lost with the process is begun again here. KeyError if the turn
        is not one of the user's.
        """
        with self._turn:  # what is at its end is kept before it is let go
            turn = self._history.turn(user, answer_id)
            growing = self._growing.get(answer_id)
            if growing is None and turn.state == "asked" and turn.tries < _TRIES:
                growing = self._growing[answer_id] = Growing(user)
                given = (user, turn, growing)
                threading.Thread(target=self._answer, args=given, daemon=True).start()
        if turn.state != "asked":
            return turn, None
        if growing and not growing.unkept:
            return turn, growing
        self._end(turn, growing or Growing(problem="other_error"))
        return self._history.turn(user, answer_id), growing

    def ask(
        self, user: str, conversation_id: str, answer_id: str, question: str, filters: Filters
    ) -> Turn:
        """Keep a question and begin to answer it; a second time under the same id does nothing.

        Raises:
            KeyError: the conversation is not one of the user's.
            BadInput: one of the ids is none.
            Overloaded: too many of the user's wait already.
        """
        self._check_few(user, answer_id)
        self._history.ask(user, conversation_id, answer_id, question, filters)
        return self.look(user, answer_id)[0]

    def waits(self, answer_id: str, version: int) -> bool:
        """Whether an answer is still on its way, with no more of it than `version`."""
        growing = self._growing.get(answer_id)
        return growing is not None and not growing.unkept and growing.version <= version

    def again(self, user: str, answer_id: str, filters: Filters) -> Turn:
        """Answer a question anew, or raise as `ask`; its answer stays until there is another."""
        self._check_few(user, answer_id)
        self._history.again(user, answer_id, filters)
        return self.look(user, answer_id)[0]

    def stop(self, user: str, answer_id: str) -> Turn:
        """End a question; what comes of it later is not kept. KeyError if it is not the user's."""
        turn = self._history.turn(user, answer_id)
        if turn.state == "asked":
            self._history.settle(answer_id, "stopped")
            with self._turn:
                if growing := self._growing.pop(answer_id, None):
                    growing.stopped = True
                    growing.place.leave()
            self._watch.asked(user, turn.question, "stopped")
        return self._history.turn(user, answer_id)

    def _check_few(self, user: str, answer_id: str) -> None:
        """Hold one who asks in many tabs, or by a program, to a few questions at a time."""
        own = [of for of, growing in self._growing.copy().items() if growing.user == user]
        if user != LOCAL.name and len(own) >= _OWN and answer_id not in own:
            raise Overloaded("too many questions wait for an answer: ask again in a minute")

    def _answer(self, user: str, turn: Turn, growing: Growing) -> None:
        try:
            self._history.begin(turn.answer_id)
            questions = self._history.questions(turn)[-TURNS_KEPT:]
            for answer in self._assistant.asking(
                turn.question, questions, turn.filters, growing.place
            ):
                if growing.stopped:
                    return
                growing.answer = answer
                growing.version += 1
            if growing.answer:
                self._watch.answered(user, growing.answer)
        except CancelledError:  # stopped while it waited
            return
        except Exception as error:  # a bug: one line for the reader, the traceback for the log
            if isinstance(error, RagError):
                _log.warning("%s: %s", type(error).__name__, error)
            else:
                _log.exception("a question of %d characters got no answer", len(turn.question))
            growing.answer, growing.problem = None, problem(error)
            self._watch.asked(user, turn.question, "failed")
        self._end(turn, growing)

    def _end(self, turn: Turn, growing: Growing) -> None:
        """Keep what came of a question; where that fails it is in memory and tried again later."""
        try:
            if growing.answer:
                self._history.finish(turn.answer_id, growing.answer)
            else:
                self._history.settle(turn.answer_id, "failed", growing.problem)
        except sqlite3.Error as error:
            _log.error("the history cannot be written: %s", error)
            growing.unkept = True
            growing.version += 1
            return
        with self._turn:
            if self._growing.get(turn.answer_id) is growing:
                del self._growing[turn.answer_id]
