"""One kind of work on many tasks, in order, in worker processes, each task on a budget.

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
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import Any, TypeVar

from rag.errors import WorkerLost
from rag.messages import both

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 8  # tasks of a worker that are done before their turn
_PATIENCE = 60  # times its processor time that a task may last by the clock, waiting for a drive
_LONGEST = 1e6  # seconds that anything is waited for
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
) -> Generator[R | Lost, None, None]:
    """Yield `make()(task)` for each task, in order; `make` is called once a process.

    `make`, tasks and results must be picklable; tasks are taken ahead of the results. No process
    is started before the first task. Whoever does not take all results closes this: it ends the
    processes.

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
    pool = [_Worker(make, memory) for _ in range(workers)]
    idle = LifoQueue[_Worker]()  # whose process was at work last goes on: few are begun for little
    for worker in pool:
        idle.put(worker)

    def result(task: T) -> R | Lost:
        worker = idle.get()
        try:
            done: R | Lost = worker.result(task, seconds(task))
            return done
        finally:
            idle.put(worker)

    threads = ThreadPoolExecutor(workers)  # each waits for one process
    coming = deque[Future[R | Lost]]()
    try:
        for task in tasks:
            coming.append(threads.submit(result, task))
            if len(coming) >= _AHEAD * workers:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in pool:
            worker.interrupt()
        threads.shutdown()
        for worker in pool:
            worker.end()


class _Worker:
    """A worker process, begun when the first task comes, as the process sees it that sends them."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], memory: int) -> None:
        self._make, self._memory = make, memory
        self._process: BaseProcess | None = None
        self._connection: Connection
        self._starting, self._interrupted = Lock(), False

    def result(self, task: object, seconds: float) -> Any:  # noqa: ANN401 (what `make` gives)
        """Return what comes of a task; where the process was killed, it is tried once more."""
        how = ""
        for _ in range(_TRIES):
            process = self._process or self._start()
            try:
                self._connection.send((task, seconds))
                if self._connection.poll(min(_PATIENCE * seconds, _LONGEST)):
                    return self._connection.recv()
            except (EOFError, ConnectionError):
                process.join()
                code = process.exitcode or 0
                self.end()
            else:
                self.end()
                told = "reading it did not end within {patience:.0f} s"
                return Lost(both(told, patience=_PATIENCE * seconds))
            if code == -signal.SIGXCPU:
                told = "reading it took more than {seconds:.0f} s of processor time (file_seconds)"
                return Lost(both(told, seconds=seconds))
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        told = "reading it ended its process ({how}), perhaps for want of memory"
        return Lost(both(told, how=how))

    def _start(self) -> BaseProcess:
        with self._starting:
            if self._interrupted:
                raise WorkerLost("nobody waits for this any more")
            self._connection, other = _CONTEXT.Pipe()
            arguments = (other, self._make, self._memory)
            process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            self._process = process  # one that could not be started is not to be ended
            other.close()
        try:
            self._connection.recv()
        except (EOFError, ConnectionError):
            raise WorkerLost(
                "a worker process of the build could not begin, perhaps for want of memory: "
                "set fewer `workers` and build again; the index is as it was"
            ) from None
        return process

    def interrupt(self) -> None:
        """Kill the process, whatever another thread waits for; no other is begun."""
        with self._starting:
            self._interrupted = True
            if self._process:
                self._process.kill()

    def end(self) -> None:
        """End the process at once."""
        if self._process:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None


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
        told = "reading it takes more than {memory} bytes of memory (file_memory)"
        return Lost(both(told, memory=memory))
    except Exception as error:  # a bug: one file's line, and it says where to look
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error}".split("\n")[0][:120]
        told = "an error of this program: {told} ({name}:{lineno})"
        return Lost(both(told, told=said, name=Path(last.filename).name, lineno=last.lineno))


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
