"""Times what a user waits for, as whole processes: build, ask, the first page of the chat.

    python bench/speed.py [--runs 5]

Each command runs in a folder of its own, with a new index; figures are medians in seconds.
`answer` is one question inside a running process, over the questions of tests/questions.jsonl.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
RAG = (sys.executable, "-m", "rag.cli")
QUESTION = "池州市的人才发展专项资金按什么比例设立？"
LIMITS = {"rag build corpus": 5.0, "rag ask": 2.0, "rag serve, first page": 10.0}


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment with the project on the path."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run(*arguments: str, folder: Path) -> float:
    """Run `rag` to its end; return its seconds."""
    began = time.perf_counter()
    subprocess.run([*RAG, *arguments], cwd=folder, env=environment(), check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return time.perf_counter() - began


def first_page(folder: Path) -> float:
    """Start the chat; return the seconds until its page is answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    server = subprocess.Popen([*RAG, "serve", "--port", str(port)], cwd=folder, env=environment(),
                              stdout=subprocess.DEVNULL)  # fmt: skip
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
                return time.perf_counter() - began
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None:
                    raise SystemExit("the chat did not start") from None
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait()


def answers(folder: Path) -> list[float]:
    """Return the seconds of each question in one process, the first of the process left out."""
    sys.path.insert(0, str(ROOT))
    from rag.pipeline import Assistant
    from rag.settings import Settings

    assistant = Assistant.open(folder / "index", Settings())
    assistant.ask(QUESTION)
    seconds = []
    for line in (ROOT / "tests" / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        began = time.perf_counter()
        assistant.ask(asked["question"], asked.get("history", ()))
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)


def show(name: str, seconds: Sequence[float], limit: float | None = None) -> None:
    """Print one row."""
    bound = f"{limit:.1f}" if limit else ""
    print(f"| {name} | {statistics.median(seconds):.3f} | {max(seconds):.3f} | {bound} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | median s | max s | limit s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps: dict[str, Callable[[], float]] = {
            "rag build corpus": lambda: run("build", str(CORPUS), folder=folder),
            "rag ask": lambda: run("ask", QUESTION, folder=folder),
            "rag serve, first page": lambda: first_page(folder),
        }
        for step, measure in steps.items():
            show(step, [measure() for _ in range(runs)], LIMITS[step])
        seconds = answers(folder)
        show("answer, p50", [seconds[len(seconds) // 2]])
        show("answer, p95", [seconds[int(len(seconds) * 0.95)]])


if __name__ == "__main__":
    main()
