"""What the static encoder alone gives on benchmark sets, as a Markdown table.

    python bench/encoder.py --beir DIR FOLDER [FOLDER ...]

A document scores as its best 420-character window. Two figures a set: nDCG@10 and recall@100.
"""

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rag.encoding import StaticEncoder

WINDOW = 420  # characters
QUESTIONS = 256  # scored at a time

Gold = dict[str, dict[str, float]]


def main() -> int:
    """Print a table with a row a set and a column a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beir", type=Path, required=True, help="a folder of BEIR folders")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of static encoders")
    options = parser.parse_args()
    encoders = [StaticEncoder.load(folder) for folder in options.folders]
    say("| set | " + " | ".join(folder.name for folder in options.folders) + " |")
    say("|---|" + "---|" * len(encoders))
    rows = []
    for folder in sorted(path.parent for path in options.beir.glob("*/qrels.tsv")):
        rows.append([figures(folder, encoder) for encoder in encoders])
        say(f"| {folder.name} | " + " | ".join(f"{n:.3f} / {r:.3f}" for n, r in rows[-1]) + " |")
    means = np.mean(rows, axis=0)
    say("| **mean** | " + " | ".join(f"**{n:.3f}** / {r:.3f}" for n, r in means) + " |")
    return 0


def figures(folder: Path, encoder: StaticEncoder) -> tuple[float, float]:
    """Return mean nDCG@10 and recall@100 of one set."""
    documents = list(rows_of(folder / "corpus.jsonl.gz"))
    gold = gold_of(folder / "qrels.tsv")
    questions = [row for row in rows_of(folder / "queries.jsonl.gz") if row["_id"] in gold]
    windows = [cut(f"{row.get('title', '')} {row['text']}".strip()) for row in documents]
    starts = np.cumsum([0] + [len(part) for part in windows[:-1]])
    passages = encoder.encode_passages([window for part in windows for window in part])
    queries = encoder.encode_queries([row["text"] for row in questions])
    measured = []
    for first in range(0, len(questions), QUESTIONS):
        cosines = queries[first : first + QUESTIONS] @ passages.T
        scores = np.maximum.reduceat(cosines, starts, axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :100]
        for question, ranked in zip(questions[first:], order, strict=False):
            found = [documents[i]["_id"] for i in ranked]
            measured.append(measure(found, gold[question["_id"]]))
    ndcg, recall = np.mean(measured, axis=0)
    return float(ndcg), float(recall)


def measure(found: Sequence[str], wanted: dict[str, float]) -> tuple[float, float]:
    """Return nDCG@10 and recall@100 of one ranked list of at most 100 documents."""
    gains = [wanted.get(name, 0.0) for name in found[:10]]
    ideal = sorted(wanted.values(), reverse=True)[:10]
    return discounted(gains) / discounted(ideal), len(wanted.keys() & set(found)) / len(wanted)


def discounted(gains: Sequence[float]) -> float:
    """Return the discounted cumulative gain (Järvelin & Kekäläinen 2002)."""
    return float(sum(gain / np.log2(place + 1) for place, gain in enumerate(gains, 1)))


def cut(text: str) -> list[str]:
    """Return the windows of `text`, at least one."""
    return [text[i : i + WINDOW] for i in range(0, max(1, len(text)), WINDOW)]


def gold_of(path: Path) -> Gold:
    """Return question → document → gain."""
    gold: Gold = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            gold.setdefault(row["query-id"], {})[row["corpus-id"]] = float(row["score"])
    return gold


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Give the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
