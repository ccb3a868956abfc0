"""The file of accounts and what both of its users need: names, passwords, secrets.

A password is kept as its argon2id hash with the parameters of RFC 9106, section 4 (second choice:
64 MiB, 3 passes, 4 lanes). Tokens and the secrets of sessions are 256 random bits, of which the
file holds the SHA-256. So whoever reads a copy of it can use none of them.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from argon2 import PasswordHasher

from rag.database import Database

FILE_NAME = "users.sqlite"
LOCAL_NAME = "local"  # who asks where there are no logins; nobody can have the name
NAME = re.compile(r"[\w.@-]{1,64}")
LONGEST = 256  # characters of a password
HASHER = PasswordHasher()  # its defaults are those parameters; a test holds them
Role = Literal["reader", "admin"]

_LONGEST_NAME = 64  # characters
_SECRET = 32  # bytes of a session or a token
ACTIVE = "removed IS NULL AND disabled IS NULL"
"""What an account has to be to log in, in SQL."""
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
_SIGNED = """
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS failures;
ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until REAL NOT NULL);
"""
_DISABLED = "ALTER TABLE users ADD COLUMN disabled TEXT"
_SESSIONS = """
DROP TABLE IF EXISTS ended;
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, epoch INTEGER NOT NULL, began REAL NOT NULL,
    seen REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request. A reader asks and reads; an admin also changes the corpus and index."""

    name: str
    role: Role


def opened(folder: Path) -> Database:
    """Open `folder`'s file; BadInput if it cannot be written, or is no such file."""
    return Database(folder / FILE_NAME, _TABLES, "accounts", _SIGNED, _DISABLED, _SESSIONS)


def folded(name: str) -> str:
    """Return a name without regard to case and width, of one that is too long the beginning.

    It is cut first: to normalize takes time as the square of a run of combining marks.

    >>> folded(" Wang.Li ")
    'wang.li'
    """
    return nfkc(name.strip()[: _LONGEST_NAME + 1]).casefold()


def nfkc(text: str) -> str:
    """Return `text` as every keyboard's characters come to the same, NIST SP 800-63B 5.1.1.2."""
    return unicodedata.normalize("NFKC", text)


def new_secret() -> str:
    """Return 256 random bits as text that fits a header and a cookie."""
    return secrets.token_urlsafe(_SECRET)


def digest(secret: str) -> str:
    """Return what the file holds of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
