"""Logins: passwords checked, and sessions, of which the browser keeps a secret."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from argon2.exceptions import VerificationError

from rag.errors import DataNotWritten
from rag.settings import Settings
from rag.users import store
from rag.users.store import (
    ACTIVE,
    LOCAL_NAME,
    LONGEST,
    NAME,
    User,
    digest,
    folded,
    new_secret,
    nfkc,
)

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
            settings: how long sessions last.
            clock: seconds since 1970.
        """
        self._store, self._clock = store.opened(folder), clock
        self._longest, self._idle = settings.session_hours * _HOUR, settings.idle_minutes * _MINUTE
        self._nobody = store.HASHER.hash(new_secret())

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
            return store.HASHER.verify(hashed, given.encode("utf-8", "surrogatepass"))
        except VerificationError:
            return False


def _known(name: str) -> str:
    """Return a name as accounts have it, "" for one that none can have."""
    name = folded(name)
    return name if NAME.fullmatch(name) else ""
