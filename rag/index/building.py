"""Outlines and passages → a new generation, written whole beside the others.

A build that fails or is killed leaves CURRENT and all finished generations as they were.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import EmptyCorpus, IndexDamaged, RagError
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.fields import Fields, fields, surroundings, title
from rag.index.generation import Generation
from rag.index.layout import Layout
from rag.index.manifest import Manifest, damaged_files, facts
from rag.index.parts import Parts
from rag.index.records import write_records
from rag.index.sparse import SparseIndex
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Outline, Passage
from rag.words import TOKENIZER, tokens

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
) -> str:
    """Write a new generation and verify it; return its id. CURRENT is left to `swap`.

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
    _write_sparse(folder, outlines, passages, around, settings, progress)
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
    settings: Settings,
    progress: Progress,
) -> None:
    """Tokenize every sentence once, for the indexes of sentences, passages and whole essays."""
    known: dict[str, str] = {}  # one object a word: most of a text's words come again
    parts = []
    for done, text in enumerate(around, start=1):
        spans = sentence_spans(text.text)
        made = [surroundings(text), *(tokens(text.text[start:end]) for start, end in spans)]
        parts.append([[known.setdefault(token, token) for token in part] for part in made])
        if done % _BATCH == 0 or done == len(around):
            progress("tokens", done, len(around))
    whole = {e.essay_id: tokens(title(e)) for outline in outlines for e in outline.essays}
    for passage, (_, *sentences) in zip(passages, parts, strict=True):
        whole[passage.essay_id].extend(chain(*sentences))
    k1, b = settings.k1, settings.b
    SparseIndex.build(whole.values(), k1=k1, b=b).save(folder / layout.ESSAYS)
    del whole
    SparseIndex.build((list(chain(*text)) for text in parts), k1=k1, b=b).save(
        folder / layout.SPARSE
    )
    Parts.build(parts).save(folder / layout.PARTS)


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
