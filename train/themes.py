"""Train what says what a measure is about, and whether it is one.

    python -m train.themes DATA rag/themes.json

Labelled measures: `DATA/silver/themes_train.jsonl`, and `themes.jsonl` beside this file, whose
measures are named by how their lead and their text begin in a document of `DATA` or of this
repository's corpus. The models are regularised least squares, one a theme, in their dual form, for
there are more features than measures. The vector of every other measure is that of its own words,
the others' that of their passage as an index embeds it, so that the models take either. The limits
from which a theme is given are those of the best F1, summed over both, in five-fold
cross-validation by document on the measures of `DATA`; what is printed is that cross-validation.
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.kernel_ridge import KernelRidge

from rag.encoding import Vectors, load_encoder
from rag.outline import outline
from rag.passages import Fields, fields, passages
from rag.reading import read
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.themes import MOST, SCALE, features, given, said
from rag.types import Outline
from train.examples import lines
from train.requests import write

LABELLED = Path(__file__).with_name("themes.jsonl")
FOLDS = 5
PENALTY, OWN_WEIGHT = 0.7, 0.7  # of the models; of a measure labelled beside this file
SHARES = {"": 1.0, "^": 0.5, "<": 1.0}  # of n-grams of the text, of the head, and of words
MEANING = 1.5  # share of the vectors
OFFSET = 0.3
RAREST = 2  # measures that must have a feature
KEPT = 9000  # features: those that move a score most where they stand
KEY = 16  # characters by which the passage of a measure is found
BARE = 8  # characters from which a lead has a text of its own
LIMITS = {
    "measure": np.arange(0.4, 0.8, 0.05),
    "first": np.arange(0.1, 0.4, 0.05),
    "more": np.arange(0.25, 0.55, 0.05),
}

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A measure with its label."""

    document: str
    lead: str
    text: str
    themes: tuple[str, ...]
    main: str
    own: bool = False  # whether it was labelled beside this file


def examples(data: Path) -> list[Example]:
    """Return the labelled measures: those of the data, then those beside this file."""
    found = [
        Example(row["document"], row["lead"], row["text"], tuple(row["themes"]), row["main"])
        for row in lines(data / "silver/themes_train.jsonl")
    ]
    rows = defaultdict(list)
    for row in lines(LABELLED):
        rows[row["document"]].append(row)
    for document, own in rows.items():
        units = list(stated(_document(data, document)))
        for row in own:
            there = (
                (lead, text)
                for lead, text in units
                if lead.startswith(row["lead"]) and bool(lead) == bool(row["lead"])
                if text.startswith(row["begins"])
            )
            themes = tuple(row["themes"])
            for lead, text in islice(there, 1):  # none where the document is read otherwise today
                found.append(Example(document, lead, text, themes, (*themes, "")[0], own=True))
    return found


def _document(data: Path, name: str) -> Outline:
    folders = (data / "silver/docs", data / "genre", data / "reports", Path("corpus"))
    return outline(read(next(p for f in folders if (p := f / name).exists()), name))


def embedded(data: Path, rows: Sequence[Example]) -> list[str]:
    """Return what the encoder is given of the passage of each measure; its words where none is."""
    around: dict[str, list[Fields]] = {}
    for name in {row.document for row in rows}:
        made = _document(data, name)
        around[name] = [*fields([made], passages(made, Settings().window))]

    def found(row: Example) -> str:
        for begin in filter(None, (_bare(row.lead + row.text)[:KEY], _bare(row.lead))):
            for each in around[row.document]:
                if begin in _bare(each.text):
                    return each.embedded
        return said(row.lead, row.text)

    return [found(row) for row in rows]


def _bare(text: str) -> str:
    return text.replace(" ", "")


