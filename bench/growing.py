"""Times what more essays cost: a build from nothing, the same again, and with some files more.

    python bench/growing.py --text text.txt.gz [--passages 100000] [--work DIR]

The files are those of bench/growth.py, essays of ten passages of some 400 characters. After each
build the index is opened as a server opens it, and asked. In `--work` the index of the build from
nothing is kept for another run.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from growth import PARTS, write_corpus

from rag.pipeline import Assistant, build
from rag.settings import Settings

_STEPS = {"the same again": 0, "one essay more": 1, "one more after it": 1, "a hundred more": 100}
_ASKED = "加强人才队伍建设"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="running text")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--work", type=Path, help="where corpus and index go and stay")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        _measure(given.work or Path(name), given.text, given.passages)


def _measure(work: Path, text: Path, passages: int) -> None:
    corpus, later, index = work / "corpus", work / "later", work / "index"
    if not corpus.is_dir():
        more = PARTS * sum(_STEPS.values())
        write_corpus(corpus, text, passages + more)
        later.mkdir()
        for path in sorted(corpus.rglob("*.txt"))[-(more // PARTS) :]:
            path.rename(later / path.name)
    waiting = sorted(later.iterdir())
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| build | unchanged files | passages | words, s | vectors, s | s | of the processor, s |"
          " opened in, s | search, ms of the processor |")  # fmt: skip
    print("|---" * 9 + "|")
    if not index.exists():
        _told("from nothing", corpus, index)
    for what, count in _STEPS.items():
        for path in waiting[:count]:
            path.rename(corpus / "0000" / path.name)
        waiting = waiting[count:]
        _told(what, corpus, index)


def _told(what: str, corpus: Path, index: Path) -> None:
    """Build, open and ask; print a line."""
    began, busy = time.perf_counter(), os.times()
    report = build([corpus], index, Settings.load())
    took, end = time.perf_counter() - began, os.times()
    used = sum(end[:4]) - sum(busy[:4])
    began = time.perf_counter()
    assistant = Assistant.open(index, Settings.load())
    assistant.search(_ASKED)
    opened, times = time.perf_counter() - began, []
    for _ in range(20):
        began = time.process_time()
        assistant.search(_ASKED)
        times.append(time.process_time() - began)
    print(
        f"| {what} | {report.unchanged} | {report.passages} | {report.seconds['words']:.1f}"
        f" | {report.seconds['vectors']:.1f} | {took:.1f} | {used:.1f} | {opened:.1f}"
        f" | {1000 * sorted(times)[10]:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
