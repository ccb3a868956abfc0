"""Measures growth: building, updating and asking indexes of a thousand to a million passages.

    python bench/growth.py --text FILE --pairs FILE --work DIR --sizes 1000 [--embed 2000]

Essays of ten blocks of text are written from running text, one paragraph a line, into files; where
the text is used up its paragraphs come again in another order. `rag build` reads them in a process
of its own, then again as they are, then with ten essays (100 passages) more; another process opens
the index and asks it the questions of the pairs, by one client and by eight threads at a time.
Figures go to `DIR/growth.jsonl`, a line a size, and from there to the tables that are printed.

With `--embed N` a build embeds its first N passages, which gives the encoder's rate, and fills in
the rest with random unit vectors: for sizes that would take hours. What is measured of words,
search and memory is the same; what is found by meaning means nothing. Questions are encoded as
ever. Milliseconds are of the clock, so nothing else should run. Memory is the sum over all
processes of what is resident; pages of mapped files, which the system may take back at any time,
are told apart.
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # for rag/ and train/

LENGTH = 400  # characters of a block, about
PARTS = 10  # blocks of an essay
MORE = 10  # essays that are added: 100 passages
COUNTED = 200  # so many essays are counted, and of the others one in so many
FILES = 1000  # in a folder
QUESTIONS = 100
ASKING = re.compile(r"[?？吗呢]|什么|怎么|如何|哪|多少|谁|几|是否|能否")  # and no headlines
CLIENTS = 8
BUILDS = {"build": "build", "again": "the same again", "update": "100 passages more"}
ROOT = str(Path(__file__).parent.parent)
SAID = {  # of a build, by itself
    "essays": r": (\d+) essays,",
    "passages": r"(\d+) passages, words",
    "words": r"words in ([\d.]+) s",
    "vectors": r"vectors in ([\d.]+) s",
    "rate": r"at random: ([\d.]+) a second",
}
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def main() -> int:
    """Measure each size that has no line yet, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="running text")
    parser.add_argument("--pairs", type=Path, help="pairs, for their questions")
    parser.add_argument("--work", type=Path, required=True, help="where corpora and indexes go")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--embed", type=int, help="passages to embed; the rest: random vectors")
    parser.add_argument("--ask", type=Path, metavar="INDEX", help="only ask, in this process")
    parser.add_argument("--build", type=Path, nargs=2, metavar=("CORPUS", "INDEX"))
    options = parser.parse_args()
    if options.build:
        build_partly_embedded(*options.build, options.embed)
        return 0
    if options.ask:
        say(json.dumps(asked(options.ask, options.pairs)))
        return 0
    results = options.work / "growth.jsonl"
    options.work.mkdir(parents=True, exist_ok=True)
    known: list[dict[str, Any]] = []
    if results.is_file():
        known = list(map(json.loads, results.read_text(encoding="utf-8").splitlines()))
    for size in options.sizes:
        if size not in {row["size"] for row in known}:
            known.append(measured(options, size))
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[-1], ensure_ascii=False) + "\n")
    known.sort(key=lambda row: row["size"])
    say(tables(known))
    return 0


def measured(options: argparse.Namespace, size: int) -> dict[str, Any]:
    """Build an index of `size` passages, build it again, add to it and ask it."""
    corpus, index = options.work / f"corpus-{size}", options.work / f"index-{size}"
    later = options.work / f"later-{size}"
    if not corpus.is_dir():
        write_corpus(corpus, options.text, size)
    shutil.rmtree(index, ignore_errors=True)  # of a run that was stopped
    later.mkdir(exist_ok=True)
    if not any(later.iterdir()):
        for path in sorted(corpus.rglob("*.txt"), key=lambda path: path.name)[-MORE:]:
            path.rename(later / path.name)
    built = {
        "build": built_once(options, corpus, index),
        "again": built_once(options, corpus, index),
    }
    for path in later.iterdir():
        path.rename(corpus / "0000" / path.name)
    built["update"] = built_once(options, corpus, index)
    ask = [sys.executable, __file__, "--work", str(options.work), "--pairs", str(options.pairs)]
    answered = watched([*ask, "--ask", str(index)], **ONE_CORE)
    return built | {
        "size": size,
        "embed": options.embed,
        "bytes": sum(path.stat().st_size for path in index.rglob("*") if path.is_file()),
        "ask": {name: answered[name] for name in ("memory", "mapped")}
        | json.loads(answered["output"].splitlines()[-1]),
    }


def built_once(options: argparse.Namespace, corpus: Path, index: Path) -> dict[str, Any]:
    """Build in a process of its own; what it took, and what it said of itself."""
    command = ["-m", "rag.cli", "build", str(corpus), "--index", str(index)]
    if options.embed is not None:
        own = [__file__, "--work", ".", "--embed", str(options.embed)]
        command = [*own, "--build", str(corpus), str(index)]
    made = watched([sys.executable, *command], PYTHONPATH=ROOT)
    output = made.pop("output")
    for name, pattern in SAID.items():
        found = re.search(pattern, output)
        made[name] = float(found.group(1)) if found else 0.0
    if options.embed is None and made["vectors"]:
        made["rate"] = made["passages"] / made["vectors"]
    return made


