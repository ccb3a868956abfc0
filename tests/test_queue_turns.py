"""Work is done in the order of its coming, some of it at a time; too much of it is refused."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from rag import queue
from rag.errors import Overloaded
from rag.queue import Place, Queue


class Busy:
    """A queue of one at a time, whose first work goes on until `end` is set."""

    def __init__(self, people: ThreadPoolExecutor) -> None:
        self.queue, self.end, self._people = Queue("test", 1), threading.Event(), people
        self.first = people.submit(self.queue.in_turn, lambda: self.end.wait(60))
        self._wait_for(1)

    def join(self, place: Place | None = None) -> "threading.Event":
        """Let one more come; the event is set once its work is done."""
        done, held = threading.Event(), len(self.queue.held)
        self.joined = self._people.submit(self.queue.in_turn, done.set, place)
        self._wait_for(held + 1)
        return done

    def _wait_for(self, count: int) -> None:
        while len(self.queue.held) < count:
            threading.Event().wait(0.001)


@pytest.fixture
def busy() -> Iterator[Busy]:
    with ThreadPoolExecutor(8) as people:
        made = Busy(people)
        yield made
        made.end.set()


def test_nobody_waits_where_all_are_being_served(busy: Busy) -> None:
    assert Queue("idle", 4).waiting == 0
    assert busy.queue.waiting == 0
    done = busy.join()
    assert (busy.queue.waiting, done.is_set()) == (1, False)
    busy.join()
    assert busy.queue.waiting == 2


def test_a_place_is_told_until_it_is_left(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "ANSWERS", busy.queue)
    places = [Place(), Place()]
    done = [busy.join(place) for place in places]
    assert [place.ahead for place in places] == [1, 2]
    places[0].leave()
    assert places[1].ahead == 1
    busy.end.set()
    assert done[1].wait(60)
    busy.joined.result(60)
    assert [place.ahead for place in places] == [0, 0]
    assert not done[0].is_set()
    Place().leave()  # of who has not come yet: nothing to leave


def test_who_leaves_gets_nothing(busy: Busy) -> None:
    place = Place()
    busy.join(place)
    place.leave()
    with pytest.raises(CancelledError):
        busy.joined.result(60)


def test_too_many_are_refused_at_once(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_MOST_WAITING", 2)
    busy.join()
    busy.join()
    with pytest.raises(Overloaded, match="too many questions wait"):
        busy.queue.in_turn(lambda: None)
    busy.end.set()
    busy.joined.result(60)
    assert busy.queue.in_turn(lambda: "done") == "done"


def test_who_has_waited_too_long_is_told_so_and_nothing_is_done_for_them(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_PATIENCE", 0.01)
    done = threading.Event()
    with pytest.raises(Overloaded, match="no answer within 0 s"):
        busy.queue.in_turn(done.set)
    busy.end.set()
    assert busy.first.exception(60) is None
    monkeypatch.setattr(queue, "_PATIENCE", 60.0)
    assert busy.queue.in_turn(lambda: "next") == "next"
    assert not done.is_set()


def test_what_fails_fails_for_who_asked_and_for_nobody_else(busy: Busy) -> None:
    busy.end.set()
    with pytest.raises(ZeroDivisionError):
        busy.queue.in_turn(lambda: 1 // 0)
    assert busy.queue.in_turn(lambda: 1) == 1
    assert not busy.queue.held
