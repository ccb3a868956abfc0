"""Work in several processes: in order, each task within a budget, and what is lost is one task."""

import multiprocessing
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from rag.errors import WorkerLost
from rag.parallel import Lost, offline, ordered

MEMORY = 1 << 30


def minute(task: int) -> float:
    return 60


def adder(more: int) -> Callable[[int], tuple[int, int]]:
    return partial(_added, more)


def _added(more: int, task: int) -> tuple[int, int]:
    return task + more, os.getpid()


def _aborts(task: int) -> None:
    os.abort()


def _is_killed(task: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leaves(task: int) -> None:
    os._exit(3)


def _computes(task: int) -> None:
    while True:
        pass


def _sleeps(task: int) -> None:
    time.sleep(1000)


def _heaps_up(task: int) -> None:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def _recurses(task: int) -> None:
    _recurses(task)


def _raises(task: int) -> None:
    raise ValueError(f"no {task}")


def _reaches(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return "OSError"
    return "reached"


def harmed(harm: Callable[[int], None], at: tuple[int, ...]) -> Callable[[int], int]:
    return partial(_harmed, harm, at)


def _harmed(harm: Callable[[int], None], at: tuple[int, ...], task: int) -> int:
    if task in at:
        harm(task)
    return task


def broken() -> Callable[[int], int]:
    raise OSError("a worker that cannot begin")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    found = list(ordered(partial(adder, 5), range(50), workers, minute, MEMORY))
    assert [each[0] for each in found if not isinstance(each, Lost)] == list(range(5, 55))
    processes = {each[1] for each in found if not isinstance(each, Lost)}
    assert os.getpid() not in processes
    assert len(processes) <= workers


def test_no_tasks_start_no_process() -> None:
    assert list(ordered(broken, [], 2, minute, MEMORY)) == []


def test_tasks_are_taken_only_a_little_ahead() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for task in range(500):
            taken.append(task)
            yield task

    results = ordered(partial(adder, 0), tasks(), 2, minute, MEMORY)
    next(results)
    assert len(taken) < 50
    results.close()  # type: ignore[attr-defined] # a generator, and the processes end with it


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_aborts, "SIGABRT"),
        (_is_killed, "SIGKILL"),
        (_leaves, "exit code 3"),
        (_heaps_up, "file_memory"),
        (_computes, "more than 1 s of processor time"),
        (_recurses, "RecursionError"),
        (_raises, r"ValueError: no \d+ \(test_parallel.py:\d+\)"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_is_lost_by_itself(harm: Callable[[int], None], told: str, workers: int) -> None:
    seconds = 1 if harm is _computes else 60
    make = partial(harmed, harm, (3, 11))
    found = list(ordered(make, range(12), workers, lambda _: seconds, 1 << 28))
    assert [n for n, each in enumerate(found) if isinstance(each, Lost)] == [3, 11]
    assert [each for each in found if not isinstance(each, Lost)] == [*range(3), *range(4, 11)]
    for lost in (found[3], found[11]):
        assert isinstance(lost, Lost)
        assert re.search(told, lost.reason)


def test_a_task_that_hangs_is_given_up() -> None:
    make = partial(harmed, _sleeps, (1,))
    found = list(ordered(make, range(4), 1, lambda task: 0.02 if task == 1 else 60, MEMORY))
    assert [each for each in found if not isinstance(each, Lost)] == [0, 2, 3]
    assert found[1] == Lost("reading it did not end within 1 s")


def test_workers_reach_no_network() -> None:
    probe = multiprocessing.get_context("forkserver").Pool(1)
    with probe:
        if not probe.apply(offline):
            pytest.skip("this system lets no process give its network up")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        (found,) = ordered(partial(partial, _reaches), [port], 1, minute, MEMORY)
    assert found == "OSError"


def test_workers_that_cannot_begin_are_one_clear_line() -> None:
    with pytest.raises(WorkerLost, match="set fewer `workers` and build again"):
        list(ordered(broken, range(9), 2, minute, MEMORY))
