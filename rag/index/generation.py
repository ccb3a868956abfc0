"""One generation, opened read-only, and what there is to know of all of them."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Encoder, Vectors
from rag.errors import IndexDamaged, IndexMismatch, IndexNotWritten, RagError
from rag.index import layout
from rag.index.dense import DenseIndex
from rag.index.dictionary import load_dictionary
from rag.index.found import Found, Rows, Scores, best
from rag.index.grown import Arrays, GrownDense, GrownSparse
from rag.index.layout import Layout
from rag.index.manifest import Manifest, check_sizes, damaged_files
from rag.index.parts import part_shares
from rag.index.records import SqliteRecords
from rag.index.sparse import Searched
from rag.index.store import EVERYTHING, Asked, Evidence, Lists, Pool
from rag.types import Filters
from rag.words import TOKENIZER, Tokenizer


@dataclass(frozen=True, slots=True)
class Generation:
    """What one question needs of the index; immutable and safe for several threads."""

    id: str
    verified: bool  # whether its files were read whole when it was opened
    manifest: Manifest
    records: SqliteRecords
    dense: DenseIndex | GrownDense  # row i: the vector of passage i
    sparse: Searched  # row i: the tokens of passage i, its sentences told apart
    essays: Searched  # row i: those of essay i of `records.essays()`, whole
    pieces: tuple[Arrays, ...]  # those of the base, and of the addition where there is one
    tokenizer: Tokenizer  # cuts a question as the passages were cut

    @classmethod
    def open(
        cls,
        index: Path,
        encoder: Encoder,
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
        places = Layout(index)
        name = generation_id or places.current_id()
        if name not in places.ids():
            raise IndexDamaged(f"there is no generation {name!r} in {index}: run `rag build` again")
        folder = places.generation(name)
        manifest = Manifest.load(folder)
        check_fit(str(folder), manifest, encoder)
        check_sizes(folder, manifest)
        verified = manifest.size <= most
        if verified and (bad := damaged_files(folder, manifest)):
            raise IndexDamaged(f"{folder / bad[0]} is damaged: run `rag build` again")
        base = Arrays.load(folder, encoder.dim, manifest.nearest is not None)
        more = Arrays.load(folder / layout.ADDITION, encoder.dim) if manifest.base else None
        return cls(
            id=name,
            verified=verified,
            manifest=manifest,
            records=SqliteRecords.of(folder),
            dense=GrownDense(base.dense, more.dense) if more else base.dense,
            sparse=GrownSparse(base.sparse, more.sparse) if more else base.sparse,
            essays=GrownSparse(base.essays, more.essays) if more else base.essays,
            pieces=(base, more) if more else (base,),
            tokenizer=Tokenizer(load_dictionary(folder / layout.DICTIONARY)),
        )

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term` among the passages."""
        return float(self.idfs((term,))[0])

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term among the passages, shape (terms,)."""
        return self.sparse.idfs(terms)

    def candidates(self, asked: Asked, query: Vectors, pool: int, filters: Filters) -> Pool:
        """Search by words and by vector, `pool` rows or essays each, among what `filters` allow.

        `query`, shape (d,), is the question's unit vector.
        """
        allowed = None if filters == EVERYTHING else self.records.rows_where(filters)
        words, whole = self.sparse.postings(asked.terms), self.essays.postings(asked.terms)
        scores, of_essays = words.scores(asked.boosts), whole.scores(asked.boosts)
        rows = np.flatnonzero(scores > 0) if allowed is None else allowed[scores[allowed] > 0]
        found = Found(rows, scores[rows])
        lists = Lists(
            sparse=best(*found, pool).rows,
            dense=self.dense.search(query, pool, allowed).rows,
            essays=self._of_essays(of_essays, found, pool),
        )
        brought = np.zeros(len(scores), bool)  # to mark some hundred is faster than to sort them
        brought[np.concatenate(lists)] = True
        rows = np.flatnonzero(brought)
        essays = self.records.essay_of_row[rows]
        both = np.concatenate([rows, self.records.first_row[essays]])
        bits = words.bits(len(asked.terms), both)
        evidence = Evidence(
            of_essays[essays],
            scores[rows],
            self.dense.cosines(query, rows),
            whole.held(asked.shares)[essays],
            *part_shares(asked.shares, bits[:, : len(rows)], bits[:, len(rows) :]),
        )
        return Pool(rows, lists, evidence)

    def _of_essays(self, whole: Scores, found: Found, pool: int) -> Rows:
        """The best found row of each of the `pool` best essays that have one."""
        essay_of = self.records.essay_of_row[found.rows]
        told = np.zeros(len(whole), bool)
        told[essay_of] = True
        essays = np.flatnonzero(told & (whole > 0))
        told[:] = False
        told[best(essays, whole[essays], pool).rows] = True
        at = np.flatnonzero(told[essay_of])
        rows, scores, essay_of = found.rows[at], found.scores[at], essay_of[at]
        highest = np.zeros_like(whole)
        np.maximum.at(highest, essay_of, scores)
        at = np.flatnonzero(scores == highest[essay_of])
        _, first = np.unique(essay_of[at], return_index=True)  # of equal ones the first row
        return rows[at[first]]


def list_generations(index: Path) -> tuple[tuple[str, Manifest | None, bool], ...]:
    """Every finished generation, oldest first: id, manifest (None if damaged), is it current."""
    places = Layout(index)
    current = places.current_id()
    return tuple(
        (name, _manifest(places.generation(name)), name == current) for name in places.ids()
    )


def verify(index: Path, generation_id: str) -> tuple[str, ...]:
    """Read every file of a generation; return the names of those that are damaged.

    One that is damaged is marked, where that can be written, so that nothing is added to it.
    """
    folder, mark = Layout(index).generation(generation_id), Layout(index).damaged(generation_id)
    manifest = _manifest(folder)
    bad = (layout.MANIFEST,) if manifest is None else damaged_files(folder, manifest)
    with suppress(OSError):
        if not bad:
            mark.unlink(missing_ok=True)
        elif folder.exists():
            mark.touch()
    return bad


def swap(index: Path, generation_id: str) -> None:
    """Make a generation the serving one.

    Raises:
        IndexNotWritten: the folder is full, read-only or not permitted.
    """
    try:
        Layout(index).swap(generation_id)
    except OSError as error:
        raise IndexNotWritten(f"cannot write the index {index}: {error.strerror}") from error


def _manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.load(folder)
    except RagError:
        return None


def check_fit(place: str, manifest: Manifest, encoder: Encoder) -> None:
    """Raise IndexMismatch where what lies at `place` is of another encoder or tokenizer."""
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
                f"{place} was made by the {what} {has}, now it is {now}: run `rag build` again"
            )
