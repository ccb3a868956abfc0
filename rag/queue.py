"""The queue of questions: four are answered at a time, first come, first served.

Dozens of threads that want the interpreter at once get it in no order: of fifty people half were
answered in 0.2 s, and one in twenty waited for more than 3.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from rag.errors import Overloaded

R = TypeVar("R")

_AT_A_TIME = 4  # questions that are answered; the others wait
_MOST_WAITING = 200
_PATIENCE = 120.0  # seconds that somebody waits for an answer at most
_threads = ThreadPoolExecutor(_AT_A_TIME, "answer")
_held = dict[Future[Any], None]()  # questions that are answered or wait, in order of coming


class Place:
    """Where a question stands among those that wait for an answer."""

    turn: Future[Any] | None = None

    @property
    def ahead(self) -> int:
        """How many came before it and are not answered yet; 0 once it is being answered."""
        held, turn = list(_held), self.turn
        place = held.index(turn) if turn in held else 0
        return place if place >= _AT_A_TIME else 0

    def leave(self) -> None:
        """Wait no longer; what is being answered already goes on."""
        if self.turn:
            self.turn.cancel()


def waiting() -> int:
    """How many questions wait for those before them to be answered."""
    return max(0, len(_held) - _AT_A_TIME)


def in_turn(work: Callable[[], R], place: Place | None = None) -> R:
    """Do `work` when it is its turn; `place` tells meanwhile where it stands.

    Raises:
        Overloaded: too many wait, or this has waited too long.
        CancelledError: it has left its `place`.
    """
    if waiting() >= _MOST_WAITING:
        raise Overloaded("too many questions wait for an answer: ask again in a minute")
    turn = _threads.submit(work)
    _held[turn] = None
    turn.add_done_callback(_held.pop)
    if place:
        place.turn = turn
    try:
        return turn.result(_PATIENCE)
    except TimeoutError:  # nobody waits for it any more
        turn.cancel()
        raise Overloaded(
            "no answer within {patience:.0f} s: ask again in a minute", patience=_PATIENCE
        ) from None
