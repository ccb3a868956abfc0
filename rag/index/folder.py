"""The generations under one index folder, and what an operator does with them."""

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.encoding import Encoder
from rag.errors import BadInput, IndexDamaged, RagError
from rag.index.generation import Generation
from rag.index.layout import MANIFEST, Layout
from rag.index.manifest import Manifest
from rag.lock import locked

Progress = Callable[[str, int, int], object]
"""Told a step ("files", "vectors" or "upload"), how many are through it, and of how many."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


class FolderStore:
    """The generations under one index folder, and what an operator does with them."""

    def __init__(self, index: Path) -> None:
        self.index, self.layout = index, Layout(index)

    def current(self) -> str:
        """The id of the generation that serves; IndexMissing where nothing was built."""
        return self.layout.current_id()

    def ids(self) -> tuple[str, ...]:
        """The finished generations that can serve, oldest first."""
        return self.layout.ids()

    def open(
        self, encoder: Encoder | None, generation_id: str | None = None, most: float = math.inf
    ) -> Generation:
        """Open the serving generation, or the one that is named; see `Generation.open`."""
        return Generation.open(self.index, encoder, generation_id, most)

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Let a finished generation serve."""
        self.layout.swap(generation_id)

    def generations(self) -> tuple[tuple[str, Manifest | None, bool], ...]:
        """Finished ones, oldest first: id, manifest (None if damaged or old), does it serve."""
        current = self.current()
        return tuple((name, self._manifest(name), name == current) for name in self.ids())

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """Read every file of a generation; return the names of those that are damaged."""
        if (manifest := self._manifest(generation_id)) is None:
            return (MANIFEST,)
        return manifest.damaged(self.layout.generation(generation_id))

    def whole_before(self, generation_id: str) -> Iterator[str]:
        """Yield the undamaged generations that are older than one, newest first.

        Where the id is no number, as in a CURRENT that was overwritten, all count as older.
        """
        newest = int(generation_id) if generation_id.isdecimal() else math.inf
        older = (name for name in reversed(self.ids()) if int(name) < newest)
        return (name for name in older if not self.verify(name))

    def rollback(self, generation_id: str | None = None) -> str:
        """Make another generation serve, by default the last whole one before; return its id.

        Raises:
            IndexMissing: nothing was built yet.
            IndexBusy: a build is running, which would serve instead in a moment.
            BadInput: there is no such generation, or none before the one that serves.
            IndexDamaged: a part of the one asked for is missing or broken.
        """
        current = self.current()  # where nothing was built nothing is written either
        with locked(self.index):
            chosen = generation_id or next(self.whole_before(current), None)
            if chosen is None:
                raise BadInput(f"no whole generation before {current}: `rag index list` shows them")
            if chosen not in self.ids():
                raise BadInput(f"no generation {chosen}: `rag index list` shows them")
            if damaged := self.verify(chosen):
                raise IndexDamaged(
                    f"generation {chosen} is damaged ({', '.join(damaged)}): the old one goes on"
                )
            self.publish(chosen)
            return chosen

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the serving one and the `keep` newest others; return their ids.

        A server that still reads one keeps what it has open.

        Raises:
            IndexMissing: nothing was built yet.
            IndexBusy: a build is running.
            BadInput: `keep` is negative, or a folder cannot be removed.
        """
        if keep < 0:
            raise BadInput(f"the number of generations to keep must not be negative, got {keep}")
        current = self.current()
        with locked(self.index):
            others = [name for name in self.layout.ids() if name != current]
            removed = tuple(others[: max(0, len(others) - keep)])
            for name in removed:
                self.remove(name)
        return removed

    def remove(self, generation_id: str) -> None:
        """Remove one generation; BadInput where its folder cannot be removed."""
        try:
            shutil.rmtree(self.layout.generation(generation_id))
            self.layout.report(generation_id).unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"cannot remove generation {generation_id}: {error.strerror}") from error

    def _manifest(self, name: str) -> Manifest | None:
        try:
            return Manifest.load(self.layout.generation(name))
        except RagError:
            return None
