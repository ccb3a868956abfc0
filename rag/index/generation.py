"""Generations: immutable folders of one index, one of which serves.

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

A build writes a `.part` folder, verifies it, takes `.part` off and lets CURRENT name it: one
rename each, so a reader sees the old generation or the new one. Generations are counted, not
dated, so that a clock which goes back cannot reorder them.
"""

import hashlib
import json
import math
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import (
    BadInput,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexNotWritten,
    IndexOutdated,
    RagError,
)  # fmt: skip
from rag.index.bm25 import Bm25, Scores, Vocabulary
from rag.index.dense import DenseIndex
from rag.index.records import Records, Rows
from rag.lock import locked
from rag.types import Filters
from rag.words import TOKENIZER, Tokenizer

FORMAT = 8  # raised whenever the files change their meaning
MANIFEST, RECORDS, BM25, DENSE = "manifest.json", "records.sqlite", "bm25", "dense.faiss"
DICTIONARY, PART = "dictionary.txt", ".part"
EVERYTHING = Filters()


class Progress(Protocol):
    """Told how far a step is: "files", "words", "vectors" or "upload"."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` are through `step`."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


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


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """Which encoder a generation is made for."""

    name: str  # for people
    fingerprint: str  # of its weights and prompts
    query_prompt: str
    passage_prompt: str

    @classmethod
    def of(cls, encoder: Encoder) -> Self:
        """The facts of `encoder`."""
        return cls(encoder.name, encoder.fingerprint, encoder.query_prompt, encoder.passage_prompt)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json` of one generation."""

    created: str  # ISO 8601, UTC
    encoder: EncoderFacts | None  # None for words alone
    tokenizer: str
    k1: float  # of BM25
    b: float
    counts: Mapping[str, int]  # documents, essays, paragraphs, measures, passages
    files: Mapping[str, tuple[int, str]]  # path inside the generation → bytes, sha256
    dim: int = 0  # numbers of a vector; 0 where there are none
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(size for size, _ in self.files.values())

    @property
    def by_meaning(self) -> bool:
        """Whether its vectors are there; without, it is searched by words."""
        return self.dim > 0

    @property
    def pending(self) -> bool:
        """Whether vectors are wanted and not yet there."""
        return self.encoder is not None and not self.by_meaning and self.counts["passages"] > 0

    def save(self, folder: Path) -> None:
        """Write `folder/manifest.json`."""
        (folder / MANIFEST).write_text(_signed(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder/manifest.json`.

        Raises:
            IndexDamaged: it is missing or not what `save` writes.
            IndexOutdated: it was written by another version of this program.
        """
        path = folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
            values: dict[str, Any] = json.loads(text)
            if values["format"] != FORMAT:
                raise IndexOutdated(
                    f"{folder} has index format {values['format']}, this program reads"
                    f" {FORMAT}: run `rag build` again"
                )
            if values.pop("sha256", None) and _signed(values) != text:
                raise ValueError("it is not what was saved")
            values["files"] = {name: tuple(fact) for name, fact in values["files"].items()}
            encoder = values["encoder"]
            return cls(**values | {"encoder": EncoderFacts(**encoder) if encoder else None})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{path} is missing or damaged: run `rag build` again") from error

    def check_fit(self, place: str, encoder: Encoder | None) -> None:
        """Raise IndexMismatch where the index at `place` is of another encoder or tokenizer."""
        has, now = self.encoder, EncoderFacts.of(encoder) if encoder else None
        if self.tokenizer != TOKENIZER:
            raise IndexMismatch(
                f"{place} was made by the tokenizer {self.tokenizer}, now it is {TOKENIZER}:"
                " run `rag build` again"
            )
        if (has and has.fingerprint) != (now and now.fingerprint):
            raise IndexMismatch(
                f"{place} was made with the encoder {_named(has)}, now it is {_named(now)}: run"
                " `rag build` again, or set `encoder` back"
            )


def _named(encoder: EncoderFacts | None) -> str:
    return f"{encoder.name} ({encoder.fingerprint[:8]})" if encoder else "none"


def _signed(values: dict[str, Any]) -> str:
    """JSON with its own sha256 in it, for what vouches for all other files."""
    said = json.dumps(values, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return json.dumps({**values, "sha256": digest}, ensure_ascii=False, indent=1) + "\n"


def file_facts(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and sha256 of every file under `folder`, the manifest left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): file_fact(path) for path in paths}


def file_fact(path: Path) -> tuple[int, str]:
    """Size and sha256 of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def damaged_files(folder: Path, manifest: Manifest, *, sizes_only: bool = False) -> tuple[str, ...]:
    """Return which files are not what the manifest says."""

    def is_whole(name: str) -> bool:
        try:
            if sizes_only:
                return (folder / name).stat().st_size == manifest.files[name][0]
            return file_fact(folder / name) == manifest.files[name]
        except OSError:  # gone, or the disk cannot read it
            return False

    return tuple(name for name in manifest.files if not is_whole(name))


class Pool(NamedTuple):
    """The passages that either way of searching brings, and what is known of each."""

    rows: Rows  # ascending, shape (n,)
    sparse: Rows  # those of the highest BM25, best first
    dense: Rows  # those nearest to the question, nearest first
    passages: Scores  # BM25 of each row, shape (n,)
    essays: Scores  # BM25 of the essay of each row, shape (n,)
    cosines: Scores | None  # with the question's vector, shape (n,); None where there is none


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation, opened read-only; immutable and safe for several threads."""

    id: str
    verified: bool  # whether its files were read whole when it was opened
    manifest: Manifest
    records: Records
    bm25: Bm25
    dense: DenseIndex | None  # None where there are no vectors, or not yet
    tokenizer: Tokenizer  # cuts a question as the passages were cut

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms of its passages."""
        return self.bm25.vocabulary

    @classmethod
    def open(
        cls,
        index: Path,
        encoder: Encoder | None,
        generation_id: str | None = None,
        most: float = math.inf,
    ) -> Self:
        """Open the current generation, or the one that is named.

        Its files are read and held against their sha256, some 1 s a GB and core. Of one that is
        larger than `most` bytes only names and sizes are checked; `verify` reads the rest.

        Raises:
            IndexMissing: nothing was built here yet.
            IndexMismatch: it was made by another encoder, tokenizer or format.
            IndexDamaged: a file is missing, differs from the manifest, or cannot be read.
        """
        layout = Layout(index)
        name = generation_id or layout.current_id()
        if name not in layout.ids():
            raise IndexDamaged(f"there is no generation {name!r} in {index}: run `rag build` again")
        folder = layout.generation(name)
        manifest = Manifest.load(folder)
        manifest.check_fit(str(folder), encoder)
        verified = manifest.size <= most
        if bad := damaged_files(folder, manifest, sizes_only=not verified):
            raise IndexDamaged(f"{folder / bad[0]} is damaged: run `rag build` again")
        records = Records(folder / RECORDS)
        return cls(
            id=name,
            verified=verified,
            manifest=manifest,
            records=records,
            bm25=Bm25(folder / BM25, records.essay_of_row, manifest.k1, manifest.b),
            dense=DenseIndex.load(folder / DENSE) if manifest.by_meaning else None,
            tokenizer=Tokenizer(read_words(folder)),
        )

    def candidates(
        self,
        terms: Sequence[str],
        boosts: Scores,
        query: Vectors | None,
        pool: int,
        filters: Filters,
    ) -> Pool:
        """Search by words and by vector, `pool` rows each, among what `filters` let through.

        `boosts`, shape (terms,), weigh the terms; `query`, shape (d,), is the question's unit
        vector, None for words alone. Beside the best passages stand those of the best essays.
        """
        allowed = None if filters == EVERYTHING else self.records.rows_where(filters)
        found = self.bm25.match(terms, boosts)
        of_rows = found.essays[self.records.essay_of_row] * (found.passages > 0)
        by_words, by_essay = _best(found.passages, pool, allowed), _best(of_rows, pool, allowed)
        nearest, cosines = _NO_ROWS, None
        if query is not None and self.dense is not None:
            nearest = self.dense.search(query, pool, allowed).rows
        rows = np.unique(np.concatenate([by_words, by_essay, nearest]))
        if query is not None and self.dense is not None:
            cosines = self.dense.cosines(query, rows)
        essays = found.essays[self.records.essay_of_row[rows]]
        return Pool(rows, by_words, nearest, found.passages[rows], essays, cosines)


_NO_ROWS = np.zeros(0, np.int64)


def _best(scores: Scores, k: int, allowed: Rows | None) -> Rows:
    """The at most k rows of highest score above zero, best first; equal ones in row order."""
    rows = np.flatnonzero(scores > 0) if allowed is None else allowed[scores[allowed] > 0]
    return rank(rows, scores[rows], k)[0]


def rank(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The min(k, n) rows of highest score with their scores; equal scores in ascending row.

    >>> rank(np.array([4, 7, 9]), np.array([1, 3, 3], np.float32), 2)[0].tolist()
    [7, 9]
    """
    if k < len(scores):
        least = np.partition(scores, -k)[-k]
        kept = np.flatnonzero(scores >= least)  # all that tie with the k-th, so the order decides
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def read_words(folder: Path) -> list[str]:
    """The operator's words of a generation.

    Raises:
        IndexDamaged: the file is missing or is not text.
    """
    try:
        return (folder / DICTIONARY).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(
            f"{folder / DICTIONARY} cannot be read: run `rag build` again"
        ) from error


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
        return damaged_files(self.layout.generation(generation_id), manifest)

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
