"""Builds that are killed: at random moments while clients ask, and at every step of their work.

Each version of the corpus says one share in every essay, so that an answer made of two generations
says two. `tests/test_faults_kill.py` does a few rounds, `bench/faults.py` many.
"""

import os
import random
import re
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

import rag.index.build
from rag.encoding import Vectors
from rag.encoding.onnx import OnnxEncoder
from rag.errors import RagError
from rag.index import FolderStore, key_of
from rag.pipeline import build
from rag.settings import Settings
from tests.conftest import ROOT
from tests.forked import FORKED, start_rag

PLACES = ("太湖县", "望江县", "岳西县", "宿松县", "潜山市", "桐城市")
ASKED = "各地的人才专项资金分别按什么比例设立？"
_SHARE = re.compile(r"\d+(?=%)")


def write_corpus(folder: Path, version: int) -> None:
    """Write the corpus whose essays all say one share: the version."""
    folder.mkdir(exist_ok=True)
    for number, place in enumerate(PLACES):
        text = (
            f"{place}的人才工作\n\n中共{place}委书记　王某{number}\n\n"
            f"一、强化资金保障。按照上年度财政收入的{version}%设立人才专项资金，专款专用。\n\n"
            f"二、优化服务。{place}设立人才专窗，限时办结，跟踪问效。{'落实责任。' * 40}\n"
        )
        new = folder / f".{place}"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / f"{place}.txt")