def build_partly_embedded(corpus: Path, index: Path, embed: int) -> None:
    """Build as `rag build` does, but embed `embed` passages and give the others random vectors."""
    from rag import pipeline
    from rag.cli.corpus import build_and_report
    from rag.encoding import load_encoder
    from rag.settings import Settings

    encoder: Any = load_encoder(Settings())
    draw, inner = np.random.default_rng(), encoder.encode_passages
    spent, embedded = 0.0, 0

    def encode_passages(texts: list[str]) -> Any:  # noqa: ANN401
        nonlocal spent, embedded
        if embedded >= embed:
            raw = draw.normal(size=(len(texts), 384)).astype(np.float32)
            return raw / np.linalg.norm(raw, axis=1, keepdims=True)
        began = time.perf_counter()
        rows = inner(texts)
        spent, embedded = spent + time.perf_counter() - began, embedded + len(texts)
        return rows

    encoder.encode_passages = encode_passages
    pipeline.load_encoder = lambda settings: encoder
    build_and_report([corpus], Settings(index=str(index)))
    say(f"embedded {embedded} passages, the rest at random: {embedded / (spent or 1):.1f} a second")


def write_corpus(folder: Path, text: Path, size: int) -> None:
    """Write essays that `rag build` cuts into `size` passages, about, and `MORE` essays more."""
    paragraphs, number = drawn(text), 0
    counted: list[int] = []
    while not counted or (number - MORE) * sum(counted) / len(counted) < size:
        own = list(itertools.islice(paragraphs, PARTS))
        place = folder / f"{number // FILES:04d}"
        place.mkdir(parents=True, exist_ok=True)
        title = own[0].split("，")[0][:30].rstrip("。；：")
        path = place / f"{number:07d}.txt"
        path.write_text("\n\n".join([f"{title}（{number}）", *own]) + "\n", encoding="utf-8")
        if number < COUNTED or number % COUNTED == 0:
            counted.append(passages_of(path))
        number += 1


def passages_of(path: Path) -> int:
    """How many passages a file is cut into."""
    from rag.outline import outline
    from rag.passages import passages
    from rag.reading import read
    from rag.settings import Settings

    return len(passages(outline(read(path, path.name)), Settings().window))


def drawn(text: Path) -> Iterator[str]:
    """Blocks of about one passage: the text once as it stands, then drawn at random."""
    from rag.sentences import sentence_spans
    from train.pairs import read_text

    lines = [line for line in read_text(text) if len(line) > 10]
    block = ""
    draw = random.Random(0)
    for line in itertools.chain(lines, iter(lambda: draw.choice(lines), None)):
        for start, end in sentence_spans(line):
            if len(block) + end - start > LENGTH and block.endswith("。"):
                yield block
                block = ""
            block += line[start:end]


def watched(command: list[str], **environment: str) -> dict[str, Any]:
    """Run a command; return its output, seconds, seconds of the processor, and peak memory."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=os.environ | environment
    )
    peak, done = {"memory": 0, "mapped": 0, "cpu": 0.0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            family = list(descendants(process.pid))
            peak["memory"] = max(peak["memory"], sum(own for own, _, _ in family))
            peak["mapped"] = max(peak["mapped"], sum(shared for _, shared, _ in family))
            peak["cpu"] = max(peak["cpu"], sum(cpu for _, _, cpu in family))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return {"output": output, "seconds": time.perf_counter() - began} | peak


def descendants(pid: int) -> Iterator[tuple[int, int, float]]:
    """Own bytes, mapped bytes and seconds of a process and of those below it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:  # it has ended
        return
    lines = (line.replace(":", "").split() for line in status.splitlines())
    sizes = {line[0]: int(line[1]) << 10 for line in lines if line[2:] == ["kB"]}
    ticks = sum(map(int, times[11:15]))  # of its own, and of children that have ended
    yield sizes.get("RssAnon", 0), sizes.get("RssFile", 0), ticks / 100
    for child in below:
        yield from descendants(int(child))


