"""Trains the evidence model: features of a sentence → the probability that it answers.

    python -m train.evidence DATA rag/answering/evidence.json

Silver questions go the way of the product, names and scope included, up to the features; a sentence
is positive if it is one of those that answer. The reader must not have been trained on a question
that it is asked here, so these are on documents that are kept from it; `held.jsonl` has most of
them and names a sentence that answers by its first characters. Nothing answers questions of other
corpora, and nothing those whose year was exchanged. Gradient-boosted trees (scikit-learn),
cross-validated over questions, never over sentences of one question. Models are written with the
reader's features and without, and for single answers and for lists: topic questions and questions
on one document differ in how many sentences belong, so a list's model is the mean of one that
learned from judged topic questions (`lists.jsonl`) and of that for a single answer.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from rag.answering.answerer import Answerer
from rag.answering.compose.context import Refused
from rag.answering.features import NAMES
from rag.answering.reader import load_reader
from rag.answering.tree import Sentence
from rag.encoding import load_encoder
from rag.index import open_store
from rag.pipeline import build
from rag.retrieval import Retriever
from rag.settings import Settings
from train import lists
from train.examples import asked, held_out, lines
from train.reader_examples import YEAR
from train.windows import FILES, answering, resolved

READER = range(NAMES.index("score"))  # the columns that a reader fills
ELSEWHERE = ("cmrc2018-train", "gov-msgboard-subject-detail", "covid-policy-qa-train")
FOREIGN = 120  # questions of other corpora, which no silver document answers
HELD = Path(__file__).with_name("held.jsonl")
NOT_HELD = ("unanswerable", "elsewhere")
TREES, DEPTH, RATE, LEAST = 120, 3, 0.08, 20


@dataclass(frozen=True, slots=True)
class Rows:
    """The sentences of all questions."""

    features: NDArray[np.float32]  # (n, f)
    gold: NDArray[np.bool_]  # (n,)
    question: NDArray[np.int64]  # (n,) number of the question
    types: Sequence[str]  # of each question


def questions(data: Path) -> list[dict[str, Any]]:
    """Questions on held-out documents, and questions of elsewhere."""
    rows = [row for name in FILES["train"] for row in lines(data / "silver" / name)]
    held = [row for row in rows if any(map(held_out, row["documents"]))]
    random.seed(1)
    pairs = [row for row in lines(data / "train/pairs.jsonl.gz") if row["source"] in ELSEWHERE]
    foreign = [
        {"question": row["q"][:60], "documents": [], "type": "elsewhere"}
        for row in random.sample(pairs, FOREIGN)
    ]
    return [*held, *lines(HELD), *foreign]


def twisted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Questions whose year is exchanged for one that no document is of: nothing answers them."""
    found = []
    for row in rows:
        if (year := YEAR.search(row["question"])) and not row.get("history"):
            for other in (int(year.group()) - 9, int(year.group()) + 4):
                question = row["question"].replace(year.group(), str(other))
                found.append({"question": question, "documents": [], "type": "elsewhere"})
    return found


def collect(answerer: Answerer, rows: Sequence[dict[str, Any]]) -> Rows:
    """Send questions through the product, up to the features."""
    found, gold, question, types = [], [], [], []
    for row in rows:
        refused = row["type"] in NOT_HELD or row.get("refused") is True
        try:
            weighed = answerer.weigh((resolved(row) if row.get("state") else asked(row))[:500])
        except Refused:
            continue
        if not weighed.candidates:
            continue
        found.append(weighed.rows)
        gold += [not refused and is_gold(row, c.sentence) for c in weighed.candidates]
        question += [len(types)] * len(weighed.candidates)
        types.append("unanswerable" if refused else row["type"])
    return Rows(np.concatenate(found), np.array(gold), np.array(question), types)


def is_gold(row: dict[str, Any], sentence: Sentence) -> bool:
    """Whether a sentence answers a silver question, or one that was judged."""
    if "gold" in row:
        return bool(lists.gold(row, sentence.essay.document, [sentence.text]))
    own = sentence.essay.document.endswith(tuple(row["documents"]))
    return own and answering(sentence.text, row.get("any", []))


def joined(first: Rows, second: Rows) -> Rows:
    """The rows of two sets of questions."""
    return Rows(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.gold, second.gold]),
        np.concatenate([first.question, second.question + len(first.types)]),
        [*first.types, *second.types],
    )


def model(rows: NDArray[np.float32], gold: NDArray[np.bool_], columns: Sequence[int]) -> Any:  # noqa: ANN401 (scikit-learn has no types)
    """Fit trees on some columns; the others are zero."""
    made = GradientBoostingClassifier(
        n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, min_samples_leaf=LEAST,
        subsample=0.7, max_features=0.5, random_state=1,
    )  # fmt: skip
    return made.fit(_only(rows, columns), gold)


def _only(rows: NDArray[np.float32], columns: Sequence[int]) -> NDArray[np.float32]:
    kept = np.zeros_like(rows)
    kept[:, columns] = rows[:, columns]
    return kept


