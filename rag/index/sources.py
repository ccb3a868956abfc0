"""Which files of the corpus a generation was made from, so that the next build need not read them.

`sources.jsonl`: the fingerprints of what read them and of what the index was made by, then a line
a file: its name, the sha256 of its bytes, what its sidecar stated, and of each document in it the
path and the outliner's notes. A file that could not be read, or not all of it, is not among them:
it is tried again.
"""

import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

from rag.index.layout import SOURCES
from rag.types import Stated


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the corpus that was read whole."""

    name: str  # its path relative to the corpus
    sha256: str  # of its bytes
    stated: tuple[Stated, ...]  # by its sidecar
    documents: tuple[tuple[str, tuple[str, ...]], ...]  # path of each, and its outline's notes


@dataclass(frozen=True, slots=True)
class Sources:
    """All files of a generation."""

    reader: str = ""  # fingerprint of the programs and settings that read them
    maker: str = ""  # of the other settings that an index is made by
    files: tuple[Source, ...] = ()

    def save(self, folder: Path) -> None:
        """Write them into `folder`."""
        with (folder / SOURCES).open("w", encoding="utf-8") as file:
            for line in ([self.reader, self.maker], *map(_line, self.files)):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read them back; OSError or ValueError where that cannot be done."""
        with (folder / SOURCES).open(encoding="utf-8") as file:
            reader, maker = json.loads(next(file, "[]"))
            return cls(reader, maker, tuple(_source(*json.loads(line)) for line in file))


def _line(source: Source) -> tuple[Any, ...]:
    """The fields of a source; `dataclasses.astuple` takes ten times as long."""
    stated = [astuple(fact) for fact in source.stated]
    return source.name, source.sha256, stated, source.documents


def _source(name: str, sha256: str, stated: list[Any], documents: list[Any]) -> Source:
    return Source(
        name,
        sha256,
        tuple(Stated(*fact) for fact in stated),
        tuple((path, tuple(notes)) for path, notes in documents),
    )


NO_SOURCES = Sources()
