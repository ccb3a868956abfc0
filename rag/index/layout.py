"""The files of one index folder.

    INDEX/CURRENT                       names the generation that serves
    INDEX/LOCK                          held and filled in by the build that is running
    INDEX/cache.sqlite                  what builds read and embedded, see `cache`
    INDEX/generations/000007/           one generation
        manifest.json                   what made it, and the sha256 of every other file
        records.sqlite                  documents, essays, paragraphs, measures, passages
        bm25/                           postings of the passages, see `bm25`
        dense.faiss                     one vector a passage, where they are made already
        dictionary.txt                  the operator's words that are cut as one
    INDEX/generations/000008.part/      a build that is running, or was killed
    INDEX/reports/000007.json           what became of every file of the corpus

A build writes a `.part` folder, takes `.part` off and lets CURRENT name it: one rename each, so a
reader sees the old generation or the new one. Generations are counted, not dated, so that a clock
which goes back cannot reorder them.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexMissing, IndexNotWritten

MANIFEST, RECORDS, BM25, DENSE = "manifest.json", "records.sqlite", "bm25", "dense.faiss"
DICTIONARY, PART = "dictionary.txt", ".part"


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of the files under one index folder."""

    index: Path

    @property
    def current(self) -> Path:
        """The file that names the serving generation."""
        return self.index / "CURRENT"

    @property
    def generations(self) -> Path:
        """The folder of all generations."""
        return self.index / "generations"

    @property
    def cache(self) -> Path:
        """What builds read and embedded."""
        return self.index / "cache.sqlite"

    def generation(self, generation_id: str) -> Path:
        """The folder of one generation."""
        return self.generations / generation_id

    def report(self, generation_id: str) -> Path:
        """The file that tells what became of every file of one generation's corpus."""
        return self.index / "reports" / f"{generation_id}.json"

    def ids(self) -> tuple[str, ...]:
        """Finished generations, oldest first; running and killed builds are left out."""
        if not self.generations.is_dir():
            return ()
        names = (entry.name for entry in self.generations.iterdir() if entry.is_dir())
        return tuple(sorted((name for name in names if name.isdecimal()), key=int))

    def current_id(self) -> str:
        """Return the id that CURRENT names.

        Raises:
            IndexMissing: nothing was built here yet.
        """
        try:
            return self.current.read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissing(f"no index at {self.index}: run `rag build` first") from None

    def start(self) -> Path:
        """Make and return the folder of a new, unfinished generation."""
        self.generations.mkdir(parents=True, exist_ok=True)
        names = (entry.name.removesuffix(PART) for entry in self.generations.iterdir())
        taken = [int(name) for name in names if name.isdecimal()]
        folder = self.generations / f"{max(taken, default=0) + 1:06d}{PART}"
        folder.mkdir()
        return folder

    def finish(self, part: Path) -> str:
        """Take `.part` off a complete folder, everything in it synced; return the id."""
        for path in sorted(part.rglob("*")):
            _sync(path)
        _sync(part)
        done = part.with_name(part.name.removesuffix(PART))
        part.rename(done)
        _sync(self.generations)
        return done.name

    def swap(self, generation_id: str) -> None:
        """Make a generation current by one rename.

        Raises:
            IndexNotWritten: the folder is full, read-only or not permitted.
        """
        new = self.current.with_name(f"CURRENT.{os.getpid()}.{threading.get_ident()}")
        try:
            new.write_text(generation_id + "\n", encoding="utf-8")
            _sync(new)
            new.replace(self.current)
            _sync(self.index)
        except OSError as error:
            raise IndexNotWritten(
                f"cannot write the index {self.index}: {error.strerror}"
            ) from error


def _sync(path: Path) -> None:
    """Force a file, or the list of names of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
