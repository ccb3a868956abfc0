"""How far a long step is, how fast it goes, and when it will be done.

On a terminal that is one line with a bar, rewritten as it goes and gone in the end; elsewhere, as
in a service's log, a line on stderr every some seconds.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.cli.console import complain, shown
from rag.messages import Bilingual, both

if TYPE_CHECKING:
    from rich.progress import Task

    from rag.index import Progress

EVERY = 10.0  # seconds between two lines where there is no terminal


@contextmanager
def progress(clock: Callable[[], float] = time.monotonic) -> "Iterator[Progress]":
    """Show on stderr how far each step is that is reported."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
    terminal, last, steps = sys.stderr.isatty(), clock(), list[str]()
    with Bars(
        *columns, console=Console(stderr=True), transient=True, get_time=clock,
        disable=not terminal,
    ) as bars:  # fmt: skip

        def report(step: str, done: int, total: int) -> None:
            nonlocal last
            if steps[-1:] != [step]:
                for each in bars.task_ids:
                    bars.remove_task(each)
                bars.add_task(step)
                steps.append(step)
            (task,) = bars.tasks
            bars.update(task.id, completed=done, total=total)
            told = _told(step, task)
            bars.update(task.id, description=shown(told))
            if not terminal and clock() - last >= EVERY:
                last = clock()
                complain(told)
                sys.stderr.flush()

        yield report


def _told(step: str, task: "Task") -> Bilingual:
    """Say how far `step` is; the rate is that of the last half minute."""
    done, total = int(task.completed), int(task.total or 0)
    share = 100 * done // total if total else 100
    how_far = both(
        "{step} {share} % ({done:,} of {total:,})",
        step=both(step),
        share=share,
        done=done,
        total=total,
    )
    if not task.speed:
        return how_far
    rate = f"{task.speed:,.0f}" if task.speed >= 10 else f"{task.speed:.1f}"
    left = _time((total - done) / task.speed)
    return both("{how_far}, {rate} a second, {time} left", how_far=how_far, rate=rate, time=left)


def _time(seconds: float) -> Bilingual:
    """Seconds as people say them: 36 s, 4 min, 2 h 5 min."""
    if seconds < 100:
        return both("{seconds:.0f} s", seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 100:
        return both("{minutes} min", minutes=minutes)
    return both("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
