"""What takes long to make, made once, though many threads ask for it at a time."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Return `make`, which does its work for the first caller; others wait, and get the same.

    `functools.cache` alone lets all who come before it is done do the work, too: fifty first
    questions would read a dictionary fifty times over.
    """
    turn, kept = threading.RLock(), list[T]()

    @wraps(make)
    def made() -> T:
        if not kept:  # once it is there, nobody waits for anybody
            with turn:
                if not kept:
                    kept.append(make())
        return kept[0]

    return made