def asked(index: Path, pairs: Path) -> dict[str, Any]:
    """Open the index in this process and ask it."""
    began = time.perf_counter()
    from rag.pipeline import Assistant
    from rag.settings import Settings
    from train.pairs import read_pairs

    assistant = Assistant.open(index, Settings.load())
    assistant.search("人才")
    opened = time.perf_counter() - began
    queries = [pair.query for pair in read_pairs(pairs) if ASKING.search(pair.query)]
    questions = queries[:: max(1, len(queries) // QUESTIONS)][:QUESTIONS]
    ways = {"search": assistant.search, "answer": assistant.ask}
    return {"opened": opened, "stages": stages(index, questions)} | {
        f"{name}-{clients}": spread(way, questions, clients)
        for name, way in ways.items()
        for clients in (1, CLIENTS)
    }


def stages(index: Path, questions: list[str]) -> dict[str, float]:
    """Median milliseconds of each step of a question, "-" before what is part of the one above."""
    from rag.encoding import load_encoder
    from rag.index import EVERYTHING, FolderStore, rank
    from rag.retrieval import POOL, Retriever, trained_weights, weighted_terms
    from rag.retrieval.ranker import features
    from rag.settings import Settings

    encoder = load_encoder(Settings.load())
    generation = FolderStore(index).open(encoder)
    weights = trained_weights(by_meaning=generation.manifest.by_meaning)
    retriever = Retriever(generation, encoder)
    taken: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        began = time.perf_counter()
        result = work()
        taken.setdefault(name, []).append(1000 * (time.perf_counter() - began))
        return result

    for text in questions:
        timed("question to passages", partial(retriever.search, text, 10))
        tokens = timed("- tokenize", partial(generation.tokenizer.tokens, text))
        by = timed("- weigh the terms", partial(weighted_terms, tokens))
        query = timed("- encode", partial(encoder.encode_queries, [text]))[0] if encoder else None
        found = partial(generation.candidates, *by, query, POOL, EVERYTHING)
        pool = timed("- search", found)
        timed("-- BM25 of passages and essays", partial(generation.bm25.match, *by))
        if generation.dense and query is not None:
            timed("-- nearest vectors", partial(generation.dense.search, query, POOL))

        def score(pool: Any = pool) -> Any:  # noqa: ANN401
            return rank(pool.rows, features(pool) @ weights, 10)[0]

        rows = timed("- score", score)
        timed("- ten passages", partial(generation.records.passages, rows.tolist()))
    return {name: float(np.median(times)) for name, times in taken.items()}


def spread(way: Callable[[str], Any], questions: list[str], clients: int) -> dict[str, float]:
    """Milliseconds a question, and questions a second, with so many clients at a time."""

    def one(question: str) -> float:
        began = time.perf_counter()
        way(question)
        return 1000 * (time.perf_counter() - began)

    one(questions[0])
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = list(pool.map(one, questions))
    p50, p95, p99 = np.percentile(times, [50, 95, 99]).tolist()
    rate = len(questions) / (time.perf_counter() - began)
    return {"p50": p50, "p95": p95, "p99": p99, "rate": rate}


def tables(rows: list[dict[str, Any]]) -> str:
    """The figures as Markdown: one table of the growth, one of the steps of a question."""
    ways = ("search-1", "search-8", "answer-1", "answer-8")
    lines = {"passages": [f"{row['size']:,}" for row in rows], "---": ["---:"] * len(rows)}
    lines["essays, and passages that they were cut into"] = [
        f"{row['build']['essays']:,.0f} / {row['build']['passages']:,.0f}" for row in rows
    ]
    lines["embedded; the rest have random vectors"] = [
        "all" if row["embed"] is None else f"{row['embed']:,}" for row in rows
    ]
    for what, name in BUILDS.items():
        lines[f"{name}, s"] = [f"{row[what]['seconds']:.1f}" for row in rows]
        lines[f"{name}: words ready / vectors, s"] = [
            f"{row[what]['words']:.1f} / {row[what]['vectors']:.1f}" for row in rows
        ]
    lines["embedded a second"] = [f"{row['build']['rate']:.1f}" for row in rows]
    lines["build, s of the processor"] = [f"{row['build']['cpu']:.1f}" for row in rows]
    lines["on disk, GB"] = [f"{row['bytes'] / 2**30:.3f}" for row in rows]
    for what in ("build", "ask"):
        for kind in ("memory", "mapped"):
            name = f"{what}, {'own memory' if kind == 'memory' else 'mapped files'}, GB"
            lines[name] = [f"{row[what][kind] / 2**30:.2f}" for row in rows]
    lines["first question of a new process, s"] = [f"{row['ask']['opened']:.2f}" for row in rows]
    for way in ways:
        name, clients = way.split("-")
        told = f"{name}, {clients} client{'s' * (clients != '1')}"
        figures = [row["ask"][way] for row in rows]
        lines[f"{told}: p50 / p95 / p99, ms"] = [
            " / ".join(f"{each[p]:.1f}" for p in ("p50", "p95", "p99")) for each in figures
        ]
        lines[f"{told}: a second"] = [f"{each['rate']:.0f}" for each in figures]
    steps = {"ms, median": lines["passages"], "---": lines["---"]} | {
        name: [f"{row['ask']['stages'][name]:.2f}" for row in rows]
        for name in rows[0]["ask"]["stages"]
    }
    return "\n\n".join(
        "\n".join(f"| {' | '.join([name, *cells])} |" for name, cells in table.items())
        for table in (lines, steps)
    )


def say(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
