"""Where everything of an index lies, and the one rename that makes a generation current.

    INDEX/CURRENT                       names the generation that serves
    INDEX/LOCK                          held and filled in by the build that is running
    INDEX/generations/000007/           one immutable generation
        manifest.json                   what made it, and the sha256 of every other file
        records.sqlite                  documents, essays, paragraphs, measures, passages
        sources.jsonl                   the files of the corpus, to tell which have changed
        dictionary.txt                  words of the corpus that are cut as one
        records.npy                     the number of each passage's essay
        vectors.npy                     one unit vector a passage
        nearest.faiss                   the same, shortened, where they are many
        terms/                          the vocabulary of the two below
        sparse/                         BM25 weights of the passages, and the sentences of each
        essays/                         BM25 weights of whole essays
        sketches/                       what reprints are told by
        addition/                       the same of what came after all this, see `adding`
            parts/                      the words of every sentence, to go on from
    INDEX/seen.json                     how files looked when they were read, see `seen`
    INDEX/reports/000007.json           what became of every file it was made from
    INDEX/generations/000007.damaged    where it was found so: nothing is added to it
    INDEX/generations/000008.part/      a build that is running, or was killed

Generations are counted, not dated, so that a clock which goes back cannot reorder them.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexMissing

MANIFEST = "manifest.json"
RECORDS = "records.sqlite"
DENSE = "vectors.npy"
NEAREST = "nearest.faiss"
TERMS = "terms"
DICTIONARY = "dictionary.txt"
SOURCES = "sources.jsonl"
SPARSE = "sparse"
ESSAYS = "essays"
PARTS = "parts"
SKETCHES = "sketches"
ADDITION = "addition"
CHANGING = {ADDITION, SOURCES}
"""What of a generation is not as it was in the one before, where files were added to it."""
PART = ".part"


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of the files under one index folder."""

    index: Path

    @property
    def current(self) -> Path:
        """The file that names the serving generation."""
        return self.index / "CURRENT"

    @property
    def lock(self) -> Path:
        """The file that says who is building."""
        return self.index / "LOCK"

    @property
    def seen(self) -> Path:
        """The file that says how the files of the corpus looked when they were read."""
        return self.index / "seen.json"

    @property
    def generations(self) -> Path:
        """The folder of all generations."""
        return self.index / "generations"

    def generation(self, generation_id: str) -> Path:
        """The folder of one generation."""
        return self.generations / generation_id

    def damaged(self, generation_id: str) -> Path:
        """The empty file beside a generation that was found damaged when it was read whole."""
        return self.generations / f"{generation_id}.damaged"

    def report(self, generation_id: str) -> Path:
        """The file that tells what became of every file of one generation's corpus."""
        return self.index / "reports" / f"{generation_id}.json"

    def ids(self) -> tuple[str, ...]:
        """Finished generations, oldest first; running and killed builds are left out."""
        if not self.generations.is_dir():
            return ()
        names = (entry.name for entry in self.generations.iterdir() if entry.is_dir())
        return tuple(sorted((name for name in names if name.isdecimal()), key=int))

    def parts(self) -> tuple[Path, ...]:
        """Folders of unfinished generations: of a running build and of killed ones."""
        return tuple(self.generations.glob(f"*{PART}"))

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
        taken = [
            int(stem)
            for stem in (entry.name.removesuffix(PART) for entry in self.generations.iterdir())
            if stem.isdecimal()
        ]
        folder = self.generations / f"{max(taken, default=0) + 1:06d}{PART}"
        folder.mkdir()  # fails when another build took the same number
        return folder

    def finish(self, part: Path) -> str:
        """Take `.part` off a complete folder, everything in it synced; return the id."""
        for path in sorted(part.rglob("*")):
            sync(path)
        sync(part)
        done = part.with_name(part.name.removesuffix(PART))
        part.rename(done)
        sync(self.generations)
        return done.name

    def swap(self, generation_id: str) -> None:
        """Make a generation current: one rename, so a reader sees the old or the new one."""
        new = self.current.with_name(f"CURRENT.{os.getpid()}.{threading.get_ident()}")
        new.write_text(generation_id + "\n", encoding="utf-8")
        sync(new)
        new.replace(self.current)
        sync(self.index)


def sync(path: Path) -> None:
    """Force a file, or the list of names of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
