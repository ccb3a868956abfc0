"""What each file of the corpus held when it was read last, so that it need not be read again.

INDEX/seen.json holds for each file its size, its times, its number on the disk, and the sha256 of
what it held. Whoever writes into a file gives it another ctime, which only the system sets. One
that was changed in the two seconds before it was read is not kept: a change just after it may bear
the same time (as git has it, "racy"). This is no part of a generation: where it is missing or
broken, files are read.
"""

import json
import os
import time
from pathlib import Path

from rag.index.layout import Layout

Look = tuple[int, int, int, int]
"""Size, mtime and ctime in ns, and number of a file."""

_SETTLED = 2_000_000_000  # ns


def look(path: Path) -> Look | None:
    """How a file looks; None where it cannot be seen or has changed just now."""
    try:
        state = os.stat(path)  # noqa: PTH116 (of very many files)
    except OSError:
        return None
    if state.st_ctime_ns > time.time_ns() - _SETTLED:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


class Seen:
    """The files that a build has seen, beside those of the builds before it."""

    def __init__(self, index: Path) -> None:
        """Read what is known of the files of `index`."""
        self._path = Layout(index).seen
        self._now: dict[str, tuple[Look, str]] = {}
        self._before: dict[str, tuple[Look, str]] = {}
        try:
            told = json.loads(self._path.read_text(encoding="utf-8", errors="surrogateescape"))
            for name, (size, mtime, ctime, number, digest) in told.items():
                self._before[name] = ((size, mtime, ctime, number), digest)
        except (OSError, ValueError, TypeError, AttributeError):
            self._before.clear()

    def sha256(self, name: str, now: Look | None) -> str | None:
        """The sha256 of what the file `name` holds, where it looks as it did when it was read."""
        known = self._before.get(name)
        if known is None or known[0] != now:
            return None
        self._now[name] = known
        return known[1]

    def keep(self, name: str, now: Look | None, digest: str) -> None:
        """Note what was read; `now` is how the file looked before and after."""
        if now:
            self._now[name] = (now, digest)

    def save(self) -> None:
        """Write down the files that this build has seen, and no others; a full disk is no harm."""
        told = {name: (*now, digest) for name, (now, digest) in self._now.items()}
        new = self._path.with_suffix(".new")
        text = json.dumps(told, ensure_ascii=False)
        try:
            new.write_text(text, encoding="utf-8", errors="surrogateescape")
            new.replace(self._path)
        except OSError:
            new.unlink(missing_ok=True)
