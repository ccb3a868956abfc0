"""Outlines and passages → a new generation, written whole beside the others.

A build that fails or is killed leaves CURRENT and all finished generations as they were. Nothing
is held of the corpus but its vocabulary and some numbers a passage: documents go to the records as
they come, texts wait in a file until the words of the whole corpus are known, and tokens and
vectors are appended to theirs.
"""

import hashlib
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np

from rag.encoding import Encoder, StaticEncoder
from rag.errors import EmptyCorpus, IndexDamaged, RagError
from rag.index import layout
from rag.index.arrays import Growing, mapped
from rag.index.cutting import BATCH, Cut, Cutter, Waiting
from rag.index.dense import check_unit_rows
from rag.index.dictionary import Coined, write_dictionary
from rag.index.fields import Fields, fields, title
from rag.index.generation import Generation
from rag.index.layout import Layout
from rag.index.manifest import Manifest, damaged_files, facts
from rag.index.nearest import write_nearest
from rag.index.parts import TOKENS, Parts
from rag.index.records import RecordsFile
from rag.index.sources import NO_SOURCES, Sources
from rag.index.sparse import write_sparse
from rag.index.texts import Spool, Starts, Texts
from rag.numbering import numbered
from rag.parallel import ordered
from rag.settings import Settings
from rag.types import Outline, Passage
from rag.words import TOKENIZER, Tokenizer

F = TypeVar("F", RecordsFile, Waiting, Spool, Growing)

_WAITING = "waiting.jsonl"
_MANY = 20_000  # passages from which on a build works in several processes


