"""Times what one more essay costs: a build from nothing, the same again, and with one file more.

    python bench/growing.py --texts text.txt.gz [--files 10000]

The files are slices of running text, some 2,000 characters each in paragraphs of their own.
"""

import argparse
import gzip
import platform
import tempfile
import time
from pathlib import Path

from rag.pipeline import build
from rag.settings import Settings

_CHARACTERS = 2000


def write(folder: Path, texts: Path, count: int) -> None:
    """Write `count` files of at least `_CHARACTERS` characters into the new folder `folder`."""
    folder.mkdir()
    held: list[str] = []
    made = 0
    with gzip.open(texts, "rt", encoding="utf-8") as lines:
        for line in lines:
            held.append(line.strip())
            if sum(map(len, held)) >= _CHARACTERS:
                text = f"第{made}篇材料\n\n" + "\n\n".join(filter(None, held)) + "\n"
                (folder / f"{made:05}.txt").write_text(text, encoding="utf-8")
                held, made = [], made + 1
                if made == count:
                    return
    raise SystemExit(f"{texts} gives {made} files only")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--files", type=int, default=10_000)
    given = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {given.files} files\n")
    print("| build | unchanged | passages | read, s | index, s | s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        corpus, index = Path(name) / "corpus", Path(name) / "index"
        write(corpus, given.texts, given.files + 1)
        last, kept = corpus / f"{given.files:05}.txt", Path(name) / "last.txt"
        last.rename(kept)
        for what in ("from nothing", "the same again", "one more"):
            if what == "one more":
                kept.rename(last)
            began = time.perf_counter()
            report = build([corpus], index, Settings())
            took = time.perf_counter() - began
            read, indexed = report.seconds["read"], report.seconds["index"]
            print(
                f"| {what} | {report.unchanged} | {report.passages} | {read:.1f} | {indexed:.1f}"
                f" | {took:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
