"""A Milvus server, as this program speaks to it: every failure becomes one clear line."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
from pymilvus import MilvusClient
from pymilvus.exceptions import ConnectionConfigException, MilvusException

from rag.errors import BadInput, StoreFailed
from rag.settings import Settings

MOST = 16_384  # hits of one search, rows of one query: Milvus gives no more
_PAGE = 1_000  # rows that are read at a time where all are wanted
_MISSING = (100, 1600)  # what Milvus Lite and Milvus call an alias that is not there
_NOT_LOADED = 101
_LENGTH = 200  # characters of the server's own message

# A server that is back is found at once: gRPC would wait up to two minutes before it tries again,
# with a new connection too, where connections share what they know of an address.
_AT_ONCE = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 500}

R = TypeVar("R")


class Server:
    """One connection; several threads may use it. It is made anew where it was lost."""

    def __init__(self, settings: Settings) -> None:
        """Connect.

        Raises:
            BadInput: the address cannot be one, or a file of certificates is missing.
            StoreFailed: nobody answers there.
        """
        for name in ("pymilvus", "milvus_lite"):  # they log with a traceback what they raise too
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self.place = shown(settings.uri)
        self._timeout = settings.store_timeout
        ca = settings.store_ca
        if ca and not Path(ca).is_file():
            raise BadInput(f"no certificates at {ca}: correct the setting store_ca")
        trusted = {"secure": True, "server_pem_path": ca} if ca else {}
        try:
            self._client = MilvusClient(
                settings.uri,
                token=settings.store_token,
                timeout=self._timeout,
                grpc_options=_AT_ONCE,
                **trusted,
            )
        except (ConnectionConfigException, ValueError) as error:
            if settings.uri.endswith(".db"):
                raise StoreFailed(
                    f"{self.place} cannot be opened: end the other program that uses it, or install"
                    " milvus-lite where it is missing"
                ) from error
            raise BadInput(
                f"{self.place!r} is no address of a Milvus server: want http://HOST:PORT"
            ) from error
        except (MilvusException, grpc.RpcError) as error:
            raise self._failed(error) from error

    def alias(self, name: str) -> str | None:
        """The collection that an alias leads to; None where there is no such alias."""
        try:
            described = self._client.describe_alias(name, timeout=self._timeout)
        except MilvusException as error:
            if error.code in _MISSING:
                return None
            raise self._failed(error) from error
        except grpc.RpcError as error:
            raise self._failed(error) from error
        return str(described["collection_name"])

    def point(self, name: str, collection: str) -> None:
        """Let an alias lead to `collection`, in one step where it is there already."""
        known = self.alias(name) is not None
        change = self._client.alter_alias if known else self._client.create_alias
        self._told(lambda: change(collection, name, timeout=self._timeout))

    def collections(self) -> list[str]:
        """The names of all collections."""
        return list(self._told(lambda: self._client.list_collections(timeout=self._timeout)))

    def create(self, name: str, schema: Any, indexes: Any) -> None:  # noqa: ANN401 (pymilvus's)
        """Make a collection with its indexes, which are there when it is loaded."""
        self._told(
            lambda: self._client.create_collection(name, schema=schema, timeout=self._timeout)
        )
        self._told(
            lambda: self._client.create_index(name, indexes, timeout=self._timeout, sync=False)
        )

    def drop(self, name: str) -> None:
        """Remove a collection."""
        self._told(lambda: self._client.drop_collection(name, timeout=self._timeout))

    def insert(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows."""
        given = [dict(row) for row in rows]
        self._told(lambda: self._client.insert(name, given, timeout=self._timeout))

    def settle(self, name: str) -> None:
        """Write a collection out whole, and have it loaded for searches."""
        self._told(lambda: self._client.flush(name))  # takes as long as the collection is large
        self._told(lambda: self._client.load_collection(name))

    def count(self, name: str) -> int:
        """Number of rows of a collection, the last that were inserted included."""
        rows = self._read(
            name,
            lambda: self._client.query(
                name,
                filter="",
                output_fields=["count(*)"],
                consistency_level="Strong",
                timeout=self._timeout,
            ),
        )
        return int(rows[0]["count(*)"])

    def query(self, name: str, expression: str, fields: Sequence[str]) -> list[dict[str, Any]]:
        """The rows that `expression` lets through, `MOST` of them at most, in any order."""
        rows = self._read(
            name,
            lambda: self._client.query(
                name,
                filter=expression,
                output_fields=list(fields),
                limit=MOST,
                timeout=self._timeout,
            ),
        )
        return list(rows)

    def every(self, name: str, expression: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """All rows that `expression` lets through, in any order."""
        pages = self._read(
            name,
            lambda: self._client.query_iterator(
                name, batch_size=_PAGE, filter=expression, output_fields=list(fields)
            ),
        )
        while page := self._told(pages.next):
            yield from page
        self._told(pages.close)

    def search(
        self,
        name: str,
        field: str,
        vectors: Sequence[Any],
        limit: int,
        expression: str = "",
        fields: Sequence[str] = (),
    ) -> list[list[dict[str, Any]]]:
        """For each vector at most `limit` rows of largest inner product, best first."""
        found = self._read(
            name,
            lambda: self._client.search(
                name,
                data=list(vectors),
                anns_field=field,
                limit=limit,
                filter=expression,
                output_fields=list(fields),
                search_params={"metric_type": "IP"},
                timeout=self._timeout,
            ),
        )
        return [list(hits) for hits in found]

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _read(self, name: str, act: Callable[[], R]) -> R:
        """Read a collection; one that a server has not loaded since it was started is loaded."""
        try:
            return act()
        except (MilvusException, grpc.RpcError) as error:
            if getattr(error, "code", None) != _NOT_LOADED:
                raise self._failed(error) from error
        self._told(lambda: self._client.load_collection(name))
        return self._told(act)

    def _told(self, act: Callable[[], R]) -> R:
        try:
            return act()
        except (MilvusException, grpc.RpcError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreFailed:
        said = getattr(error, "message", None) or str(error)
        line = " ".join(str(said).split())[:_LENGTH]
        return StoreFailed(
            f"the Milvus server at {self.place} cannot be reached or refused: {line}; "
            "see that it runs, then ask again"
        )


def shown(uri: str) -> str:
    """An address without the name and password that may stand in it.

    >>> shown("https://root:secret@milvus.example:19530")
    'https://milvus.example:19530'
    """
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
