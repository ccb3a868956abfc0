"""How much one user may send, and how often."""

import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

_MOST_KEYS = 10_000  # users or addresses that are remembered; those who are at rest go first
_MINUTE = 60  # seconds


class Rate:
    """A token bucket for each key: so many at once, and then so many a minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `a_minute` requests of each key a minute, any number for 0."""
        self._most, self._clock = a_minute, clock
        self._left: dict[str, tuple[float, float]] = {}  # key → tokens left, when

    def wait(self, key: str) -> float:
        """Take a token; return 0, or the seconds until there is one again."""
        if not self._most:
            return 0.0
        now = self._clock()
        left = self._refilled(key, now)
        if left < 1:
            return (1 - left) * _MINUTE / self._most
        if len(self._left) >= _MOST_KEYS:
            resting = [each for each in self._left if self._refilled(each, now) >= self._most]
            for each in resting:
                del self._left[each]
        self._left[key] = (left - 1, now)
        return 0.0

    def _refilled(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (float(self._most), now))
        return min(float(self._most), left + (now - at) * self._most / _MINUTE)


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
