"""A full disk, a read-only folder, a corpus that changes under the build: nothing is lost."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag.corpus
from rag.errors import CorpusGone, UnreadableFile
from rag.index import FolderStore
from rag.pipeline import Assistant, build
from rag.reading import content
from rag.settings import Settings
from tests import samples
from tests.conftest import CORPUS, ROOT, Run
from tests.test_pipeline import FIRST, SECOND, write

ASKED = "选派干部到哪里跟班学习？"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of one generation, and beside it a corpus of some more."""
    build([write(tmp_path / "first", 甲=FIRST)], tmp_path / "index", Settings())
    shutil.copytree(CORPUS, tmp_path / "corpus")
    return tmp_path / "index"


def whole(index: Path) -> bool:
    """Whether the first generation serves, and nothing else lies about."""
    store = FolderStore(index)
    found = [(name, serves) for name, _, serves in store.generations()]
    there = {path.name for path in index.iterdir()}
    left = sorted(there - {"cache.sqlite-wal", "cache.sqlite-shm"})  # which the next build takes up
    made = [path.name for path in FolderStore(index).folders.iterdir()]
    return (found, store.verify("000001"), made, left) == (
        [("000001", True)], (), ["000001"],
        ["CURRENT", "LOCK", "cache.sqlite", "generations", "reports"],
    )  # fmt: skip


LIMITED = """
import os, resource
limit = int(os.environ["LIMIT"])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from rag.cli import main
main()
"""


def run_limited(folder: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """Build in a process that may write no file of more than `limit` bytes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return subprocess.run(
        [sys.executable, "-c", LIMITED, "build"], cwd=folder, text=True, capture_output=True,
        check=False, env={**kept, "PYTHONPATH": str(ROOT), "LIMIT": str(limit)},
    )  # fmt: skip


@pytest.mark.parametrize("limit", [20_000, 200_000])
def test_a_file_that_may_not_grow(index: Path, limit: int) -> None:
    ran = run_limited(index.parent, limit)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
    assert "cannot write" in ran.stderr or "was not written whole" in ran.stderr
    assert whole(index)


@pytest.fixture
def small(index: Path) -> Iterator[Path]:
    """A file system of 1 MB that holds the index."""
    place = index.with_name("small")
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    try:
        yield shutil.copytree(index, place / "index")
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk(rag: Run, small: Path) -> None:
    filler = small.with_name("filler")
    state = os.statvfs(small)
    filler.write_bytes(b"0" * (state.f_bavail * state.f_frsize - 60_000))
    ran = rag("build", "--index", str(small))
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
    assert "cannot write" in ran.stderr
    assert whole(small)
    assert not Assistant.open(small, Settings()).ask(ASKED).abstained
    filler.unlink()
    assert rag("build", "first", "--index", str(small)).returncode == 0


def test_a_folder_that_is_read_only(rag: Run, small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small.parent], check=True)
    at = ("--index", str(small))
    for command in (("build",), ("index", "rollback", "000001"), ("index", "prune", "--keep", "0")):
        ran = rag(*command, *at)
        if command[-1] != "0":  # there is nothing to prune
            assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
            assert "cannot write the index" in ran.stderr
    assert rag("ask", ASKED, *at).returncode == 0
    assert rag("index", "verify", *at).returncode == 0


@pytest.mark.parametrize("look", [1, 2])  # the first is for what the cache knows them by
def test_files_that_go_change_or_grow_while_the_corpus_is_read(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None, look: int
) -> None:
    corpus = write(tmp_path / "restless", 一=FIRST, 丁=SECOND, 丙=FIRST, 乙=SECOND)
    (corpus / "甲.zip").write_bytes(samples.zipped({"a.txt": FIRST.encode()}))
    real, looks = rag.corpus.content, Counter[str]()

    def reading(path: Path, name: str, settings: Settings) -> bytes:
        data = real(path, name, settings)
        looks[name] += 1
        if name == "一.txt" and looks[name] == look:  # the first of them
            (corpus / "丁.txt").unlink()
            (corpus / "丙.txt").write_text(SECOND * 2, encoding="utf-8")
            with (corpus / "乙.txt").open("wb") as file:
                file.truncate(Settings().max_file_bytes + 1)
            (corpus / "戊.txt").write_text(SECOND, encoding="utf-8")
        return data

    monkeypatch.setattr(rag.corpus, "content", reading)
    if look == 1:
        with pytest.raises(CorpusGone, match=r"丁\.txt was there when the build began and is gone"):
            build([corpus], index, Settings())
        assert whole(index)
        (corpus / "丁.txt").write_text(SECOND, encoding="utf-8")
        (corpus / "戊.txt").unlink()
        looks.clear()
    without = Settings(allow_missing=True)
    told = {file.path: file.reason for file in build([corpus], index, without).files}
    assert told["丁.txt"].startswith("丁.txt: cannot be opened")
    assert "max_file_bytes" in told["乙.txt"]
    assert (told["一.txt"], told["丙.txt"], "戊.txt" in told) == ("", "", False)
    monkeypatch.undo()
    again = build([corpus], index, Settings())
    assert {file.path for file in again.files if file.unchanged} == {
        "一.txt", "丙.txt", "甲.zip/a.txt",
    }  # fmt: skip
    assert FolderStore(index).verify(again.generation) == ()


def test_a_file_that_grows_while_it_is_read_stays_under_the_limit(tmp_path: Path) -> None:
    fifo = tmp_path / "a.txt"
    os.mkfifo(fifo)  # its size says 0, whatever comes out of it
    with (
        subprocess.Popen(["sh", "-c", f"head -c 5000 /dev/zero > '{fifo}'"]),
        pytest.raises(UnreadableFile, match="more than max_file_bytes = 1000"),
    ):
        content(fifo, "a.txt", Settings(max_file_bytes=1000))


def test_a_clock_that_goes_back_reorders_nothing(index: Path, tmp_path: Path) -> None:
    faked = (
        "import datetime, sys; from pathlib import Path; import rag.index.build as b\n"
        "class Past(datetime.datetime):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None): return cls(1999, 1, 1, tzinfo=tz)\n"
        "b.datetime = Past\n"
        "from rag.pipeline import build; from rag.settings import Settings\n"
        "print(build([Path('first')], Path('index'), Settings()).generation)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", faked], cwd=tmp_path, text=True, capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "000002\n"
    (_, first, _), (_, second, serves) = FolderStore(index).generations()
    assert first is not None and second is not None
    assert (second.created[:4], serves, first.created > second.created) == ("1999", True, True)
    assert Assistant.open(index, Settings()).generation == "000002"
    assert FolderStore(index).rollback() == "000001"
