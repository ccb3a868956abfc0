"""Outlines and passages → a new generation, written whole beside the others.

A build that fails or is killed leaves CURRENT and all finished generations as they were.
"""

import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from rag.encoding import Encoder
from rag.errors import EmptyCorpus, IndexDamaged, RagError
from rag.index import layout
from rag.index.arrays import mapped
from rag.index.dictionary import Coined, write_dictionary
from rag.index.generation import Generation
from rag.index.layout import Layout
from rag.index.manifest import Manifest, damaged_files, facts
from rag.index.nearest import MANY, QUESTIONS, write_nearest
from rag.index.records import SqliteRecords
from rag.index.sources import NO_SOURCES, Sources
from rag.index.writing import Known, Progress, Segment
from rag.reprints import Sketches
from rag.settings import Settings
from rag.types import Outline, Passage
from rag.words import TOKENIZER

_CLAUSE = re.compile(r"[^，。、；：！？\s]{6,30}")


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


def write_generation(
    index: Path,
    outlines: Sequence[Outline],
    passages: Sequence[Passage],
    encoder: Encoder,
    settings: Settings,
    progress: Progress = _silent,
    given: Sequence[str] = (),
    sources: Sources = NO_SOURCES,
) -> str:
    """Write a new generation of what is in memory; see `Draft`.

    Raises:
        EmptyCorpus: there are no passages.
        IndexDamaged: what was written cannot be read back.
    """
    with Draft(index, encoder, settings, progress, given) as draft:
        draft.add(outlines, passages)
        return draft.finish(sources)


class Draft:
    """A new generation that is being written.

    The words of the corpus, and those that are `given` beside them, are its dictionary. Vectors of
    passages whose embedded text is unchanged are taken over from the serving generation if it was
    made by the same encoder.
    """

    def __init__(
        self,
        index: Path,
        encoder: Encoder,
        settings: Settings,
        progress: Progress = _silent,
        given: Sequence[str] = (),
    ) -> None:
        self._index, self._encoder, self._settings = index, encoder, settings
        self._folder = Layout(index).start()
        self._segment = Segment(self._folder, encoder, settings, progress)
        self._coined = Coined(given)

    def __enter__(self) -> Self:
        """Give the draft itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its files; what is not finished is thrown away."""
        self._segment.close()
        shutil.rmtree(self._folder, ignore_errors=True)  # a finished one has another name

    def add(self, outlines: Sequence[Outline], passages: Sequence[Passage]) -> None:
        """Add some documents, with all of their passages."""
        self._coined.add(outlines)
        self._segment.add(outlines, passages)

    def mark(self, sketches: Sketches) -> dict[str, str]:
        """Write down, and return, which essays say nearly the same as an earlier one, by id."""
        found = sketches.reprints()
        self._segment.records.mark(found)
        sketches.firsts(found).save(self._folder / layout.SKETCHES)
        return found

    def finish(self, sources: Sources = NO_SOURCES) -> str:
        """Make the indexes, verify all files, and return the generation's id.

        CURRENT is left to `swap`; `sources` are kept for the next build.

        Raises:
            EmptyCorpus: there are no passages.
            IndexDamaged: what was written cannot be read back.
            WorkerLost: a process that helped ended before its work.
        """
        if not self._segment.size:
            raise EmptyCorpus("nothing to index: no readable text was found")
        folder, words = self._folder, self._coined.words()
        write_dictionary(folder / layout.DICTIONARY, words)
        self._segment.finish(words, self._known())
        nearest = self._write_nearest()
        sources.save(folder)
        Manifest(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=self._encoder.name,
            fingerprint=self._encoder.fingerprint,
            dim=self._encoder.dim,
            tokenizer=TOKENIZER,
            counts=self._segment.records.counts,
            files=facts(folder),
            nearest=nearest,
        ).save(folder)
        if bad := damaged_files(folder, Manifest.load(folder)):
            raise IndexDamaged(f"{folder / bad[0]} was not written whole: is the disk full?")
        return Layout(self._index).finish(folder)

    def _write_nearest(self) -> dict[str, float] | None:
        """Shorten the vectors where they are many, and part them where they are very many."""
        size, flat = self._segment.size, self._settings.flat
        if size <= min(MANY, flat):
            return None
        vectors = mapped(self._folder / layout.DENSE)
        questions = self._encoder.encode_queries(self._clauses())
        path = self._folder / layout.NEAREST
        return write_nearest(path, vectors, questions, parted=size > flat)._asdict()

    def _clauses(self) -> list[str]:
        """From the middle of some passages a clause, as short as questions are."""
        rows = np.linspace(0, self._segment.size - 1, QUESTIONS).astype(int).tolist()
        with closing(SqliteRecords(self._folder / layout.RECORDS)) as records:
            texts = [passage.text for passage in records.passages(rows)]
        clauses = [_CLAUSE.findall(text) or [text[:30]] for text in texts]
        return [own[len(own) // 2] for own in clauses]

    def _known(self) -> Known | None:
        """The vectors of the generation that serves now, if this encoder can use it."""
        try:
            old = Generation.open(self._index, self._encoder)
        except RagError:
            return None
        return Known(old.records.rows_of, old.dense.vectors)
