"""What a corpus looks like from outside: to tell that something in it has changed, without reading.

Size, time and number of each file are compared, as often as asked for: that holds on network
drives too, where nobody tells of changes.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

Look = dict[str, tuple[int, int, int]]
"""Size, time of the last change in ns and number of each file, by path."""


def look(paths: Iterable[Path]) -> Look:
    """Return how the files under `paths` look now; what cannot be seen is left out."""
    seen: Look = {}
    folders: set[tuple[int, int]] = set()  # each once, however links lead to it
    for path in paths:
        _look(os.fspath(path), seen, folders)
    return seen


def _look(path: str, seen: Look, folders: set[tuple[int, int]]) -> None:
    try:
        state = os.stat(path)  # noqa: PTH116 (10,000 of these every few seconds)
        if not stat.S_ISDIR(state.st_mode):
            seen[path] = (state.st_size, state.st_mtime_ns, state.st_ino)
        elif (state.st_dev, state.st_ino) not in folders:
            folders.add((state.st_dev, state.st_ino))
            for name in os.listdir(path):  # noqa: PTH208
                if not name.startswith((".", "~$")):
                    _look(f"{path}/{name}", seen, folders)
    except OSError:
        return
