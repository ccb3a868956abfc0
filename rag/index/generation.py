"""One generation, opened read-only, and what there is to know of all of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rag.encoding import Encoder
from rag.errors import IndexMismatch, RagError
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.dictionary import load_dictionary
from rag.index.layout import Layout
from rag.index.manifest import Manifest, check_sizes, damaged_files
from rag.index.parts import Parts
from rag.index.records import Records
from rag.index.sparse import SparseIndex
from rag.words import TOKENIZER, Tokenizer


@dataclass(frozen=True, slots=True)
class Generation:
    """What one question needs of the index; immutable and safe for several threads."""

    id: str
    manifest: Manifest
    records: Records
    dense: DenseIndex  # row i: the vector of passage i
    sparse: SparseIndex  # row i: the tokens of passage i
    essays: SparseIndex  # row i: the tokens of essay i of `records.essays()`, whole
    parts: Parts  # row i: the sentences of passage i
    tokenizer: Tokenizer  # cuts a question as the passages were cut

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
            parts=Parts.load(folder / layout.PARTS),
            tokenizer=Tokenizer(load_dictionary(folder / layout.DICTIONARY)),
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
