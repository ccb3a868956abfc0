"""Outlines and passages → a new generation beside the others: words first, then meaning.

Records and postings are written as documents come, then the vectors of all passages. What is there
before the vectors can be finished as a generation that answers by words. A build that fails or is
killed leaves CURRENT and all finished generations as they were.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Encoder, Vectors
from rag.errors import EncoderFailed, IndexDamaged, failing_as
from rag.index import generation as named
from rag.index.bm25 import Bm25Writer, Keys
from rag.index.cache import Cache, key_of
from rag.index.dense import DenseIndex
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import Generation, Manifest, encoder_facts, file_fact
from rag.index.records import RecordsWriter
from rag.settings import Settings
from rag.types import Outline, Passage
from rag.words import TOKENIZER

_BATCH = 256  # passages that are embedded between two reports of progress
_WAITS = (0.5, 1.0, 2.0, 4.0)  # seconds until an endpoint that is busy or gone is asked again
_QUESTIONS = 256  # made of passages, to choose how many lists of an IVF index are looked into
_SHORT = 30  # characters of such a question


class GenerationWriter(AbstractContextManager["GenerationWriter"]):
    """A new generation that is being written; it is removed unless it is finished."""

    def __init__(
        self, index: Path, encoder: Encoder | None, settings: Settings, words: Sequence[str] = ()
    ) -> None:
        self._store, self._flat = FolderStore(index), settings.flat
        self._folder = self._store.start()
        self._records = RecordsWriter(self._folder / named.RECORDS)
        self._bm25 = Bm25Writer(self._folder / named.BM25)
        said = "".join(f"{word}\n" for word in words)
        (self._folder / named.DICTIONARY).write_text(said, encoding="utf-8")
        self._manifest = Manifest(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=encoder_facts(encoder),
            tokenizer=TOKENIZER,
            k1=settings.k1,
            b=settings.b,
            counts=self._records.counts,
            files={},
        )

    def __exit__(self, *_: object) -> None:
        """Throw away what is not finished."""
        shutil.rmtree(self._folder, ignore_errors=True)  # a finished one has another name

    def add(
        self, outline: Outline, passages: Sequence[Passage], keys: Keys, lengths: NDArray[np.int32]
    ) -> None:
        """Add a document: its passages, the hashes of all their tokens, how many each has."""
        self._records.add(outline, passages)
        self._bm25.add(keys, lengths)

    def index_words(self, reprints: Mapping[str, str]) -> None:
        """Index what was added, which is all; `reprints` lead from an essay to an earlier one."""
        self._records.finish(reprints)
        self._bm25.finish()

    def add_vectors(self, embedder: "Embedder", progress: Progress = silent) -> None:
        """Add the vectors of all passages, at least one.

        Raises:
            EncoderFailed: an endpoint does not answer; what it gave before is in the cache, and
                what is here can be finished and answers by words.
        """
        dense = DenseIndex.of(embedder.batches(progress))
        if dense.size > self._flat:
            dense = dense.parted(embedder.questions())
        dense.save(self._folder / named.DENSE)
        self._manifest = replace(self._manifest, dim=dense.dim)

    def finish(self) -> str:
        """Verify what was written; return the generation's id, which does not serve yet.

        Raises:
            IndexDamaged: what was written cannot be read back.
        """
        folder = self._folder
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        facts = {path.relative_to(folder).as_posix(): file_fact(path) for path in files}
        replace(self._manifest, files=facts).save(folder)
        told = "{folder} was not written whole: is the disk full?"
        with failing_as(IndexDamaged, told, IndexDamaged, folder=folder):
            Generation.read(folder, Manifest.load(folder)).records.close()
        return self._store.finish(folder)

    def finish_words(self) -> str:
        """Finish a generation of what is here already, and go on with the next, of its copy."""
        done = self.finish()
        self._folder = self._store.start()
        shutil.copytree(self._store.folder(done), self._folder, dirs_exist_ok=True)
        (self._folder / named.MANIFEST).unlink()
        return done


class Embedder:
    """Gives the vectors of the passages of one build, from the cache or by the encoder."""

    def __init__(self, encoder: Encoder, cache: Cache, texts: Sequence[str]) -> None:
        """`texts` are what is embedded of each passage, in the order of the rows."""
        self._encoder, self._cache, self._texts = encoder, cache, texts
        self._keys = [key_of(encoder.fingerprint, text) for text in texts]

    @property
    def missing(self) -> int:
        """How many different texts have to be embedded."""
        return len(self._cache.unknown("vectors", self._keys))

    def questions(self) -> Vectors:
        """Vectors of the ends of some passages, as short as questions are."""
        some = self._texts[:: max(1, len(self._texts) // _QUESTIONS)]
        return _patiently(self._encoder.encode_queries, [text[-_SHORT:] for text in some])

    def batches(self, progress: Progress = silent) -> Iterator[Vectors]:
        """One unit vector a text, some at a time, rounded to 16 bits as the cache keeps them.

        Raises:
            EncoderFailed: an endpoint does not answer, or with other dimensions than before.
        """
        sizes = set[int]()
        for at in range(0, len(self._keys), _BATCH):
            keys = self._keys[at : at + _BATCH]
            known = self._cache.find("vectors", keys)
            texts = zip(keys, self._texts[at : at + _BATCH], strict=True)
            if new := {key: text for key, text in texts if key not in known}:
                made = _patiently(self._encoder.encode_passages, list(new.values()))
                rows = zip(new, made.astype(np.float16), strict=True)
                entries = {key: row.tobytes() for key, row in rows}
                self._cache.keep("vectors", entries.items())
                known |= entries
            sizes |= set(map(len, known.values()))
            if len(sizes) > 1:
                told = "{name} gives vectors of another dimension than before: build with --anew"
                raise EncoderFailed(told, name=self._encoder.name)
            yield np.array([np.frombuffer(known[key], np.float16) for key in keys], np.float32)
            progress("vectors", at + len(keys), len(self._keys))


def _patiently(encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str]) -> Vectors:
    """Encode; what fails for a while is tried again."""
    for wait in _WAITS:
        try:
            return encode(texts)
        except EncoderFailed as error:
            if not error.temporary:
                raise
            time.sleep(wait)
    return encode(texts)
