"""What an operator does with generations: go back to an older one, remove those not needed."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

from rag.errors import BadInput, IndexDamaged
from rag.index.generation import list_generations, swap, verify
from rag.index.layout import Layout
from rag.index.lock import locked


def rollback(index: Path, generation_id: str | None = None) -> str:
    """Make another generation serve, by default the last whole one before it; return its id.

    Raises:
        IndexMissing: nothing was built yet.
        IndexBusy: a build is running, which would serve instead in a moment.
        BadInput: there is no such generation, or none before the one that serves.
        IndexDamaged: a file of the one asked for is missing or broken.
    """
    Layout(index).current_id()  # where nothing was built nothing is written either
    with locked(index):
        return _rolled_back(index, generation_id)


def _rolled_back(index: Path, generation_id: str | None) -> str:
    known = [name for name, _, _ in list_generations(index)]
    if generation_id is None:
        current = Layout(index).current_id()
        generation_id = next(whole_before(index, current), None)
        if generation_id is None:
            raise BadInput(f"no whole generation before {current}: `rag index list` shows them")
    if generation_id not in known:
        raise BadInput(f"no generation {generation_id}: `rag index list` shows them")
    if damaged := verify(index, generation_id):
        raise IndexDamaged(
            f"generation {generation_id} is damaged ({', '.join(damaged)}): the old one goes on"
        )
    swap(index, generation_id)
    return generation_id


def whole_before(index: Path, generation_id: str) -> Iterator[str]:
    """Yield the undamaged generations that are older than one, newest first.

    Where the id is no number, as in a CURRENT that was overwritten, all count as older.
    """
    newest = int(generation_id) if generation_id.isdecimal() else math.inf
    for name in reversed(Layout(index).ids()):
        if int(name) < newest and not verify(index, name):
            yield name


def prune(index: Path, keep: int) -> tuple[str, ...]:
    """Remove all generations but the serving one and the `keep` newest others; return their ids.

    A server that still reads one keeps what it has open.

    Raises:
        IndexMissing: nothing was built yet.
        IndexBusy: a build is running, which takes over from the one that serves.
        BadInput: `keep` is negative, or a folder cannot be removed.
    """
    if keep < 0:
        raise BadInput(f"the number of generations to keep must not be negative, got {keep}")
    Layout(index).current_id()
    with locked(index):
        return _pruned(index, keep)


def _pruned(index: Path, keep: int) -> tuple[str, ...]:
    others = [name for name, _, current in list_generations(index) if not current]
    removed = others[: max(0, len(others) - keep)]
    for name in removed:
        try:
            shutil.rmtree(Layout(index).generation(name))
            Layout(index).report(name).unlink(missing_ok=True)
            Layout(index).damaged(name).unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"cannot remove generation {name}: {error.strerror}") from error
    return tuple(removed)
