"""What a build read and embedded, kept for the next one: INDEX/cache.sqlite.

A file is known by its name, its bytes, what its sidecar states and the version of what reads it; a
vector by the text that was embedded and the encoder. A build takes from here what it finds and
reads or embeds the rest, so that it goes on where a killed one was; what no part of the newest
corpus needs is removed. A cache that is damaged is begun anew, for all of it can be made again; one
that cannot be read for another reason is left alone, and the build stops.
"""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from rag.errors import IndexNotWritten

_log = logging.getLogger(__name__)

Table = Literal["files", "vectors"]
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
"""
_CHECK = 4  # bytes of the checksum before a value
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def key_of(*facts: str) -> bytes:
    """A key of 16 bytes that stands for these facts."""
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).digest()[:16]


class Cache:
    """The file of one index; used by one build at a time, which holds the lock.

    What looks something up raises IndexNotWritten where the disk cannot read the file.
    """

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        """Open or make the file; `anew` takes nothing that is in it already, until `sweep`.

        Raises:
            IndexNotWritten: it cannot be used, and is not damaged: the disk is full, or broken.
        """
        self._path, self._anew = path, anew
        self._used = set[bytes]()  # the keys that were found or kept
        self._connect()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def unknown(self, table: Table, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` for which there is no entry."""
        wanted = set(keys)
        return wanted - self._rows("key", table, wanted).keys()

    def find(self, table: Table, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The entries that there are of `keys`."""
        rows = self._rows("value", table, keys).items()
        parted = ((key, kept[:_CHECK], kept[_CHECK:]) for key, kept in rows)
        found = {key: value for key, check, value in parted if check == _checksum(value)}
        self._used.update(found)
        return found

    def keep(self, table: Table, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep entries for good, though the build be killed in the next moment."""
        rows = [(key, _checksum(value) + value) for key, value in entries]
        try:
            with self._connection:
                self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
        except sqlite3.OperationalError:  # a full disk: then it is not kept
            return
        except sqlite3.Error as error:
            self._begin_anew(error)
        else:
            self._used.update(key for key, _ in rows)

    def sweep(self, tables: Collection[Table]) -> None:
        """Remove from `tables` what was neither found nor kept since the cache was opened."""
        with suppress(sqlite3.Error), self._connection:
            for table in tables:
                keys = self._connection.execute(f"SELECT key FROM {table}").fetchall()
                unused = ((key,) for (key,) in keys if key not in self._used)
                self._connection.executemany(f"DELETE FROM {table} WHERE key = ?", unused)

    def _rows(self, column: str, table: Table, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """A column of what earlier builds, or this one, kept of `keys`."""
        read = f"SELECT {column} FROM {table} WHERE key = ?"
        try:
            rows = (
                (key, self._connection.execute(read, (key,)).fetchone())
                for key in keys
                if not self._anew or key in self._used
            )
            return {key: row[0] for key, row in rows if row}
        except sqlite3.Error as error:
            self._begin_anew(error)
            return {}

    def _begin_anew(self, error: sqlite3.Error) -> None:
        """Remove a damaged file and make another; what is no damage stops the build."""
        self._connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:  # the low byte is the kind
            raise IndexNotWritten(
                "cannot write the index {parent}: {error}; see to the disk, then build "
                "again ({name} is as it was)",
                parent=self._path.parent,
                error=error,
                name=self._path.name,
            ) from error
        _log.warning("the cache %s is damaged (%s): it is made anew", self._path, error)
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        self._connect()

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self._path)
        try:
            self._connection.executescript(_TABLES)
        except sqlite3.Error as error:
            self._begin_anew(error)


def _checksum(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(_CHECK, "little")
