"""Many people asking at once: how long each waits, and whether every answer is right.

    python bench/load.py [--people 50] [--seconds 60] [--rebuild 10] [--chat]

A server of its own over the essays of corpus/. Each of `people` asks the questions of
tests/questions.jsonl over HTTP (POST /api/ask), the next as soon as the last is answered. With
`--chat` they ask and look as the page of the chat does, and pause 10 seconds between two questions,
as nobody reads faster; a wait ends with the answer.

With `--rebuild N`, a process `rag build` makes a new generation every N seconds meanwhile, in turn
of two corpora that differ in their files' names, in their order and in their text. Every answer
is held against what a program of its own answered from the corpus of the generation that the answer
names: one that mixes two generations is like neither.
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
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.contract import answer_json
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.browser.driver import free_port, running
from tests.conftest import CORPUS, ROOT

PAUSE = 10.0  # seconds between two questions of a reader of the chat
LIMIT = 1.0  # seconds, of 95 in 100 answers
Said = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What came of all questions."""

    waits: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    generations: Counter[str] = field(default_factory=Counter)


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


def expected(corpus: Path, folder: Path) -> dict[str, str]:
    """Answer all questions from `corpus`, in this process and from an index of its own."""
    build([corpus], folder, Settings())
    assistant = Assistant.open(folder, Settings())
    return {
        json.dumps(each): essence(
            answer_json(assistant.ask(each["question"], each.get("history", ())))
        )
        for each in asked()
    }


async def person(
    client: httpx.AsyncClient, seed: int, until: float, right: list[dict[str, str]], tally: Tally
) -> None:
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
        if essence(answer) != right[(int(generation) - 1) % len(right)][json.dumps(question)]:
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


async def load(address: str, given: argparse.Namespace, two: tuple[Path, Path], index: Path,
               right: list[dict[str, str]]) -> tuple[Tally, int]:  # fmt: skip
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
        done = await asyncio.gather(*people, *builds)
    return tally, done[-1] or 0


async def growing(address: str, given: argparse.Namespace, two: tuple[Path, Path], index: Path,
                  pid: int) -> None:  # fmt: skip
    """Ask so many questions in a row, with rebuilds in between; print the memory ten times."""
    questions, began = asked(), time.monotonic()
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for count in range(given.questions):
            if count and count % (given.questions // (given.rebuilds + 1)) == 0:
                await rebuilding(two, index, 0, time.monotonic() + 0.1)
            question = questions[count % len(questions)]
            (await client.post("/api/ask", json=question)).raise_for_status()
            if count % (given.questions // 10) == given.questions // 10 - 1:
                took = time.monotonic() - began
                print(f"{count + 1} questions: {resident(pid)} MiB, {took:.0f} s", flush=True)


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
    waits = sorted(tally.waits)
    p95 = waits[int(0.95 * len(waits))]
    how = "chat, first words" if given.chat else "POST /api/ask"
    row = (
        how, given.people, len(waits), f"{len(waits) / given.seconds:.0f}",
        f"{statistics.median(waits):.3f}", f"{p95:.3f}", f"{waits[-1]:.3f}",
        f"{1000 * spent / len(waits):.0f}", builds,
        len(tally.generations) or "", tally.faults.total(),
    )  # fmt: skip
    print("| how | people | questions | a second | p50 s | p95 s | max s | CPU ms a question"
          " | rebuilds | generations | faults |")  # fmt: skip
    print("|" + "---|" * len(row))
    print("|", " | ".join(map(str, row)), "|")
    for fault, count in tally.faults.most_common(5):
        print(f"FAULT {count} x {fault}")
    return not tally.faults and p95 <= LIMIT


def main() -> None:
    """Serve, let them ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rebuild", type=float, default=0, help="seconds from one to the next")
    parser.add_argument("--chat", action="store_true", help="as the page of the chat does")
    parser.add_argument("--questions", type=int, help="in a row, to see how the memory grows")
    parser.add_argument("--rebuilds", type=int, default=5, help="between those questions")
    given = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        two, index, port = corpora(folder), folder / "index", free_port()
        if given.questions:
            build([two[0]], index, Settings())
            with running(index, port, RAG_DATA=str(folder / "data")) as server:
                address = f"http://127.0.0.1:{port}"
                asyncio.run(growing(address, given, two, index, server.pid))
            return
        right = [expected(corpus, folder / f"own{n}") for n, corpus in enumerate(two)]
        build([two[0]], index, Settings())
        with running(index, port, RAG_DATA=str(folder / "data")) as server:
            before = cpu(server.pid)
            address = f"http://127.0.0.1:{port}"
            tally, builds = asyncio.run(load(address, given, two, index, right))
            spent = cpu(server.pid) - before
    sys.exit(0 if shown(given, tally, builds, spent) else 1)


if __name__ == "__main__":
    main()
