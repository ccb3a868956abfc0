"""Quality, speed and memory beside the systems that people would use instead, as one table.

    python bench/peers --peers VENV --beir DIR --work DIR [--sets NAME ...] [--systems NAME ...]

`VENV` is a virtual environment with the peers (see bench/peers.md); this project runs in its own.
Each system is a process of its own on one core. What was measured is kept in `--work`: a second
run measures only what is missing, and prints the table of all. `--text FILE` adds a set of 100,000
passages of running text, which is timed and not judged.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from measure import SYSTEMS  # noqa: E402
from table import show  # noqa: E402 (beside this file)

from rag.encoding import DEFAULT  # noqa: E402
from rag.evaluation.beir import Beir, BeirDocument  # noqa: E402
from rag.settings import Settings  # noqa: E402

SETS = ("crud-title", "covid-policy-docs", "gov-msgboard-reply")
SPEED = "passages-100k"
QUESTIONS = 500  # of each set at most, drawn with a fixed seed
BUDGET = 20  # processor seconds for the questions of one way; a slow one answers fewer of them
LIMIT = 3600  # seconds of the clock that one system may take for one set
ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
QUIET = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": ""}


def main() -> None:
    """Measure what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True, help="virtual environment")
    parser.add_argument("--beir", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--work", type=Path, required=True, help="where results are kept")
    parser.add_argument("--text", type=Path, help="running text, a paragraph a line")
    parser.add_argument("--sets", nargs="*", help="only these")
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    known = [*SETS, SPEED] if options.text else list(SETS)
    for name in options.sets or known:
        collection = passages(options) if name == SPEED else Beir.load(options.beir / name)
        for system in options.systems:
            measure(system, collection, options)
    for name in known:
        collection = None if name == SPEED else Beir.load(options.beir / name)
        show(name, collection, options.work)


def passages(options: argparse.Namespace) -> Beir:
    """Cut 100,000 passages of 400 characters; their questions are headlines of `crud-title`."""
    from retrieval_speed import blocks

    documents = {
        str(at): BeirDocument("", block) for at, block in enumerate(blocks(options.text, 100_000))
    }
    return Beir(SPEED, documents, Beir.load(options.beir / SETS[0]).questions, {})


def measure(system: str, collection: Beir, options: argparse.Namespace) -> None:
    """Run one system on one set in a process of its own, unless its result is there."""
    result = options.work / f"{collection.name}.{system}.json"
    if result.exists():
        return
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "task.json"
        task.write_text(json.dumps(task_of(collection), ensure_ascii=False), encoding="utf-8")
        python = sys.executable if system == "youju" else str(options.peers / "bin" / "python")
        failed = failure([python, str(HERE / "measure.py"), system, str(task), str(result)])
    if failed:
        result.write_text(json.dumps({"failed": failed[:200]}), encoding="utf-8")
    took = time.perf_counter() - began
    print(f"{collection.name} {system}: {failed or 'done'}, {took:.0f} s", file=sys.stderr)


def failure(command: list[str]) -> str | None:
    """Run a command; return why it failed, in one line, or None."""
    environment = {**os.environ, **ONE_CORE, **QUIET, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, env=environment, timeout=LIMIT, check=False, capture_output=True, text=True,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"did not finish in {LIMIT} s"
    return (done.stderr.strip().splitlines() or ["no word"])[-1] if done.returncode else None


def task_of(collection: Beir) -> dict[str, object]:
    """What a system gets: every document, some of the questions, no judgment."""
    keys = sorted(collection.questions)
    chosen = random.Random(0).sample(keys, min(QUESTIONS, len(keys)))
    longest = max(len(document.text) for document in collection.documents.values())
    window = Settings().window
    return {
        "documents": {
            key: f"{document.title}\n{document.text}".strip()
            for key, document in collection.documents.items()
        },
        "questions": {key: collection.questions[key] for key in chosen},
        "encoder": str(DEFAULT),
        "budget": BUDGET,
        "window": window * 2 if longest <= window else window,  # short texts stay one passage
    }


if __name__ == "__main__":
    main()
