"""Documents that have come → a new generation that is the serving one and they behind it.

A whole build writes a base. What comes later is an addition to it, in a folder of its own inside
the new generation, made like a base but for three things: it is cut by the base's dictionary, so
that both are cut alike; its numbers of essays and passages go on where the base's end; and its
rows are held against the base's mean length. The base's files are linked into the new folder, so
that neither their size nor a generation removed later matters; where the file system knows no
links they are copied. There is one addition at most: the next build takes over what the one
before holds, as tokens and vectors, and writes both as one, so that a question has two places to
look into and not many. Where an addition outgrows its bounds, all is built whole again. As much
new text makes a log-structured merge tree of two levels: O'Neil et al., "The log-structured
merge-tree", Acta Informatica 33, 1996, doi:10.1007/s002360050048.

What a whole build would make otherwise: essays stand in the order of the corpus there, and here
the new ones last; a quoted term that is new is cut as a word there, and here found by its pairs of
characters; of two essays that say the same, the one that was there first is the first here.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from rag.encoding import Encoder
from rag.errors import IndexDamaged
from rag.index import layout
from rag.index.dictionary import load_dictionary
from rag.index.fields import title
from rag.index.generation import Generation
from rag.index.layout import Layout
from rag.index.manifest import Manifest, damaged_files, facts
from rag.index.sources import Sources
from rag.index.writing import Earlier, Known, Progress, Segment
from rag.reprints import Firsts, Sketches
from rag.settings import Settings
from rag.types import Outline, Passage

MOST = 20_000  # passages of an addition: it is weighed anew each time, in some 100 µs a passage
SHARE = 5  # the base is at least so many times as large, so that its words and lengths hold


class Addition:
    """A generation that is being written onto the one that serves."""

    def __init__(
        self,
        index: Path,
        generation_id: str,
        encoder: Encoder,
        settings: Settings,
        progress: Progress,
    ) -> None:
        """Open the generation that is added to, read whole up to `verify_bytes` as for answering.

        Raises:
            RagError: there is none, or none that this encoder and program can use.
            OSError, ValueError: it does not say what reprints are told by.
        """
        self._index, self._encoder, self._settings = index, encoder, settings
        self._progress = progress
        self._old = Generation.open(index, encoder, generation_id, settings.verify_bytes)
        self._from = Layout(index).generation(self._old.id)
        if Layout(index).damaged(self._old.id).exists():
            raise IndexDamaged(f"{self._from} was found damaged: run `rag build` again")
        own = [n for n in self._old.manifest.files if n not in self._old.manifest.base_files]
        if bad := damaged_files(self._from, self._old.manifest, own):
            raise IndexDamaged(f"{self._from / bad[0]} is damaged: run `rag build` again")
        self._base = self._old.manifest.base or self._old.manifest.counts
        self._firsts = [Firsts.load(folder / layout.SKETCHES) for folder in self._folders()]
        self._folder = Layout(index).start()
        self._segment: Segment | None = None

    def __enter__(self) -> Self:
        """Give the addition itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its files; what is not finished is thrown away."""
        if self._segment:
            self._segment.close()
        self._old.records.close()
        shutil.rmtree(self._folder, ignore_errors=True)  # a finished one has another name

    def _folders(self) -> list[Path]:
        """Where the base and the addition before lie."""
        addition = self._from / layout.ADDITION
        return [self._from, addition] if self._old.manifest.base else [self._from]

    def holds(self, outline: Outline) -> bool:
        """Say whether a document that is in the index was as it is now."""
        there = self._old.records.outline(outline.document.path)
        essays = tuple(replace(essay, reprint_of=None) for essay in there.essays)
        return replace(there, essays=essays, notes=outline.notes) == outline

    def add(self, outlines: Sequence[Outline], passages: Sequence[Passage]) -> bool:
        """Add some documents, with all of their passages; False where they are too many."""
        if self._segment is None:
            self._segment = self._begun()
        self._segment.add(outlines, passages)
        return self._segment.size <= min(MOST, self._base["passages"] // SHARE)

    def _begun(self) -> Segment:
        (self._folder / layout.ADDITION).mkdir()
        old, base, there = self._old, self._base, self._old.manifest.base is not None
        essays = old.records.essay_of_row[base["passages"] :].tolist()
        earlier = Earlier(
            folder=self._from / layout.ADDITION if there else None,
            counts=old.manifest.counts,
            base=base["essays"],
            essays=tuple(essays),
            titles=tuple(map(title, old.records.later_essays(base["essays"]))),
            parts=old.pieces[1].parts if there else None,
            vectors=old.dense.vectors(np.arange(base["passages"], old.records.size)),
            means=(old.sparse.mean, old.essays.mean),
        )
        folder = self._folder / layout.ADDITION
        return Segment(folder, self._encoder, self._settings, self._progress, earlier)

    def mark(self, sketches: Sketches) -> dict[str, str]:
        """Write down, and return, which added essays say nearly the same as an earlier one."""
        if self._segment is None:
            return {}
        found = sketches.reprints(self._firsts)
        self._segment.records.mark(found)
        firsts = sketches.firsts(found)
        for before in self._firsts[1:]:
            firsts = before.joined(firsts)
        firsts.save(self._folder / layout.ADDITION / layout.SKETCHES)
        return found

    def finish(self, sources: Sources) -> str:
        """Make the indexes, link the base, verify what is new, and return the generation's id.

        Raises:
            IndexDamaged: what was written cannot be read back, or the base is not whole.
        """
        old, folder, kept = self._old.manifest, self._folder, list(self._old.manifest.files)
        kept.remove(layout.SOURCES)
        manifest = replace(old, created=datetime.now(UTC).isoformat(timespec="seconds"))
        if self._segment:
            words = load_dictionary(self._from / layout.DICTIONARY)
            known = Known(self._old.records.rows_of, self._old.dense.vectors)
            self._segment.finish(words, known)
            kept = list(old.base_files)
            manifest = replace(manifest, counts=self._segment.records.counts, base=self._base)
        sources.save(folder)
        new = facts(folder)
        read = [*new, *(name for name in kept if not _link(self._from / name, folder / name))]
        replace(manifest, files={name: old.files[name] for name in kept} | new).save(folder)
        if bad := damaged_files(folder, Manifest.load(folder), read):
            raise IndexDamaged(f"{folder / bad[0]} was not written whole: is the disk full?")
        return Layout(self._index).finish(folder)


def _link(old: Path, new: Path) -> bool:
    """Give a file a second name, or copy it where that cannot be; say which."""
    new.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.link(old, new)
        return True
    shutil.copyfile(old, new)
    return False
