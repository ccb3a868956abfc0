"""Kills builds at random moments while clients ask over HTTP, and writers of history; counts.

    python bench/faults.py [--times 200] [--asked 50] > bench/faults.md

First `asked` builds are killed while eight clients ask a real server, then `times` without them.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.index import FolderStore
from rag.pipeline import build
from rag.settings import Settings
from tests.killing import Killed, asking, kill_builds, served, write_corpus

_MOMENTS = ("before writing", "beginning", "writing", "verifying", "before the swap", "done")


def begin(folder: Path) -> None:
    """Make a corpus and its first generation."""
    write_corpus(folder / "corpus", 1)
    build([folder / "corpus"], folder / "index", Settings())


def while_asked(folder: Path, times: int, seed: int) -> None:
    """Kill builds while eight clients ask; print what they got."""
    begin(folder)
    began = time.monotonic()
    with served(folder) as url, asking(url) as seen:
        killed = kill_builds(folder, times, seed)
    mixed = [share for share, said in seen.shares.items() if len(said) != 1]
    show(f"{times} builds, eight clients asking", killed, time.monotonic() - began)
    print(
        f"\n{seen.answers} answers from {len(seen.shares)} generations:"
        f" {len(seen.failures)} failed, {len(seen.mixed) + len(mixed)} out of two generations."
    )
    for problem in (*seen.failures[:5], *seen.mixed[:5]):
        print(f"- {problem}")


def in_a_row(folder: Path, times: int, seed: int) -> None:
    """Kill builds one after the other; a build that is let run then serves."""
    begin(folder)
    began = time.monotonic()
    killed = kill_builds(folder, times, seed)
    write_corpus(folder / "corpus", times + 2)
    new = build([folder / "corpus"], folder / "index", Settings()).generation
    show(f"{times} builds in a row", killed, time.monotonic() - began)
    places = FolderStore(folder / "index")
    print(
        f"\nThe build after them serves: {places.current() == new};"
        f" unfinished folders left: {len(list(places.folders.glob('*.part')))}."
    )


def show(title: str, killed: Killed, seconds: float) -> None:
    """Print where the builds were when they were killed, and what was lost."""
    print(f"\n## {title}, {seconds:.0f} s\n")
    print("| killed | builds |\n|---|---|")
    for moment in _MOMENTS:
        print(f"| {moment} | {killed.ended[moment]} |")
    print(f"| generations lost, damaged or unnamed after it | {len(killed.lost)} |")
    for problem in killed.lost[:5]:
        print(f"- {problem}")
    sys.stdout.flush()


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--asked", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    print(
        f"# Faults\n\n`python bench/faults.py --times {given.times} --asked {given.asked} --seed"
        f" {given.seed}`, {platform.platform()}, {os.cpu_count()} cores shared with other work,"
        f" Python {platform.python_version()}, {date.today()}.\n\nA build is killed (SIGKILL) at a"
        " moment drawn evenly from the time that it takes. After each, every generation that was"
        " there before is held against the sha256 of all its files. Each version of the corpus says"
        " another share in all of its essays: an answer out of two generations would say two."
    )
    with tempfile.TemporaryDirectory() as name:
        while_asked(Path(name), given.asked, given.seed)
    with tempfile.TemporaryDirectory() as name:
        in_a_row(Path(name), given.times, given.seed + 1)


if __name__ == "__main__":
    main()
