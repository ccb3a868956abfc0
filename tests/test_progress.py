"""What `rag build` says of how far it is: in a log, and on a real terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.cli.progress import EVERY, progress

SHOW = """
import time
from rag.cli.progress import progress
with progress() as report:
    for step, total in (("files", 20), ("vectors", 4000)):
        for done in range(0, total + 1, total // 10):
            report(step, done, total)
            time.sleep(0.05)
"""


class Log:
    """What a log gets of steps that are reported at the times that a test sets."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.now, self._capsys = 0.0, capsys

    def clock(self) -> float:
        """The time that the test set."""
        return self.now

    def line(self) -> str:
        """What was written since the last look."""
        out, err = self._capsys.readouterr()
        assert out == ""
        return err.removeprefix("rag: ").removesuffix("\n")


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def test_rate_and_time_left_are_those_of_the_step(log: Log) -> None:
    steps = [
        ("files", 50, 1050, "files 4 % (50 of 1,050)"),
        ("files", 150, 1050, "files 14 % (150 of 1,050), 10 a second, 90 s left"),
        ("vectors", 1024, 90_000, "vectors 1 % (1,024 of 90,000)"),
        ("vectors", 1054, 90_000, "vectors 1 % (1,054 of 90,000), 3.0 a second, 8 h 14 min left"),
        ("vectors", 21_024, 90_000, "vectors 23 % (21,024 of 90,000), 1,000 a second, 69 s left"),
        ("files", 0, 0, "files 100 % (0 of 0)"),
        ("files", 3, 3, "files 100 % (3 of 3)"),
    ]
    with progress(log.clock) as report:
        for step, done, total, told in steps:
            log.now += EVERY
            report(step, done, total)
            assert log.line() == told


def test_the_rate_is_that_of_the_last_half_minute(log: Log) -> None:
    """What the cache holds is done in no time, and says nothing of when the rest will be."""
    with progress(log.clock) as report:
        report("vectors", 256, 100_000)
        log.now = 1
        report("vectors", 90_000, 100_000)
        told = []
        for log.now, done in zip(range(31, 100, 10), range(91_000, 100_000, 1000), strict=False):
            report("vectors", done, 100_000)
            told.append(log.line())
    assert told[0].endswith(", 33 a second, 4 min left")
    assert told[-1].endswith(", 100 a second, 30 s left")


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    with progress(lambda: now) as report:
        for done in range(101):
            now = done / 4
            report("vectors", done * 100, 10_000)
    lines = capsys.readouterr().err.splitlines()
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
