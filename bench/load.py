"""Many people asking at once: how long each waits, and whether every answer is right.

    python bench/load.py [--people 50] [--seconds 60] [--rebuild 10] [--chat] [--disturb] [--attack]

A server of its own over the essays of corpus/. Each of `people` asks the questions of
tests/questions.jsonl over HTTP (POST /api/ask), the next as soon as the last is answered. With
`--chat` they ask and look as the page of the chat does, and pause 10 seconds between two questions,
as nobody reads faster; a wait ends with the answer.

With `--rebuild N`, a process `rag build` makes a new generation every N seconds meanwhile, in turn
of two corpora that differ in their files' names, in their order and in their text. Every answer
is held against what a program of its own answered from the corpus of the generation that the answer
names, with all passages read or a part of them, as while others wait: one that mixes two
generations is like neither. With `--disturb` an administrator uploads a file, rebuilds and goes
back to the first generation, at a quarter, a half and three quarters of the time; with `--attack`
four threads send what bench/hostile.py makes up. Meanwhile /health is asked twice a second.
Settings are read from the environment: RAG_READER=none leaves the reader out of it all.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import hostile
from rag import queue
from rag.contract import answer_json
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.browser.driver import free_port, running
from tests.conftest import CORPUS, ROOT

PAUSE = 10.0  # seconds between two questions of a reader of the chat
PAUSED, WITHOUT = 2.0, 4.0  # seconds for 95 in 100 answers, with a pause and without one
LIVELY = 1.0  # seconds for every /health
OTHERS = (0, 3, 7, 13)  # who are answered or wait: all passages are read, 2/3, 1/3, 1/6 of them
Said = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What came of all questions."""

    waits: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    generations: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)


def corpora(folder: Path) -> tuple[Path, Path]:
    """Write two corpora that no answer can be the same from."""
    made = folder / "早", folder / "晚"
    for corpus, turn in zip(made, (1, -1), strict=True):
        corpus.mkdir()
        for number, path in enumerate(sorted(CORPUS.glob("*.txt"))[::turn]):
            text = path.read_text(encoding="utf-8")
            text = text if turn == 1 else text.replace("加强", "切实加强").replace("建立", "建成")
            (corpus / f"{number}{corpus.name}{path.name}").write_text(text, encoding="utf-8")
    return made


def asked() -> list[Said]:
    """Return what is asked, as the body of a request."""
    lines = (ROOT / "tests" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    kept = ("question", "history")
    return [{k: v for k, v in json.loads(line).items() if k in kept} for line in lines]


def essence(answer: Said) -> str:
    """Return what two answers from the same corpus have in common."""
    cited = [(c["document"], c["text"], c["quote"]) for c in answer["citations"]]
    return json.dumps([answer["answer"], answer["reason"], cited], ensure_ascii=False)


def expected(corpus: Path, folder: Path) -> dict[str, set[str]]:
    """Answer all questions from `corpus`, in this process and from an index of its own.

    Alone, and as beside others, when two thirds, a third or a sixth of the passages are read.
    """
    build([corpus], folder, Settings.load())
    right: dict[str, set[str]] = {json.dumps(each): set() for each in asked()}
    for before in OTHERS:  # who were there when the conversation was read
        assistant = Assistant.open(folder, Settings.load())
        for each in asked():
            for others in (before, *(OTHERS if "history" in each else ())):
                queue.ANSWERS.held.update((Future(), None) for _ in range(others))
                answer = assistant.ask(each["question"], each.get("history", ()))
                right[json.dumps(each)].add(essence(answer_json(answer)))
                queue.ANSWERS.held.clear()
    return right


async def person(
    client: httpx.AsyncClient, seed: int, until: float, right: list[dict[str, set[str]]],
    tally: Tally,
) -> None:  # fmt: skip
    """Ask one question after the other over the API."""
    chance, questions = random.Random(seed), asked()
    while time.monotonic() < until:
        question = chance.choice(questions)
        began = time.perf_counter()
        try:
            reply = await client.post("/api/ask", json=question)
            tally.waits.append(time.perf_counter() - began)
            reply.raise_for_status()
        except httpx.HTTPError as error:
            tally.faults[f"{type(error).__name__}: {error}"[:80]] += 1
            continue
        answer = reply.json()
        generation = answer["generation"]
        tally.generations[generation] += 1
        if essence(answer) not in right[(int(generation) - 1) % len(right)][json.dumps(question)]:
            tally.faults["not what this generation answers"] += 1


async def reader(client: httpx.AsyncClient, seed: int, until: float, tally: Tally) -> None:
    """Ask one question after the other as the page does."""
    chance, questions = random.Random(seed), asked()
    await asyncio.sleep(chance.uniform(0, PAUSE))
    while time.monotonic() < until:
        question = chance.choice(questions)["question"]
        turn = f"{chance.getrandbits(64):016x}"
        form = {"chat": f"conversation-{seed}", "turn": turn, "question": question}
        try:
            began = time.perf_counter()
            (await client.post("/chat/ask", data=form)).raise_for_status()
            await settled(client, turn)
            tally.waits.append(time.perf_counter() - began)
        except (httpx.HTTPError, LookupError) as error:
            tally.faults[f"{type(error).__name__}: {error}"[:80]] += 1
        await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE)


