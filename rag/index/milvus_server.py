"""One connection to a Milvus server: what is asked of it, and one clear line where it fails.

pymilvus is loaded here alone, when a connection is made.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from rag.errors import BadInput, StoreFailed
from rag.settings import Settings

_BATCH = 500  # rows that are inserted at a time
_MISSING, _NOT_LOADED = (100, 1600), 101  # codes of Milvus Lite and of Milvus
_RECONNECT = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 500}
R = TypeVar("R")
Row = dict[str, Any]
Sparse = dict[int, float]
"""Column → weight."""
Search = tuple[str, Sparse | list[float], str]
"""A field, the vector that its own are compared with, and the filter on rows."""


class Server:
    """One connection, used by several threads; every failure becomes one clear line."""

    def __init__(self, settings: Settings) -> None:
        """Connect.

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
        if (ca := settings.store_ca) and not Path(ca).is_file():
            raise BadInput("no certificates at {ca}: correct the setting store_ca", ca=ca)
        trusted = {"secure": True, "server_pem_path": ca} if ca else {}
        known = {"token": settings.store_token, "timeout": settings.store_timeout, **trusted}
        try:
            self.client: Any = MilvusClient(settings.uri, grpc_options=_RECONNECT, **known)
        except (ConnectionConfigException, ValueError) as error:
            if settings.uri.endswith(".db"):
                raise StoreFailed(
                    "{place} cannot be opened: end the other program that uses it, or install "
                    "milvus-lite where it is missing",
                    place=self.place,
                ) from error
            raise BadInput(
                "{place!r} is no address of a Milvus server: want http://HOST:PORT",
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

    def collections(self) -> set[str]:
        """The names of all collections."""
        return set(self.ask(self.client.list_collections))

    def drop(self, name: str) -> None:
        """Remove a collection if it is there."""
        self.ask(self.client.drop_collection, name)

    def search(self, name: str, searches: Sequence[Search], limit: int) -> list[Row]:
        """The rows that any of the searches brings, `limit` each, with their dense vectors."""
        from pymilvus import AnnSearchRequest, RRFRanker

        if not searches:
            return []
        asked = [
            AnnSearchRequest([vector], field, {"metric_type": "IP"}, limit, expr=within)
            for field, vector, within in searches
        ]
        fields = ["row", *{field for field, _, _ in searches if field == "dense"}]
        most = limit * len(asked)
        (hits,) = self.ask(
            self.client.hybrid_search, name, asked, RRFRanker(), most, output_fields=fields
        )
        return sorted((hit["entity"] for hit in hits), key=lambda row: row["row"])

    def write(self, name: str, rows: Iterator[Row], dim: int, dense: str) -> None:
        """Make a collection of sparse vectors, and dense ones of `dim` numbers if not 0.

        `dense` is the type of their index.
        """
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
        if name not in self.collections():
            return False
        told = {"output_fields": ["count(*)"], "consistency_level": "Strong"}
        (counted,) = self.ask(self.client.query, name, filter="", **told)
        return int(counted["count(*)"]) == size

    def _failed(self, error: Exception) -> StoreFailed:
        said = " ".join(str(getattr(error, "message", None) or error).split())[:200]
        return StoreFailed(
            "the Milvus server at {place} cannot be reached or refused: {said}; see "
            "that it runs, then ask again",
            place=self.place,
            said=said,
        )
