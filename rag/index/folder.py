"""The store of one machine: generations in a folder."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.encoding import Encoder
from rag.index import keeping
from rag.index.generation import Generation, list_generations, verify
from rag.index.layout import Layout
from rag.index.manifest import Manifest
from rag.index.writing import Progress


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The generations under one index folder."""

    index: Path

    def current(self) -> str:
        """The id that CURRENT names."""
        return Layout(self.index).current_id()

    def open(
        self, encoder: Encoder, generation_id: str | None = None, most: float = math.inf
    ) -> Generation:
        """Open the serving generation, or the one that is named; read it whole up to `most`."""
        return Generation.open(self.index, encoder, generation_id, most)

    def publish(self, index: Path, generation_id: str, encoder: Encoder, progress: Progress) -> str:
        """Let CURRENT name a generation of this folder."""
        Layout(self.index).swap(generation_id)
        return generation_id

    def generations(self) -> tuple[tuple[str, Manifest | None, bool], ...]:
        """Finished ones, oldest first: id, manifest (None if damaged), whether it serves."""
        return list_generations(self.index)

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """Read every file; return the names of those that are damaged."""
        return verify(self.index, generation_id)

    def whole_before(self, generation_id: str) -> Iterator[str]:
        """The undamaged generations that are older than one, newest first."""
        return keeping.whole_before(self.index, generation_id)

    def rollback(self, generation_id: str | None = None) -> str:
        """Make another generation serve, by default the last whole one before; return its id."""
        return keeping.rollback(self.index, generation_id)

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the serving one and the `keep` newest others; return their ids."""
        return keeping.prune(self.index, keep)