def plain(made: Any) -> dict[str, Any]:  # noqa: ANN401
    """The model as plain numbers."""
    trees = []
    for (each,) in made.estimators_:
        tree = each.tree_
        trees.append(
            {
                "feature": [int(f) if f >= 0 else -1 for f in tree.feature],
                "threshold": [round(float(t), 5) for t in tree.threshold],
                "left": [int(n) for n in tree.children_left],
                "right": [int(n) for n in tree.children_right],
                "value": [round(float(v[0][0]), 5) for v in tree.value],
            }
        )
    prior = made.init_.class_prior_[1]
    base = round(float(np.log(prior / (1 - prior))), 5)
    return {"features": list(NAMES), "base": base, "rate": made.learning_rate, "trees": trees}


def mean(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The mean of two models on the same features, as one."""
    trees = [
        {**tree, "value": [round(value / 2, 5) for value in tree["value"]]}
        for model in (one, other)
        for tree in model["trees"]
    ]
    return {**one, "base": round((one["base"] + other["base"]) / 2, 5), "trees": trees}


def cross_validated(rows: Rows, columns: Sequence[int], folds: int = 5) -> NDArray[np.float64]:
    """Each sentence's probability by a model that did not see its question."""
    found = np.zeros(len(rows.gold))
    for part in range(folds):
        held = rows.question % folds == part
        made = model(rows.features[~held], rows.gold[~held], columns)
        found[held] = made.predict_proba(_only(rows.features[held], columns))[:, 1]
    return found


def report(rows: Rows, likely: NDArray[np.float64], name: str) -> None:
    """Print how well the probabilities order, cut and refuse."""
    first, top3, answerable, best = [], [], [], []
    for number, kind in enumerate(rows.types):
        own = np.flatnonzero(rows.question == number)
        if not len(own):
            continue
        order = own[np.argsort(-likely[own])]
        best.append(likely[order[0]])
        answerable.append(kind != "unanswerable")
        if kind != "unanswerable" and rows.gold[own].any():
            first.append(rows.gold[order[0]])
            top3.append(rows.gold[order[:3]].any())
    print(
        f"{name}: AP {average_precision_score(rows.gold, likely):.3f}, first right"
        f" {np.mean(first):.3f}, one of three {np.mean(top3):.3f} of {len(first)};"
        f" refusal AUROC {roc_auc_score(answerable, best):.3f}"
    )
    edges = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.01]
    for low, high in pairwise(edges):
        inside = (likely >= low) & (likely < high)
        if inside.any():
            print(
                f"  {low:.2f}-{min(high, 1):.2f}: {inside.sum():6} sentences, said"
                f" {likely[inside].mean():.3f}, are {rows.gold[inside].mean():.3f}"
            )


class Asking:
    """Answerers over indexes of several corpora, which share encoder and reader."""

    def __init__(self, room: Path, by_reader: bool) -> None:
        self._room, self._settings = room, Settings()
        self._encoder = load_encoder(self._settings)
        self._reader = load_reader() if by_reader else None

    def of(self, name: str, corpus: Sequence[Path]) -> Answerer:
        """An answerer over a corpus, its index made if it is not there."""
        index = self._room / name
        if not (index / "CURRENT").exists():
            build(corpus, index, self._settings)
        store = open_store(index, self._settings)
        generation = store.open(self._encoder)
        retriever = Retriever(generation, self._encoder)
        return Answerer(generation, retriever, self._reader, self._encoder)


def of_lists(asking: Asking, data: Path) -> Rows:
    """The sentences of the judged topic questions on held-out documents."""
    return collect(asking.of("held", lists.groups(data)["held"]), [*lists.questions("held")])


def of_single(asking: Asking, data: Path) -> Rows:
    """The sentences of the questions on one document each, and of those that nothing answers."""
    every = questions(data)
    foreign = [row for row in every if row["type"] == "elsewhere"]
    changed = twisted([row for row in every if row["type"] != "elsewhere"])
    silver = [data / folder for folder in lists.FOLDERS]
    parts = (
        collect(asking.of("silver", silver), [*every, *changed]),
        # small corpora have few passages, so what is nearest to a question is far from it
        collect(asking.of("corpus", [Path("corpus")]), foreign[:80]),
        collect(asking.of("genre", [data / "genre"]), foreign[40:100]),
    )
    return reduce(joined, parts)


def main() -> None:
    """Collect, cross-validate, write."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--room", type=Path, help="where the indexes of the documents stay")
    options = ap.parse_args()
    written = {}
    with TemporaryDirectory() as room:
        for name in ("reader", "no reader"):
            asking = Asking(options.room or Path(room), name == "reader")
            columns = [n for n in range(len(NAMES)) if name == "reader" or n not in READER]
            made = []
            for rows in (of_single(asking, options.data), of_lists(asking, options.data)):
                report(rows, cross_validated(rows, columns), name)
                made.append(plain(model(rows.features, rows.gold, columns)))
            written |= {name: made[0], f"{name}, lists": mean(*made)}
    options.out.write_text(json.dumps(written, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
