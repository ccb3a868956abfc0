"""The file of accounts: names, passwords, secrets, and who comes in by them.

A password is kept as its argon2id hash with the parameters of RFC 9106, section 4 (second choice:
64 MiB, 3 passes, 4 lanes). Tokens and the secrets of sessions are 256 random bits, of which the
file holds the SHA-256. So whoever reads a copy of it can use none of them.
"""

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from rag.database import Database
from rag.errors import DataNotWritten
from rag.settings import Settings

FILE_NAME = "users.sqlite"
LOCAL_NAME = "local"  # who asks where there are no logins; nobody can have the name
NAME = re.compile(r"[\w.@-]{1,64}")
LONGEST = 256  # characters of a password
HASHER = PasswordHasher()  # its defaults are those parameters; a test holds them
Role = Literal["reader", "admin"]

_LONGEST_NAME = 64  # characters
_HOUR, _MINUTE = 3600, 60  # seconds
_STEP_BACK = 60  # seconds that the clock may be set back without ending sessions
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


LOCAL = User(LOCAL_NAME, "admin")


class Logins:
    """Who sends a request, by password, session or token."""

    def __init__(
        self, folder: Path, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        """Open the accounts kept in `folder`; BadInput if they cannot be.

        Args:
            folder: where the accounts are.
            settings: how long sessions last.
            clock: seconds since 1970.
        """
        self._store, self._clock = opened(folder), clock
        self._longest, self._idle = settings.session_hours * _HOUR, settings.idle_minutes * _MINUTE
        self._nobody = HASHER.hash(new_secret())

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def any(self) -> bool:
        """Whether there is an account, so that a login is asked for."""
        return bool(self._store.rows("SELECT 1 FROM users WHERE removed IS NULL LIMIT 1"))

    def by_token(self, token: str) -> User | None:
        """Return whose token it is."""
        rows = self._store.rows(
            f"SELECT name, role FROM users WHERE token = ? AND {ACTIVE}", digest(token)
        )
        return User(*rows[0]) if rows else None

    def check(self, name: str, password: str) -> User | None:
        """Return the user if the password is right.

        Takes a tenth of a second or more, and as long for a name that nobody has.
        """
        name = _known(name)
        rows = self._store.rows(
            f"SELECT password, role FROM users WHERE name = ? AND {ACTIVE}", name
        )
        hashed, role = rows[0] if rows else (self._nobody, "reader")
        return User(name, role) if self._matches(hashed, password) and rows else None

    def account(self, name: str) -> tuple[str, int | None]:
        """Return a name as accounts have it, and the epoch of that account if there is one.

        A name that no account can have is "".
        """
        known = _known(name)
        rows = self._store.rows(f"SELECT epoch FROM users WHERE name = ? AND {ACTIVE}", known)
        return known, rows[0][0] if rows else None

    def begin(self, user: User) -> str:
        """Return a new session of `user`, for a cookie; those whose time is over are forgotten.

        Raises:
            DataNotWritten: the disk is full, say.
        """
        secret, now = new_secret(), self._clock()
        self._store.run(
            ("DELETE FROM sessions WHERE began < ?", now - self._longest),
            (
                "INSERT INTO sessions SELECT ?, name, epoch, ?, ? FROM users WHERE name = ?",
                *(digest(secret), now, now, user.name),
            ),
        )
        return secret

    def session(self, cookie: str) -> User | None:
        """Return whose running session it is; it has been used, then, which is noted by minutes."""
        key, now = digest(cookie), self._clock()
        rows = self._store.rows(
            "SELECT u.name, u.role, s.seen FROM sessions s JOIN users u USING (name, epoch)"
            f" WHERE s.id = ? AND s.began > ? AND s.began <= ? AND s.seen > ? AND {ACTIVE}",
            *(key, now - self._longest, now + _STEP_BACK, now - self._idle),
        )
        if not rows:
            return None
        name, role, seen = rows[0]
        if now - seen > _MINUTE:
            with suppress(DataNotWritten):
                self._store.run(("UPDATE sessions SET seen = ? WHERE id = ?", now, key))
        return User(name, role)

    def end(self, cookie: str) -> None:
        """End a session.

        Raises:
            DataNotWritten: the disk is full, say.
        """
        self._store.run(("DELETE FROM sessions WHERE id = ?", digest(cookie)))

    def _matches(self, hashed: str, password: str) -> bool:
        given = nfkc(password[: LONGEST + 1])
        try:
            return HASHER.verify(hashed, given.encode("utf-8", "surrogatepass"))
        except VerificationError:
            return False


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


def _known(name: str) -> str:
    """Return a name as accounts have it, "" for one that none can have."""
    name = folded(name)
    return name if NAME.fullmatch(name) else ""
