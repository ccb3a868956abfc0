"""A SQLite file that outlives every index and that several threads share, taking turns. Floor 1."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

from rag.errors import BadInput


class Database:
    """The file; what one call writes is there whole or not at all."""

    def __init__(self, path: Path, tables: str, what: str) -> None:
        """Open a file, made where there is none, readable by its owner only.

        Args:
            path: of the file; its folder is made, too.
            tables: SQL that makes what is not there yet.
            what: what it holds, for the message of an error.

        Raises:
            BadInput: the folder or file cannot be written, or is no such file.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.executescript(tables)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"cannot write the {what} {path}: {error}; set RAG_DATA") from error
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def run(self, *commands: tuple[object, ...]) -> None:
        """Run SQL commands, each with its values, all or none."""
        with self._turn, self._connection:
            for command, *values in commands:
                self._connection.execute(str(command), values)

    def rows(self, command: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what an SQL query finds."""
        with self._turn:
            return self._connection.execute(command, values).fetchall()
