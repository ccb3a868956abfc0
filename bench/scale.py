"""From one office to a province: how many workers, how long people wait, what is full first.

    python bench/scale.py [INDEX] [--questions FILE.jsonl] [--rates 10 100 1000]

Measures, on a small index, the processor time that each step of each question takes (names, words,
meaning, reader, and the rest: compose), one question after the other. Then a simulation (SimPy)
replays these times, question by question, through the queues of a service: processes that read
names and compose, an embedding service, a search of shards, reader workers. Questions come at
random (Poisson) at each rate. The search of a shard, words and vectors, is the exact one of
bench/figures.json, lengthened in proportion to its passages; a question of the whole corpus waits
for the slowest of all shards. Stations get as many workers as keep them busy for `--load` of the
time; then each in turn gets a tenth fewer than its work needs, and what becomes of the wait tells
what is full first.
"""

import argparse
import json
import math
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.answering.serving import Opener
from rag.encoding import load_encoder
from rag.errors import RagError
from rag.index import FolderStore
from rag.jsonl import read_jsonl
from rag.settings import Settings
from rag.types import Filters

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "bench" / "figures.json"
STEPS = ("names", "words", "meaning", "reader", "compose")
STATIONS = ("front", "embedding", "search", "readers")
PASSAGES = 100_000_000
OFFICES = 5_000
Times = dict[str, float]
"""Seconds of the processor by step, or of a worker by station."""


def measured(index: Path, questions: Path) -> list[Times]:
    """Ask every question of an index, return what each step took."""
    asked = list(read_jsonl(questions, lambda row: (row["question"], row.get("history") or ()),
                            "a question"))  # fmt: skip
    settings = replace(Settings.load(), llm_url="", store="folder")
    encoder: Any = load_encoder(settings)
    store = FolderStore(index)
    opened = Opener(store, settings, encoder).open(store.current())
    answerer: Any = opened.answerer
    spent: Times = {}
    clocked(answerer.names, "find", "names", spent)
    clocked(opened.generation.bm25, "match", "words", spent)
    clocked(encoder, "encode_queries", "meaning", spent)
    if reader := answerer.gatherer._reader:
        clocked(reader, "read", "reader", spent)
    answerer.answer(asked[0][0], (), Filters())  # loads what is loaded once
    rows = []
    for question, history in asked:
        spent.clear()
        began = time.process_time()
        answerer.answer(question, history, Filters())
        total = time.process_time() - began
        rest = total - sum(spent.values())
        rows.append({step: spent.get(step, 0.0) for step in STEPS} | {"compose": rest})
    return rows


def clocked(owner: Any, method: str, step: str, spent: Times) -> None:  # noqa: ANN401
    """Count the processor time of a method of one object under `step`."""
    inner: Callable[..., Any] = getattr(owner, method)

    def outer(*args: Any, **named: Any) -> Any:  # noqa: ANN401
        began = time.process_time()
        try:
            return inner(*args, **named)
        finally:
            spent[step] = spent.get(step, 0.0) + time.process_time() - began

    setattr(owner, method, outer)


def service(row: Times, shard: float) -> Times:
    """What a question takes at each station; `shard` is one shard's search in seconds."""
    return {
        "front": row["names"] + row["compose"],
        "embedding": row["meaning"],
        "search": shard,
        "readers": row["reader"],
    }


