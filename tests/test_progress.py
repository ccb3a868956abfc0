"""What `rag build` says of how far it is: in a log, and on a real terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.cli.progress import EVERY, Pace, progress

SHOW = """
import time
from rag.cli.progress import progress
with progress() as report:
    for step, total in (("files", 20), ("vectors", 4000)):
        for done in range(0, total + 1, total // 10):
            report(step, done, total)
            time.sleep(0.05)
"""


def paced(*times: float) -> Pace:
    clock: Iterator[float] = iter(times)
    return Pace(lambda: next(clock))


def test_rate_and_time_left_are_those_of_the_step() -> None:
    pace = paced(100, 110, 120, 130, 140)
    assert pace.told("files", 50, 1050) == "files 4 % (50 of 1,050)"
    assert pace.told("files", 150, 1050).endswith(", 10 a second, 90 s left")
    assert pace.told("vectors", 1024, 90_000) == "vectors 1 % (1,024 of 90,000)"
    assert pace.told("vectors", 1054, 90_000).endswith(", 3.0 a second, 8 h 14 min left")
    assert pace.told("vectors", 21_024, 90_000).endswith(", 1,000 a second, 69 s left")


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    """What the cache holds is done in no time, and says nothing of when the rest will be."""
    pace = paced(0, 1, *range(31, 100, 10))
    assert pace.told("vectors", 256, 100_000) == "vectors 0 % (256 of 100,000)"
    assert pace.told("vectors", 90_000, 100_000).endswith(", 89,744 a second, 0 s left")
    told = [pace.told("vectors", 90_000 + 1000 * n, 100_000) for n in range(1, 8)]
    assert told[0].endswith(", 33 a second, 4 min left")
    assert told[-1].endswith(", 100 a second, 30 s left")


@pytest.mark.parametrize(("done", "total"), [(0, 0), (3, 3)])
def test_the_end_is_all_of_it(done: int, total: int) -> None:
    assert "100 %" in paced(0).told("files", done, total)


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    with progress(lambda: now) as report:
        for done in range(101):
            now = done / 4
            report("vectors", done * 100, 10_000)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == int(25 / EVERY)
    assert lines[0] == "rag: vectors 40 % (4,000 of 10,000), 400 a second, 15 s left"


def test_a_short_build_writes_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("files", 1, 1)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_one_line_that_is_rewritten() -> None:
    screen, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120", "PYTHONPATH": str(Path.cwd())}
    process = subprocess.Popen([sys.executable, "-c", SHOW], stderr=terminal, env=environment)
    os.close(terminal)
    shown = _all_of(screen)
    assert process.wait(timeout=30) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"vectors \d+ % \([\d,]+ of 4,000\), [\d,.]+ a second, \d+ s left", text)
    assert text.count("\n") <= 2  # only what ends the bar
    assert text.count("\r") > 5


def _all_of(screen: int) -> str:
    """What a process writes to its terminal until it ends."""
    found, until = b"", time.monotonic() + 30
    while time.monotonic() < until and select.select([screen], [], [], 30)[0]:
        try:
            more = os.read(screen, 4096)
        except OSError:  # how a pty says that nobody writes any more
            break
        found += more
    os.close(screen)
    return found.decode(errors="replace")
