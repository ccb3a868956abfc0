"""The generations under one index folder, and what an operator does with them.

    INDEX/CURRENT                       names the generation that serves
    INDEX/LOCK                          held and filled in by the build that is running
    INDEX/cache.sqlite                  what builds read and embedded, see `cache`
    INDEX/generations/000007/           one generation, see `generation`
    INDEX/generations/000008.part/      a build that is running, or was killed
    INDEX/reports/000007.json           what became of every file of the corpus

A build writes a `.part` folder, takes `.part` off and lets CURRENT name it: one rename each, so a
reader sees the old generation or the new one. Generations are counted, not dated, so that a clock
which goes back cannot reorder them.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rag.encoding import Encoder
from rag.errors import (
    BadInput,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexNotWritten,
    RagError,
    failing_as,
)  # fmt: skip
from rag.index.generation import MANIFEST, Generation, Manifest, encoder_facts, file_fact
from rag.lock import NOT_WRITTEN, locked

Progress = Callable[[str, int, int], object]
"""Told a step ("files", "vectors" or "upload"), how many are through it, and of how many."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


class FolderStore:
    """The generations under one index folder."""

    def __init__(self, index: Path) -> None:
        self.index, self.cache = index, index / "cache.sqlite"
        self.pointer, self.folders = index / "CURRENT", index / "generations"

    def folder(self, generation_id: str) -> Path:
        """The folder of one generation."""
        return self.folders / generation_id

    def report(self, generation_id: str) -> Path:
        """The file that tells what became of every file of one generation's corpus."""
        return self.index / "reports" / f"{generation_id}.json"

    def current(self) -> str:
        """The id of the generation that serves.

        Raises:
            IndexMissing: nothing was built here yet.
        """
        try:
            return self.pointer.read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissing(
                "no index at {index}: run `rag build` first", index=self.index
            ) from None

    def ids(self) -> tuple[str, ...]:
        """The finished generations that can serve, oldest first."""
        names = (path.name for path in self.folders.glob("*") if path.is_dir())
        return tuple(sorted((name for name in names if name.isdecimal()), key=int))

    def start(self) -> Path:
        """Make and return the folder of a new, unfinished generation."""
        taken = [int(path.stem) for path in self.folders.glob("*") if path.stem.isdecimal()]
        folder = self.folder(f"{max(taken, default=0) + 1:06d}.part")
        folder.mkdir(parents=True)
        return folder

    def finish(self, part: Path) -> str:
        """Take `.part` off a complete folder, everything in it synced; return the id."""
        for path in (*part.rglob("*"), part):
            _sync(path)
        done = part.rename(part.with_suffix(""))
        _sync(self.folders)
        return done.name

    def open(self, encoder: Encoder | None, generation_id: str | None = None) -> Generation:
        """Open the generation that serves, or the one that is named.

        Its files are read and held against their sha256, some 1 s a GB and core.

        Raises:
            IndexMismatch: it was made by another encoder, tokenizer or format.
            IndexDamaged: a file is missing, differs from the manifest, or cannot be read.
        """
        name = generation_id or self.current()
        if name not in self.ids():
            raise IndexDamaged(
                "there is no generation {name!r} in {index}: run `rag build` again, or copy the "
                "folder from where it was built",
                name=name,
                index=self.index,
            )
        folder = self.folder(name)
        manifest = Manifest.load(folder)
        has, now = manifest.encoder, encoder_facts(encoder)
        if (has and has["fingerprint"]) != (now and now["fingerprint"]):
            raise IndexMismatch(
                "{folder} was made with the encoder {has}, now it is {now}: run `rag build` "
                "again, or set `encoder` back",
                folder=folder,
                has=_named(has),
                now=_named(now),
            )
        if bad := self.verify(name):
            told = "{folder} is damaged ({damaged}): run `rag build` again"
            raise IndexDamaged(told, folder=folder, damaged=", ".join(bad))
        return self._read(folder, manifest)

    def _read(self, folder: Path, manifest: Manifest) -> Generation:
        """Open a whole generation."""
        return Generation.read(folder, manifest)

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Let a finished generation serve, by one rename.

        Raises:
            IndexNotWritten: the folder is full, read-only or not permitted.
        """
        new = self.pointer.with_suffix(".new")
        with failing_as(IndexNotWritten, NOT_WRITTEN, index=self.index):
            new.write_text(generation_id + "\n", encoding="utf-8")
            _sync(new)
            new.replace(self.pointer)
            _sync(self.index)

    def generations(self) -> tuple[tuple[str, Manifest | None, bool], ...]:
        """Finished ones, oldest first: id, manifest (None if damaged or old), does it serve."""
        current = self.current()
        return tuple((name, self._manifest(name), name == current) for name in self.ids())

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """Read every file of a generation; return the names of those that are damaged."""
        if (manifest := self._manifest(generation_id)) is None:
            return (MANIFEST,)
        folder, facts = self.folder(generation_id), manifest.files.items()
        return tuple(name for name, fact in facts if file_fact(folder / name) != fact)

    def whole_before(self, generation_id: str) -> Iterator[str]:
        """Yield the undamaged generations that are older than one, newest first.

        Where there is none of that name, as in a CURRENT that was overwritten, all count as older.
        """
        ids = self.ids()
        older = ids[: ids.index(generation_id)] if generation_id in ids else ids
        return (name for name in reversed(older) if not self.verify(name))

    def rollback(self, generation_id: str | None = None) -> str:
        """Make another generation serve, by default the last whole one before; return its id.

        Raises:
            IndexBusy: a build is running, which would serve instead in a moment.
            BadInput: there is no such generation, or none before the one that serves.
            IndexDamaged: a part of the one asked for is missing or broken.
        """
        current = self.current()  # where nothing was built nothing is written either
        with locked(self.index):
            chosen = generation_id or next(self.whole_before(current), None)
            if chosen is None:
                told = "no whole generation before {current}: `rag index list` shows them"
                raise BadInput(told, current=current)
            if chosen not in self.ids():
                raise BadInput("no generation {chosen}: `rag index list` shows them", chosen=chosen)
            if damaged := self.verify(chosen):
                told = "generation {chosen} is damaged ({damaged}): the old one goes on"
                raise IndexDamaged(told, chosen=chosen, damaged=", ".join(damaged))
            self.publish(chosen)
            return chosen

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the serving one and the `keep` newest others; return their ids.

        A server that still reads one keeps what it has open.

        Raises:
            IndexBusy: a build is running.
            BadInput: `keep` is negative, or a folder cannot be removed.
        """
        if keep < 0:
            raise BadInput(
                "the number of generations to keep must not be negative, got {keep}", keep=keep
            )
        current = self.current()
        with locked(self.index):
            others = [name for name in FolderStore.ids(self) if name != current]  # on no server too
            removed = tuple(others[: max(0, len(others) - keep)])
            for name in removed:
                self.remove(name)
        return removed

    def remove(self, generation_id: str) -> None:
        """Remove one generation; BadInput where its folder cannot be removed."""
        told = "cannot remove generation {generation_id}: {why}"
        with failing_as(BadInput, told, generation_id=generation_id):
            shutil.rmtree(self.folder(generation_id))
            self.report(generation_id).unlink(missing_ok=True)

    def _manifest(self, name: str) -> Manifest | None:
        try:
            return Manifest.load(self.folder(name))
        except RagError:
            return None


def _named(encoder: Mapping[str, str] | None) -> str:
    return "{name} ({fingerprint:.8})".format(**encoder) if encoder else "none"


def _sync(path: Path) -> None:
    """Force a file, or the list of names of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
