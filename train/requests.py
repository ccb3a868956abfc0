"""Train what reads a request: its core, its kind, and the thing that is wanted.

    python -m train.requests DATA rag/answering

`request_examples.py` tells what they are learned from. All models are logistic regressions. What is
printed is five-fold cross-validation on the labelled requests alone.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from rag.answering import core
from rag.answering.classifier import SCALE, features
from rag.answering.core import Model, Parts, part, said
from rag.answering.form import plain
from rag.encoding import load_encoder
from rag.settings import Settings
from train.request_examples import Example, bare, filled, labelled, letters, silver, typed

FOLDS = 5
BARE_WEIGHT = 0.04  # of a question that is nothing but core
WORDING_WEIGHT = {"core": 1.0, "kind": 1.0}
SILVER_WEIGHT = 0.15
INVERSE_PENALTY = 0.3
RAREST = 3  # requests that must have a feature of the kind
CUE, MEANING = 2.0, 4.0  # scales of cues and of the vector: what is larger is penalised less
LEAST = {"core": 0.04, "kind": 0.13}  # a weight below is dropped

Labels = NDArray[np.str_]
Numbers = NDArray[np.float64]


# --- the core -------------------------------------------------------------------------------


def belongs(text: str, held: str) -> list[bool]:
    """Say of each character of `text` whether it is of the core, whose pieces stand in order."""
    places = [i for i, sign in enumerate(text) if letters(sign)]
    marks, bare, left, at = [False] * len(text), letters(text), letters(held), 0
    while left:
        n = next(n for n in range(len(left), -1, -1) if left[:n] in bare[at:])
        if not n:
            raise ValueError(f"not the core of {text!r}: {held!r}")
        start = bare.index(left[:n], at)
        for i in range(start, start + n):
            marks[places[i]] = True
        left, at = left[n:], start + n
    return marks


class CoreTable:
    """Clauses and words of requests as rows, with what is to be learned of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Take `examples` apart; their cores are known."""
        clause_names, word_names = list[frozenset[str]](), list[frozenset[str]]()
        clause_rows, word_rows = list[tuple[int, bool]](), list[tuple[int, bool, bool]]()
        for number, example in enumerate(examples):
            marks = belongs(example.text, example.core or "")
            for each in said(plain(example.text)):
                asked = any(marks[each.tokens[0].start : each.tokens[-1].end])
                clause_names.append(each.features)
                clause_rows.append((number, asked))
                for token, names in zip(each.tokens, each.words, strict=True):
                    share = sum(marks[token.start : token.end]) / (token.end - token.start)
                    word_names.append(names)
                    word_rows.append((number, share > 0.5, asked))
        self.clauses, self.clause_features = matrix(clause_names)
        self.words, self.word_features = matrix(word_names)
        self.of_clause, self.clause_asked = map(np.array, zip(*clause_rows, strict=True))
        self.of_word, self.word_asked, self.told = map(np.array, zip(*word_rows, strict=True))

    def fit(self, weights: Numbers) -> tuple[Model, Model]:
        """Learn from the examples with a weight: which clauses, and which words of those."""
        clause = one(self.clauses, self.clause_asked, weights[self.of_clause])
        word = one(self.words, self.word_asked, weights[self.of_word] * self.told)
        return model(clause, self.clause_features), model(word, self.word_features)


def matrix(rows: Sequence[frozenset[str]]) -> tuple[sparse.csr_matrix, list[str]]:
    """Return the rows as a matrix, and the names of its columns."""
    names = sorted(set().union(*rows))
    column = {name: i for i, name in enumerate(names)}
    columns = np.array([column[name] for row in rows for name in sorted(row)], np.int32)
    starts = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    values = np.ones(len(columns))
    return sparse.csr_matrix((values, columns, starts), (len(rows), len(names))), names


def one(
    columns: sparse.csr_matrix, true: NDArray[np.bool_], weights: Numbers
) -> LogisticRegression:
    """Fit one chance on the rows with a weight."""
    used = weights > 0
    fitted = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", tol=1e-3, max_iter=300)
    return fitted.fit(columns[used], true[used], sample_weight=weights[used])


def model(fitted: LogisticRegression, names: Sequence[str]) -> Model:
    """Return what ships: whole hundredths, small weights dropped."""
    rounded = np.rint(fitted.coef_[0] * core.SCALE).astype(int)
    kept = np.flatnonzero(np.abs(rounded) >= LEAST["core"] * core.SCALE)
    weights = {names[int(i)]: int(rounded[i]) for i in kept}
    return Model(weights, round(float(fitted.intercept_[0]) * core.SCALE))


# --- the kind -------------------------------------------------------------------------------


def scale(name: str) -> float:
    """Return the value that a feature has in training."""
    return CUE if name.startswith("<") else 1.0


class KindTable:
    """Requests as rows: features that are not rare, and vectors."""

    def __init__(self, texts: Sequence[str], parts: Sequence[Parts], vectors: Numbers) -> None:
        """`parts` are the texts taken apart."""
        rows = [features(each) for each in parts]
        count = Counter(name for row in rows for name in row)
        words, self.names = matrix([frozenset(n for n in r if count[n] >= RAREST) for r in rows])
        self.scales = np.array([scale(name) for name in self.names])
        self.words = words @ sparse.diags(self.scales)
        self.vectors = sparse.csr_matrix(MEANING * vectors)

    def columns(self, *, meaning: bool) -> sparse.csr_matrix:
        """Return the matrix to learn from."""
        parts = [self.words, self.vectors] if meaning else [self.words]
        return sparse.hstack(parts).tocsr()


def several(columns: sparse.csr_matrix, labels: Labels, weights: Numbers) -> LogisticRegression:
    """Fit the chances of several labels on the rows with a weight."""
    used = weights > 0
    fitted = LogisticRegression(C=INVERSE_PENALTY, tol=1e-3, max_iter=150)
    return fitted.fit(columns[used], labels[used], sample_weight=weights[used])


def packed(table: KindTable, fitted: Sequence[LogisticRegression]) -> dict[str, Any]:
    """Return the weights of the models side by side, as whole hundredths."""
    coefficients = np.vstack([each.coef_ for each in fitted]).T
    words = np.rint(coefficients[: len(table.names)] * table.scales[:, np.newaxis] * SCALE)
    rows = zip(table.names, words.astype(int), strict=True)
    bias = np.concatenate([each.intercept_ for each in fitted])
    least = LEAST["kind"] * SCALE
    return {
        "kinds": fitted[0].classes_.tolist(),
        "wanted": fitted[1].classes_.tolist(),
        "bias": np.rint(bias * SCALE).astype(int).tolist(),
        "vector": np.rint(coefficients[len(table.names) :] * MEANING * SCALE).astype(int).tolist(),
        "features": {name: row.tolist() for name, row in rows if np.abs(row).max() >= least},
    }


# --- training and cross-validation ------------------------------------------------------------


def folds(count: int) -> NDArray[np.int64]:
    """Give each of the labelled requests its fold."""
    found: NDArray[np.int64] = np.random.default_rng(1).permutation(count) % FOLDS
    return found


def write(path: Path, held: object) -> None:
    """Write a JSON file."""
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def train_core(
    out: Path, requests: Sequence[Example], others: Sequence[Example], bare: Sequence[Example]
) -> list[Parts]:
    """Train the core, and return the requests taken apart by models that have not seen them.

    The kind is then learned on cores as they will be, faults and all.
    """
    talk = [example for example in requests if example.kind != "smalltalk"]
    table = CoreTable([*talk, *others, *bare])
    counts = len(talk), len(others), len(bare)
    weights = np.repeat([1.0, WORDING_WEIGHT["core"], BARE_WEIGHT], counts)
    fold_of = folds(len(talk))
    unseen: dict[str, Parts] = {}
    for fold in range(FOLDS):
        learned = weights.copy()
        learned[: len(talk)][fold_of == fold] = 0
        models = table.fit(learned)
        for example, number in zip(talk, fold_of, strict=True):
            if number == fold:
                unseen[example.text] = part(example.text, models)
    right = [letters(unseen[e.text].core) == letters(e.core or "") for e in talk]
    print(f"core {np.mean(right):.3f} of {len(talk)} requests that are no small talk")
    models = table.fit(weights)
    write(out / "core.json", dict(zip(("clause", "word"), map(asdict, models), strict=True)))
    return [unseen.get(e.text) or part(e.text, models) for e in requests]


def cross_validated(
    fit: Callable[[NDArray[np.bool_]], LogisticRegression],
    columns: sparse.csr_matrix,
    labels: Labels,
    count: int,
) -> float:
    """Return the share of the first `count` rows that models label right unseen."""
    fold_of, every = folds(count), np.arange(len(labels))
    good = 0
    for fold in range(FOLDS):
        held = np.flatnonzero(fold_of == fold)
        fitted = fit(~np.isin(every, held))
        good += int((fitted.predict(columns[held]) == labels[held]).sum())
    return good / count


def main() -> None:
    """Train, print what cross-validation says, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    requests, asked = labelled(arguments.data), silver(arguments.data)
    chance = random.Random(0)
    smooth = [e for e, style in asked if style != "typed" and e.kind != "write"]
    made = list(filled(smooth, chance))
    others = [example for example in made if example.core is not None]
    parts = train_core(arguments.out, requests, others, list(bare(arguments.data)))

    made = [example for example in made if example.kind]
    questions = [*(example for example, _ in asked), *typed()]
    texts = [example.text for example in (*requests, *questions, *made)]
    parts += [part(text) for text in texts[len(requests) :]]
    encoder = load_encoder(Settings())
    assert encoder is not None
    table = KindTable(texts, parts, encoder.encode_queries(texts).astype(np.float64))
    kinds = np.array([example.kind for example in (*requests, *questions, *made)])
    wanted = np.array([example.wanted or "" for example in (*requests, *questions, *made)])
    weights = np.concatenate(
        [
            np.ones(len(requests)),
            np.full(len(questions), SILVER_WEIGHT),
            np.full(len(made), WORDING_WEIGHT["kind"]),
        ]
    )
    sets = {}
    for name, meaning in (("words", False), ("words and meaning", True)):
        columns = table.columns(meaning=meaning)
        fitted = []
        for what, labels, own in (
            ("kind", kinds, weights),
            ("wanted", wanted, weights * (wanted != "")),
        ):
            fit = partial(_fit_part, columns, labels, own)
            share = cross_validated(fit, columns, labels, len(requests))
            print(f"{what} by {name} {share:.3f} of {len(requests)} requests")
            fitted.append(fit(np.ones(len(labels), bool)))
        sets[name] = packed(table, fitted)
    write(arguments.out / "classifier.json", sets)


def _fit_part(
    columns: sparse.csr_matrix, labels: Labels, weights: Numbers, used: NDArray[np.bool_]
) -> LogisticRegression:
    return several(columns, labels, weights * used)


if __name__ == "__main__":
    main()
