"""One build at a time: who holds the lock is told, and the dead never bar the way."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag.errors import IndexBusy, IndexNotWritten
from rag.lock import locked
from tests.conftest import ROOT, Run

HOLD = """
import os, sys
from pathlib import Path
from rag.lock import locked
with locked(Path(sys.argv[1])):
    if len(sys.argv) > 2 and os.fork() == 0:
        os.write(1, b"%d\\n" % os.getpid())  # in one piece: two processes write here
        sys.stdin.read()
        os._exit(0)
    os.write(1, b"held\\n")
    sys.stdin.read()
"""


def holder(index: Path, *more: str) -> subprocess.Popen[str]:
    """Start a process that holds the lock until it is killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(index), *more], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_a_second_build_is_refused_and_told_whose_the_first_is(tmp_path: Path, rag: Run) -> None:
    index = tmp_path / "index"
    (tmp_path / "a.txt").write_text("落实责任。", encoding="utf-8")
    with holder(index) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        ran = rag("build", "a.txt")
        process.kill()
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert f"(process {process.pid})" in ran.stderr
    assert f"on {socket.gethostname()} since 20" in ran.stderr
    assert rag("build", "a.txt").returncode == 0  # the lock died with its process
    assert (index / "LOCK").read_bytes() == b""


def test_a_child_that_outlives_a_killed_build_does_not_hold_its_lock(tmp_path: Path) -> None:
    with holder(tmp_path, "fork") as process:
        assert process.stdout is not None
        lines = {process.stdout.readline(), process.stdout.readline()}
        (child,) = lines - {"held\n"}
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        os.kill(int(child), 0)  # it is still there
        with locked(tmp_path):
            pass


def test_threads_of_one_process_take_turns_too(tmp_path: Path) -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            with locked(tmp_path):
                pass
        except IndexBusy as error:
            refused.append(str(error))

    with locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(refused) == 1
    with locked(tmp_path):
        pass


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    for name in ("000001", "000002.part"):
        (tmp_path / "generations" / name).mkdir(parents=True)
        (tmp_path / "generations" / name / "records.sqlite").write_bytes(b"...")
    with locked(tmp_path):
        assert [each.name for each in (tmp_path / "generations").iterdir()] == ["000001"]
    with pytest.raises(RuntimeError), locked(tmp_path):
        (tmp_path / "generations" / "000003.part").mkdir()
        raise RuntimeError
    assert [each.name for each in (tmp_path / "generations").iterdir()] == ["000001"]


@pytest.mark.parametrize("said", ["", "{}", "[1]", '{"pid": ', "\x00"])
def test_a_lock_that_says_nothing_is_held_all_the_same(tmp_path: Path, said: str) -> None:
    with locked(tmp_path):
        (tmp_path / "LOCK").write_text(said, encoding="utf-8")
        with pytest.raises(IndexBusy, match="another build is writing"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass


def test_a_drive_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(IndexNotWritten, match="No locks available"), locked(tmp_path):
        pass


def test_no_place_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IndexNotWritten, match="cannot write the index"), locked(tmp_path / "file"):
        pass
