"""Builds that are killed at random moments while clients ask a real server over HTTP.

Each version of the corpus says one share in every essay, so that an answer made of two generations
says two. `tests/test_faults_kill.py` does a few rounds, `bench/faults.py` many.
"""

import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from rag.errors import RagError
from rag.index import list_generations, verify
from rag.index.layout import Layout
from rag.pipeline import build
from rag.settings import Settings
from tests.conftest import ROOT
from tests.forked import FORKED

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
def served(folder: Path) -> Iterator[str]:
    """Run `rag serve` over `folder/index` as a process of its own; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "serve", "--port", str(port)],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), "RAG_RATE": "0"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                httpx.get(f"{url}/health", timeout=60)
                break
            except httpx.HTTPError:
                if process.poll() is not None:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


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
        before = {name for name, _, _ in list_generations(index)}
        process = building(folder)
        process.join(chance.uniform(0, usual))
        process.kill()
        process.join()
        killed.ended[_moment(index, before)] += 1
        killed.lost += _lost(index, before)
    return killed


def _moment(index: Path, before: set[str]) -> str:
    """Say how far the build came."""
    parts = Layout(index).parts()
    if parts:
        held = {path.name for path in parts[0].iterdir()}
        return "verifying" if "manifest.json" in held else "writing" if held else "beginning"
    new = {name for name, _, _ in list_generations(index)} - before
    if not new:
        return "before writing"
    return "done" if new == {Layout(index).current_id()} else "before the swap"


def _lost(index: Path, before: set[str]) -> list[str]:
    """Say what of the generations before is not there, whole and listed any more."""
    try:
        now = {name for name, manifest, _ in list_generations(index) if manifest}
        current = Layout(index).current_id()
    except RagError as error:
        return [str(error)]
    lost = [f"generation {name} is gone" for name in before - now]
    lost += [f"CURRENT names {current}"] if current not in now else []
    return lost + [f"{name}: {bad}" for name in now for bad in verify(index, name)]
