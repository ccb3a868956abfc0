"""Does training data overlap with the benchmarks? Compared by text.

    python bench/overlap.py --pairs pairs.jsonl.gz --text text.txt.gz --beir DIR

Letters, digits and Han characters alone are compared, after NFKC and lower case. A training
question overlaps when it is a benchmark question; a training passage or paragraph when at least
half of its windows of 28 characters stand in benchmark passages (a lesser share is formulas: laws
and news repeat whole sentences), or, if shorter than a window, when it is one of them. Exit status
1 when anything overlaps; `--keep FILE` writes the pairs that do not.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.words import fold
from train.pairs import read_pairs, read_text

WINDOW = 28  # characters
SHARE = 0.5  # of a text's windows that make an overlap


def main() -> int:
    """Print what overlaps and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--beir", type=Path, required=True, help="a folder of BEIR folders")
    parser.add_argument("--keep", type=Path, help="write the pairs that do not overlap, .jsonl.gz")
    options = parser.parse_args()
    questions, passages, windows = benchmark(options.beir)
    pairs = read_pairs(options.pairs)
    asked = [bare(pair.query) in questions for pair in pairs]
    held = [copied(pair.passage, passages, windows) for pair in pairs]
    report("questions", [p.query for p, hit in zip(pairs, asked, strict=True) if hit], len(pairs))
    report("passages", [p.passage for p, hit in zip(pairs, held, strict=True) if hit], len(pairs))
    bad = sum(asked) + sum(held)
    if options.text:
        text = read_text(options.text)
        found = [paragraph for paragraph in text if copied(paragraph, passages, windows)]
        report("paragraphs", found, len(text))
        bad += len(found)
    if options.keep:
        with gzip.open(options.keep, "wt", encoding="utf-8") as file:
            for pair, *hits in zip(pairs, asked, held, strict=True):
                if not any(hits):
                    row = {"q": pair.query, "p": pair.passage, "source": pair.source}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 1 if bad else 0


def report(kind: str, hits: Sequence[str], total: int) -> None:
    """Print how many overlap, and the first of them."""
    print(f"training {kind}: {total:,}, overlapping: {len(hits)}", flush=True)
    for text in hits[:10]:
        print(f"    {text[:80]}")


def bare(text: str) -> str:
    """Return the letters, digits and Han characters of `text`.

    >>> bare("第１条 　总则。")
    '第1条总则'
    """
    return "".join(filter(str.isalnum, fold(text)))


def cut(text: str) -> Iterator[int]:
    """Give a hash of each window of `text`."""
    return (hash(text[i : i + WINDOW]) for i in range(len(text) - WINDOW + 1))


def copied(text: str, passages: set[str], windows: set[int]) -> bool:
    """Tell whether most of `text` stands in the benchmark's passages."""
    plain = bare(text)
    own = set(cut(plain))
    if not own:
        return plain in passages
    return sum(window in windows for window in own) >= SHARE * len(own)


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
