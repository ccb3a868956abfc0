"""Does training data overlap with the benchmarks? Compared by text.

    python bench/overlap.py --pairs pairs.jsonl.gz --text text.txt.gz --beir DIR

A training passage overlaps with a benchmark passage when two or more windows of 28 characters are
in both (letters, digits and Han characters alone, after NFKC and lower case), or when all of it
is. A training question overlaps when it is a benchmark question. Exit status 1 when any does.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rag.training.corpus import read_pairs, read_text
from rag.words import fold

WINDOW = 28  # characters
SHARED = 2  # windows that make an overlap


def main() -> int:
    """Print what overlaps and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--beir", type=Path, required=True, help="a folder of BEIR folders")
    options = parser.parse_args()
    questions, passages, windows = benchmark(options.beir)
    pairs = read_pairs(options.pairs)
    found = 0
    for kind, texts in (
        ("question", [pair.query for pair in pairs]),
        ("passage", [pair.passage for pair in pairs]),
        ("paragraph", read_text(options.text)),
    ):
        known = questions if kind == "question" else passages
        hits = [text for text in texts if overlaps(bare(text), known, windows, kind)]
        found += len(hits)
        print(f"training {kind}s: {len(texts):,}, overlapping: {len(hits)}")
        for text in hits[:10]:
            print(f"    {text[:80]}")
    return 1 if found else 0


def bare(text: str) -> str:
    """Return the letters, digits and Han characters of `text`.

    >>> bare("第１条 　总则。")
    '第1条总则'
    """
    return "".join(filter(str.isalnum, fold(text)))


def cut(text: str) -> Iterator[int]:
    """Give a hash of each window of `text`."""
    return (hash(text[i : i + WINDOW]) for i in range(len(text) - WINDOW + 1))


def overlaps(text: str, known: set[str], windows: set[int], kind: str) -> bool:
    """Tell whether `text` is known, or, unless it is a question, shares windows enough."""
    if text in known:
        return True
    return kind != "question" and sum(window in windows for window in set(cut(text))) >= SHARED


def benchmark(folder: Path) -> tuple[set[str], set[str], set[int]]:
    """Return the questions and passages of every set, bare, and the passages' windows."""
    questions: set[str] = set()
    passages: set[str] = set()
    for path in sorted(folder.glob("*/queries.jsonl.gz")):
        questions.update(bare(row["text"]) for row in rows(path))
        passages.update(bare(row["text"]) for row in rows(path.with_name("corpus.jsonl.gz")))
    return questions, passages, {window for passage in passages for window in cut(passage)}


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Give the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    sys.exit(main())