class Progress(Protocol):
    """Told how far a step is; `step` is "passages", "weights" or "upload"."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` are through `step`."""


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
        self._progress = progress
        self._folder = Layout(index).start()
        self._open = ExitStack()  # files that are closed in the end, whatever happens
        self._records = self._kept(RecordsFile(self._folder / layout.RECORDS))
        self._coined = Coined(given)
        self._waiting = self._kept(Waiting(self._folder / _WAITING))
        self._titles: list[str] = []  # one an essay
        self._essays: list[int] = []  # of each passage, its essay's number
        self._digests: list[bytes] = []  # of each passage, the sha256 of what is embedded

    def __enter__(self) -> Self:
        """Give the draft itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its files; what is not finished is thrown away."""
        self._open.close()
        shutil.rmtree(self._folder, ignore_errors=True)  # a finished one has another name

    def _kept(self, file: F) -> F:
        return self._open.enter_context(closing(file))

    def add(self, outlines: Sequence[Outline], passages: Sequence[Passage]) -> None:
        """Add some documents, with all of their passages."""
        essays = [essay for outline in outlines for essay in outline.essays]
        numbers = {essay.essay_id: len(self._titles) + i for i, essay in enumerate(essays)}
        self._titles += map(title, essays)
        self._essays += [numbers[passage.essay_id] for passage in passages]
        self._coined.add(outlines)
        self._records.add(outlines, passages)
        for each in fields(outlines, passages):
            self._waiting.add(each)
            self._digests.append(hashlib.sha256(each.embedded.encode()).digest())

    def mark(self, reprints: Mapping[str, str]) -> None:
        """Write down which essays say nearly the same as an earlier one, by their ids."""
        self._records.mark(reprints)

    def finish(self, sources: Sources = NO_SOURCES) -> str:
        """Make the indexes, verify all files, and return the generation's id.

        CURRENT is left to `swap`; `sources` are kept for the next build.

        Raises:
            EmptyCorpus: there are no passages.
            IndexDamaged: what was written cannot be read back.
            WorkerLost: a process that helped ended before its work.
        """
        if not self._essays:
            raise EmptyCorpus("nothing to index: no readable text was found")
        folder, words = self._folder, self._coined.words()
        write_dictionary(folder / layout.DICTIONARY, words)
        self._records.finish(self._digests, self._essays)
        (folder / layout.PARTS).mkdir()
        self._write_sparse(*self._write_tokens(words))
        nearest = self._write_nearest()
        sources.save(folder)
        manifest = Manifest(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=self._encoder.name,
            fingerprint=self._encoder.fingerprint,
            dim=self._encoder.dim,
            tokenizer=TOKENIZER,
            counts=self._records.counts,
            files=facts(folder),
            nearest=nearest,
        )
        manifest.save(folder)
        if bad := damaged_files(folder, Manifest.load(folder)):
            raise IndexDamaged(f"{folder / bad[0]} was not written whole: is the disk full?")
        return Layout(self._index).finish(folder)

    def _write_tokens(self, words: Sequence[str]) -> tuple[Texts, Starts]:
        """Write tokens and vectors; return the texts, and where each passage begins in them."""
        spool = self._kept(Spool(self._folder / layout.PARTS / TOKENS))
        width = (self._encoder.dim,)
        vectors = self._kept(Growing(self._folder / layout.DENSE, np.float32, width))
        sizes = [np.zeros(1, np.int64)]
        for cut in self._cut(words):
            spool.add(cut.tokens)
            sizes.append(cut.sizes)
            vectors.append(cut.vectors)
            self._progress("passages", vectors.size, len(self._essays))
        vectors.close()
        tokenizer = Tokenizer(words)
        for at in range(0, len(self._titles), BATCH):
            spool.add(numbered(tokenizer, self._titles[at : at + BATCH]))
        return spool.finish(), np.cumsum(np.concatenate(sizes))

    def _write_nearest(self) -> dict[str, float] | None:
        """Part the vectors into lists where they are very many."""
        if len(self._essays) <= self._settings.flat:
            return None
        vectors = mapped(self._folder / layout.DENSE)
        return write_nearest(self._folder / layout.NEAREST, vectors)._asdict()

    def _cut(self, words: Sequence[str]) -> Iterator[Cut]:
        """Cut all passages, in several processes where they are many; put in known vectors."""
        old, waiting = self._serving(), deque[tuple[list[bytes], dict[bytes, int]]]()

        def tasks() -> Iterator[tuple[list[Fields], list[int]]]:
            at = 0
            for batch in self._waiting.batches():
                digests = self._digests[at : at + len(batch)]
                known = old.records.rows_of(digests) if old else {}
                waiting.append((digests, known))
                yield batch, [i for i, digest in enumerate(digests) if digest not in known]
                at += len(batch)

        make = partial(Cutter, words, self._encoder)
        for cut in ordered(make, tasks(), self._workers()):
            digests, known = waiting.popleft()
            check_unit_rows(cut.vectors)
            is_known = np.array([digest in known for digest in digests])
            vectors = np.empty((len(digests), self._encoder.dim), np.float32)
            vectors[~is_known] = cut.vectors
            if old and known:
                rows = [known[digest] for digest in digests if digest in known]
                vectors[is_known] = old.dense.vectors(np.array(rows))
            yield cut._replace(vectors=vectors)

    def _workers(self) -> int:
        """Processes that pay: starting one takes as long as cutting some thousand passages."""
        if len(self._essays) < _MANY or not isinstance(self._encoder, StaticEncoder):
            return 1
        return self._settings.processes

    def _serving(self) -> Generation | None:
        """The generation that serves now, if this encoder can use it."""
        try:
            return Generation.open(self._index, self._encoder)
        except RagError:
            return None

    def _write_sparse(self, texts: Texts, starts: Starts) -> None:
        """Index passages, and whole essays without what stands around their passages."""
        texts.terms.save(self._folder / layout.TERMS)
        Parts(texts, starts).save(self._folder / layout.PARTS)
        sizes = np.diff(starts)
        passages = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        essays = np.repeat(np.array(self._essays, np.int32), sizes)
        essays[starts[:-1]] = -1
        titles = np.arange(len(self._titles), dtype=np.int32)
        for name, size, rows in (
            (layout.SPARSE, len(sizes), np.append(passages, np.full_like(titles, -1))),
            (layout.ESSAYS, len(titles), np.append(essays, titles)),
        ):
            k1, b = self._settings.k1, self._settings.b
            write_sparse(self._folder / name, texts, rows, size, k1=k1, b=b)
