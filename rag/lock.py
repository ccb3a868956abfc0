"""One build at a time: INDEX/LOCK is locked while a build runs, and says whose it is.

The kernel lets go of the lock when its process ends, however it ends, so a dead build never bars
the way. The file stays; an empty one belongs to nobody.
"""

import fcntl
import getpass
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import IndexBusy, IndexNotWritten
from rag.messages import cause

LOCK = "LOCK"
NOT_WRITTEN = "cannot write the index {index}: {why}"
_handles: set[int] = set()  # of the locks that this process holds


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
    handle = None
    try:
        index.mkdir(parents=True, exist_ok=True)
        handle = os.open(index / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_owner(), ensure_ascii=False).encode() + b"\n", 0)
    except OSError as error:
        if handle is not None:
            os.close(handle)
        if isinstance(error, BlockingIOError):
            raise _busy(index) from None
        raise IndexNotWritten(NOT_WRITTEN, index=index, why=cause(error)) from error
    _handles.add(handle)
    return handle


def _owner() -> dict[str, str | int]:
    """Whose build it is, for whoever finds the lock taken."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"user": _user(), "host": socket.gethostname(), "pid": os.getpid(), "since": since}


def _busy(index: Path) -> IndexBusy:
    try:
        owner = json.loads((index / LOCK).read_text(encoding="utf-8"))
        return IndexBusy(
            "{user} has been building {index} on {host} since {since} (process {pid}): wait until"
            " it is done, or end it",
            index=index,
            **owner,
        )
    except (OSError, ValueError, TypeError, KeyError):  # it says nothing that can be read
        return IndexBusy("another build is writing {index}: wait until it is done", index=index)


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


def _let_go() -> None:
    """Close the locks in a forked child: it must not hold them when its parent is dead."""
    for handle in _handles:
        os.close(handle)
    _handles.clear()


os.register_at_fork(after_in_child=_let_go)
