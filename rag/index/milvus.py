"""Vectors on a Milvus server, for what one machine does not hold, or several are to answer from.

    youju_000007           one row a passage: `dense`, the encoder's vector; `sparse`, BM25 weights
    youju_000007_essays    one row an essay: `sparse`; last a row that says of which files all are
    youju                  the alias: leads to the generation that serves

Columns of the sparse vectors are the hashed terms of `bm25`, so an inner product is our BM25. A
question is one search for the best essays and one hybrid search for passages, which come with their
vectors: scores are worked out here, so that they are those of a folder by whatever list a passage
came (above `flat` passages the dense index is HNSW, which may miss a near one). The records and the
vocabulary lie beside, in the index folder, of which a machine that only asks has a copy; filters
are looked up there and become `essay in [...]`.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import BadInput, IndexDamaged, IndexMissing, IndexOutdated, RagError
from rag.index.bm25 import Bm25, Keys, Scores, Vocabulary, keys_of
from rag.index.dense import DenseIndex
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import EVERYTHING, Pool, read_words
from rag.index.layout import BM25, DENSE, RECORDS
from rag.index.manifest import Manifest
from rag.index.milvus_server import Row, Server, Sparse
from rag.index.records import Records
from rag.settings import Settings
from rag.types import Filters
from rag.words import Tokenizer

_MOST = 2_000  # candidates of one list


@dataclass(frozen=True, slots=True)
class MilvusSnapshot:
    """One generation on a server, opened; safe for several threads."""

    id: str
    verified: bool
    manifest: Manifest
    records: Records
    vocabulary: Vocabulary
    tokenizer: Tokenizer
    server: Server
    name: str  # of the collection of its passages

    def candidates(
        self, terms: Sequence[str], boosts: Scores, query: Vectors | None, pool: int,
        filters: Filters,
    ) -> Pool:  # fmt: skip
        """Search by words and by vector as `Generation.candidates` does."""
        essay_of, pool = self.records.essay_of_row, min(pool, _MOST)
        asked = {int(k): float(b) for k, b in zip(keys_of(terms), boosts, strict=True) if b > 0}
        within, of_essays, by_meaning = "", f"{self.name}_essays", self.manifest.by_meaning
        if filters != EVERYTHING:
            allowed = np.unique(essay_of[self.records.rows_where(filters)]).tolist()
            within = f"essay in {allowed}" if allowed else "essay < 0"
        essays = self.server.search(of_essays, asked, pool, within)
        searches: list[tuple[str, Sparse | list[float], str]] = []
        if asked:
            searches.append(("sparse", asked, within))
        if essays:
            searches.append(("sparse", asked, f"essay in {list(essays)}"))
        if query is not None and by_meaning:
            searches.append(("dense", query.tolist(), within))
        found = self.server.hybrid(self.name, searches, pool)
        rows = np.array([each["row"] for each in found], np.int64)
        others = sorted(set(essay_of[rows].tolist()) - essays.keys())
        essays |= self.server.search(of_essays, asked, len(others), f"row in {others}")
        cosines = None
        if query is not None and by_meaning:
            near = np.array([each["dense"] for each in found], np.float32)
            cosines = near.reshape(len(rows), len(query)) @ query
        return Pool(
            rows,
            np.array([_product(asked, each.get("sparse", {})) for each in found], np.float32),
            np.array([essays.get(each, 0.0) for each in essay_of[rows].tolist()], np.float32),
            cosines,
        )


def _product(asked: Sparse, held: Sparse) -> float:
    return sum(weight * held.get(key, 0.0) for key, weight in asked.items())


class MilvusStore(FolderStore):
    """The generations of one index whose vectors are on a server; the alias says which serves."""

    def __init__(self, index: Path, settings: Settings) -> None:
        """Connect to the server that `settings` name.

        Raises:
            BadInput: the settings name no server, or the index has a name that cannot be one.
            StoreFailed: nobody answers there.
        """
        super().__init__(index)
        self._name, self._flat = settings.store_name, settings.flat
        if not settings.uri:
            raise BadInput("the store milvus needs the address of a server: --uri http://HOST:PORT")
        if not (self._name.isascii() and self._name.isidentifier() and len(self._name) <= 100):
            raise BadInput(f"setting store_name must be letters, digits and _, got {self._name!r}")
        self._server = Server(settings)

    def current(self) -> str:
        """The id of the generation that the alias leads to."""
        leads_to = self._server.alias(self._name)
        if leads_to is None:
            raise IndexMissing(
                f"no index {self._name} at {self._server.place}: "
                "run `rag build --store milvus` first"
            )
        if not (found := leads_to.rpartition("_")[2]).isdecimal():
            raise IndexOutdated(
                f"the index {self._name} at {self._server.place} is of an older version:"
                " run `rag build --store milvus` again"
            )
        return found

    def ids(self) -> tuple[str, ...]:
        """The generations of the folder that are on the server, oldest first."""
        here = self._server.collections()
        return tuple(name for name in self.layout.ids() if self._collection(name) in here)

    def open(  # type: ignore[override]
        self, encoder: Encoder | None, generation_id: str | None = None, most: float = math.inf
    ) -> MilvusSnapshot:
        """Open the serving generation, or the one that is named; its rows are always counted."""
        name = generation_id or self.current()
        folder, place = self.layout.generation(name), f"generation {name} of {self._name}"
        if not folder.is_dir():
            raise IndexDamaged(
                f"{folder} is missing: copy the index folder of the machine that built {place}"
            )
        manifest = Manifest.load(folder)
        manifest.check_fit(f"{place} at {self._server.place}", encoder)
        if bad := self._incomplete(name, manifest):
            raise IndexDamaged(f"rows of {', '.join(bad)} are missing: run `rag build` again")
        return MilvusSnapshot(
            id=name,
            verified=True,
            manifest=manifest,
            records=Records(folder / RECORDS),
            vocabulary=Vocabulary(folder / BM25),
            tokenizer=Tokenizer(read_words(folder)),
            server=self._server,
            name=self._collection(name),
        )

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Copy the vectors of a generation to the server if they are not there; let it serve.

        Whatever fails, the generation that serves goes on serving.
        """
        name, client = self._collection(generation_id), self._server.client
        manifest = Manifest.load(self.layout.generation(generation_id))
        serving = self._server.alias(self._name)
        if self._incomplete(generation_id, manifest):
            if serving == name:
                raise BadInput(
                    f"{name} at {self._server.place} serves and is of another index folder: set"
                    " another store_name, or build there"
                )
            try:
                self._drop(generation_id)
                self._write(generation_id, manifest, progress)
            except RagError:
                with suppress(RagError):  # where the server is gone, `prune` clears it away
                    self._drop(generation_id)
                raise
        change = client.alter_alias if serving else client.create_alias
        self._server.ask(lambda: change(name, self._name))
        self.layout.swap(generation_id)

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The damaged files of a generation and the collections in which rows are missing."""
        bad = super().verify(generation_id)
        manifest = self._manifest(generation_id)
        return bad + (self._incomplete(generation_id, manifest) if manifest else ())

    def remove(self, generation_id: str) -> None:
        """Remove one generation from the server and from the folder."""
        self._drop(generation_id)
        super().remove(generation_id)

    def _write(self, generation_id: str, manifest: Manifest, progress: Progress) -> None:
        folder, name = self.layout.generation(generation_id), self._collection(generation_id)
        records = Records(folder / RECORDS)
        essay_of = records.essay_of_row
        records.close()
        bm25 = Bm25(folder / BM25, essay_of, manifest.k1, manifest.b)
        dense = DenseIndex.load(folder / DENSE) if manifest.dim else None

        def passages() -> Iterator[Row]:
            for row, (keys, weights) in enumerate(bm25.vectors(of_essays=False)):
                made = {"row": row, "essay": int(essay_of[row]), "sparse": _sparse(keys, weights)}
                yield made | ({"dense": dense.vector(row).tolist()} if dense else {})
                progress("upload", row + 1, bm25.size)

        def essays() -> Iterator[Row]:
            for row, (keys, weights) in enumerate(bm25.vectors(of_essays=True)):
                yield {"row": row, "essay": row, "sparse": _sparse(keys, weights)}
            yield {"row": _mark(manifest), "essay": -1, "sparse": {0: 1e-6}}

        self._server.write(f"{name}_essays", essays())
        kind = "FLAT" if bm25.size <= self._flat else "HNSW"
        self._server.write(name, passages(), manifest.dim, kind)

    def _incomplete(self, generation_id: str, manifest: Manifest) -> tuple[str, ...]:
        """The collections of a generation that do not hold all rows."""
        name, here = self._collection(generation_id), self._server.collections()
        passages = manifest.counts["passages"]
        missing = [] if name in here and self._server.count(name) == passages else [name]
        essays = f"{name}_essays"
        if essays not in here or not self._server.count(essays, f"row == {_mark(manifest)}"):
            missing.append(essays)
        return tuple(missing)

    def _drop(self, generation_id: str) -> None:
        name = self._collection(generation_id)
        for each in {name, f"{name}_essays"} & self._server.collections():
            self._server.ask(lambda each=each: self._server.client.drop_collection(each))  # type: ignore[misc]

    def _collection(self, generation_id: str) -> str:
        return f"{self._name}_{generation_id}"


def _mark(manifest: Manifest) -> int:
    """The row, below all others, that only the rows of these very files have beside them.

    Numbers of generations come again where an index folder was begun anew.
    """
    facts = repr(sorted(manifest.files.items())).encode()
    return -1 - int.from_bytes(hashlib.sha256(facts).digest()[:7], "big")


def _sparse(keys: Keys, weights: Scores) -> Sparse:
    """A row as Milvus takes it; one without any term holds column 0, which tells nothing."""
    made = Sparse()
    for key, weight in zip(keys.tolist(), weights.tolist(), strict=True):
        made[key] = made.get(key, 0.0) + weight  # a term comes twice in an essay of two runs
    return made or {0: 1e-6}
