"""One generation: written whole beside the others, opened read-only.

A build that fails or is killed leaves CURRENT and all finished generations as they were.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import EmptyCorpus, IndexDamaged, IndexMismatch, RagError
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.fields import Fields, fields, head_tokens, title
from rag.index.layout import Layout
from rag.index.manifest import Manifest, check_sizes, damaged_files, facts
from rag.index.records import Records, write_records
from rag.index.sparse import SparseIndex
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


@dataclass(frozen=True, slots=True)
class Generation:
    """What one question needs of the index; immutable and safe for several threads."""

    id: str
    manifest: Manifest
    records: Records
    dense: DenseIndex  # row i: the vector of passage i
    sparse: SparseIndex  # row i: the tokens of passage i
    essays: SparseIndex  # row i: the tokens of essay i of `records.essays()`, whole

    @classmethod
    def open(cls, index: Path, encoder: Encoder, generation_id: str | None = None) -> Self:
        """Open the current generation, or the one that is named.

        Files are checked by name and size only; `verify` reads them.

        Raises:
            IndexMissing: nothing was built here yet.
            IndexMismatch: it was made by another encoder, tokenizer or format.
            IndexDamaged: a file is missing, has another size, or cannot be read.
        """
        places = Layout(index)
        name = generation_id or places.current_id()
        folder = places.generation(name)
        manifest = Manifest.load(folder)
        _check_fit(folder, manifest, encoder)
        check_sizes(folder, manifest)
        return cls(
            id=name,
            manifest=manifest,
            records=Records(folder / layout.RECORDS),
            dense=DenseIndex.load(folder / layout.DENSE, dim=encoder.dim),
            sparse=SparseIndex.load(folder / layout.SPARSE),
            essays=SparseIndex.load(folder / layout.ESSAYS),
        )


def list_generations(index: Path) -> tuple[tuple[str, Manifest | None, bool], ...]:
    """Every finished generation, oldest first: id, manifest (None if damaged), is it current."""
    places = Layout(index)
    current = places.current_id()
    return tuple(
        (name, _manifest(places.generation(name)), name == current) for name in places.ids()
    )


def verify(index: Path, generation_id: str) -> tuple[str, ...]:
    """Read every file of a generation; return the names of those that are damaged."""
    folder = Layout(index).generation(generation_id)
    manifest = _manifest(folder)
    return (layout.MANIFEST,) if manifest is None else damaged_files(folder, manifest)


def swap(index: Path, generation_id: str) -> None:
    """Make a generation the serving one."""
    Layout(index).swap(generation_id)


def _manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.load(folder)
    except RagError:
        return None


def _check_fit(folder: Path, manifest: Manifest, encoder: Encoder) -> None:
    for what, has, now in (
        (
            "encoder",
            f"{manifest.encoder} ({manifest.fingerprint})",
            f"{encoder.name} ({encoder.fingerprint})",
        ),
        ("tokenizer", manifest.tokenizer, TOKENIZER),
    ):
        if has != now:
            raise IndexMismatch(
                f"{folder} was made by the {what} {has}, now it is {now}: run `rag build` again"
            )


def _write_sparse(
    folder: Path,
    outlines: Sequence[Outline],
    passages: Sequence[Passage],
    around: Sequence[Fields],
    settings: Settings,
    progress: Progress,
) -> None:
    """Tokenize every passage once, for its own index and for that of the whole essays."""
    whole = {e.essay_id: tokens(title(e)) for outline in outlines for e in outline.essays}
    texts = []
    for done, (passage, text) in enumerate(zip(passages, around, strict=True), start=1):
        terms = tokens(text.text)
        texts.append(terms + head_tokens(text))
        whole[passage.essay_id] += terms
        if done % _BATCH == 0 or done == len(passages):
            progress("tokens", done, len(passages))
    k1, b = settings.k1, settings.b
    SparseIndex.build(texts, k1=k1, b=b).save(folder / layout.SPARSE)
    SparseIndex.build(whole.values(), k1=k1, b=b).save(folder / layout.ESSAYS)


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
