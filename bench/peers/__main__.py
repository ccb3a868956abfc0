"""Answers of several systems to the same questions on the same documents, by one language model.

    python bench/peers --documents DIR ... --questions FILE ... --llm URL --work DIR
        [--peers VENV --encoder FOLDER] [--systems NAME ...] [--first N]

`VENV` holds the peers (bench/peers.txt), `URL` is an OpenAI-compatible server, `FOLDER` a
sentence-transformers model for the peers. Questions are drawn with a fixed seed and asked one by
one of every system, each in a process of its own; an answer is appended to `DIR/answers.jsonl` as
it comes, and a second run asks what is missing. Then the table is printed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE)]

from score import table  # noqa: E402 (beside this file)
from systems import OWN, PACKAGES  # noqa: E402

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def main() -> None:
    """Ask what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=Path, nargs="+", required=True, help="folders of text")
    parser.add_argument("--questions", type=Path, nargs="+", required=True, help="gold, JSONL")
    parser.add_argument("--llm", required=True, help="http://HOST:PORT/v1")
    parser.add_argument("--work", type=Path, required=True, help="where answers are kept")
    parser.add_argument("--peers", type=Path, help="their virtual environment")
    parser.add_argument("--encoder", type=Path, help="their sentence-transformers folder")
    parser.add_argument("--systems", nargs="*", choices=PACKAGES, default=list(PACKAGES))
    parser.add_argument("--first", type=int, default=60, help="so many questions at most")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    kept = options.work / "answers.jsonl"
    known = list(map(json.loads, kept.open(encoding="utf-8"))) if kept.exists() else []
    done = {(each["id"], each["system"]) for each in known}
    asked = drawn(options.questions)[: options.first]
    running: dict[str, subprocess.Popen[str]] = {}
    for gold in asked:
        for system in options.systems:
            if (gold["id"], system) in done:
                continue
            if system not in running:
                running[system] = started(system, options)
            try:
                answer = told(running[system], gold["question"])
            except (EOFError, BrokenPipeError):  # what it said stands above; the others go on
                options.systems = [each for each in options.systems if each != system]
                continue
            known.append({"id": gold["id"], "system": system, **answer})
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[-1], ensure_ascii=False) + "\n")
    for process in running.values():
        pipe(process.stdin).close()
        process.wait()
    print(table(asked, known))


def drawn(files: list[Path]) -> list[dict[str, Any]]:
    """All questions that stand alone, in an order of their own; any beginning is a sample."""
    rows = [json.loads(line) for file in files for line in file.open(encoding="utf-8")]
    rows = [row for row in rows if not row.get("history") and row["type"] != "help"]
    random.Random(0).shuffle(rows)
    return rows


def started(system: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    """A process that has indexed the documents and waits for questions."""
    python = sys.executable if system in OWN else str(options.peers.absolute() / "bin" / "python")
    texts = {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for folder in options.documents
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".txt", ".md"} and path.stem != "SOURCES"
    }
    task = {
        "documents": texts,
        "folders": [str(folder) for folder in options.documents],
        "llm": options.llm,
        "encoder": str(options.encoder),
        "index": str(options.work / "index"),
    }
    process = subprocess.Popen(
        [python, str(HERE / "one.py"), system], env=os.environ | ONE_THREAD, text=True,
        encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    pipe(process.stdin).write(json.dumps(task, ensure_ascii=False) + "\n")
    return process


def told(process: subprocess.Popen[str], what: object) -> dict[str, Any]:
    """Write a line to a process and read one."""
    pipe(process.stdin).write(json.dumps(what, ensure_ascii=False) + "\n")
    pipe(process.stdin).flush()
    line = pipe(process.stdout).readline()
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer


def pipe(end: IO[str] | None) -> IO[str]:
    """An end of a pipe that is there."""
    if end is None:
        raise SystemExit("no pipe")
    return end


if __name__ == "__main__":
    main()
