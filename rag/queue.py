"""Queues: a few questions are answered at a time, first come, first served.

Dozens of threads that want the interpreter at once get it in no order: of fifty people half were
answered in 0.2 s, and one in twenty waited for more than 3. A search takes milliseconds, so it has
a queue of its own and waits for no answer.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from rag.errors import Overloaded

R = TypeVar("R")

_MOST_WAITING = 200
_PATIENCE = 120.0  # seconds that somebody waits at most


class Queue:
    """Work that is done in the order of its coming, `at_a_time` of it side by side."""

    def __init__(self, name: str, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        self._threads = ThreadPoolExecutor(at_a_time, name)
        self.held = dict[Future[Any], None]()  # what is being done or waits, in order of coming

    @property
    def waiting(self) -> int:
        """How many wait for those before them."""
        return max(0, len(self.held) - self._at_a_time)

    def ahead(self, turn: Future[Any] | None) -> int:
        """How many came before one and are not done yet; 0 once it is being done."""
        held = list(self.held)
        place = held.index(turn) if turn in held else 0
        return place if place >= self._at_a_time else 0

    def in_turn(self, work: Callable[[], R], place: "Place | None" = None) -> R:
        """Do `work` when it is its turn; `place` tells meanwhile where it stands.

        Raises:
            Overloaded: too many wait, or this has waited too long.
            CancelledError: it has left its `place`.
        """
        if self.waiting >= _MOST_WAITING:
            raise Overloaded("too many questions wait for an answer: ask again in a minute")
        turn = self._threads.submit(work)
        self.held[turn] = None
        turn.add_done_callback(self.held.pop)
        if place:
            place.turn = turn
        try:
            return turn.result(_PATIENCE)
        except TimeoutError:  # nobody waits for it any more
            turn.cancel()
            raise Overloaded(
                "no answer within {patience:.0f} s: ask again in a minute", patience=_PATIENCE
            ) from None


ANSWERS = Queue("answer", at_a_time=4)
SEARCHES = Queue("search", at_a_time=1)


class Place:
    """Where a question stands among those that wait for an answer."""

    def __init__(self) -> None:
        self.turn: Future[Any] | None = None
        self.left = Event()

    @property
    def ahead(self) -> int:
        """How many came before it and are not answered yet; 0 once it is being answered."""
        return ANSWERS.ahead(self.turn)

    def leave(self) -> None:
        """Wait no longer: a language model is hung up on, a search at work goes on."""
        self.left.set()
        if self.turn:
            self.turn.cancel()
