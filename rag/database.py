"""A SQLite file that outlives every index and that several threads share, taking turns."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from rag.errors import BadInput, DataNotWritten, failing_as
from rag.messages import both


class Database:
    """The file; what one call writes is there whole or not at all."""

    def __init__(self, path: Path, tables: str, what: str, *changes: str) -> None:
        """Open a file, made where there is none, readable by its owner only.

        The file knows how many of these scripts it has been through. Before one that was written
        by an earlier version of the program is changed, it is copied: `users.sqlite.v1`.

        Args:
            path: of the file; its folder is made, too.
            tables: SQL that makes what version 1 had, where it is not there yet.
            what: what it holds, for the message of an error.
            changes: SQL that makes version 2 of version 1, and so on. A statement ends a line.

        Raises:
            BadInput: the folder or file cannot be written, is no such file, or is of a later
                version of the program.
        """
        self._turn, self._what = threading.Lock(), f"{what} {path}"
        told = "cannot write the {what} {path}: {why}; set RAG_DATA"
        with failing_as(BadInput, told, sqlite3.Error, what=both(what), path=path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._bring_up(path, (tables, *changes), what)

    def _bring_up(self, path: Path, scripts: tuple[str, ...], what: str) -> None:
        """Run the scripts that the file has not been through, all or none."""
        if self._version > len(scripts):
            told = "the {what} {path} were written by a later version of this program: update it"
            raise BadInput(told, what=both(what), path=path)
        if self._version == len(scripts):
            return
        if self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            copy_database(path, path.with_name(f"{path.name}.v{self._version}"))
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")  # another process may do the same
            for script in scripts[self._version :]:
                for statement in script.split(";\n"):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(scripts)}")

    @property
    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def run(self, *commands: tuple[object, ...]) -> int:
        """Run SQL commands, each with its values, all or none; return what the last one changed.

        Raises:
            DataNotWritten: the disk is full, say; the file is as it was.
        """
        changed = 0
        try:
            with self._turn, self._connection:
                for command, *values in commands:
                    changed = self._connection.execute(str(command), values).rowcount
        except sqlite3.OperationalError as error:
            raise DataNotWritten(
                "cannot write the {what}: {error}", what=both(self._what), error=error
            ) from error
        return changed

    def rows(self, command: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what an SQL query finds."""
        with self._turn:
            return self._connection.execute(command, values).fetchall()


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, though others write it; its owner may read the copy.

    Raises:
        OSError, sqlite3.Error: it cannot be read or written.
    """
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
