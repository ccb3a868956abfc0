"""Work in several processes: in order, what was made is what one process makes, none is missed."""

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from rag.errors import WorkerLost
from rag.parallel import ordered


def adder(more: int) -> Callable[[int], tuple[int, int]]:
    return partial(_added, more)


def _added(more: int, task: int) -> tuple[int, int]:
    return task + more, os.getpid()


def dying(more: int) -> Callable[[int], int]:
    return partial(_dies, more)


def _dies(more: int, task: int) -> int:
    if task == more:
        os._exit(1)  # as a process does that the system kills for its memory
    return task


def _starved(task: int) -> int:
    raise MemoryError


def starved() -> Callable[[int], int]:
    return _starved


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    found = list(ordered(partial(adder, 5), range(50), workers))
    assert [number for number, _ in found] == list(range(5, 55))
    assert (os.getpid() in {process for _, process in found}) == (workers == 1)


def test_tasks_are_taken_only_a_little_ahead() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for task in range(50):
            taken.append(task)
            yield task

    results = ordered(partial(adder, 0), tasks(), 2)
    next(results)
    assert len(taken) < 10
    results.close()  # type: ignore[attr-defined] # a generator, and the pool ends with it


@pytest.mark.parametrize("make", [partial(dying, 3), starved])
def test_a_worker_that_is_lost_is_one_clear_line(make: Callable[[], Callable[[int], int]]) -> None:
    with pytest.raises(WorkerLost, match="set fewer `workers` and build again"):
        list(ordered(make, range(9), 2))


@pytest.mark.parametrize("together", [1, 7, 100])
def test_some_tasks_may_go_together(together: int) -> None:
    found = list(ordered(partial(adder, 5), range(50), 2, together))
    assert [number for number, _ in found] == list(range(5, 55))
