"""What a build writes of its documents: records, tokens, vectors and weights, in one folder.

Nothing is held of the corpus but its vocabulary and some numbers a passage: documents go to the
records as they come, texts wait in a file until the words of the whole corpus are known, and
tokens and vectors are appended to theirs.
"""

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from rag.encoding import Encoder, StaticEncoder, Vectors
from rag.index import layout
from rag.index.arrays import Growing
from rag.index.cutting import BATCH, Cut, Cutter, Waiting
from rag.index.dense import check_unit_rows
from rag.index.fields import fields, title
from rag.index.found import Rows
from rag.index.parts import TOKENS, Parts
from rag.index.records import RecordsFile
from rag.index.texts import Spool, Starts, Texts
from rag.index.weighing import PARTS, write_sparse
from rag.numbering import numbered
from rag.parallel import ordered
from rag.settings import Settings
from rag.types import Outline, Passage
from rag.words import Tokenizer

F = TypeVar("F", RecordsFile, Waiting, Spool, Growing)

_WAITING = "waiting.jsonl"
_MANY = 20_000  # passages from which on a build works in several processes


class Progress(Protocol):
    """Told how far a step is; `step` is "passages", "weights" or "upload"."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` are through `step`."""


class Known(NamedTuple):
    """Vectors that were made before: the row of each, by its text's sha256, and what gives them."""

    rows_of: Callable[[Sequence[bytes]], dict[bytes, int]]
    vectors: Callable[[Rows], Vectors]


class Earlier(NamedTuple):
    """What of an addition was written before, and what all of it comes after."""

    folder: Path | None  # of the addition before; None where this is the first
    counts: Mapping[str, int]  # of all records before
    base: int  # essays of the base
    essays: tuple[int, ...]  # of each passage of the addition before, its essay's number
    titles: tuple[str, ...]  # of each of its essays
    parts: Parts | None
    vectors: Vectors
    means: tuple[float, float]  # length of a passage and of an essay in the base, in tokens


