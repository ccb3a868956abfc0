"""A build in a process of its own: what it makes, what it says, and that it ends with the other."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag import beside
from rag.errors import RagError, WorkerLost
from rag.index import FolderStore
from rag.pipeline import Assistant
from rag.settings import Settings
from tests.conftest import CORPUS

WORDS = Settings(encoder="none", reader="none")
ASKED = "太湖县怎样引才、育才、留才？"


def children(of: int) -> list[int]:
    """The processes that a process has begun and that have not ended."""
    try:
        told = Path(f"/proc/{of}/task/{of}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(each) for each in told.split()]


def test_it_makes_what_a_build_here_makes_and_tells_how_far_it_is(
    index: Path, tmp_path: Path
) -> None:
    steps, nice = list[tuple[str, int, int]](), set[int]()

    def told(*step: object) -> None:
        steps.append(step)  # type: ignore[arg-type]
        nice.update(os.getpriority(os.PRIO_PROCESS, each) for each in children(os.getpid()))

    made = beside.build([CORPUS], tmp_path / "index", Settings(), told)
    assert FolderStore(tmp_path / "index").current() == made
    files = len([*CORPUS.glob("*.txt")])
    assert steps[:files] == [("files", done, files) for done in range(1, files + 1)]
    assert steps[-1][0] == "vectors"
    assert steps[-1][1] == steps[-1][2]
    assert os.getpriority(os.PRIO_PROCESS, 0) + 10 in nice
    here, there = (Assistant.open(each, Settings()) for each in (index, tmp_path / "index"))
    assert here.ask(ASKED).blocks == there.ask(ASKED).blocks


def test_it_ends_with_the_line_that_the_build_ends_with(tmp_path: Path) -> None:
    with pytest.raises(RagError) as caught:
        beside.build([tmp_path / "无"], tmp_path / "index", WORDS, lambda *_: None)
    assert str(caught.value) == f"no file or folder {tmp_path}/无: name where the essays are"
    assert caught.value.zh == f"没有 {tmp_path}/无 这个文件或文件夹：请指明文章所在的位置"


def test_one_that_is_killed_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    index, before = tmp_path / "index", set(children(os.getpid()))
    first = beside.build([CORPUS], index, WORDS, lambda *_: None)
    many = tmp_path / "many"  # seconds of reading, of which the first file is awaited
    for number in range(40):
        shutil.copytree(CORPUS, many / str(number))

    def kill(*_: object) -> None:
        for each in set(children(os.getpid())) - before:
            os.kill(each, signal.SIGKILL)

    with pytest.raises(WorkerLost, match=r"ended before its work \(-9\)"):
        beside.build([many], index, WORDS, kill)
    assert FolderStore(index).current() == first
    assert beside.build([CORPUS], index, WORDS, lambda *_: None, anew=True) > first


def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from rag import beside;"
        "from rag.settings import Settings;"
        "beside.build([Path(sys.argv[1])], Path(sys.argv[2]), Settings(encoder='none'),"
        " lambda *_: (print('begun', flush=True), time.sleep(600)))"
    )
    command = [sys.executable, "-c", script, str(CORPUS), str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        (building,) = children(process.pid)
        process.kill()
    end = time.monotonic() + 60
    while Path(f"/proc/{building}/cwd").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{building}/cwd").exists()
    assert beside.build([CORPUS], tmp_path / "index", WORDS, lambda *_: None)
