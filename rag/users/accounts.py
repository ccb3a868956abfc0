"""Accounts: made, listed, changed and removed, by `rag user` and the administration."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from rag.errors import BadInput
from rag.users import store
from rag.users.store import (
    ACTIVE,
    LOCAL_NAME,
    LONGEST,
    NAME,
    Role,
    digest,
    folded,
    new_secret,
    nfkc,
)

_SHORTEST = 10  # characters of a password
_DIFFERENT = 5  # different characters in it at least
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # of a made password: none is taken for another
_LENGTH = 14
Change = Literal["disable", "enable", "admin", "reader", "end sessions"]
_CHANGES: dict[Change, str] = {
    "disable": "disabled = datetime(), epoch = epoch + 1",
    "enable": "disabled = NULL",
    "admin": "role = 'admin'",
    "reader": "role = 'reader'",
    "end sessions": "epoch = epoch + 1",
}


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the list shows it."""

    name: str
    role: Role
    created: str  # ISO 8601, UTC
    has_token: bool
    disabled: bool

    @property
    def administers(self) -> bool:
        """Whether its holder can use the administration."""
        return self.role == "admin" and not self.disabled


class Accounts:
    """All accounts; a change holds at once in a server that is running."""

    def __init__(self, folder: Path) -> None:
        """Open the accounts kept in `folder`; BadInput if they cannot be."""
        self._store = store.opened(folder)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def all(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        rows = self._store.rows(
            "SELECT name, role, created, token IS NOT NULL, disabled IS NOT NULL FROM users"
            " WHERE removed IS NULL ORDER BY name"
        )
        return tuple(
            Account(name, role, at, bool(token), bool(off)) for name, role, at, token, off in rows
        )

    def add(self, name: str, password: str, role: Role = "reader", again: bool = False) -> None:
        """Make an account.

        Args:
            name: what its holder types, without regard to case and width.
            password: at least 10 characters.
            role: what it may do.
            again: give a removed account's name out again, and with it that account's history.

        Raises:
            BadInput: a name or password that cannot be used, or a name that is or was taken.
        """
        self.check_new(name, role, again)
        name = folded(name)
        hashed = store.HASHER.hash(_password(password, name))
        added = self._store.run(
            (
                "INSERT INTO users (name, role, password, created) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET role = excluded.role, removed = NULL,"
                " disabled = NULL,"
                " password = excluded.password, created = excluded.created, epoch = epoch + 1"
                " WHERE removed IS NOT NULL",
                *(name, role, hashed, _now()),
            ),
        )
        if not added:  # by somebody else, a moment ago
            raise BadInput("there is an account {name!r} already: choose another name", name=name)

    def check_new(self, name: str, role: str, again: bool = False) -> None:
        """Raise what `add` would, but for the password, before one is asked for."""
        name = folded(name)
        if not NAME.fullmatch(name) or name == LOCAL_NAME:
            raise BadInput(
                "the name {name!r} cannot be used: up to 64 letters, digits and . _ @ -, "
                "and not {local!r}",
                name=name,
                local=LOCAL_NAME,
            )
        if role not in get_args(Role):
            raise BadInput(
                "no role {role!r}: choose {roles}", role=role, roles=" or ".join(get_args(Role))
            )
        kept = self._store.rows("SELECT removed FROM users WHERE name = ?", name)
        if kept and kept[0][0] is None:
            raise BadInput("there is an account {name!r} already: choose another name", name=name)
        if kept and not again:
            raise BadInput(
                "{name!r} was removed on {date}: choose another name, or repeat with "
                "--again if it is the same person, who then has the old history",
                name=name,
                date=kept[0][0][:10],
            )

    def remove(self, name: str) -> None:
        """Remove an account, its sessions and its token; BadInput if there is none."""
        name = self.existing(name)
        self._store.run(
            (
                "UPDATE users SET removed = ?, password = '', token = NULL WHERE name = ?",
                *(_now(), name),
            ),
        )

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password, which ends its sessions and a lock-out.

        Raises:
            BadInput: no such account, or a password that cannot be used.
        """
        name = self.existing(name)
        hashed = store.HASHER.hash(_password(password, name))
        self._store.run(
            ("UPDATE users SET password = ?, epoch = epoch + 1 WHERE name = ?", hashed, name),
        )

    def change(self, name: str, change: Change) -> None:
        """Change what an account may do, which holds from its next request on.

        Raises:
            BadInput: no such account, or nobody else could administer afterwards.
        """
        name = self.existing(name)
        others = f"SELECT 1 FROM users o WHERE o.name <> users.name AND role = 'admin' AND {ACTIVE}"
        may = f"?1 OR role <> 'admin' OR disabled IS NOT NULL OR EXISTS ({others})"
        harmless = change not in ("disable", "reader")
        set_ = f"UPDATE users SET {_CHANGES[change]} WHERE name = ?2 AND ({may})"
        if not self._store.run((set_, harmless, name)):
            raise BadInput("{name} is the only administrator: make another one first", name=name)

    def end_sessions(self) -> None:
        """End the sessions of all accounts."""
        self._store.run(("DELETE FROM sessions",))

    def new_token(self, name: str) -> str:
        """Return a new token of an account, which replaces its old one; BadInput if there is none.

        The file holds its digest only, so it can be shown this once.
        """
        name, token = self.existing(name), new_secret()
        self._store.run(("UPDATE users SET token = ? WHERE name = ?", digest(token), name))
        return token

    def drop_token(self, name: str) -> None:
        """Withdraw an account's token; BadInput if there is no such account."""
        self._store.run(("UPDATE users SET token = NULL WHERE name = ?", self.existing(name)))

    def existing(self, name: str) -> str:
        """Return the name as it is kept; BadInput if there is no such account."""
        name = folded(name)
        if not self._store.rows("SELECT 1 FROM users WHERE name = ? AND removed IS NULL", name):
            raise BadInput("no account {name!r}: `rag user list` names them", name=name)
        return name


def made_password(name: str) -> str:
    """Return a random password for an account, to be shown once."""
    made = ""
    while not made or folded(name) in made or len(set(made)) < _DIFFERENT:
        made = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    return made


def _password(password: str, name: str) -> str:
    """Return the password as it is hashed; the error if it will not do does not show it."""
    password = nfkc(password[: LONGEST + 1])
    if not _SHORTEST <= len(password) <= LONGEST:
        told = "a password has {shortest} to {longest} characters: choose another"
        raise BadInput(told, shortest=_SHORTEST, longest=LONGEST)
    if len(set(password)) < _DIFFERENT or name in password.casefold():
        raise BadInput(
            "the password is easily guessed: use {different} different characters or "
            "more, and not the account's name",
            different=_DIFFERENT,
        )
    return password


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