async def settled(client: httpx.AsyncClient, turn: str) -> None:
    """Look at a turn until it is answered.

    Raises:
        LookupError: it ended otherwise than it should.
    """
    told = {"state": "asked", "version": -1}
    while told["state"] == "asked":
        told = (await client.get(f"/chat/turns/{turn}?version={told['version']}")).json()
    if told["state"] != "answered":
        raise LookupError(str(told["state"]))


async def rebuilding(corpora: tuple[Path, Path], index: Path, every: float, until: float) -> int:
    """Build in turn of both corpora, as a process of its own; return how often."""
    made, began = 0, time.monotonic()
    while time.monotonic() < until:
        made += 1
        command = [sys.executable, "-m", "rag.cli", "build", str(corpora[made % 2])]
        process = await asyncio.create_subprocess_exec(
            *command, "--index", str(index), cwd=index.parent, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        if await process.wait():
            raise SystemExit(f"`rag build` ended with {process.returncode}")
        await asyncio.sleep(max(0.0, began + made * every - time.monotonic()))
    return made


async def disturbing(client: httpx.AsyncClient, seconds: float, tally: Tally) -> int:
    """Do what an administrator does, on the pages; return how many rebuilds that were."""
    text = "新增材料\n\n加强队伍建设。选派干部到园区跟班学习。\n".encode()
    files, json_wanted = {"files": ("新增.txt", text)}, {"accept": "application/json"}
    try:
        await asyncio.sleep(seconds / 4)
        reply = await client.post("/admin/upload", files=files, headers=json_wanted)
        if not all(line["kept"] for line in reply.raise_for_status().json()):
            raise LookupError(reply.text)
        await asyncio.sleep(seconds / 4)
        await client.post("/admin/rebuild")
        while (now := (await client.get("/admin/progress")).json())["state"] == "building":
            await asyncio.sleep(0.5)
        if now["state"] != "built":
            raise LookupError(now["detail"])
        await asyncio.sleep(seconds / 4)
        reply = await client.post("/admin/generations/000001")
        if reply.status_code != httpx.codes.SEE_OTHER:
            raise LookupError(f"rollback: {reply.status_code}")
    except (httpx.HTTPError, LookupError) as error:
        tally.faults[f"{type(error).__name__}: {error}"[:80]] += 1
    return 1


@contextmanager
def watching(address: str, attacked: bool) -> Iterator[list[float]]:
    """Ask for /health twice a second, under attack or not; give how long each took."""
    over, waits, tries = threading.Event(), list[float](), hostile.attacks(random.Random(1))

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while not over.wait(0.5):
                began = time.perf_counter()
                client.get("/health").raise_for_status()
                waits.append(time.perf_counter() - began)

    def attack() -> None:
        while not over.is_set():
            with turn:
                each = next(tries)
            if each.path not in ("/admin/rebuild", "/admin/upload", "/measures/themes"):
                hostile.sent(address, hostile.written(each, {}))

    turn = threading.Lock()
    threads = [threading.Thread(target=each) for each in [ask, *[attack] * (4 * attacked)]]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        over.set()
        for thread in threads:
            thread.join()


async def load(address: str, given: argparse.Namespace, two: tuple[Path, Path], index: Path,
               right: list[dict[str, set[str]]]) -> tuple[Tally, int]:  # fmt: skip
    """Let all ask; return what came of it, and the number of rebuilds."""
    tally, until = Tally(), time.monotonic() + given.seconds
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        people = [
            reader(client, seed, until, tally)
            if given.chat
            else person(client, seed, until, right, tally)
            for seed in range(given.people)
        ]
        builds = [rebuilding(two, index, given.rebuild, until)] if given.rebuild else []
        builds += [disturbing(client, given.seconds, tally)] if given.disturb else []
        with watching(address, given.attack) as tally.health:
            done = await asyncio.gather(*people, *builds)
    return tally, done[-1] or 0


async def growing(address: str, given: argparse.Namespace, two: tuple[Path, Path], index: Path,
                  pid: int) -> None:  # fmt: skip
    """Ask so many questions in a row, with rebuilds in between; print the memory ten times."""
    questions, began = asked(), time.monotonic()
    client = httpx.AsyncClient(base_url=address, timeout=60)
    with watching(address, given.attack) as health:
        for count in range(given.questions):
            if count and count % (given.questions // (given.rebuilds + 1)) == 0:
                await rebuilding(two, index, 0, time.monotonic() + 0.1)
            question = questions[count % len(questions)]
            (await client.post("/api/ask", json=question)).raise_for_status()
            if count % (given.questions // 10) == given.questions // 10 - 1:
                took = time.monotonic() - began
                print(f"{count + 1} questions: {resident(pid)} MiB, {took:.0f} s", flush=True)
    await client.aclose()
    print(f"slowest /health of {len(health)}: {max(health):.3f} s")


def resident(pid: int) -> int:
    """Return the MiB of memory that a process has."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") >> 20


def cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def shown(given: argparse.Namespace, tally: Tally, builds: int, spent: float) -> bool:
    """Print one row, and the faults; return whether all is as it should be."""
    if not (waits := sorted(tally.waits)):
        raise SystemExit(f"nobody was answered: {tally.faults}")
    p95, slowest = waits[int(0.95 * len(waits))], max(tally.health)
    how = "chat" if given.chat else "POST /api/ask"
    row = (
        how, given.people, len(waits), f"{len(waits) / given.seconds:.0f}",
        f"{statistics.median(waits):.3f}", f"{p95:.3f}", f"{waits[-1]:.3f}",
        f"{1000 * spent / len(waits):.0f}", builds,
        len(tally.generations) or "", f"{slowest:.3f}", tally.faults.total(),
    )  # fmt: skip
    print("| how | people | questions | a second | p50 s | p95 s | max s | CPU ms a question"
          " | rebuilds | generations | slowest /health s | faults |")  # fmt: skip
    print("|" + "---|" * len(row))
    print("|", " | ".join(map(str, row)), "|")
    for fault, count in tally.faults.most_common(5):
        print(f"FAULT {count} x {fault}")
    return not tally.faults and p95 <= (PAUSED if given.chat else WITHOUT) and slowest <= LIVELY


def main() -> None:
    """Serve, let them ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rebuild", type=float, default=0, help="seconds from one to the next")
    parser.add_argument("--chat", action="store_true", help="as the page of the chat does")
    parser.add_argument("--disturb", action="store_true", help="upload, rebuild, roll back")
    parser.add_argument("--attack", action="store_true", help="send hostile requests meanwhile")
    parser.add_argument("--questions", type=int, help="in a row, to see how the memory grows")
    parser.add_argument("--rebuilds", type=int, default=5, help="between those questions")
    given = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        two, index, port = corpora(folder), folder / "index", free_port()
        used = two[: 0 if given.chat or given.questions else 2 if given.rebuild else 1]
        right = [expected(corpus, folder / f"own{n}") for n, corpus in enumerate(used)]
        build([two[0]], index, Settings.load())
        folders = {"RAG_DATA": str(folder / "data"), "RAG_CORPUS": str(two[0])}
        with running(index, port, **folders) as server:
            before, address = cpu(server.pid), f"http://127.0.0.1:{port}"
            if given.questions:
                asyncio.run(growing(address, given, two, index, server.pid))
                return
            tally, builds = asyncio.run(load(address, given, two, index, right))
            spent = cpu(server.pid) - before
    sys.exit(0 if shown(given, tally, builds, spent) else 1)


if __name__ == "__main__":
    main()
