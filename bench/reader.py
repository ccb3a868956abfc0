"""Measures the reader alone on CMRC 2018 dev: sentence, span, refusal, milliseconds.

    python bench/reader.py DATA [--model MODEL.onnx] [--questions N]

DATA holds `answers/cmrc2018-dev.jsonl.gz` and `bench/cmrc2018-dev`. Each question is asked of its
passage (P@1: does the best sentence hold an answer; F1 of the span by characters, as in CMRC) and
of the nearest other passage by bigrams without the answer (AUROC of the best margin).
"""

import argparse
import gzip
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.answering.reader import MODEL, OnnxReader
from rag.answering.window import Window
from rag.encoding import DEFAULT
from rag.sentences import sentence_spans
from train.examples import bare, nearest


def f1(found: str, answers: list[str]) -> float:
    """The best F1 by characters."""
    best = 0.0
    for answer in answers:
        a, b = Counter(bare(found)), Counter(bare(answer))
        common = sum((a & b).values())
        if common:
            p, r = common / sum(a.values()), common / sum(b.values())
            best = max(best, 2 * p * r / (p + r))
    return best


def main() -> None:
    """Print the figures."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("data", type=Path)
    ap.add_argument("--model", type=Path, default=MODEL)
    ap.add_argument("--questions", type=int, default=3_219)
    options = ap.parse_args()
    reader = OnnxReader(options.model, DEFAULT / "tokenizer.json")
    with gzip.open(options.data / "answers/cmrc2018-dev.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = rows[:: max(1, len(rows) // options.questions)]
    corpus = options.data / "bench/cmrc2018-dev/corpus.jsonl.gz"
    with gzip.open(corpus, "rt", encoding="utf-8") as file:
        texts = {row["_id"]: row["text"] for row in map(json.loads, file)}
    ids = list(texts)
    near = nearest([texts[i] for i in ids], [row["question"] for row in rows], 4)
    hits, spans, right, wrong, seconds = [], [], [], [], 0.0
    for row, others in zip(rows, near, strict=True):
        other = next(
            (
                texts[ids[i]]
                for i in others
                if ids[i] != row["passage"] and not any(a in texts[ids[i]] for a in row["answers"])
            ),
            None,
        )
        windows = [
            Window("", tuple(text[a:b] for a, b in sentence_spans(text)))
            for text in [texts[row["passage"]], *([other] if other else [])]
        ]
        began = time.perf_counter()
        own, *rest = reader.read(row["question"], windows)
        seconds += time.perf_counter() - began
        best = int(own.margins.argmax())
        sentence = windows[0].sentences[best]
        hits.append(any(answer in sentence for answer in row["answers"]))
        start, end = own.spans[best]
        spans.append(f1(sentence[start:end], row["answers"]))
        right.append(float(own.margins.max()))
        wrong += [float(each.margins.max()) for each in rest]
    auroc = roc_auc_score([1] * len(right) + [0] * len(wrong), right + wrong)
    print(
        f"{len(rows)} questions: sentence P@1 {np.mean(hits):.3f}, span F1 {np.mean(spans):.3f},"
        f" refusal AUROC {auroc:.3f}, {1000 * seconds / len(rows):.1f} ms for two passages"
    )


if __name__ == "__main__":
    main()
