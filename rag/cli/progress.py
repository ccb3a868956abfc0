"""How far a long step is, how fast it goes, and when it will be done.

On a terminal that is one line with a bar, rewritten as it goes and gone in the end; elsewhere, as
in a service's log, a line on stderr every some seconds.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.index import Progress

EVERY = 10.0  # seconds between two lines where there is no terminal
_LATELY = 30.0  # seconds over which a rate is taken: what the cache holds goes at another
Clock = Callable[[], float]


class Pace:
    """Puts into words how far a step is; the rate is that of the last half minute."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock, self._step = clock, ""
        self._past = deque[tuple[float, int]]()  # when how many were done

    def told(self, step: str, done: int, total: int) -> str:
        """Say how far `step` is.

        >>> clock = iter([0.0, 30.0])
        >>> pace = Pace(lambda: next(clock))
        >>> _ = pace.told("vectors", 0, 90_000)
        >>> pace.told("vectors", 45_000, 90_000)
        'vectors 50 % (45,000 of 90,000), 1,500 a second, 30 s left'
        """
        rate = self._rate(step, done)
        share = 100 * done // total if total else 100
        said = f"{step} {share} % ({done:,} of {total:,})"
        if rate <= 0:
            return said
        shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        return f"{said}, {shown} a second, {_time((total - done) / rate)} left"

    def _rate(self, step: str, done: int) -> float:
        """How many a second were done lately; 0 where that is not known yet."""
        now = self._clock()
        if step != self._step:
            self._step = step
            self._past.clear()
        while len(self._past) > 1 and now - self._past[1][0] >= _LATELY:
            self._past.popleft()
        if not self._past or now - self._past[-1][0] >= 1:
            self._past.append((now, done))
        then, before = self._past[0]
        return (done - before) / (now - then) if now > then else 0.0


def _time(seconds: float) -> str:
    """Seconds as people say them: 36 s, 4 min, 2 h 5 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress(clock: Clock = time.monotonic) -> "Iterator[Progress]":
    """Show on stderr how far each step is that is reported."""
    pace = Pace(clock)
    if not sys.stderr.isatty():
        yield _lines(pace, clock)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=None)

        def report(step: str, done: int, total: int) -> None:
            told = pace.told(step, done, total)
            bars.update(bar, description=told, completed=done, total=total)

        yield report


def _lines(pace: Pace, clock: Clock) -> "Progress":
    """Write a line now and then; a build of some seconds writes none."""
    last = clock()

    def report(step: str, done: int, total: int) -> None:
        nonlocal last
        told = pace.told(step, done, total)
        if (now := clock()) - last >= EVERY:
            last = now
            sys.stderr.write(f"rag: {told}\n")
            sys.stderr.flush()

    return report