def stated(made: Outline) -> Iterator[tuple[str, str]]:
    """Yield the leads of a document with what is said under them, and the sentences without."""
    places = {each.paragraph_id: at for at, each in enumerate(made.paragraphs)}
    leads = defaultdict(list)
    for measure in made.measures:
        at = places[measure.paragraph_id]
        text = made.paragraphs[at].text[measure.start : measure.end]
        leads[at].append((measure.start, measure.start + len(measure.lead)))
        rest = text[len(measure.lead) :].strip()
        if len(rest) < BARE and at + 1 < len(made.paragraphs):
            rest = made.paragraphs[at + 1].text
        yield measure.lead.strip(), opening(rest)
    for at, paragraph in enumerate(made.paragraphs):
        for start, end in sentence_spans(paragraph.text):
            if not any(start < b and a < end for a, b in leads[at]):
                yield "", opening(paragraph.text[start:end].strip())


def opening(text: str) -> str:
    """Return the first clauses of a text: up to a stop, or of a length that says something."""
    first = re.match(r".*?[。；！？;]", text[:160])
    return first[0] if first and len(first[0]) >= 40 else text[: 100 if first else 90]


class Table:
    """Measures as rows of features, each scaled by how rare it is and by the share of its kind."""

    def __init__(self, rows: Sequence[Example], ways: Sequence[Vectors]) -> None:
        """Take the features of `rows`, and their vectors of each kind, shape (rows, d)."""
        vectorizer = DictVectorizer()
        found = vectorizer.fit_transform([features(r.lead, r.text, given()) for r in rows])
        count = np.asarray((found > 0).sum(axis=0)).ravel()
        kept = np.flatnonzero(count >= RAREST)
        self.names: list[str] = vectorizer.get_feature_names_out()[kept].tolist()
        found, count = found[:, kept], count[kept]
        kinds = np.array([name[0] if name[0] in SHARES else "" for name in self.names])
        self.scales = np.where(kinds == "<", 1.0, np.log(len(rows) / count))
        for kind, share in SHARES.items():
            own = found[:, kinds == kind] @ sparse.diags(self.scales[kinds == kind])
            self.scales[kinds == kind] *= (share / own.multiply(own).sum(axis=1).mean()) ** 0.5
        self.columns = sparse.csr_matrix(found @ sparse.diags(self.scales))
        self.words: Numbers = (self.columns @ self.columns.T).toarray() + OFFSET
        mixed = np.choose(np.arange(len(rows))[:, np.newaxis] % 2, ways).astype(float)
        self.centre = mixed.mean(axis=0)
        self.size = MEANING**0.5 / np.linalg.norm(mixed - self.centre, axis=1).mean()
        self.vectors, *self.ways = ((v - self.centre) * self.size for v in (mixed, *ways))
        self.kernel = self.words + self.vectors @ self.vectors.T

    def fit(self, truths: Truths, weights: Numbers, used: NDArray[np.int64]) -> Numbers:
        """Learn from the rows `used`; return how much each counts in each model.

        Whether something is a measure is learned from words alone, which tell it better.
        """

        def dual(kernel: Numbers, wanted: Truths) -> Numbers:
            model = KernelRidge(alpha=PENALTY, kernel="precomputed")
            model.fit(kernel[np.ix_(used, used)], wanted[used], sample_weight=weights[used])
            made: Numbers = model.dual_coef_
            return made

        return np.hstack([dual(self.kernel, truths[:, :-1]), dual(self.words, truths[:, -1:])])

    def meaning(self, dual: Numbers, used: NDArray[np.int64]) -> Numbers:
        """Return the weights of the vectors' numbers in each model, shape (d, models)."""
        weights: Numbers = self.vectors[used].T @ dual
        weights[:, -1] = 0
        return weights


def unseen(
    table: Table, rows: Sequence[Example], truths: Truths, weights: Numbers
) -> list[Numbers]:
    """Return the scores of all rows by models that have not seen their documents.

    By the vectors of their own words, by those of their passages, and by words alone.
    """
    documents = sorted({row.document for row in rows})
    number = np.random.default_rng(1).permutation(len(documents)) % FOLDS
    fold_of = dict(zip(documents, number, strict=True))
    folds = np.array([fold_of[row.document] for row in rows])
    scores = [np.zeros(truths.shape) for _ in range(3)]
    for fold in range(FOLDS):
        used, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        dual = table.fit(truths, weights, used)
        by_words = table.words[np.ix_(held, used)] @ dual
        for made, vectors in zip(scores, [*table.ways, 0 * table.vectors], strict=True):
            made[held] = by_words + vectors[held] @ table.meaning(dual, used)
    return scores


