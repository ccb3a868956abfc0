"""Trains the evidence model: features of a sentence → the probability that it answers.

    python -m train.evidence DATA EARLIER.json --half HALF_MODEL/model.onnx
    python -m train.evidence DATA rag/answering/evidence.json --held --mean EARLIER.json
    python -m train.evidence DATA rag/answering/evidence.json --lists

Silver questions go the way of the product, names and scope included, up to the features; a sentence
is positive if it is one of those that answer. The reader must not have been trained on a question
that it is asked here: questions on kept documents are asked of the reader that ships, those of
half 1 of a reader that was trained on half 0 alone. `held.jsonl` has more questions on the kept
documents, which name a sentence that answers by its first characters. With `--mean` the leaves of
two models are halved and the trees put together: the model is the mean of both log-odds. Nothing
answers questions of other corpora, and nothing those whose year was exchanged. Gradient-boosted
trees (scikit-learn), cross-validated over questions, never over sentences of one question. Models
are written with the reader's features and without, and with `--lists` those of lists.
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
from rag.answering.reader import OnnxReader, load_reader
from rag.answering.tree import Sentence
from rag.encoding import DEFAULT, load_encoder
from rag.index import open_store
from rag.pipeline import build
from rag.retrieval import Retriever
from rag.settings import Settings
from train import lists
from train.examples import asked, fold, held_out, lines
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


def questions(data: Path, more: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Silver questions on held-out documents, with questions of elsewhere; and those of half 1.

    With `more`, those that were written for this are among the first.
    """
    rows = [row for name in FILES["train"] for row in lines(data / "silver" / name)]
    held = [row for row in rows if any(map(held_out, row["documents"]))]
    if more:
        held += lines(HELD)
    half = [r for r in rows if r not in held and all(fold(d) == 1 for d in r["documents"])]
    random.seed(1)
    pairs = [row for row in lines(data / "train/pairs.jsonl.gz") if row["source"] in ELSEWHERE]
    foreign = [
        {"question": row["q"][:60], "documents": [], "type": "elsewhere"}
        for row in random.sample(pairs, FOREIGN)
    ]
    return [*held, *foreign], half


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

    def of(self, name: str, corpus: Sequence[Path], reader: Path | None = None) -> Answerer:
        """An answerer over a corpus, its index made if it is not there."""
        index = self._room / name
        if not (index / "CURRENT").exists():
            build(corpus, index, self._settings)
        store = open_store(index, self._settings)
        generation = store.open(self._encoder)
        retriever = Retriever(generation, self._encoder)
        other = OnnxReader(reader, DEFAULT / "tokenizer.json") if reader and self._reader else None
        return Answerer(generation, retriever, other or self._reader, self._encoder)


def with_lists(data: Path, room: Path, single: dict[str, Any]) -> dict[str, Any]:
    """Add the models that tell what belongs in a list.

    Topic questions and questions on one document differ in how many sentences belong: each is the
    mean of a model that learned from judged topic questions and of that for a single answer.
    """
    made = dict(single)
    for name in ("reader", "no reader"):
        kept = Asking(room, name == "reader").of("held", lists.groups(data)["held"])
        rows = collect(kept, [*lists.questions("held")])
        columns = [n for n in range(len(NAMES)) if name == "reader" or n not in READER]
        report(rows, cross_validated(rows, columns), f"{name}, lists")
        own = plain(model(rows.features, rows.gold, columns))
        made[f"{name}, lists"] = mean(single[name], own)
    return made


def main() -> None:
    """Collect, cross-validate, write."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--half", type=Path, help="a reader trained on half 0 alone, asked on half 1")
    ap.add_argument("--held", action="store_true", help="with the questions of held.jsonl")
    ap.add_argument("--mean", type=Path, help="an earlier model: the mean of both is written")
    ap.add_argument("--room", type=Path, help="where the indexes of the documents stay")
    ap.add_argument("--lists", action="store_true", help="add the models of lists to OUT alone")
    options = ap.parse_args()
    data: Path = options.data
    if options.lists:
        single = json.loads(options.out.read_text(encoding="utf-8"))
        with TemporaryDirectory() as room:
            single = with_lists(data, options.room or Path(room), single)
        options.out.write_text(json.dumps(single, separators=(",", ":")), encoding="utf-8")
        return
    held, half = questions(data, options.held)
    foreign = [row for row in held if row["type"] == "elsewhere"]
    changed = twisted([row for row in (*held, *half) if row["type"] != "elsewhere"])
    written = {}
    with TemporaryDirectory() as room:
        for name in ("reader", "no reader"):
            asking = Asking(options.room or Path(room), name == "reader")
            silver = [data / folder for folder in lists.FOLDERS]
            parts = [collect(asking.of("silver", silver), [*held, *changed])]
            if options.half:
                parts.append(collect(asking.of("silver", silver, options.half), half))
            # small corpora have few passages, so what is nearest to a question is far from it
            parts.append(collect(asking.of("corpus", [Path("corpus")]), foreign[:80]))
            parts.append(collect(asking.of("genre", [data / "genre"]), foreign[40:100]))
            rows = reduce(joined, parts)
            columns = [n for n in range(len(NAMES)) if name == "reader" or n not in READER]
            report(rows, cross_validated(rows, columns), name)
            written[name] = plain(model(rows.features, rows.gold, columns))
    if options.mean:
        earlier = json.loads(options.mean.read_text(encoding="utf-8"))
        written = {name: mean(earlier[name], written[name]) for name in written}
    options.out.write_text(json.dumps(written, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
