"""The weights of the sentence ranker and of the refusal, from questions on training passages.

    python -m train.sentences PAIRS.jsonl.gz rag/answering

The ranker learns from the questions whose answering sentence is marked: each sentence that the
desk brings for a question is weighed against the marked ones. The refusal learns from questions
without a mark: each is asked once with the passage that answers it and once without, and a third
of them is kept aside to choose the probability from which a question is answered.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering import refusal, sentence_ranker
from rag.answering.clues import NAMES, Array
from rag.answering.evidence import Desk, Evidence
from rag.answering.names import Names
from rag.answering.question import Question, understand
from rag.encoding import load_encoder
from rag.errors import BadInput
from rag.evaluation.beir import Beir, Text
from rag.evaluation.measures import auroc, refused_at
from rag.index import FolderStore, Progress, silent, write_generation
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Essay
from train.linear import fit_chance, fit_choice
from train.marks import MARKS, digest, read_marks
from train.pairs import Pair, read_pairs

_RANKED = [i for i, name in enumerate(NAMES) if name not in {"words", "rarest"}]
_DECAY = 5e-3  # by ten-fold cross-validation; 1e-3 to 1e-2 do nearly as well
_REFUSAL_DECAY = 1e-3
_FOLDS = 10
_UNMARKED = 1000  # questions that the refusal learns from
_ASIDE = 3  # one in so many of them chooses the probability
_KEPT = 0.97  # share of what can be answered that is answered; official prose scores lower


@dataclass(frozen=True, slots=True)
class Learned:
    """How well both models do on training questions that they were not fitted to."""

    questions: int  # with a mark
    reached: float  # share of them of which the desk brings a marked sentence
    first: float  # ... of which the ranker puts one first, by cross-validation over passages
    first_before: float  # ... of which coverage alone does
    auroc: float  # of the refusal, on the questions kept aside
    refused: float  # share of what cannot be answered that it refuses where 95 % is kept


@dataclass(frozen=True, slots=True)
class _Room:
    """Where training questions meet their passages, each an essay of its own."""

    desk: Desk
    names: Names
    essays: Mapping[str, Essay]  # by passage

    @classmethod
    def furnish(cls, passages: Sequence[str], index: Path) -> "_Room":
        settings = Settings(index=str(index))
        encoder = load_encoder(settings)
        texts = {str(i): Text("", passage) for i, passage in enumerate(passages)}
        collection = Beir("training", texts, {}, {})
        made = write_generation(index, collection.outlines(), encoder, settings)
        FolderStore(index).publish(made)
        assistant = Assistant.open(index, settings, encoder)
        essays = assistant.records.essays()
        by_passage = dict(zip(passages, essays, strict=True))
        return cls(assistant.desk, Names(essays), by_passage)

    def ask(self, query: str, without: str | None = None) -> tuple[Question, list[Evidence], Array]:
        """Return the question read, and the sentences that come into question with their clues."""
        question = understand(query, self.names.find(query))
        essays = [essay for passage, essay in self.essays.items() if passage != without]
        found = self.desk.rank(question, essays)[: sentence_ranker.DEPTH]
        return question, found, sentence_ranker.weigh(self.desk, question, found)


def train_sentences(
    pairs: Path,
    out: Path,
    marked_in: Path = MARKS,
    progress: Progress = silent,
) -> Learned:
    """Learn both files of weights, into the folder `out`, from sources with marked questions.

    Raises:
        BadInput: a file cannot be read or is not in its format, or no question of it is marked.
    """
    marks = read_marks(marked_in)
    every = read_pairs(pairs)
    sources = {pair.source for pair in every if digest(pair) in marks}
    given = [pair for pair in every if pair.source in sources]
    marked = [pair for pair in given if digest(pair) in marks]
    if not marked:
        raise BadInput(f"{pairs}: no question of it is marked in {marked_in}")
    seen = {pair.passage for pair in marked}
    unmarked = [pair for pair in given if pair.passage not in seen]
    unmarked = unmarked[:: -(-len(unmarked) // _UNMARKED)]
    with tempfile.TemporaryDirectory() as place:
        room = _Room.furnish(list(dict.fromkeys(p.passage for p in given)), Path(place))
        lists = []
        for done, pair in enumerate(marked, 1):
            lists.append(_marked(room, pair, marks[digest(pair)]))
            progress("marked questions", done, len(marked))
        weights = _fit(lists)
        model = _Refusal.learn(room, unmarked, weights, progress)
    named = {NAMES[i]: float(weight) for i, weight in zip(_RANKED, weights, strict=True)}
    out.mkdir(parents=True, exist_ok=True)
    _write(out / sentence_ranker.WEIGHTS.name, _rounded(named))
    chances = dict(zip(refusal.FEATURES, map(float, model.weights), strict=True))
    enough = float(f"{model.enough:.4g}")
    _write(out / refusal.WEIGHTS.name, {"enough": enough, "weights": _rounded(chances)})
    return Learned(
        questions=len(lists),
        reached=float(np.mean([made.right.any() for made in lists])),
        first=_cross_validated(lists),
        first_before=float(np.mean([made.right[:1].any() for made in lists])),
        auroc=model.auroc,
        refused=model.refused,
    )


@dataclass(frozen=True, slots=True)
class _List:
    """The sentences brought for a question, best coverage first, and which of them are marked."""

    passage: str
    clues: Array  # (sentences, len(NAMES))
    right: NDArray[np.bool_]  # (sentences,)


def _marked(room: _Room, pair: Pair, starts: Sequence[int]) -> _List:
    _, found, table = room.ask(pair.query)
    essay = room.essays[pair.passage].essay_id
    right = [
        evidence.sentence.essay.essay_id == essay and evidence.sentence.start in starts
        for evidence in found
    ]
    return _List(pair.passage, table, np.array(right, bool))


def _fit(lists: Sequence[_List]) -> Array:
    told = [made for made in lists if made.right.any()]
    sizes = [len(made.right) for made in told]
    return fit_choice(
        np.concatenate([made.clues[:, _RANKED] for made in told]),
        np.concatenate([made.right for made in told]),
        np.repeat(np.arange(len(told)), sizes),
        _DECAY,
    )


def _cross_validated(lists: Sequence[_List]) -> float:
    """Return the share of questions whose first sentence is marked; no passage is in two folds."""
    folds = {passage: i % _FOLDS for i, passage in enumerate(sorted({m.passage for m in lists}))}
    first = []
    for fold in range(_FOLDS):
        weights = _fit([made for made in lists if folds[made.passage] != fold])
        for made in lists:
            if folds[made.passage] == fold and len(made.right):
                first.append(made.right[np.argmax(made.clues[:, _RANKED] @ weights)])
    return float(sum(first)) / len(lists)


@dataclass(frozen=True, slots=True)
class _Refusal:
    weights: Array
    enough: float
    auroc: float
    refused: float

    @classmethod
    def learn(
        cls,
        room: _Room,
        pairs: Sequence[Pair],
        weights: Array,
        progress: Progress,
    ) -> "_Refusal":
        """Ask each question with its passage and without."""
        can, cannot = [], []
        for done, pair in enumerate(pairs, 1):
            can.append(_best(room, pair.query, None, weights))
            cannot.append(_best(room, pair.query, pair.passage, weights))
            progress("questions with and without their passage", done, len(pairs))
        aside = np.arange(len(pairs)) % _ASIDE == 0
        answerable, other = np.array(can), np.array(cannot)
        columns = np.concatenate([answerable[~aside], other[~aside]])
        true = np.repeat([True, False], [(~aside).sum(), (~aside).sum()])
        model = fit_chance(columns, true, _REFUSAL_DECAY)
        chances = 1 / (1 + np.exp(-(answerable[aside] @ model)))
        others = 1 / (1 + np.exp(-(other[aside] @ model)))
        enough = float(np.quantile(chances, 1 - _KEPT))
        return cls(model, enough, auroc(chances, others), refused_at(0.95, chances, others))


def _best(room: _Room, query: str, without: str | None, weights: Array) -> Array:
    """Return what the refusal reads of the best sentence; zeros where there is none."""
    question, found, table = room.ask(query, without)
    if not found:
        return refusal.features(question, np.zeros(len(NAMES)))
    return refusal.features(question, table[np.argmax(table[:, _RANKED] @ weights)])


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, 3) for name, weight in weights.items()}


def _write(path: Path, made: Mapping[str, object]) -> None:
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("pairs", type=Path)
    ap.add_argument("out", type=Path)
    options = ap.parse_args()
    print(train_sentences(options.pairs, options.out))
