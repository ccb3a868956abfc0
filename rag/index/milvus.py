"""Vectors on a Milvus server, for what one machine does not hold, or several are to answer from.

    youju_000007_8f3a…    one row a passage: `dense`, the encoder's vector; `sparse`, BM25 weights
    youju                 the alias: leads to the generation that serves

The name of a collection ends with a hash of the files that it was made of, for numbers come again
where an index folder is begun anew.

Columns of the sparse vectors are the hashed terms of `bm25`, so an inner product is our BM25. One
hybrid search brings passages by words and by vector; what each is worth is worked out here, as in a
folder, so that it does not depend on the list in which a passage came (above `flat` passages the
dense index is HNSW, which may miss a near one). Records and postings lie beside, in the index
folder, of which a machine that only asks has a copy; filters are looked up there and become
`essay in [...]`.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import BadInput, IndexDamaged, IndexMissing, IndexOutdated, RagError
from rag.index.bm25 import Scores, keys_of
from rag.index.dense import DenseIndex
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import EVERYTHING, Generation, Pool, rank, read_words
from rag.index.manifest import DENSE, Manifest
from rag.index.milvus_server import Row, Search, Server
from rag.index.records import Rows
from rag.settings import Settings
from rag.types import Filters

_MOST = 2_000  # candidates of one list


@dataclass(frozen=True, slots=True)
class MilvusGeneration(Generation):
    """One generation whose vectors are on a server, opened; safe for several threads."""

    server: Server
    collection: str

    def candidates(
        self,
        terms: Sequence[str],
        boosts: Scores,
        query: Vectors | None,
        pool: int,
        filters: Filters,
    ) -> Pool:
        """Search by words and by vector as `Generation.candidates` does."""
        essay_of, pool = self.records.essay_of_row, min(pool, _MOST)
        essays, within = np.arange(self.bm25.essays), ""
        if filters != EVERYTHING:
            essays = np.unique(essay_of[self.records.rows_where(filters)])
            within = _among(essays)
        found = self.bm25.match(terms, boosts)
        asked = {int(k): float(b) for k, b in zip(keys_of(terms), boosts, strict=True) if b > 0}
        searches: list[Search] = []
        if asked:
            best, _ = rank(essays, found.essays[essays], pool)
            searches = [("sparse", asked, within), ("sparse", asked, _among(best))]
        if query is not None and self.manifest.by_meaning:
            searches.append(("dense", query.tolist(), within))
        hits = self.server.search(self.collection, searches, pool)
        rows = np.array([hit["row"] for hit in hits], np.int64)
        cosines = None
        if query is not None and self.manifest.by_meaning:
            near = np.array([hit["dense"] for hit in hits], np.float32)
            cosines = near.reshape(len(rows), len(query)) @ query
        return Pool(rows, found.passages[rows], found.essays[essay_of[rows]], cosines)


def _among(essays: Rows) -> str:
    """A filter on the server; where there are none, one that lets nothing through."""
    return f"essay in {essays.tolist()}" if len(essays) else "essay < 0"


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
            raise BadInput(
                "setting store_name must be letters, digits and _, got {name!r}", name=self._name
            )
        self._server = Server(settings)

    def current(self) -> str:
        """The id of the generation that the alias leads to."""
        leads_to = self._server.alias(self._name)
        if leads_to is None:
            raise IndexMissing(
                "no index {name} at {place}: run `rag build --store milvus` first",
                name=self._name,
                place=self._server.place,
            )
        number, _, made_of = leads_to.removeprefix(f"{self._name}_").partition("_")
        if not (number.isdecimal() and made_of):
            raise IndexOutdated(
                "the index {name} at {place} is of an older version: run `rag build "
                "--store milvus` again",
                name=self._name,
                place=self._server.place,
            )
        return number

    def ids(self) -> tuple[str, ...]:
        """The generations of the folder that are on the server, oldest first."""
        here = self._server.collections()
        return tuple(name for name in super().ids() if self._made_of(name, here))

    def open(
        self, encoder: Encoder | None, generation_id: str | None = None, most: float = math.inf
    ) -> Generation:
        """Open the serving generation, or the one that is named; its rows are always counted."""
        name = generation_id or self.current()
        folder, place = self.folder(name), f"generation {name} of {self._name}"
        if not folder.is_dir():
            raise IndexDamaged(
                "{folder} is missing: copy the index folder of the machine that built {place}",
                folder=folder,
                place=place,
            )
        manifest = Manifest.load(folder)
        manifest.check_fit(f"{place} at {self._server.place}", encoder)
        collection = self._collection(name, manifest)
        if not self._server.holds(collection, manifest.counts["passages"]):
            raise IndexDamaged(
                "rows of {collection} are missing: run `rag build` again", collection=collection
            )
        records, bm25, tokenizer = read_words(folder, manifest)
        return MilvusGeneration(
            name, True, manifest, records, bm25, None, tokenizer, self._server, collection
        )

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Copy the vectors of a generation to the server if they are not there; let it serve.

        Whatever fails, the generation that serves goes on serving.
        """
        manifest = Manifest.load(self.folder(generation_id))
        name, client = self._collection(generation_id, manifest), self._server.client
        if not self._server.holds(name, manifest.counts["passages"]):
            try:
                self._server.drop(name)
                self._write(generation_id, manifest, progress)
            except RagError:
                with suppress(RagError):  # where the server is gone, `prune` clears it away
                    self._server.drop(name)
                raise
        change = client.alter_alias if self._server.alias(self._name) else client.create_alias
        self._server.ask(change, name, self._name)
        super().publish(generation_id)

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The damaged files of a generation, and its collection if rows are missing there."""
        bad = super().verify(generation_id)
        if manifest := self._manifest(generation_id):
            name = self._collection(generation_id, manifest)
            if not self._server.holds(name, manifest.counts["passages"]):
                return (*bad, name)
        return bad

    def remove(self, generation_id: str) -> None:
        """Remove one generation from the server and from the folder."""
        for name in self._made_of(generation_id, self._server.collections()):
            self._server.drop(name)
        super().remove(generation_id)

    def _write(self, generation_id: str, manifest: Manifest, progress: Progress) -> None:
        folder = self.folder(generation_id)
        records, bm25, _ = read_words(folder, manifest)
        essays = records.essay_of_row.tolist()
        records.close()
        dense = DenseIndex.load(folder / DENSE) if manifest.by_meaning else None

        def rows() -> Iterator[Row]:
            for row, (essay, weights) in enumerate(zip(essays, bm25.weights(), strict=True)):
                made = {"row": row, "essay": essay, "sparse": weights or {0: 1e-6}}  # never empty
                yield made | ({"dense": dense.vector(row).tolist()} if dense else {})
                progress("upload", row + 1, len(essays))

        kind = "FLAT" if len(essays) <= self._flat else "HNSW"
        name = self._collection(generation_id, manifest)
        self._server.write(name, rows(), manifest.dim, kind)

    def _collection(self, generation_id: str, manifest: Manifest) -> str:
        files = repr(sorted(manifest.files.items())).encode()
        return f"{self._name}_{generation_id}_{hashlib.sha256(files).hexdigest()[:12]}"

    def _made_of(self, generation_id: str, collections: Iterable[str]) -> list[str]:
        """Those of `collections` that are named after a generation."""
        return [each for each in collections if each.startswith(f"{self._name}_{generation_id}_")]
