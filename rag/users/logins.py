"""Logins: passwords checked, and sessions, which the server signs and the browser keeps."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from argon2.exceptions import VerificationError

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
_ID = 12  # bytes of a session's id


class _Session(NamedTuple):
    """What the browser keeps of a session, signed."""

    name: str
    epoch: int  # of the account when it began; a new password begins another
    session: str  # an id, to end it
    began: float
    seen: float

    @classmethod
    def read(cls, text: str) -> Self | None:
        try:
            name, epoch, session, began, seen = text.split("|")
            return cls(name, int(epoch), session, float(began), float(seen))
        except ValueError:
            return None


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
        self._store = store.opened(folder)
        self._key = store.session_key(folder)
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
        """Return a new session of `user`, for a cookie."""
        now, epoch = self._clock(), self.account(user.name)[1] or 0
        return self._signed(_Session(user.name, epoch, secrets.token_hex(_ID), now, now))

    def session(self, cookie: str) -> User | None:
        """Return whose running session it is."""
        kept = self._running(cookie)
        if kept is None:
            return None
        rows = self._store.rows(
            f"SELECT name, role FROM users WHERE name = ? AND epoch = ? AND {ACTIVE}"
            " AND NOT EXISTS (SELECT 1 FROM ended WHERE session = ?)",
            *kept[:3],
        )
        return User(*rows[0]) if rows else None

    def renewed(self, cookie: str) -> str | None:
        """Return what the browser is to keep from now on; None where what it has will do.

        Only of a session that `session` has found to be running.
        """
        kept, now = self._running(cookie), self._clock()
        if kept is None or now - kept.seen <= _MINUTE:
            return None
        return self._signed(kept._replace(seen=now))

    def end(self, cookie: str) -> None:
        """End a session; those whose time is over are forgotten."""
        now, kept = self._clock(), self._running(cookie)
        if kept:
            until = now + self._settings.session_hours * _HOUR
            self._store.run(
                ("DELETE FROM ended WHERE until < ?", now),
                ("INSERT OR IGNORE INTO ended VALUES (?, ?)", kept.session, until),
            )

    def _signed(self, kept: _Session) -> str:
        text = base64.urlsafe_b64encode("|".join(map(str, kept)).encode()).decode("ascii")
        return f"{text}.{self._signature(text)}"

    def _signature(self, text: str) -> str:
        return hmac.new(self._key, text.encode("ascii"), hashlib.sha256).hexdigest()

    def _running(self, cookie: str) -> _Session | None:
        """Return a session that was signed here and whose time is not over."""
        text, _, signature = cookie.partition(".")
        if not cookie.isascii() or not hmac.compare_digest(signature, self._signature(text)):
            return None
        kept = _Session.read(base64.urlsafe_b64decode(text).decode())
        if kept is None:
            return None
        now = self._clock()
        longest, idle = self._settings.session_hours * _HOUR, self._settings.idle_minutes * _MINUTE
        lasts = -_STEP_BACK <= now - kept.began < longest and now - kept.seen < idle
        return kept if lasts else None

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
