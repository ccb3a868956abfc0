"""The file of accounts and what both of its users need: names, passwords, secrets.

A password is kept as its argon2id hash with the parameters of RFC 9106, section 4 (second choice:
64 MiB, 3 passes, 4 lanes). Session ids and tokens are 256 random bits, of which the file holds the
SHA-256, so whoever reads the file can use neither.
"""

import hashlib
import re
import secrets
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from argon2 import PasswordHasher

from rag.errors import BadInput

FILE_NAME = "users.sqlite"
LOCAL_NAME = "local"  # who asks where there are no logins; nobody can have the name
NAME = re.compile(r"[\w.@-]{1,64}")
LONGEST = 256  # characters of a password
HASHER = PasswordHasher()  # its defaults are those parameters; a test holds them
Role = Literal["reader", "admin"]

_SECRET = 32  # bytes of a session id or token
_TABLES = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, token TEXT UNIQUE,
    created TEXT NOT NULL, removed TEXT);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user);
CREATE TABLE IF NOT EXISTS failures (
    name TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request. A reader asks and reads; an admin also changes the corpus and index."""

    name: str
    role: Role


class Store:
    """The file; usable from several threads, which take turns."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`'s file, made where there is none, readable by its owner only.

        Raises:
            BadInput: the folder or file cannot be written, or is no such file.
        """
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"cannot write the accounts {path}: {error}; set RAG_DATA") from error
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


def folded(name: str) -> str:
    """Return a name without regard to case and width.

    >>> folded(" Wang.Li ")
    'wang.li'
    """
    return nfkc(name.strip()).casefold()


def nfkc(text: str) -> str:
    """Return `text` as every keyboard's characters come to the same, NIST SP 800-63B 5.1.1.2."""
    return unicodedata.normalize("NFKC", text)


def new_secret() -> str:
    """Return 256 random bits as text that fits a header, an address and a cookie."""
    return secrets.token_urlsafe(_SECRET)


def digest(secret: str) -> str:
    """Return what the file holds of a session id or token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
