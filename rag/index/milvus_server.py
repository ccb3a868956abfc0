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
_IP = {"metric_type": "IP"}
R = TypeVar("R")
Row = dict[str, Any]
Sparse = dict[int, float]
"""Column → weight."""


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
                f"the store milvus needs the package {error.name}: pip install 'youju[milvus]'"
            ) from error
        for name in ("pymilvus", "milvus_lite"):  # they log with a traceback what they raise too
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        parts = urlsplit(settings.uri)  # without the name and password that may stand in it
        self.place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._errors: tuple[type[Exception], ...] = (MilvusException, grpc.RpcError)
        if (ca := settings.store_ca) and not Path(ca).is_file():
            raise BadInput(f"no certificates at {ca}: correct the setting store_ca")
        trusted = {"secure": True, "server_pem_path": ca} if ca else {}
        known = {"token": settings.store_token, "timeout": settings.store_timeout, **trusted}
        try:
            self.client: Any = MilvusClient(settings.uri, grpc_options=_RECONNECT, **known)
        except (ConnectionConfigException, ValueError) as error:
            if settings.uri.endswith(".db"):
                raise StoreFailed(
                    f"{self.place} cannot be opened: end the other program that uses it, or install"
                    " milvus-lite where it is missing"
                ) from error
            raise BadInput(
                f"{self.place!r} is no address of a Milvus server: want http://HOST:PORT"
            ) from error
        except self._errors as error:
            raise self._failed(error) from error

    def ask(self, act: Callable[[], R], load: str = "") -> R:
        """Do something with the client; the collection `load` is loaded first where it is not.

        Raises:
            StoreFailed: the server is gone or refuses.
        """
        try:
            return act()
        except self._errors as error:
            if not load or getattr(error, "code", None) != _NOT_LOADED:
                raise self._failed(error) from error
        self.ask(lambda: self.client.load_collection(load))
        return self.ask(act)

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

    def search(self, name: str, vector: Sparse, limit: int, within: str) -> dict[int, float]:
        """At most `limit` rows of the largest inner product by `sparse`, best first."""
        if limit < 1 or not vector:
            return {}
        told = {"anns_field": "sparse", "search_params": _IP, "filter": within}
        (hits,) = self.ask(
            lambda: self.client.search(name, data=[vector], limit=limit, **told), load=name
        )
        return {hit["row"]: hit["distance"] for hit in hits}

    def hybrid(
        self, name: str, searches: Sequence[tuple[str, Sparse | list[float], str]], limit: int
    ) -> list[Row]:
        """What searches by a field and a vector, within a filter, bring: rows with their fields."""
        from pymilvus import AnnSearchRequest, RRFRanker

        asked = [
            AnnSearchRequest([vector], field, _IP, limit, expr=within)
            for field, vector, within in searches
        ]
        if not asked:
            return []
        fields, most = ["row", *{field for field, _, _ in searches}], limit * len(asked)
        (hits,) = self.ask(
            lambda: self.client.hybrid_search(name, asked, RRFRanker(), most, output_fields=fields),
            load=name,
        )
        return sorted((hit["entity"] for hit in hits), key=lambda row: row["row"])

    def count(self, name: str, within: str = "") -> int:
        """Number of rows of a collection, the last that were inserted included."""
        told = {"filter": within, "output_fields": ["count(*)"], "consistency_level": "Strong"}
        return int(self.ask(lambda: self.client.query(name, **told), load=name)[0]["count(*)"])

    def write(self, name: str, rows: Iterator[Row], dim: int = 0, dense: str = "FLAT") -> None:
        """Make a collection of sparse vectors, and dense ones of `dim` numbers if not 0.

        `dense` is the type of their index.
        """
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        indexes = self.client.prepare_index_params()
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("essay", DataType.INT64)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        if dim:
            schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
            indexes.add_index("dense", index_type=dense, metric_type="IP")
        self.ask(lambda: self.client.create_collection(name, schema=schema))
        self.ask(lambda: self.client.create_index(name, indexes))
        while batch := list(islice(rows, _BATCH)):
            self.ask(lambda: self.client.insert(name, batch))
        self.ask(lambda: self.client.flush(name))
        self.ask(lambda: self.client.load_collection(name))

    def _failed(self, error: Exception) -> StoreFailed:
        said = " ".join(str(getattr(error, "message", None) or error).split())[:200]
        return StoreFailed(
            f"the Milvus server at {self.place} cannot be reached or refused: {said}; "
            "see that it runs, then ask again"
        )
