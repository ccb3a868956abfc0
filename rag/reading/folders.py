"""Folders → the files in them, each once, in order; links that lead nowhere or round are named.

How they look from outside tells that something has changed, without reading: that holds on network
drives too, where nobody tells of changes.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from rag.errors import BadInput
from rag.messages import both, cause
from rag.reading.sidecar import SUFFIX

NOT_ESSAYS = {"sources.md", "readme.md", "readme.txt", "thumbs.db", "desktop.ini"}
"""What a corpus says of itself, and what systems leave behind."""
_DEEPEST = 100  # folders in folders
Look = dict[str, tuple[int, int, int]]
"""Size, time of the last change in ns and number of each file, by path."""


def found(
    corpus: Sequence[Path], follow_links: bool = False
) -> Iterator[tuple[Path, str, str | None]]:
    """Yield each file, its name relative to what all of `corpus` shares, and what is wrong with it.

    Links that lead out of `corpus` are followed only where `follow_links`.

    Raises:
        BadInput: a path of `corpus` does not exist.
    """
    for path in corpus:
        if not path.exists():
            raise BadInput("no file or folder {path}: name where the essays are", path=path)
    roots = [path.resolve() for path in corpus]
    common = Path(os.path.commonpath(roots))
    base = common.parent if common.is_file() else common
    above = len(os.path.join(base, ""))  # noqa: PTH118 (a path's own methods are slow for many)
    seen: set[str] = set()
    for root in roots:
        within = None if follow_links else roots
        inside = _walk(root, set(), within) if root.is_dir() else [(root, None)]
        for path, fault in inside:
            if (name := str(path)[above:] or ".") not in seen:
                seen.add(name)
                yield path, name, fault


def _walk(
    folder: Path, above: set[Path], within: Sequence[Path] | None
) -> Iterator[tuple[Path, str | None]]:
    """Yield the files under `folder`; `above` are the real folders on the way down to it.

    Links lead somewhere under the real folders or files `within`, or anywhere for None.
    """
    if len(above) >= _DEEPEST:
        yield folder, both("folders are not read deeper than {most} levels", most=_DEEPEST)
        return
    try:
        with os.scandir(folder) as inside:
            entries = sorted(inside, key=attrgetter("name"))
    except OSError as error:
        yield folder, both("this folder cannot be opened: {why}", why=cause(error))
        return
    above = above | {folder.resolve()}
    for entry in entries:
        name = entry.name.lower()
        if name.startswith((".", "~$")) or name.endswith(SUFFIX):
            continue
        if not entry.is_file(follow_symlinks=False):
            yield from _follow(folder / entry.name, above, within)
        elif name not in NOT_ESSAYS:  # what most are: no link has to be followed
            yield folder / entry.name, None


def _follow(
    path: Path, above: set[Path], within: Sequence[Path] | None
) -> Iterator[tuple[Path, str | None]]:
    """Yield what a folder, a link or something stranger leads to."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        long = isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG
        circle = "this link leads nowhere or round in a circle: remove it"
        too_long = "its path is longer than the system opens: shorten it"
        yield path, both(too_long if long else circle)
        return
    if any(folder.is_relative_to(real) for folder in above):
        yield path, both("this link leads back to a folder that holds it: remove it")
    elif within is not None and not any(real.is_relative_to(root) for root in within):
        yield path, both("this link leads out of the corpus: copy it here, or set follow_links")
    elif real.is_dir():
        yield from _walk(path, above, within)
    elif real.is_file():
        if path.name.lower() not in NOT_ESSAYS:
            yield path, None
    else:
        yield path, both("this is neither a file nor a folder")


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
