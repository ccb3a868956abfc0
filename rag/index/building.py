"""Outlines and passages → a new generation, written whole beside the others.

A build that fails or is killed leaves CURRENT and all finished generations as they were.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import EmptyCorpus, IndexDamaged, RagError
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.dictionary import dictionary, write_dictionary
from rag.index.fields import Fields, fields, surroundings, title
from rag.index.generation import Generation
from rag.index.layout import Layout
from rag.index.manifest import Manifest, damaged_files, facts
from rag.index.parts import Parts
from rag.index.records import write_records
from rag.index.sparse import SparseIndex
from rag.index.texts import Texts
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Outline, Passage, Span
from rag.words import TOKENIZER, Tokenizer

_BATCH = 1024  # passages between two reports of progress


class Progress(Protocol):
    """Told how far a step is; `step` is "tokens" or "vectors"."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` passages are through `step`."""


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
) -> str:
    """Write a new generation and verify it; return its id. CURRENT is left to `swap`.

    The words of the corpus, and those that are `given` beside them, are its dictionary.
    Vectors of passages whose embedded text is unchanged are taken over from the serving
    generation if it was made by the same encoder.

    Raises:
        EmptyCorpus: there are no passages.
        IndexDamaged: what was written cannot be read back.
    """
    if not passages:
        raise EmptyCorpus("nothing to index: no readable text was found")
    places = Layout(index)
    folder = places.start()
    around = fields(outlines, passages)
    digests = [hashlib.sha256(f.embedded.encode()).digest() for f in around]
    counts = write_records(folder / layout.RECORDS, outlines, passages, digests)
    words = dictionary(outlines, given)
    write_dictionary(folder / layout.DICTIONARY, words)
    _write_sparse(folder, outlines, passages, around, Tokenizer(words), settings, progress)
    vectors = _vectors(around, digests, _serving(index, encoder), encoder, progress)
    DenseIndex.build(vectors).save(folder / layout.DENSE)
    manifest = Manifest(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.dim,
        tokenizer=TOKENIZER,
        counts=counts,
        files=facts(folder),
    )
    manifest.save(folder)
    if bad := damaged_files(folder, Manifest.load(folder)):
        raise IndexDamaged(f"{folder / bad[0]} was not written whole: is the disk full?")
    return places.finish(folder)


def _write_sparse(
    folder: Path,
    outlines: Sequence[Outline],
    passages: Sequence[Passage],
    around: Sequence[Fields],
    tokenizer: Tokenizer,
    settings: Settings,
    progress: Progress,
) -> None:
    """Tokenize every sentence once, for the indexes of sentences, passages and whole essays."""
    spans = [sentence_spans(text.text) for text in around]
    bounds = np.cumsum([0, *(1 + len(found) for found in spans)], dtype=np.int64)
    essays = [essay for outline in outlines for essay in outline.essays]
    titles = (tokenizer.tokens(title(essay)) for essay in essays)
    texts = Texts.of(chain(_parts(around, spans, tokenizer, progress), titles))
    whole = {essay.essay_id: [(at, at + 1)] for at, essay in enumerate(essays, int(bounds[-1]))}
    for passage, (start, end) in zip(passages, pairwise(bounds.tolist()), strict=True):
        whole[passage.essay_id].append((start + 1, end))  # without what stands around it
    k1, b = settings.k1, settings.b
    SparseIndex.build(texts.gathered(whole.values()), k1=k1, b=b).save(folder / layout.ESSAYS)
    SparseIndex.build(texts.joined(bounds), k1=k1, b=b).save(folder / layout.SPARSE)
    parts = texts.joined(np.arange(bounds[-1] + 1))
    Parts.build(parts, bounds).save(folder / layout.PARTS)


def _parts(
    around: Sequence[Fields],
    spans: Sequence[Sequence[Span]],
    tokenizer: Tokenizer,
    progress: Progress,
) -> Iterator[list[str]]:
    """Give the tokens of each passage's surroundings and of each of its sentences."""
    cached = lru_cache(4096)(tokenizer.tokens)  # a title or lead comes again with every passage
    for done, (text, sentences) in enumerate(zip(around, spans, strict=True), start=1):
        yield surroundings(text, cached)
        yield from (tokenizer.tokens(text.text[start:end]) for start, end in sentences)
        if done % _BATCH == 0 or done == len(around):
            progress("tokens", done, len(around))


def _vectors(
    around: Sequence[Fields],
    digests: Sequence[bytes],
    old: Generation | None,
    encoder: Encoder,
    progress: Progress,
) -> Vectors:
    """One vector a passage; those of texts that the old generation holds are taken over."""
    known = old.records.rows_of_digests() if old else {}
    same = [row for row, digest in enumerate(digests) if digest in known]
    new = [row for row, digest in enumerate(digests) if digest not in known]
    vectors = np.empty((len(around), encoder.dim), np.float32)
    if old and same:
        vectors[same] = old.dense.vectors(np.array([known[digests[row]] for row in same]))
    for start in range(0, len(new), _BATCH):
        rows = new[start : start + _BATCH]
        vectors[rows] = encoder.encode_passages([around[row].embedded for row in rows])
        progress("vectors", start + len(rows), len(new))
    return vectors


def _serving(index: Path, encoder: Encoder) -> Generation | None:
    """The generation that serves now, if this encoder can use it."""
    try:
        return Generation.open(index, encoder)
    except RagError:
        return None
