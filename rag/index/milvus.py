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
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
import numpy as np
from pymilvus import AnnSearchRequest, DataType, MilvusClient, RRFRanker
from pymilvus.exceptions import ConnectionConfigException, MilvusException

from rag.encoding import Vectors
from rag.errors import BadInput, IndexMissing, StoreFailed
from rag.index.bm25 import Scores, keys_of
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import EVERYTHING, Generation, Manifest, Pool, read_words
from rag.settings import Settings
from rag.types import Filters

_BATCH = 500  # rows that are inserted at a time
_MISSING, _NOT_LOADED = (100, 1600), 101  # codes of Milvus Lite and of Milvus
_RECONNECT = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 500}
_ERRORS = MilvusException, grpc.RpcError
R = TypeVar("R")

for _name in ("pymilvus", "milvus_lite"):  # they log with a traceback what they raise too
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class MilvusStore(FolderStore):
    """The generations of one index whose vectors are on a server; the alias says which serves.

    There is one connection, used by several threads; every failure becomes one clear line.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        """Connect to the server that `settings` name.

        Raises:
            BadInput: the settings name no server, no file of certificates, or no index.
            StoreFailed: nobody answers there.
        """
        super().__init__(index)
        self._name, self._flat = settings.store_name, settings.flat
        parts = urlsplit(settings.uri)  # without the name and password that may stand in it
        self._place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        if not settings.uri:
            raise BadInput("the store milvus needs the address of a server: --uri http://HOST:PORT")
        if not re.fullmatch(r"[A-Za-z_]\w{0,99}", self._name, re.ASCII):
            raise BadInput(
                "setting store_name must be letters, digits and _, got {name!r}", name=self._name
            )
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
                place=self._place,
            ) from error
        except _ERRORS as error:
            raise self._failed(error) from error

    def ask(self, act: Callable[..., R], *given: object, **told: object) -> R:
        """Let the client do something; a collection that is not loaded yet is loaded first.

        Raises:
            StoreFailed: the server is gone or refuses.
        """
        try:
            return act(*given, **told)
        except _ERRORS as error:
            if getattr(error, "code", None) != _NOT_LOADED:
                raise self._failed(error) from error
        self.ask(self.client.load_collection, given[0])
        return self.ask(act, *given, **told)

    def current(self) -> str:
        """The id of the generation that the alias leads to."""
        if (leads_to := self._leads_to()) is None:
            name, place = self._name, self._place
            raise IndexMissing(
                "no index {name} at {place}: run `rag build`", name=name, place=place
            )
        return leads_to.removeprefix(f"{self._name}_").partition("_")[0]

    def ids(self) -> tuple[str, ...]:
        """The generations of the folder that are on the server, oldest first."""
        return tuple(name for name in super().ids() if self.collections(name))

    def collections(self, generation_id: str) -> list[str]:
        """The collections on the server that are named after a generation: mostly one."""
        start = f"{self._name}_{generation_id}_"
        return [name for name in self.ask(self.client.list_collections) if name.startswith(start)]

    def publish(self, generation_id: str, progress: Progress = silent) -> None:
        """Copy vectors to the server if they are not there; the old ones serve until all are.

        What is there of a copy that fails goes with the next one, or with `prune`.
        """
        folder = self.folder(generation_id)
        manifest = Manifest.load(folder)
        name = self._collection(generation_id, manifest)
        if not self._holds(name, manifest):
            self.ask(self.client.drop_collection, name)
            self._copy(name, folder, manifest, progress)
        leads = self._leads_to() is not None
        change = self.client.alter_alias if leads else self.client.create_alias
        self.ask(change, name, self._name)
        super().publish(generation_id)

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The damaged files of a generation, and its collection if rows are missing there."""
        bad, manifest = super().verify(generation_id), self._manifest(generation_id)
        name = self._collection(generation_id, manifest) if manifest else ""
        return bad if manifest is None or self._holds(name, manifest) else (*bad, name)

    def remove(self, generation_id: str) -> None:
        """Remove one generation from the server and from the folder."""
        for name in self.collections(generation_id):
            self.ask(self.client.drop_collection, name)
        super().remove(generation_id)

    def _read(self, folder: Path, manifest: Manifest) -> Generation:
        words, collection = read_words(folder, manifest), self._collection(folder.name, manifest)
        return MilvusGeneration(folder.name, manifest, *words, None, self, collection)

    def _leads_to(self) -> str | None:
        """The collection that the alias leads to; None where there is no such alias."""
        try:
            return str(self.client.describe_alias(self._name)["collection_name"])
        except _ERRORS as error:
            if getattr(error, "code", None) in _MISSING:
                return None
            raise self._failed(error) from error

    def _holds(self, name: str, manifest: Manifest) -> bool:
        """Whether there is a collection of that name and it has all rows."""
        if not self.ask(self.client.has_collection, name):
            return False
        told = {"output_fields": ["count(*)"], "consistency_level": "Strong"}
        (counted,) = self.ask(self.client.query, name, **told)
        return int(counted["count(*)"]) == manifest.counts["passages"]

    def _copy(self, name: str, folder: Path, manifest: Manifest, progress: Progress) -> None:
        """Make the collection `name` of the generation in `folder`."""
        whole = Generation.read(folder, manifest)
        essays, dense = whole.records.essay_of_row.tolist(), whole.dense
        whole.records.close()
        self._create(name, manifest.dim, "FLAT" if len(essays) <= self._flat else "HNSW")

        def rows() -> Iterator[dict[str, Any]]:
            for row, (essay, weights) in enumerate(zip(essays, whole.bm25.weights(), strict=True)):
                made = {"row": row, "essay": essay, "sparse": weights or {0: 1e-6}}  # never empty
                yield made | ({"dense": dense.vectors([row])[0].tolist()} if dense else {})
                progress("upload", row + 1, len(essays))

        batches = rows()
        while batch := list(islice(batches, _BATCH)):
            self.ask(self.client.insert, name, batch)
        self.ask(self.client.flush, name)

    def _create(self, name: str, dim: int, dense: str) -> None:
        """Make a collection; if `dim` is not 0 its dense vectors have an index of type `dense`."""
        schema = self.client.create_schema(auto_id=False)
        indexes = self.client.prepare_index_params()
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("essay", DataType.INT64)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        if dim:
            schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
            indexes.add_index("dense", index_type=dense, metric_type="IP")
        self.ask(self.client.create_collection, name, schema=schema, index_params=indexes)

    def _collection(self, generation_id: str, manifest: Manifest) -> str:
        files = repr(sorted(manifest.files.items())).encode()
        return f"{self._name}_{generation_id}_{hashlib.sha256(files).hexdigest()[:12]}"

    def _failed(self, error: Exception) -> StoreFailed:
        said = " ".join(str(getattr(error, "message", None) or error).split())[:200]
        return StoreFailed(
            "Milvus at {place} is gone or refused: {said}", place=self._place, said=said
        )


