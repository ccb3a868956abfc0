"""Logins: passwords checked, sessions that expire, names locked out after wrong passwords."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from argon2.exceptions import VerificationError

from rag.settings import Settings
from rag.users import store
from rag.users.store import LOCAL_NAME, LONGEST, NAME, User, digest, folded, new_secret, nfkc

LOCAL = User(LOCAL_NAME, "admin")
_HOUR, _MINUTE = 3600, 60  # seconds
_STEP_BACK = 60  # seconds that the clock may be set back without ending sessions


class Logins:
    """Who sends a request, by password, session or token."""

    def __init__(
        self, folder: Path, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        """Open the accounts kept in `folder`; BadInput if they cannot be.

        Args:
            folder: where the accounts are.
            settings: how long sessions and lock-outs last.
            clock: seconds since 1970.
        """
        self._store = store.opened(folder)
        self._settings, self._clock = settings, clock
        self._nobody = store.HASHER.hash(new_secret())

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def any(self) -> bool:
        """Whether there is an account, so that a login is asked for."""
        return bool(self._store.rows("SELECT 1 FROM users WHERE removed IS NULL LIMIT 1"))

    def by_token(self, token: str) -> User | None:
        """Return whose token it is."""
        rows = self._store.rows("SELECT name, role FROM users WHERE token = ?", digest(token))
        return User(*rows[0]) if rows else None

    def check(self, name: str, password: str) -> User | None:
        """Return the user if the password is right and the name not locked out.

        Takes a tenth of a second or more, and as long for a name that nobody has.
        """
        name = _known(name)
        if self.locked(name):
            return None
        rows = self._store.rows(
            "SELECT password, role FROM users WHERE name = ? AND removed IS NULL", name
        )
        hashed, role = rows[0] if rows else (self._nobody, "reader")
        if not self._matches(hashed, password) or not rows:
            self._failed(name)
            return None
        self._store.run(("DELETE FROM failures WHERE name = ?", name))
        return User(name, role)

    def locked(self, name: str) -> bool:
        """Whether wrong passwords were given for a name too often of late, be it one or not."""
        rows = self._store.rows("SELECT count, last FROM failures WHERE name = ?", _known(name))
        return any(
            0 < self._settings.login_failures <= count and abs(self._clock() - last) < self._lockout
            for count, last in rows
        )

    def begin(self, user: User) -> str:
        """Return the id of a new session of `user`; those that are over are forgotten."""
        now, session = self._clock(), new_secret()
        self._store.run(
            ("DELETE FROM sessions WHERE began <= ?", now - self._settings.session_hours * _HOUR),
            ("INSERT INTO sessions VALUES (?, ?, ?, ?)", digest(session), user.name, now, now),
        )
        return session

    def session(self, session: str) -> User | None:
        """Return whose running session it is, and note that it was used."""
        now = self._clock()
        rows = self._store.rows(
            "SELECT name, role, began, seen FROM sessions JOIN users ON name = user"
            " WHERE id = ? AND removed IS NULL",
            digest(session),
        )
        if not rows:
            return None
        name, role, began, seen = rows[0]
        longest, idle = self._settings.session_hours * _HOUR, self._settings.idle_minutes * _MINUTE
        if not (-_STEP_BACK <= now - began < longest and now - seen < idle):
            self.end(session)
            return None
        if now - seen > _MINUTE:
            with suppress(sqlite3.OperationalError):  # a full disk must not end what is running
                self._store.run(("UPDATE sessions SET seen = ? WHERE id = ?", now, digest(session)))
        return User(name, role)

    def end(self, session: str) -> None:
        """End a session."""
        self._store.run(("DELETE FROM sessions WHERE id = ?", digest(session)))

    @property
    def _lockout(self) -> float:
        return self._settings.lockout_minutes * _MINUTE

    def _matches(self, hashed: str, password: str) -> bool:
        given = nfkc(password[: LONGEST + 1])
        try:
            return store.HASHER.verify(hashed, given.encode("utf-8", "surrogatepass"))
        except VerificationError:
            return False

    def _failed(self, name: str) -> None:
        """Count a wrong password; those of long ago are forgotten, of whatever name."""
        now = self._clock()
        self._store.run(
            ("DELETE FROM failures WHERE abs(? - last) >= ?", now, self._lockout),
            (
                "INSERT INTO failures VALUES (?1, 1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET count = count + 1, last = ?2",
                *(name, now),
            ),
        )


def _known(name: str) -> str:
    """Return a name as accounts have it, "" for one that none can have."""
    name = folded(name)
    return name if NAME.fullmatch(name) else ""
