"""One kind of work on many tasks, in order, in as many processes as there are workers. Floor 1.

Each process starts anew (spawn), so that no lock or thread of this one is copied into it, and makes
its own tools once. Only some tasks are under way at a time: results are not heaped up faster than
they are used.
"""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from rag.errors import WorkerLost

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # tasks under way for each worker
_work: Callable[[Any], Any]  # of this process, where it is a worker


def ordered(
    make: Callable[[], Callable[[T], R]], tasks: Iterable[T], workers: int, together: int = 1
) -> Iterator[R]:
    """Give `make()(task)` for each task, in order; `make` is called once a process.

    With one worker all is done in this process. With more, `make`, tasks and results must be
    picklable, and tasks are taken ahead of the results. Small ones are sent some `together`: each
    message costs as much as reading a page.

    Raises:
        WorkerLost: a process ended in the middle of a task, or had too little memory.
    """
    if workers <= 1:
        yield from map(make(), tasks)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(make,))
    under_way: deque[Future[Any]] = deque()
    try:
        rest = iter(tasks)
        while some := list(islice(rest, together)):
            under_way.append(pool.submit(_run, some))
            if len(under_way) >= _AHEAD * workers:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()
    except (BrokenProcessPool, MemoryError) as error:
        raise WorkerLost(
            "a worker process of the build ended before its work, perhaps for want of memory: "
            "set fewer `workers` and build again; the index is as it was"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start(make: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    _work = make()


def _run(tasks: list[Any]) -> list[Any]:
    return [_work(task) for task in tasks]
