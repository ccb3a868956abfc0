"""How much one user may send and how often, and what of it is taken in: the doors of the server."""

import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from rag.characters import cleaned
from rag.settings import Settings

V = TypeVar("V")

_MOST_KEYS = 10_000  # users, names or addresses that are remembered
_MINUTE = 60  # seconds
_LARGE = 50_000  # bytes of a body that is not looked through between two requests of others
_LONGEST_DELAY = 8.0  # seconds before a password is looked at
_UNFIT = re.compile(  # of what a form or an address holds: controls but tab and line ends, U+FFFE/F
    rb"%(?:0[0-8bce-f]|1[0-9a-f]|7f|c2%8[0-46-9a-f]|c2%9[0-9a-f]|ef%bf%b[ef])"
    rb"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    re.IGNORECASE,
)


class _Latest(OrderedDict[Any, V]):
    """The values of the keys that were set last, so many at most."""

    def __setitem__(self, key: Any, value: V) -> None:  # noqa: ANN401 (whatever can be a key)
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > _MOST_KEYS:
            self.popitem(last=False)


class Rate:
    """A token bucket for each key: so many at once, and then so many a minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `a_minute` requests of each key a minute, any number for 0."""
        self._most, self._clock = a_minute, clock
        self._left = _Latest[tuple[float, float]]()  # key → tokens left, when

    def wait(self, key: str) -> float:
        """Take a token; return 0, or the seconds until there is one again."""
        if not self._most:
            return 0.0
        now = self._clock()
        left, at = self._left.get(key, (float(self._most), now))
        left = min(float(self._most), left + (now - at) * self._most / _MINUTE)
        if left < 1:
            return (1 - left) * _MINUTE / self._most
        self._left[key] = (left - 1, now)
        return 0.0


class AtATime:
    """So many of each key at a time; others wait, first come, first served."""

    def __init__(self, most: int) -> None:
        """Allow `most` of each key."""
        self._most, self._turns = most, _Latest[CapacityLimiter]()

    def of(self, key: str) -> CapacityLimiter:
        """Return what is entered when it is the turn of one more of `key`."""
        turn = self._turns.get(key) or CapacityLimiter(self._most)
        self._turns[key] = turn
        return turn


class Attempts:
    """Wrong passwords of late. They lock a name for the address that sent them, for nobody else.

    A name that is tried from many addresses is slowed down, but for addresses from which its holder
    has logged in.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Count as the settings say."""
        self._most, self._clock = settings.login_failures, clock
        self._lockout = settings.lockout_minutes * _MINUTE
        self._failed = _Latest[tuple[int, float]]()  # name, or name and address → how many, when
        self._trusted = _Latest[None]()  # name and address

    def locked(self, name: str, address: str) -> bool:
        """Whether `address` may not try `name` for now."""
        return 0 < self._most <= self._count((name, address))

    def delay(self, name: str, address: str) -> float:
        """Return the seconds for which an attempt has to wait."""
        over = self._count(name) - self._most
        if not self._most or over < 0 or (name, address) in self._trusted:
            return 0.0
        return min(_LONGEST_DELAY, 2.0 ** min(over, 10) / 4)

    def failed(self, name: str, address: str) -> None:
        """Note a wrong password."""
        for key in (name, (name, address)):
            self._failed[key] = (self._count(key) + 1, self._clock())

    def succeeded(self, name: str, address: str) -> None:
        """Note the right one, after which the count begins anew."""
        for key in (name, (name, address)):
            self._failed.pop(key, None)
        self._trusted[name, address] = None

    def _count(self, key: object) -> int:
        count, last = self._failed.get(key, (0, 0.0))
        return count if self._clock() - last < self._lockout else 0


def limited(receive: Receive, most: int) -> Receive:
    """Return `receive`, which ends a request of more than `most` bytes with 413."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413)
        return message

    return counted


async def clean(receive: Receive, kind: str) -> Receive:
    """Return what gives the body of a request without the characters that nothing may hold.

    Args:
        receive: gives the body as it was sent.
        kind: its content type; one that is neither JSON nor a form is left as it is.
    """
    if kind not in ("application/json", "application/x-www-form-urlencoded"):
        return receive
    pieces, left = [], True
    while left:
        message = await receive()
        pieces.append(message.get("body", b""))
        left = message.get("more_body", False)  # False at the end, or where the client is gone
    make = _clean_json if kind == "application/json" else clean_form
    body = b"".join(pieces)
    whole = [await to_thread.run_sync(make, body) if len(body) > _LARGE else make(body)]

    async def again() -> Message:
        if not whole:
            return await receive()
        return {"type": "http.request", "body": whole.pop(), "more_body": False}

    return again


def _clean_json(sent: bytes) -> bytes:
    if not any(mark in sent for mark in (b"\\u", b"\x7f", b"\xc2", b"\xef")):
        return sent
    try:
        return json.dumps(_cleaned(json.loads(sent))).encode()
    except (ValueError, RecursionError):  # whoever reads it says what is wrong
        return sent


def clean_form(sent: bytes) -> bytes:
    """Return a form or query without the characters that nothing may hold, and empty fields.

    >>> clean_form(b"q=%00a%E4%B8%AD%0A&&&to=%C2%9B1")
    b'q=a%E4%B8%AD%0A&to=1'
    """
    return re.sub(b"&{2,}", b"&", _UNFIT.sub(b"", sent))


def _cleaned(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(each) for name, each in value.items()}
    return value