class Segment:
    """A folder that is being filled; its files are closed at the end, whatever happens."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        settings: Settings,
        progress: Progress,
        earlier: Earlier | None = None,
    ) -> None:
        self.folder, self._encoder, self._settings = folder, encoder, settings
        self._progress, self._earlier = progress, earlier
        self._open = ExitStack()
        if earlier and earlier.folder:
            shutil.copyfile(earlier.folder / layout.RECORDS, folder / layout.RECORDS)
        before = earlier.counts if earlier else None
        self.records = self._kept(RecordsFile(folder / layout.RECORDS, before))
        self._waiting = self._kept(Waiting(folder / _WAITING))
        self._titles = list(earlier.titles) if earlier else []  # one an essay
        self._essays = list(earlier.essays) if earlier else []  # of each passage, its essay
        self._first = earlier.base if earlier else 0  # number of the first essay
        self._digests: list[bytes] = []  # of each added passage, the sha256 of what is embedded

    def close(self) -> None:
        """Close all files."""
        self._open.close()

    def _kept(self, file: F) -> F:
        return self._open.enter_context(closing(file))

    @property
    def size(self) -> int:
        """Number of passages."""
        return len(self._essays)

    def add(self, outlines: Sequence[Outline], passages: Sequence[Passage]) -> None:
        """Add some documents, with all of their passages."""
        essays = [essay for outline in outlines for essay in outline.essays]
        first = self._first + len(self._titles)
        numbers = {essay.essay_id: first + i for i, essay in enumerate(essays)}
        self._titles += map(title, essays)
        self._essays += [numbers[passage.essay_id] for passage in passages]
        self.records.add(outlines, passages)
        for each in fields(outlines, passages):
            self._waiting.add(each)
            self._digests.append(hashlib.sha256(each.embedded.encode()).digest())

    def finish(self, words: Sequence[str], known: Known | None) -> None:
        """Make the indexes; texts are cut by `words`, vectors that are `known` are taken over."""
        self.records.finish(self._digests, self._essays)
        (self.folder / layout.PARTS).mkdir()
        self._write_sparse(*self._write_tokens(words, known))
        if self._earlier is None:  # a base is not gone on from, its tokens are not asked for again
            shutil.rmtree(self.folder / layout.PARTS)

    def _write_tokens(self, words: Sequence[str], known: Known | None) -> tuple[Texts, Starts]:
        """Write tokens and vectors; return the texts, and where each passage begins in them."""
        spool = self._kept(Spool(self.folder / layout.PARTS / TOKENS))
        width = (self._encoder.dim,)
        vectors = self._kept(Growing(self.folder / layout.DENSE, np.float32, width))
        sizes = [np.zeros(1, np.int64)]
        if self._earlier and self._earlier.parts:
            tokens, starts = self._earlier.parts.tokens()
            spool.add(tokens)
            sizes.append(np.diff(starts))
            vectors.append(self._earlier.vectors)
        for cut in self._cut(words, known):
            spool.add(cut.tokens)
            sizes.append(cut.sizes)
            vectors.append(cut.vectors)
            self._progress("passages", vectors.size, self.size)
        vectors.close()
        tokenizer = Tokenizer(words)
        for at in range(0, len(self._titles), BATCH):
            spool.add(numbered(tokenizer, self._titles[at : at + BATCH]))
        return spool.finish(), np.cumsum(np.concatenate(sizes))

    def _cut(self, words: Sequence[str], known: Known | None) -> Iterator[Cut]:
        """Cut what was added, in several processes where it is much; put in known vectors."""
        waiting = deque[tuple[list[bytes], dict[bytes, int]]]()

        def tasks() -> Iterator[tuple[str, list[int]]]:
            at = 0
            for size, batch in self._waiting.batches():
                digests = self._digests[at : at + size]
                there = known.rows_of(digests) if known else {}
                waiting.append((digests, there))
                yield batch, [i for i, digest in enumerate(digests) if digest not in there]
                at += size

        make = partial(Cutter, words, self._encoder)
        for cut in ordered(make, tasks(), self._workers()):
            digests, there = waiting.popleft()
            check_unit_rows(cut.vectors)
            is_known = np.array([digest in there for digest in digests], bool)
            vectors = np.empty((len(digests), self._encoder.dim), np.float32)
            vectors[~is_known] = cut.vectors
            if known and there:
                rows = [there[digest] for digest in digests if digest in there]
                vectors[is_known] = known.vectors(np.array(rows))
            yield cut._replace(vectors=vectors)

    def _workers(self) -> int:
        """Processes that pay: starting one takes as long as cutting some thousand passages."""
        if len(self._digests) < _MANY or not isinstance(self._encoder, StaticEncoder):
            return 1
        return self._settings.processes

    def _write_sparse(self, texts: Texts, starts: Starts) -> None:
        """Index passages, and whole essays without what stands around their passages."""
        texts.terms.save(self.folder / layout.TERMS)
        Parts(texts, starts).save(self.folder / layout.PARTS)
        sizes = np.diff(starts)
        passages = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        essays = np.repeat(np.array(self._essays, np.int32) - self._first, sizes)
        essays[starts[:-1]] = -1
        titles = np.arange(len(self._titles), dtype=np.int32)
        means = self._earlier.means if self._earlier else (None, None)
        no_row = np.full_like(titles, -1)
        numbers = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)  # in their passages
        parts = np.minimum(np.append(numbers, titles), PARTS - 1).astype(np.uint8)
        for turn, (name, mean, size, rows, told) in enumerate(
            (
                (layout.SPARSE, means[0], len(sizes), [passages, no_row], parts),
                (layout.ESSAYS, means[1], len(titles), [essays, titles], None),
            )
        ):
            write_sparse(
                self.folder / name, texts, np.concatenate(rows), size,
                k1=self._settings.k1, b=self._settings.b, mean=mean,
                parts=told,
                at_once=self._settings.sorted_tokens,
                progress=partial(self._weights, turn * len(texts.terms), 2 * len(texts.terms)),
            )  # fmt: skip

    def _weights(self, before: int, total: int, terms: int) -> None:
        self._progress("weights", before + terms, total)