@dataclass
class Seen:
    """What the clients got."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)  # answers out of two generations
    shares: dict[str, set[str]] = field(default_factory=dict)  # by generation


@contextmanager
def asking(url: str, count: int = 8) -> Iterator[Seen]:
    """Ask the same question from `count` clients at once, again and again; give what they get."""
    seen, stop, lock = Seen(), threading.Event(), threading.Lock()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            while not stop.is_set():
                try:
                    reply = client.post("/api/ask", json={"question": ASKED})
                    answer = reply.raise_for_status().json()
                except (httpx.HTTPError, ValueError) as error:
                    with lock:
                        seen.failures.append(repr(error))
                else:
                    with lock:
                        _note(seen, answer)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _note(seen: Seen, answer: dict[str, Any]) -> None:
    said = {share for cited in answer["citations"] for share in _SHARE.findall(cited["text"])}
    seen.answers += 1
    if answer["abstained"] or not said:
        seen.failures.append(f"refused: {answer['reason']}")
    if len(said) > 1:
        seen.mixed.append(f"{answer['generation']}: {said}")
    seen.shares.setdefault(answer["generation"], set()).update(said)


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[str]:
    """Run `rag serve` over `folder/index` as a process of its own; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    process = start_rag(
        ["serve", "--port", str(port)],
        folder,
        {**kept, "PYTHONPATH": str(ROOT), "RAG_RATE": "0", **environment},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                httpx.get(f"{url}/health", timeout=60)
                break
            except httpx.HTTPError:
                if not process.is_alive():
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.join()


def build_in(folder: str) -> None:
    """Build `folder`'s index from its corpus; what a killed process runs."""
    build([Path(folder) / "corpus"], Path(folder) / "index", Settings())


def building(folder: Path) -> BaseProcess:
    """Start a build in a process that has imported everything already."""
    process = FORKED.Process(target=build_in, args=(str(folder),))
    process.start()
    return process


@dataclass
class Killed:
    """How the builds ended, and what was found after each."""

    ended: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


def kill_builds(folder: Path, times: int, seed: int) -> Killed:
    """Kill builds at random moments; after each, look at all that was there before it."""
    index, chance, killed = folder / "index", random.Random(seed), Killed()
    for _ in range(2):  # the first one waits until everything is imported
        began = time.monotonic()
        process = building(folder)
        process.join()
        usual = time.monotonic() - began
    for version in range(2, times + 2):
        write_corpus(folder / "corpus", version)
        before = names(index)
        process = building(folder)
        process.join(chance.uniform(0, usual))
        process.kill()
        process.join()
        killed.ended[_moment(index, before)] += 1
        killed.lost += _lost(index, before)
    return killed


def names(index: Path) -> set[str]:
    """The generations that are finished."""
    return set(FolderStore(index).ids())


def unfinished(index: Path) -> list[Path]:
    """What builds that are running, or were killed, have left of theirs."""
    return sorted(FolderStore(index).folders.glob("*.part"))


def _moment(index: Path, before: set[str]) -> str:
    """Say how far the build came."""
    if parts := unfinished(index):
        held = {path.name for path in parts[0].iterdir()}
        return "verifying" if "manifest.json" in held else "writing" if held else "beginning"
    new = names(index) - before
    if not new:
        return "before writing"
    return "done" if new == {FolderStore(index).current()} else "before the swap"


def _lost(index: Path, before: set[str]) -> list[str]:
    """Say what of the generations before is not there, whole and listed any more."""
    store = FolderStore(index)
    try:
        now = {name for name, manifest, _ in store.generations() if manifest}
        current = FolderStore(index).current()
    except RagError as error:
        return [str(error)]
    lost = [f"generation {name} is gone" for name in before - now]
    lost += [f"CURRENT names {current}"] if current not in now else []
    return lost + [f"{name}: {bad}" for name in now for bad in store.verify(name)]


_EVENTS = {
    "open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate",
    "shutil.rmtree", "sqlite3.connect",
}  # fmt: skip
"""What a build does to the files of its index, as Python's audit hooks tell it."""
WORDS_FIRST = 60  # fewer passages than `write_many` writes


def write_many(folder: Path, essays: int = 5, measures: int = 13) -> None:
    """Write a corpus of `essays` times `measures` passages, no two alike."""
    folder.mkdir(exist_ok=True)
    for n in range(essays):
        place = PLACES[n % len(PLACES)]
        told = "\n\n".join(
            f"{m}．推进第{n}批第{m}项工作。{place}选派{n * measures + m}名干部驻点，限时办结。"
            for m in range(1, measures + 1)
        )
        text = f"{place}第{n}批任务清单\n\n{told}\n"
        (folder / f"{n:02d}.txt").write_text(text, encoding="utf-8")


def build_until(folder: str, moment: int) -> None:
    """Build `folder`'s index, and end as by SIGKILL at the n-th step.

    A step is whatever is done to the files of the index, and each batch that is embedded. Into
    `folder/embedded` goes the key of each text of those, into `folder/steps` which steps of a whole
    build were the first and the last of those, and which was its last of all.
    """
    root, done, embed = Path(folder), 0, OnnxEncoder.encode_passages
    batches = list[int]()

    def step() -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in _EVENTS and str(args[0]).startswith(str(root / "index")):
            step()

    def noting(self: OnnxEncoder, texts: Sequence[str]) -> Vectors:
        with (root / "embedded").open("a", encoding="utf-8") as file:
            file.writelines(f"{key_of(self.fingerprint, text).hex()}\n" for text in texts)
        step()
        batches.append(done)
        return embed(self, texts)

    OnnxEncoder.encode_passages = noting  # type: ignore[method-assign]
    rag.index.build._BATCH = 16  # so that a killed build leaves some of its vectors
    sys.addaudithook(watch)
    build([root / "corpus"], root / "index", Settings(words_first=WORDS_FIRST))
    if batches:
        (root / "steps").write_text(f"{batches[0]} {batches[-1]} {done}", encoding="utf-8")


def built_until(folder: Path, moment: int) -> list[str]:
    """Do that in a process of its own; return the keys of the texts that it has embedded."""
    log = folder / "embedded"
    log.write_text("", encoding="utf-8")
    process = FORKED.Process(target=build_until, args=(str(folder), moment))
    process.start()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the build ended with {process.exitcode}")
    return log.read_text(encoding="utf-8").split()


def cached(index: Path) -> set[str]:
    """The keys of the vectors in the cache of an index, if there is one."""
    path = FolderStore(index).cache
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as cache:
        if not cache.execute("SELECT 1 FROM sqlite_master WHERE name = 'vectors'").fetchall():
            return set()
        return {key.hex() for (key,) in cache.execute("SELECT key FROM vectors")}