def simulated(
    rows: Sequence[Times], rate: float, workers: dict[str, int], shard: float, shards: int,
    wide: float, seconds: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Let the questions of so many seconds through the queues; return their waits."""
    draw, environment = random.Random(2026), simpy.Environment()
    queues = {name: simpy.Resource(environment, workers[name]) for name in STATIONS}
    waits = list[float]()

    def at(station: str, seconds: float) -> Generator[simpy.Event, Any, None]:
        with queues[station].request() as turn:
            yield turn
            yield environment.timeout(seconds)

    def question(times: Times, parts: int) -> Generator[simpy.Event, Any, None]:
        began = environment.now
        yield from at("front", times["front"])
        yield from at("embedding", times["embedding"])
        yield environment.all_of(
            [environment.process(at("search", times["search"])) for _ in range(parts)]
        )
        yield from at("readers", times["readers"])
        waits.append(environment.now - began)

    def arrivals() -> Generator[simpy.Event, Any, None]:
        while environment.now < seconds:
            yield environment.timeout(draw.expovariate(rate))
            parts = shards if draw.random() < wide else 1
            environment.process(question(service(draw.choice(rows), shard), parts))

    environment.process(arrivals())
    environment.run()
    return np.array(waits)


def main() -> None:
    """Measure, simulate, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path, nargs="?", default=ROOT / "index")
    parser.add_argument("--questions", type=Path, default=ROOT / "tests" / "questions.jsonl")
    parser.add_argument("--rates", type=float, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--shard", type=float, default=2e5, help="passages of a shard")
    parser.add_argument("--wide", type=float, nargs="+", default=[0, 0.01], help="share that"
                        " asks all shards")  # fmt: skip
    parser.add_argument("--load", type=float, default=0.7, help="share of the time at work")
    parser.add_argument("--seconds", type=float, default=30, help="that a simulation lasts")
    given = parser.parse_args()
    rows = measured(given.index, given.questions)
    growth = json.loads(FIGURES.read_text(encoding="utf-8"))["growth"]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    steps(rows)
    memory(growth, given.shard)
    search = (growth["nearest_ms"][-1] + growth["bm25_ms"][-1]) / 1000
    for wide in given.wide:
        queues(rows, search * given.shard / growth["passages"][-1], wide, given)


def steps(rows: Sequence[Times]) -> None:
    """Print what each step takes."""
    print(f"| step, {len(rows)} questions | mean ms | p50 | p95 | s a thousand questions |")
    print("|---|" + "--:|" * 4)
    for step in (*STEPS, "all"):
        own = [1000 * (row[step] if step in row else sum(row.values())) for row in rows]
        p50, p95 = np.percentile(own, [50, 95])
        print(f"| {step} | {np.mean(own):.2f} | {p50:.2f} | {p95:.2f} | {np.mean(own):.1f} |")


def memory(growth: dict[str, Any], shard: float) -> None:
    """Print what a million passages need, from the slope between the sizes that were measured."""
    many = np.diff(growth["passages"])[-1] / 1e6
    print(f"\n| | GB a million | GB for {PASSAGES / 1e6:.0f} million | GB a shard |")
    print("|---|" + "--:|" * 3)
    for name, values in growth["gb"].items():
        slope = float(np.diff(values)[-1] / many)
        print(
            f"| {name} | {slope:.2f} | {slope * PASSAGES / 1e6:.0f} | {slope * shard / 1e6:.2f} |"
        )


def queues(rows: Sequence[Times], shard: float, wide: float, given: argparse.Namespace) -> None:
    """Print the workers of each station at each rate, and the waits."""
    shards = math.ceil(PASSAGES / given.shard)
    times = service({step: float(np.mean([row[step] for row in rows])) for step in STEPS}, shard)
    times["search"] *= 1 + wide * (shards - 1)
    print(f"\n{OFFICES:,} offices, {shards} shards of {given.shard:,.0f} passages, search of one"
          f" {1000 * shard:.1f} ms, {wide:.0%} of the questions ask all\n")  # fmt: skip
    print(f"| a second | {' | '.join(STATIONS)} | cores | p50 s | p95 s | p95 s where too few: "
          f"{' / '.join(STATIONS)} |")  # fmt: skip
    print("|--:|" + "--:|" * (len(STATIONS) + 4))
    for rate in given.rates:
        workers = {n: math.ceil(rate * times[n] / given.load) for n in STATIONS}
        waits = simulated(rows, rate, workers, shard, shards, wide, given.seconds)
        p50, p95 = np.percentile(waits, [50, 95])
        short = []
        for name in STATIONS:
            most = math.floor(0.9 * rate * times[name])
            if not most:  # one worker has time to spare
                short.append("–")
                continue
            few = workers | {name: most}
            some = simulated(rows, rate, few, shard, shards, wide, given.seconds)
            short.append(f"{np.percentile(some, 95):.2f}")
        counts = " | ".join(str(workers[n]) for n in STATIONS)
        print(f"| {rate:g} | {counts} | {sum(workers.values())} | {p50:.3f} | {p95:.3f}"
              f" | {' / '.join(short)} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        raise SystemExit(str(error)) from None