def chosen(scores: Numbers, limits: dict[str, float]) -> Truths:
    """Say of each row which themes it is given, as `rag.themes` does."""
    own, other = scores[:, :-1], scores[:, -1]
    order = np.argsort(-own, axis=1)[:, :MOST]
    least = np.array([limits["first"], *[limits["more"]] * (MOST - 1)])
    ranked = np.take_along_axis(own, order, axis=1)
    taken = (ranked > least) & (other <= limits["measure"])[:, np.newaxis]
    found = np.zeros(own.shape, bool)
    np.put_along_axis(found, order, taken, axis=1)
    return found


def f1(found: Truths, truths: Truths) -> float:
    """Return the micro F1 of themes."""
    return float(2 * (found & truths).sum() / (found.sum() + truths.sum()))


def best(scores: Sequence[Numbers], truths: Truths) -> dict[str, float]:
    """Return the limits with the best F1, summed over ways to score."""
    steps = ([round(float(step), 2) for step in steps] for steps in LIMITS.values())
    tried = [dict(zip(LIMITS, each, strict=True)) for each in product(*steps)]
    return max(tried, key=lambda each: sum(f1(chosen(s, each), truths) for s in scores))


def main() -> None:
    """Train, print what cross-validation says, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rows = examples(arguments.data)
    names = [theme.name for theme in given()]
    truths = np.array([[*(n in row.themes for n in names), not row.themes] for row in rows])
    weights = np.array([OWN_WEIGHT if row.own else 1.0 for row in rows])
    encoder = load_encoder(Settings())
    assert encoder
    texts = [said(row.lead, row.text) for row in rows], embedded(arguments.data, rows)
    table = Table(rows, [encoder.encode_passages(each) for each in texts])
    judged = np.flatnonzero([not row.own for row in rows])
    scores, right = [s[judged] for s in unseen(table, rows, truths, weights)], truths[judged, :-1]
    print(f"{len(rows)} measures, of which {len(judged)} are judged")
    limits = {"meaning": best(scores[:2], right), "words": best(scores[2:], right)}
    ways = zip(("own words", "passage", "no vector"), scores, strict=True)
    for (way, each), kind in zip(ways, ("meaning", "meaning", "words"), strict=True):
        found = chosen(each, limits[kind])
        both = (found & right).sum()
        mains = zip((rows[i].main for i in judged), each[:, :-1].argmax(axis=1), strict=True)
        told = [main == names[first] for main, first in mains if main]
        print(f"{way}: precision {both / found.sum():.3f} recall {both / right.sum():.3f}", end=" ")
        print(f"main {np.mean(told):.3f} F1 {f1(found, right):.3f} limits {limits[kind]}")
    every = np.arange(len(rows))
    dual = table.fit(truths, weights, every)
    by_vector = table.meaning(dual, every) * table.size
    numbers = np.vstack([by_vector, -table.centre @ by_vector])  # with the 1 behind a vector's
    whole = np.rint(numbers * SCALE).astype(int).tolist()
    made = packed(table, dual, names, limits)
    made["meaning"] = {"encoder": encoder.fingerprint, "weights": whole}
    write(arguments.out, made)


def packed(
    table: Table, dual: Numbers, names: Sequence[str], limits: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Return the weights of words as whole hundredths."""
    weights = table.columns.T @ dual
    usual = np.asarray(table.columns.sum(axis=0)).ravel() / table.columns.getnnz(axis=0)
    moved = np.abs(weights).max(axis=1) * usual
    whole = np.rint(weights * table.scales[:, np.newaxis] * SCALE).astype(int)
    return {
        "themes": list(names),
        "limits": limits,
        "bias": np.rint(OFFSET * dual.sum(axis=0) * SCALE).astype(int).tolist(),
        "features": {table.names[i]: whole[i].tolist() for i in np.sort(np.argsort(-moved)[:KEPT])},
    }


if __name__ == "__main__":
    main()
