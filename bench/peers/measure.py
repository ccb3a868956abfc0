"""One system in a process of its own: index a corpus, ask its questions, write what that took.

    python bench/peers/measure.py SYSTEM TASK.json RESULT.json

`TASK.json` holds {"documents": {id: text}, "questions": {id: text}, "encoder": folder, "window":
characters, "budget": seconds}. This file and the systems it imports know nothing of judgments:
they give rankings. Seconds are of the processor, over all threads, so that a second core gives
no advantage and other work on the machine takes none away.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
DEPTH = 100  # documents asked of every system
WARM = 10  # questions before the clock starts
SYSTEMS = {
    "youju": ("own", "Youju", ()),
    "rank-bm25-spaces": ("words", "RankBm25Spaces", ("rank-bm25",)),
    "rank-bm25-jieba": ("words", "RankBm25Jieba", ("rank-bm25", "jieba")),
    "haystack": ("words", "Haystack", ("haystack-ai",)),
    "haystack-own-tokens": ("words", "HaystackOwnTokens", ("haystack-ai",)),
    "sqlite-fts5": ("words", "Fts5Trigram", ()),
    "txtai": ("hybrids", "Txtai", ("txtai",)),
    "llama-index": ("hybrids", "LlamaIndex", ("llama-index-core", "llama-index-retrievers-bm25")),
    "llama-index-characters": ("hybrids", "LlamaIndexCharacters", ("llama-index-core",)),
    "milvus-lite": ("milvus", "MilvusLite", ("milvus-lite", "pymilvus")),
}
"""Name → module, class, and the packages whose versions are stated."""

Search = Callable[[str, int], list[str]]
"""Question and k → ids of documents, best first; an id may come again."""


def main() -> None:
    """Measure the system that is named."""
    name, task_file, result_file = sys.argv[1:]
    task = json.loads(Path(task_file).read_text(encoding="utf-8"))
    module, kind, packages = SYSTEMS[name]
    made = getattr(import_module(module), kind)
    with tempfile.TemporaryDirectory() as folder:
        wall, processor = time.perf_counter(), spent()
        system = made(task["documents"], Path(folder), task)
        result: dict[str, Any] = {
            "index_seconds": spent() - processor,
            "index_wall": time.perf_counter() - wall,
            "ways": {way: asked(search, task) for way, search in system.ways().items()},
            "peak_gb": max(resource.getrusage(who).ru_maxrss for who in WHO) / 2**20,
            "versions": {package: metadata.version(package) for package in packages},
        }
        Path(result_file).write_text(json.dumps(result), encoding="utf-8")
        sys.stdout.flush()
        os._exit(0)  # servers in threads would keep the process


def spent() -> float:
    """Seconds of the processor, of this process and of those it started that have ended."""
    return sum(os.times()[:4])


def asked(search: Search, task: dict[str, Any]) -> dict[str, Any]:
    """Ask every question once, after a few that are not counted, until the budget is spent."""
    questions: dict[str, str] = task["questions"]
    for question in list(questions.values())[:WARM]:
        search(question, DEPTH)
    rankings, milliseconds, walls = {}, [], []
    for key, question in questions.items():
        wall, processor = time.perf_counter(), time.process_time()
        found = search(question, DEPTH)
        milliseconds.append(1000 * (time.process_time() - processor))
        walls.append(1000 * (time.perf_counter() - wall))
        rankings[key] = list(dict.fromkeys(found))[:DEPTH]
        if sum(milliseconds) > 1000 * task["budget"]:
            break
    return {"rankings": rankings, "ms": milliseconds, "wall_ms": walls}


if __name__ == "__main__":
    main()
