"""A disk that fills at any point of what a server and the command line write.

Each point leaves so many bytes free and writes until there is no room. Whatever was to be written
is told in one line; what was there answers as before, nothing half-written is left, and with room
again the same goes through.
"""

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from rag.audit import FILE_NAME as AUDIT
from rag.index import FolderStore
from rag.pipeline import build
from rag.settings import Settings
from rag.users import Accounts
from tests.browser.driver import free_port, running
from tests.conftest import ROOT
from tests.forked import run_rag
from tests.test_pipeline import FIRST, write

ASKED = "选派干部到哪里跟班学习？"
LONG = "言必有据" * 400
MOST = 500  # times that something is written: no place has room for so many


@dataclass(slots=True)
class Disk:
    """A small disk that holds all of a server: its index, its corpus and its data."""

    place: Path
    client: httpx.Client
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def full(self, free: int) -> Iterator[None]:
        """Leave `free` bytes for a while."""
        filler, state = self.place / "filler", os.statvfs(self.place)
        try:
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - free)
            yield
        finally:
            filler.unlink()

    def rag(self, *arguments: str) -> str:
        """Run a command; return the line that says what is wrong, "" where nothing is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        given = {**kept, "PYTHONPATH": str(ROOT), "RAG_ENCODER": "none"}
        ran = run_rag(arguments, self.place, given, "")
        if ran.returncode == 0:
            return ""
        assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
        return ran.stderr

    def sent(self, reply: httpx.Response) -> str:
        """Return what a page says of what could not be kept, "" where it was."""
        if reply.status_code < 400:
            return ""
        assert reply.status_code in (409, 503), reply.text
        return reply.text


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """A disk of 6 MB with a running server of boss's and zhao's."""
    place = tmp_path_factory.mktemp("full")
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system")
    try:
        write(place / "corpus", 甲=FIRST)
        build([place / "corpus"], place / "index", Settings(encoder="none"))
        accounts = Accounts(place / "data")
        accounts.add("boss", "言必有据, 2026!", "admin")
        accounts.add("zhao", "言必有据, 2026!")
        headers = {"authorization": f"Bearer {accounts.new_token('boss')}", "accept-language": "zh"}
        accounts.close()
        port = free_port()
        quick = {"RAG_ENCODER": "none", "RAG_READER": "none", "RAG_RATE": "0"}
        with (
            tempfile.NamedTemporaryFile("r", encoding="utf-8") as log,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as boss,
        ):
            with running(place / "index", port, log.name, **quick):
                yield Disk(place, boss)
            assert "Traceback" not in log.read()
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def asks(disk: Disk) -> str:
    """Ask in the chat: a question that is not kept is refused, an answer that is not is shown."""
    number = next(disk.numbers)
    form = {"chat": f"conversation{number}", "turn": f"question{number}", "question": ASKED + LONG}
    reply = disk.client.post("/chat/ask", data=form)
    if reply.status_code == 503:
        return str(reply.json()["told"])
    told = {"state": "asked", "version": -1}
    while told["state"] == "asked":
        told = disk.client.get(f"/chat/turns/question{number}?version={told['version']}").json()
    if told["state"] == "answered":
        return ""
    assert 'class="refusal"' in told["html"] or 'class="answer"' in told["html"]
    return str(told["html"])


def judges(disk: Disk) -> str:
    number = next(disk.numbers)
    judged = {"verdict": "bad", "reason": f"{number}{LONG}"[:1000]}
    disk.client.post("/chat/ask", data={"chat": "judged-1", "turn": "judged-1", "question": ASKED})
    return disk.sent(disk.client.post("/answers/judged-1/feedback", json=judged))


def collects(disk: Disk) -> str:
    words = f"{next(disk.numbers)}{LONG}"
    return disk.sent(disk.client.post("/basket/write", data={"text": words}))


def names(disk: Disk) -> str:
    disk.client.post("/chat/ask", data={"chat": "named-01", "turn": "named-01", "question": ASKED})
    title = f"{next(disk.numbers)}{LONG}"[:60]
    url = "/chat/conversations/named-01/rename"
    return disk.sent(disk.client.post(url, data={"title": title}))


def changes_an_account(disk: Disk) -> str:
    change = "disable" if next(disk.numbers) % 2 else "enable"
    return disk.sent(disk.client.post(f"/admin/accounts/zhao/{change}"))


def uploads(disk: Disk) -> str:
    """Send a new file; another one is replaced, for which the old one is kept."""
    text = (FIRST + LONG * 20).encode()
    sent = [("files", (f"{next(disk.numbers)}.txt", text)), ("files", ("甲.txt", text))]
    reply = disk.client.post(
        "/admin/upload", data={"replace": "1"}, files=sent, headers={"accept": "application/json"}
    )
    return "".join(line["text"] for line in reply.json() if not line["kept"])


def states_facts(disk: Disk) -> str:
    form = {"path": "甲.txt", "title": f"{next(disk.numbers)}{LONG}"[:200]}
    return disk.sent(disk.client.post("/admin/document/facts", data=form))


def edits_themes(disk: Disk) -> str:
    text = "".join(f"主题{number}：{LONG[:40]}{number}\n" for number in range(50))
    reply = disk.client.post("/measures/themes", data={"text": text})
    return "" if reply.status_code == 303 else reply.text


def programs_ask(disk: Disk) -> str:
    """The log of who asked what is full; the answer is given all the same."""
    path = disk.place / "data" / AUDIT
    before = path.stat().st_size
    reply = disk.client.post("/api/ask", json={"question": ASKED + LONG})
    assert reply.status_code == 200
    return "" if path.stat().st_size > before else "no line"


def rebuilds(disk: Disk) -> str:
    """Rebuild by the page."""
    disk.client.post("/admin/rebuild")
    while (now := disk.client.get("/admin/progress").json())["state"] == "building":
        pass
    return str(now["detail"]) if now["state"] == "failed" else ""


def builds(disk: Disk) -> str:
    return disk.rag("build")


def backs_up(disk: Disk) -> str:
    return disk.rag("backup", "backups", "--with-index", "--keep", "1")


POINTS: list[tuple[Callable[[Disk], str], int, str]] = [
    *[(builds, free, "cannot write the index") for free in (0, 8_192, 65_536, 200_000)],
    *[(rebuilds, free, "") for free in (0, 65_536)],
    *[(backs_up, free, "cannot make a backup") for free in (0, 40_960, 120_000)],
    *[(uploads, free, "磁盘已满") for free in (0, 65_536, 300_000)],
    *[(asks, free, "没能存下") for free in (0, 20_480, 100_000)],
    *[(collects, free, "没能保存") for free in (0, 50_000)],
    (judges, 0, "没能保存"),
    (names, 0, "没能保存"),
    (changes_an_account, 0, "没能保存"),
    (states_facts, 0, "不能写入"),
    (edits_themes, 0, "写不了"),
    *[(programs_ask, free, "no line") for free in (0, 4_096)],
]


@pytest.mark.parametrize(("act", "free", "said"), POINTS)
def test_a_disk_that_fills(disk: Disk, act: Callable[[Disk], str], free: int, said: str) -> None:
    serving = FolderStore(disk.place / "index").current()
    assert act(disk) == ""  # what it needs is there
    with disk.full(free):
        told = next(filter(None, (act(disk) for _ in range(MOST))))
        assert said in told
        answer = disk.client.post("/api/ask", json={"question": ASKED}).json()
        assert "园区" in answer["answer"] and answer["citations"]
    check_whole(disk)
    assert FolderStore(disk.place / "index").current() >= serving
    assert act(disk) == ""


def check_whole(disk: Disk) -> None:
    """Everything on the disk is whole, and nothing else is there."""
    store = FolderStore(disk.place / "index")
    assert [name for name in store.ids() if store.verify(name)] == []
    assert list(disk.place.glob("corpus/.*")) == list(store.folders.glob("*.part")) == []
    assert list(disk.place.glob("backups/*.part")) == []
    for path in disk.place.glob("data/*.sqlite"):
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for line in (disk.place / "data" / AUDIT).read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["event"]
