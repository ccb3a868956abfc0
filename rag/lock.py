"""One build at a time: INDEX/LOCK is locked while a build runs, and says whose it is.

The kernel lets go of the lock when its process ends, however it ends, so a dead build never bars
the way, even where its number is another process's by now. Some network drives know no locks:
there what the file says decides. The file stays; an empty one belongs to nobody.
"""

import fcntl
import getpass
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from rag.errors import IndexBusy, IndexNotWritten
from rag.messages import cause

LOCK = "LOCK"
_handles: set[int] = set()  # of the locks that this process holds


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose build it is."""

    user: str
    host: str
    pid: int
    started: str  # when the process began, which tells it from a later one of the same number
    since: str  # when it took the lock: ISO 8601, UTC

    @classmethod
    def this(cls) -> Self:
        """Return this process."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(_user(), socket.gethostname(), os.getpid(), _started(os.getpid()), since)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what a lock file says, None where it says nothing that can be read."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def alive(self) -> bool:
        """Whether the process still runs; of one on another machine nobody here can tell."""
        if self.host != socket.gethostname():
            return True
        return bool(self.started) and _started(self.pid) == self.started


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Hold the lock of an index; what dead or failed builds left behind is removed.

    Raises:
        IndexBusy: another build holds it.
        IndexNotWritten: nothing can be written there.
    """
    handle = _take(index)
    try:
        _clear(index)
        yield
    finally:
        _clear(index)
        os.ftruncate(handle, 0)
        _handles.discard(handle)
        os.close(handle)


def _take(index: Path) -> int:
    """Return the open file that holds the lock."""
    try:
        index.mkdir(parents=True, exist_ok=True)
        handle = os.open(index / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise IndexNotWritten(
            "cannot write the index {index}: {why}", index=index, why=cause(error)
        ) from error
    try:
        _lock(handle, index)
        said = json.dumps(asdict(Owner.this()), ensure_ascii=False) + "\n"
        os.ftruncate(handle, 0)
        os.pwrite(handle, said.encode(), 0)
    except OSError as error:
        os.close(handle)
        raise IndexNotWritten(
            "cannot write the index {index}: {why}", index=index, why=cause(error)
        ) from error
    except IndexBusy:
        os.close(handle)
        raise
    _handles.add(handle)
    return handle


def _lock(handle: int, index: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _busy(Owner.read(index / LOCK), index) from None
    except OSError:  # no locks on this file system
        owner = Owner.read(index / LOCK)
        if owner and owner.alive:
            raise _busy(owner, index) from None


def _busy(owner: Owner | None, index: Path) -> IndexBusy:
    if owner is None:
        return IndexBusy("another build is writing {index}: wait until it is done", index=index)
    return IndexBusy(
        "{user} has been building {index} on {host} since {since} (process {pid}): wait until it"
        " is done, or end it",
        index=index,
        user=owner.user,
        host=owner.host,
        since=owner.since,
        pid=owner.pid,
    )


def _clear(index: Path) -> None:
    """Remove what is unfinished: whoever holds the lock knows that nobody writes it."""
    for part in (index / "generations").glob("*.part"):
        shutil.rmtree(part, ignore_errors=True)
    for part in index.glob("CURRENT.*"):  # of one that was killed before it renamed it
        with suppress(OSError):
            part.unlink()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in containers
        return str(os.getuid())


def _started(pid: int) -> str:
    """Return when a process began, in ticks of one boot of Linux; "" for none that runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()  # a name before it may hold anything
    return "" if state == "Z" else f"{boot} {rest[18]}"


def _let_go() -> None:
    """Close the locks in a forked child: it must not hold them when its parent is dead."""
    for handle in _handles:
        os.close(handle)
    _handles.clear()


os.register_at_fork(after_in_child=_let_go)
