"""What a build read and embedded, kept for the next one: INDEX/cache.sqlite.

A file is known by its name, its bytes, what its sidecar states and the version of what reads it; a
vector by the text that was embedded and the encoder. A build takes from here what it finds and
reads or embeds the rest, so that it goes on where a killed one was; what no part of the newest
corpus needs is removed. A cache that is damaged when it is opened is begun anew, for all of it can
be made again; one that cannot be read for another reason is left alone, and the build stops.
"""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

from rag.errors import IndexNotWritten, failing_as

_log = logging.getLogger(__name__)

Table = Literal["files", "vectors"]
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;
"""
_CHECK = 4  # bytes of the checksum before a value
_NOT_READ = (
    "cannot write the index {path} ({why}): see to the disk, then build again; it is as it was"
)
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def key_of(*facts: str) -> bytes:
    """A key of 16 bytes that stands for these facts."""
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).digest()[:16]


class Cache:
    """The file of one index; used by one build at a time, which holds the lock.

    What opens it or looks something up raises IndexNotWritten where the disk cannot read the file.
    """

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        """Open or make the file; `anew` takes nothing that is in it already, until `sweep`."""
        self._path, self._anew = path, anew
        self._used = set[bytes]()  # the keys that were found or kept
        with failing_as(IndexNotWritten, _NOT_READ, sqlite3.Error, path=path):
            if damage := _damage(path):
                _log.warning("the cache %s is damaged (%s): it is made anew", path, damage)
                for end in ("", "-wal", "-shm"):
                    path.with_name(path.name + end).unlink(missing_ok=True)
            self._connection = sqlite3.connect(path)
            self._connection.executescript(_TABLES)

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
        """Keep entries for good, though the build be killed in the next moment.

        What a full disk has no room for is not kept.
        """
        rows = [(key, _checksum(value) + value) for key, value in entries]
        with suppress(sqlite3.OperationalError), self._connection:
            self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
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
        rows = (
            (key, self._connection.execute(read, (key,)).fetchone())
            for key in keys
            if not self._anew or key in self._used
        )
        with failing_as(IndexNotWritten, _NOT_READ, sqlite3.Error, path=self._path):
            return {key: row[0] for key, row in rows if row}


def _damage(path: Path) -> str | None:
    """What is wrong inside a file of SQLite, of which every page is read; None if nothing is."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGE:  # the low byte is the kind
                raise
            return str(error)
    return None if said == "ok" else said


def _checksum(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(_CHECK, "little")
