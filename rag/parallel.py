"""One kind of work on many tasks, in order, in worker processes, each task on a budget. Floor 1.

A task that takes more processor time or memory than its budget, raises, aborts or hangs is `Lost`
by itself: another process goes on with the next. A worker is forked from a server process that has
loaded the modules once and holds no thread, lock or file of this one. Only some tasks are under
way at a time: results are not heaped up faster than they are used.
"""

import ctypes
import math
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rag.errors import WorkerLost

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 8  # tasks that are sent to a worker before their turn: a message takes as long as a page
_PATIENCE = 60  # times its processor time that a task may last by the clock, waiting for a drive
_LOOK = 60  # seconds after which a worker that says nothing is looked at
_TRIES = 2  # of a task whose process was ended from outside, which may have been another's fault
_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER of Linux
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Lost:
    """What comes of a task that has no result."""

    reason: str


def ordered(
    make: Callable[[], Callable[[T], R]],
    tasks: Iterable[T],
    workers: int,
    seconds: Callable[[T], float],
    memory: int,
    modules: Sequence[str] = (),
) -> Iterator[R | Lost]:
    """Yield `make()(task)` for each task, in order; `make` is called once a process.

    `make`, tasks and results must be picklable; tasks are taken ahead of the results. No process
    is started before the first task.

    Args:
        make: gives what does a task.
        tasks: what is to be done.
        workers: processes at most.
        seconds: of processor time that a task may take.
        memory: bytes that a task may take beside what a worker has at the start.
        modules: are loaded once for all workers.

    Raises:
        WorkerLost: a process could not begin.
    """
    _CONTEXT.set_forkserver_preload([__name__, *modules])
    pool: list[_Worker] = []
    done: dict[int, Any] = {}
    rest, turn, taken = iter(tasks), 0, 0
    try:
        while True:
            while taken - turn < _AHEAD * workers and (some := list(_first(rest))):
                if len(pool) < workers and all(each.under_way for each in pool):
                    pool.append(_Worker(make, memory))
                worker = min(pool, key=lambda each: len(each.under_way))
                worker.give(_Task(taken, some[0], seconds(some[0])))
                taken += 1
            if turn == taken:
                return
            while turn not in done:
                _collect(pool, done)
            yield done.pop(turn)
            turn += 1
    finally:
        for worker in pool:
            worker.end()


def _first(rest: Iterator[T]) -> Iterator[T]:
    for each in rest:
        yield each
        return


def _collect(pool: "list[_Worker]", done: dict[int, Any]) -> None:
    """Wait until something is done or lost, and put it into `done`."""
    busy = {worker.connection: worker for worker in pool if worker.under_way}
    patience = min(worker.deadline for worker in busy.values()) - time.monotonic()
    ready = wait(list(busy), max(0, min(patience, _LOOK)))
    for connection in ready:
        busy[connection].receive(done)  # type: ignore[index]  # these are connections
    for worker in busy.values():
        if worker.connection not in ready and worker.deadline <= time.monotonic():
            worker.hangs(done)


class _Task(NamedTuple):
    number: int
    task: Any
    seconds: float
    tries: int = 1


class _Worker:
    """One worker process, as the process that sends it tasks sees it."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], memory: int) -> None:
        self._make, self._memory = make, memory
        self.under_way: deque[_Task] = deque()  # in the order in which they were sent
        self._start()

    def _start(self) -> None:
        self.deadline, self._began = math.inf, False
        self.connection, other = _CONTEXT.Pipe()
        arguments = (other, self._make, self._memory)
        self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        other.close()

    def give(self, task: _Task) -> None:
        """Send a task."""
        self.under_way.append(task)
        if self._began and len(self.under_way) == 1:
            self._set_deadline()
        self._send(task)

    def _send(self, task: _Task) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # `receive` finds that it has ended
            self.connection.send((task.task, task.seconds))

    def receive(self, done: dict[int, Any]) -> None:
        """Take what the worker says: that it is there, or a result; or find that it has ended."""
        try:
            result = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._ended(done)
            return
        if self._began:
            done[self.under_way.popleft().number] = result
        self._began = True
        self._set_deadline()

    def hangs(self, done: dict[int, Any]) -> None:
        """Give the task up that the worker does not end."""
        self._process.kill()
        self._process.join()
        task = self.under_way.popleft()
        why = f"reading it did not end within {_PATIENCE * task.seconds:.0f} s"
        self._lose(task, Lost(why), done)

    def _ended(self, done: dict[int, Any]) -> None:
        """Give up the task that ended the worker; one that was killed is tried once more."""
        self._process.join()
        code = self._process.exitcode or 0
        if not self._began:
            raise WorkerLost(
                "a worker process of the build could not begin, perhaps for want of memory: "
                "set fewer `workers` and build again; the index is as it was"
            )
        task = self.under_way.popleft()
        if code == -signal.SIGXCPU:
            why = f"reading it took more than {task.seconds:.0f} s of processor time (file_seconds)"
        elif task.tries < _TRIES:
            self.under_way.appendleft(task._replace(tries=task.tries + 1))
            self._restart()
            return
        else:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            why = f"reading it ended its process ({how}), perhaps for want of memory"
        self._lose(task, Lost(why), done)

    def _lose(self, task: _Task, lost: Lost, done: dict[int, Any]) -> None:
        done[task.number] = lost
        self._restart()

    def _restart(self) -> None:
        """Go on with the tasks that were sent already in a new process."""
        self.connection.close()
        self._start()
        for task in self.under_way:
            self._send(task)

    def _set_deadline(self) -> None:
        seconds = self.under_way[0].seconds if self.under_way else math.inf
        self.deadline = time.monotonic() + _PATIENCE * seconds

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, make: Callable[[], Callable[[Any], Any]], memory: int) -> None:
    """Do what is sent until nobody sends any more; runs in the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other process's to take
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say of damaged files
    offline()
    with suppress(OSError):  # where memory ends, the system is to end this process and no other
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    work = make()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, _held() + memory)
    connection.send(None)
    while True:
        try:
            task, seconds = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))
        connection.send(_result(work, task, memory))


def _result(work: Callable[[T], R], task: T, memory: int) -> R | Lost:
    try:
        return work(task)
    except MemoryError:
        return Lost(f"reading it takes more than {memory} bytes of memory (file_memory)")
    except Exception as error:  # a bug: one file's line, and it says where to look
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {error}".split("\n")[0][:120]
        return Lost(f"an error of this program: {told} ({Path(last.filename).name}:{last.lineno})")


def offline() -> bool:
    """Take the network from this process and its children; False where the system does not let it.

    What reads files needs none, and a file may make a converter ask for addresses.
    """
    user, group = os.getuid(), os.getgid()
    spaces = _NEW_NETWORK if user == 0 else _NEW_NETWORK | _NEW_USERS
    try:
        if ctypes.CDLL(None).unshare(spaces) != 0:
            return False
        if user:  # stay who one is
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    except (OSError, AttributeError):
        return False
    return True


def _limit(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _held() -> int:
    """The bytes of data that this process has; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()
