"""`rag build --watch` builds whenever the corpus has changed, and ends when it is told to."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.index import FolderStore
from rag.lock import locked
from rag.reading.folders import look
from tests.conftest import ROOT, Run
from tests.test_pipeline import FIRST, SECOND, write

# Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
RUN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rag.cli import main
main()
"""


class Watching:
    """A watch that runs in a process of its own."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, "build", "--watch"], cwd=folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            env={**kept, "PYTHONPATH": str(ROOT), "RAG_WATCH_SECONDS": "0.1"},
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def line(self) -> str:
        """Return the next line, without its time."""
        line = self._lines.get(timeout=120)
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) or not line, line
        return line[20:].rstrip("\n")

    def end(self, number: signal.Signals) -> int:
        """Send a signal; return the exit code. Nothing more was said."""
        self.process.send_signal(number)
        assert self.line() == ""
        return self.process.wait(timeout=60)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[], Watching]]:
    """Start a watch over tmp_path/corpus."""
    begun: list[Watching] = []

    def begin() -> Watching:
        begun.append(Watching(tmp_path))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.communicate()


def test_every_change_is_built_once_and_a_failure_ends_nothing(
    watch: Callable[[], Watching], tmp_path: Path
) -> None:
    corpus = write(tmp_path / "corpus", 甲=FIRST)
    watching = watch()
    assert re.fullmatch(
        r"generation 000001 serves; 1 essays, \d+ passages in .* s; 1 read",
        watching.line(),
    )
    write(corpus, 乙=SECOND)
    assert re.search(r"000002 serves; 2 essays, .* 2 read, 1 unchanged", watching.line())
    (corpus / "乙.txt.meta.yaml").write_text("place: 太湖县\n", encoding="utf-8")
    assert "000003 serves" in watching.line()
    (corpus / "甲.txt").unlink()
    (corpus / "乙.txt").write_bytes(b"")
    assert watching.line().startswith("failed: nothing could be read under corpus: 乙.txt: ")
    write(corpus, 乙=SECOND)
    assert "000004 serves; 1 essays" in watching.line()
    with locked(tmp_path / "index"):
        write(corpus, 丙=FIRST)
        line = watching.line()  # once, however often it is tried
        assert line.startswith("waits: ") and f"(process {os.getpid()})" in line
    assert "000005 serves; 2 essays" in watching.line()
    index = tmp_path / "index"
    known = [name for name, _, _ in FolderStore(index).generations()]
    assert known == ["000003", "000004", "000005"]
    assert watching.end(signal.SIGTERM) == 0
    assert sorted(path.name for path in FolderStore(index).folders.iterdir()) == known


def test_ctrl_c_ends_it(watch: Callable[[], Watching], tmp_path: Path) -> None:
    write(tmp_path / "corpus", 甲=FIRST)
    watching = watch()
    assert "000001 serves" in watching.line()
    assert watching.end(signal.SIGINT) == 0


def test_what_does_not_go_with_it(rag: Run) -> None:
    ran = rag("build", "--watch", "--report", "r.json")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)


def test_a_look_sees_every_change_and_ends_where_links_go_round(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", 甲=FIRST)
    (corpus / "内").mkdir()
    (corpus / "内" / "回").symlink_to(corpus)
    (corpus / "断").symlink_to("无")
    write(corpus / "内", 乙=SECOND)
    seen = [look([corpus, tmp_path / "none"])]
    assert {Path(name).name for name in seen[0]} == {"甲.txt", "乙.txt"}

    def changed() -> bool:
        seen.append(look([corpus, tmp_path / "none"]))
        return seen[-1] != seen[-2]

    assert not changed()
    (corpus / ".swp").write_text("an editor's", encoding="utf-8")
    (corpus / "~$甲.docx").write_text("Word's", encoding="utf-8")
    assert not changed()
    os.utime(corpus / "甲.txt", (0, 0))  # the clock went back
    assert changed()
    (corpus / "甲.txt").rename(corpus / "丙.txt")
    assert changed()
    (corpus / "内" / "乙.txt").unlink()
    assert changed()
    write(tmp_path / "none", 丁=FIRST)
    assert changed()
