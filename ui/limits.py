"""How much one user may send and how often, and what of it is taken in: the doors of the server."""

import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException
from starlette.types import Message, Receive

from rag.characters import cleaned

V = TypeVar("V")

_MOST_KEYS = 10_000  # users, names or addresses that are remembered
_MINUTE = 60  # seconds
_LARGE = 50_000  # bytes of a body that is not looked through between two requests of others
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
    """A token bucket for each key: so many at once, and then as many again in a while."""

    def __init__(
        self, most: int, seconds: float = _MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Allow `most` of each key in so many seconds, any number for 0."""
        self._most, self._seconds, self._clock = most, seconds, clock
        self._left = _Latest[tuple[float, float]]()  # key → tokens left, when

    def wait(self, key: object, tokens: int = 1) -> float:
        """Take tokens, 0 to see only; return 0, or the seconds until there is one again."""
        if not self._most:
            return 0.0
        now = self._clock()
        left, at = self._left.get(key, (float(self._most), now))
        left = min(float(self._most), left + (now - at) * self._most / self._seconds)
        if left < 1:
            return (1 - left) * self._seconds / self._most
        self._left[key] = (left - tokens, now)
        return 0.0

    def refill(self, key: object) -> None:
        """Give a key all its tokens again."""
        self._left.pop(key, None)


class AtATime:
    """So many of each key at a time; others wait, first come, first served."""

    def __init__(self, most: int) -> None:
        """Allow `most` of each key."""
        self._most, self._turns = most, _Latest[CapacityLimiter]()

    def of(self, key: str) -> CapacityLimiter:
        """Return what is entered when it is the turn of one more of `key`."""
        self._turns[key] = turn = self._turns.get(key) or CapacityLimiter(self._most)
        return turn


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

    A body whose content type is neither JSON nor a form is left as it is.
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