@dataclass(frozen=True, slots=True, eq=False)
class MilvusGeneration(Generation):
    """One generation whose vectors are on a server, opened; safe for several threads."""

    store: MilvusStore
    collection: str

    def candidates(
        self, terms: Sequence[str], boosts: Scores, query: Vectors | None, k: int, filters: Filters
    ) -> Pool:
        """Search by words and by vector as `Generation.candidates` does."""
        words = {int(t): float(b) for t, b in zip(keys_of(terms), boosts, strict=True) if b > 0}
        meaning = query.tolist() if query is not None and self.manifest.by_meaning else []
        hits = self._search({"sparse": words, "dense": meaning}, k, filters)
        essay_of, found = self.records.essay_of_row, self.bm25.match(terms, boosts)
        rows, cosines = np.array([hit["row"] for hit in hits], np.int64), None
        if meaning:
            near = np.array([hit["dense"] for hit in hits], np.float32)
            cosines = near.reshape(len(rows), len(meaning)) @ np.array(meaning, np.float32)
        return Pool(rows, found.passages[rows], found.essays[essay_of[rows]], cosines)

    def _search(self, vectors: dict[str, Any], k: int, filters: Filters) -> list[dict[str, Any]]:
        """The rows that either vector brings, in their order, with their dense vectors."""
        within = ""
        if filters != EVERYTHING:
            essays = np.unique(self.records.essay_of_row[self.records.rows_where(filters)])
            within = f"essay in {[-1, *essays.tolist()]}"  # no essay has this number
        asked = [
            AnnSearchRequest([vector], field, {"metric_type": "IP"}, k, expr=within)
            for field, vector in vectors.items()
            if vector
        ]
        if not asked:
            return []
        fields = ["row", "dense"] if vectors["dense"] else ["row"]
        given = self.collection, asked, RRFRanker(), k * len(asked)
        search = self.store.client.hybrid_search
        (hits,) = self.store.ask(search, *given, output_fields=fields)
        return sorted((hit["entity"] for hit in hits), key=lambda row: row["row"])
