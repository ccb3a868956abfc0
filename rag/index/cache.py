"""What a build read and embedded, kept for the next one: INDEX/cache.sqlite.

A file is known by its name, its bytes, what its sidecar states and the version of what reads it; a
vector by the text that was embedded and the encoder. A build takes from here what it finds and
reads or embeds the rest, so that it goes on where a killed one was; what no part of the newest
corpus needs is removed. A cache that is damaged is begun anew, for all of it can be made again.
"""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.encoding import Vectors

_log = logging.getLogger(__name__)
T = TypeVar("T")

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA temp_store = MEMORY;
PRAGMA temp_store = MEMORY;
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TEMP TABLE used (key BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_AT_ONCE = 500  # keys that one command names
_CHECK = 4  # bytes of the checksum before a value


def key_of(*facts: str) -> bytes:
    """A key of 16 bytes that stands for these facts."""
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).digest()[:16]


class Cache:
    """The file of one index; used by one build at a time, which holds the lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = self._opened()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @staticmethod
    def remove(path: Path) -> None:
        """Remove the file of a cache that nobody uses, if there is one."""
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)

    def unknown_files(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` for which there is no entry of a file."""
        return self._unknown("files", keys)

    def unknown_vectors(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` for which there is no vector."""
        return self._unknown("vectors", keys)

    def file(self, key: bytes) -> bytes | None:
        """The entry of a file."""
        return self._values("files", [key]).get(key)

    def keep_file(self, key: bytes, value: bytes) -> None:
        """Keep the entry of a file; `commit` makes sure of it."""
        self._keep("files", [(key, value)])

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are known of `keys`, as they were kept."""
        found = self._values("vectors", keys)
        return {k: np.frombuffer(v, np.float16).astype(np.float32) for k, v in found.items()}

    def keep_vectors(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep unit vectors, shape (n, d), as 16-bit floats, for good at once."""
        rows = (vector.astype(np.float16).tobytes() for vector in vectors)
        self._keep("vectors", zip(keys, rows, strict=True))
        self.commit()

    def commit(self) -> None:
        """Make sure of what was kept."""
        with suppress(sqlite3.Error):  # a full disk: then it is not kept
            self._connection.commit()

    def sweep(self, *, vectors: bool) -> None:
        """Remove what was neither asked for nor kept since the cache was opened.

        Without `vectors` these stay, for a build by words alone asks for none.
        """
        with suppress(sqlite3.Error):
            for table in ("files", "vectors") if vectors else ("files",):
                unused = f"DELETE FROM {table} WHERE key NOT IN (SELECT key FROM used)"
                self._connection.execute(unused)
            self._connection.commit()

    def _unknown(self, table: str, keys: Iterable[bytes]) -> set[bytes]:
        wanted = list(keys)
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            command = f"SELECT key FROM {table} WHERE key IN ({marks})"
            try:
                there = {key for (key,) in self._connection.execute(command, some)}
            except sqlite3.Error as error:
                self._begin_anew(error)
                return set(keys)
            wanted[at : at + _AT_ONCE] = [b"" if key in there else key for key in some]
        return set(wanted) - {b""}

    def _values(self, table: str, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            command = f"SELECT key, value FROM {table} WHERE key IN ({marks})"
            try:
                rows = self._connection.execute(command, some).fetchall()
                self._use(some)
            except sqlite3.Error as error:
                self._begin_anew(error)
                return {}
            for key, value in rows:
                check, rest = value[:_CHECK], value[_CHECK:]
                if check == _checksum(rest):
                    found[key] = rest
        return found

    def _keep(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        rows = [(key, _checksum(value) + value) for key, value in pairs]
        try:
            self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
            self._use([key for key, _ in rows])
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError):  # a full disk is no damage
                return
            self._begin_anew(error)

    def _use(self, keys: Sequence[bytes]) -> None:
        rows = [(key,) for key in keys]
        self._connection.executemany("INSERT OR IGNORE INTO temp.used VALUES (?)", rows)

    def _begin_anew(self, error: sqlite3.Error) -> None:
        _log.warning("the cache %s is damaged (%s): it is made anew", self._path, error)
        self._connection.close()
        self.remove(self._path)
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        for attempt in range(2):
            connection = sqlite3.connect(self._path)
            try:
                connection.executescript(_TABLES)
                return connection
            except sqlite3.DatabaseError as error:
                connection.close()
                if attempt or isinstance(error, sqlite3.OperationalError):  # a full disk: no damage
                    raise
                _log.warning("the cache %s cannot be used (%s): made anew", self._path, error)
                self.remove(self._path)
        raise AssertionError("the second attempt returns or raises")


def _checksum(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(_CHECK, "little")
