"""Vectors on a Milvus server, for what one machine does not hold, or several are to answer from.

    youju_000007_8f3a…    one row a passage: `dense`, the encoder's vector; `sparse`, BM25 weights
    youju                 the alias: leads to the generation that serves

The name of a collection ends with a hash of the files that it was made of, for numbers come again
where an index folder is begun anew. Columns of the sparse vectors are the hashed terms of `bm25`,
so an inner product is our BM25. One hybrid search brings passages; what each is worth is worked out
here, from records and postings in the index folder (of which a machine that only asks has a copy),
whichever list a passage came in. Filters are looked up there and become `essay in [...]`.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from rag.encoding import Encoder, Vectors
from rag.errors import BadInput, IndexDamaged, IndexMissing, RagError, StoreFailed
from rag.index.bm25 import Scores, keys_of
from rag.index.dense import DenseIndex
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import DENSE, EVERYTHING, Generation, Manifest, Pool, rank, read_words
from rag.index.records import Rows
from rag.settings import Settings
from rag.types import Filters

_MOST = 2_000  # candidates of one list
_BATCH = 500  # rows that are inserted at a time
_MISSING, _NOT_LOADED = (100, 1600), 101  # codes of Milvus Lite and of Milvus
_RECONNECT = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 500}
R = TypeVar("R")
Row = dict[str, Any]


class MilvusConnection:
    """One connection, used by several threads; every failure becomes one clear line."""

    def __init__(self, settings: Settings) -> None:
        """Connect; pymilvus is loaded here alone.

        Raises:
            BadInput: the address cannot be one, or the package or a file is missing.
            StoreFailed: nobody answers there.
        """
        try:
            import grpc
            from pymilvus import MilvusClient
            from pymilvus.exceptions import ConnectionConfigException, MilvusException
        except ModuleNotFoundError as error:
            raise BadInput(
                "the store milvus needs the package {name}: pip install 'youju[milvus]'",
                name=error.name,
            ) from error
        for name in ("pymilvus", "milvus_lite"):  # they log with a traceback what they raise too
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        parts = urlsplit(settings.uri)  # without the name and password that may stand in it
        self.place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._errors: tuple[type[Exception], ...] = (MilvusException, grpc.RpcError)
        known = {"token": settings.store_token, "timeout": settings.store_timeout}
        if ca := settings.store_ca:
            if not Path(ca).is_file():
                raise BadInput("no certificates at {ca}: correct the setting store_ca", ca=ca)
            known |= {"secure": True, "server_pem_path": ca}
        try:
            self.client: Any = MilvusClient(settings.uri, grpc_options=_RECONNECT, **known)
        except (ConnectionConfigException, ValueError) as error:
            raise BadInput(
                "{place!r} is no Milvus server (want http://HOST:PORT), and no file of milvus-lite "
                "that can be opened: end the other program that uses it",
                place=self.place,
            ) from error
        except self._errors as error:
            raise self._failed(error) from error

    def ask(self, act: Callable[..., R], *given: object, **told: object) -> R:
        """Let the client do something; a collection that is not loaded yet is loaded first.

        Raises:
            StoreFailed: the server is gone or refuses.
        """
        try:
            return act(*given, **told)
        except self._errors as error:
            if getattr(error, "code", None) != _NOT_LOADED:
                raise self._failed(error) from error
        self.ask(self.client.load_collection, given[0])
        return self.ask(act, *given, **told)

    def alias(self, name: str) -> str | None:
        """The collection that an alias leads to; None where there is no such alias."""
        try:
            return str(self.client.describe_alias(name)["collection_name"])
        except self._errors as error:
            if getattr(error, "code", None) in _MISSING:
                return None
            raise self._failed(error) from error

    def collections(self, start: str) -> list[str]:
        """The names of the collections that start so."""
        return [name for name in self.ask(self.client.list_collections) if name.startswith(start)]

    def search(self, name: str, searches: Sequence[tuple[str, Any, str]], limit: int) -> list[Row]:
        """The rows that any search (field, vector, filter) brings, with their dense vectors."""
        from pymilvus import AnnSearchRequest, RRFRanker

        if not searches:
            return []
        asked = [
            AnnSearchRequest([vector], field, {"metric_type": "IP"}, limit, expr=within)
            for field, vector, within in searches
        ]
        told = {"output_fields": ["row", *{field for field, _, _ in searches} - {"sparse"}]}
        given = name, asked, RRFRanker(), limit * len(asked)
        (hits,) = self.ask(self.client.hybrid_search, *given, **told)
        return sorted((hit["entity"] for hit in hits), key=lambda row: row["row"])

    def write(self, name: str, rows: Iterator[Row], dim: int, dense: str) -> None:
        """Make a collection; if `dim` is not 0 its dense vectors have an index of type `dense`."""
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False)
        indexes = self.client.prepare_index_params()
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("essay", DataType.INT64)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        if dim:
            schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
            indexes.add_index("dense", index_type=dense, metric_type="IP")
        self.ask(self.client.create_collection, name, schema=schema)
        self.ask(self.client.create_index, name, indexes)
        while batch := list(islice(rows, _BATCH)):
            self.ask(self.client.insert, name, batch)
        self.ask(self.client.flush, name)
        self.ask(self.client.load_collection, name)

    def holds(self, name: str, size: int) -> bool:
        """Whether there is a collection of that name and it has so many rows."""
        if name not in self.collections(name):
            return False
        told = {"output_fields": ["count(*)"], "consistency_level": "Strong"}
        (counted,) = self.ask(self.client.query, name, **told)
        return int(counted["count(*)"]) == size

    def _failed(self, error: Exception) -> StoreFailed:
        said = " ".join(str(getattr(error, "message", None) or error).split())[:200]
        return StoreFailed(
            "Milvus at {place} is gone or refused: {said}", place=self.place, said=said
        )


@dataclass(frozen=True, slots=True, eq=False)
class MilvusGeneration(Generation):
    """One generation whose vectors are on a server, opened; safe for several threads."""

    server: MilvusConnection
    collection: str

    def candidates(
        self, terms: Sequence[str], boosts: Scores, query: Vectors | None, k: int, filters: Filters
    ) -> Pool:
        """Search by words and by vector as `Generation.candidates` does."""
        essay_of, k = self.records.essay_of_row, min(k, _MOST)
        essays = np.unique(essay_of[self.records.rows_where(filters)])
        within = "" if filters == EVERYTHING else _among(essays)
        found = self.bm25.match(terms, boosts)
        asked = {int(t): float(b) for t, b in zip(keys_of(terms), boosts, strict=True) if b > 0}
        best, _ = rank(essays, found.essays[essays], k)
        words = [("sparse", asked, within), ("sparse", asked, _among(best))] if asked else []
        query = query if self.manifest.by_meaning else None
        meaning = [] if query is None else [("dense", query.tolist(), within)]
        hits = self.server.search(self.collection, [*words, *meaning], k)
        rows, cosines = np.array([hit["row"] for hit in hits], np.int64), None
        if query is not None:
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
        self._server = MilvusConnection(settings)

    def current(self) -> str:
        """The id of the generation that the alias leads to."""
        if (leads_to := self._server.alias(self._name)) is None:
            name, place = self._name, self._server.place
            raise IndexMissing(
                "no index {name} at {place}: run `rag build`", name=name, place=place
            )
        return leads_to.removeprefix(f"{self._name}_").partition("_")[0]

    def ids(self) -> tuple[str, ...]:
        """The generations of the folder that are on the server, oldest first."""
        there = [name.rpartition("_")[0] for name in self._server.collections(self._name)]
        return tuple(name for name in super().ids() if f"{self._name}_{name}" in there)

    def open(self, encoder: Encoder | None, generation_id: str | None = None) -> Generation:
        """Open the serving generation, or the one that is named; its rows are always counted."""
        name = generation_id or self.current()
        folder, place = self.folder(name), f"generation {name} of {self._name}"
        if not folder.is_dir():
            raise IndexDamaged(
                "{path} is missing: copy the index folder of {place}", path=folder, place=place
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
            name, manifest, records, bm25, None, tokenizer, self._server, collection
        )

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Copy vectors to the server if they are not there; the old ones serve until all are."""
        folder, ask, client = self.folder(generation_id), self._server.ask, self._server.client
        manifest = Manifest.load(folder)
        name = self._collection(generation_id, manifest)
        if not self._server.holds(name, manifest.counts["passages"]):
            try:
                ask(client.drop_collection, name)
                self._write(name, folder, manifest, progress)
            except RagError:
                with suppress(RagError):  # where the server is gone, `prune` clears it away
                    ask(client.drop_collection, name)
                raise
        change = client.alter_alias if self._server.alias(self._name) else client.create_alias
        ask(change, name, self._name)
        super().publish(generation_id)

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The damaged files of a generation, and its collection if rows are missing there."""
        bad, manifest = super().verify(generation_id), self._manifest(generation_id)
        name = self._collection(generation_id, manifest) if manifest else ""
        if manifest and not self._server.holds(name, manifest.counts["passages"]):
            return (*bad, name)
        return bad

    def remove(self, generation_id: str) -> None:
        """Remove one generation from the server and from the folder."""
        for name in self._server.collections(f"{self._name}_{generation_id}_"):
            self._server.ask(self._server.client.drop_collection, name)
        super().remove(generation_id)

    def _write(self, name: str, folder: Path, manifest: Manifest, progress: Progress) -> None:
        """Make the collection `name` of the generation in `folder`."""
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
        self._server.write(name, rows(), manifest.dim, kind)

    def _collection(self, generation_id: str, manifest: Manifest) -> str:
        files = repr(sorted(manifest.files.items())).encode()
        return f"{self._name}_{generation_id}_{hashlib.sha256(files).hexdigest()[:12]}"
