"""The ranker's weights and the term weights, from training pairs alone.

An encoder is nearer to the pairs it was trained on than to any others, so a ranker trained on
the same pairs would trust it too much. Here a third of the passages is held out: an encoder is
trained without them, and the ranker learns on them with that encoder's cosines. The embedded
encoder, trained on all pairs, behaves like this one on texts that neither has seen.

The loss is listwise (Cao et al., "Learning to Rank", ICML 2007): softmax over the documents of a
question, where a document scores as its best passage does; L-BFGS on a handful of weights.
"""

import hashlib
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rag.encoding import Encoder, StaticEncoder
from rag.errors import RagError
from rag.evaluation.beir import Beir, Text
from rag.index import Generation, swap, write_generation
from rag.retrieval import PLAIN, POOL, Retriever
from rag.retrieval.features import NAMES, Features
from rag.settings import Settings
from rag.training import train
from rag.training.corpus import Pair, read_pairs, read_text
from rag.words import tokens

_LEAST_SEEN = 5  # questions that hold a term, before its weight is learned
_LEAST_CHANGE = 0.8  # a weight above this is as good as 1
_SHARPNESS = 1.5  # power of the ratio; 1 to 2 do equally well
_QUESTIONS = 500  # of one source at most
_PASSAGES = 3000  # of one source at most
_DECAY = 1e-5  # L2 on the weights, by their feature's spread


def learn_term_weights(pairs: Iterable[Pair]) -> dict[str, float]:
    """Return how much each term of a question tells about the passage that answers it, 0..1.

    It is how often the term stands in the passage, over how often terms of that source do.
    """
    seen: dict[str, Counter[str]] = {}
    met: dict[str, Counter[str]] = {}
    for pair in pairs:
        terms = set(tokens(pair.query))
        seen.setdefault(pair.source, Counter()).update(terms)
        met.setdefault(pair.source, Counter()).update(terms & set(tokens(pair.passage)))
    count, found, expected = Counter[str](), Counter[str](), defaultdict[str, float](float)
    for source, terms_seen in seen.items():
        rate = met[source].total() / max(terms_seen.total(), 1)
        count.update(terms_seen)
        found.update(met[source])
        for term, times in terms_seen.items():
            expected[term] += times * rate
    weights = {
        term: round(min(1.0, (found[term] + 1) / (expected[term] + 1)) ** _SHARPNESS, 2)
        for term, times in sorted(count.items())
        if times >= _LEAST_SEEN
    }
    return {term: weight for term, weight in weights.items() if weight <= _LEAST_CHANGE}


def is_held_out(pair: Pair) -> bool:
    """Whether the ranker learns on this pair, and the encoder beside it does not: one in three."""
    return hashlib.sha256(pair.passage.encode()).digest()[0] < 256 // 3


@dataclass(frozen=True, slots=True)
class Lists:
    """The candidates of many questions, flat: passages under documents under questions."""

    features: Features  # (passages, features)
    document: NDArray[np.int64]  # (passages,), ascending
    question: NDArray[np.int64]  # (documents,), ascending
    relevant: NDArray[np.bool_]  # (documents,), at least one a question
    weight: NDArray[np.float64]  # (questions,), adding up to 1 with every source alike


def loss(weights: NDArray[np.float64], lists: Lists) -> tuple[float, NDArray[np.float64]]:
    """Mean of -log P(a relevant document), and its gradient in the weights."""
    scores = lists.features @ weights
    starts = np.searchsorted(lists.document, np.arange(len(lists.question)))
    first = np.searchsorted(lists.question, np.arange(len(lists.weight)))
    top = np.maximum.reduceat(scores, starts)
    is_top = np.flatnonzero(scores == top[lists.document])
    best = np.empty(len(top), np.int64)
    best[lists.document[is_top[::-1]]] = is_top[::-1]
    power = np.exp(top - np.maximum.reduceat(top, first)[lists.question])
    good = np.where(lists.relevant, power, 0)
    all_mass, good_mass = np.add.reduceat(power, first), np.add.reduceat(good, first)
    spread = lists.features.std(axis=0) ** 2
    value = lists.weight @ (np.log(all_mass) - np.log(good_mass)) + _DECAY * weights**2 @ spread
    pull = power / all_mass[lists.question] - good / good_mass[lists.question]
    slope = (pull * lists.weight[lists.question]) @ lists.features[best]
    return float(value), slope + 2 * _DECAY * weights * spread


def fit(lists: Lists) -> dict[str, float]:
    """Return the weights of least loss, none below 0: no feature speaks against a passage."""
    found = minimize(
        loss,
        np.ones(len(NAMES)),
        args=(lists,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(NAMES),
    )
    return {name: round(float(weight), 4) for name, weight in zip(NAMES, found.x, strict=True)}


def train_ranker(pairs: Path, text: Path, term_weights: Path, ranker_weights: Path) -> None:
    """Learn both files of weights from a file of pairs and one of running text.

    Raises:
        BadInput: a file cannot be read, is empty or not in its format.
    """
    given = read_pairs(pairs)
    _write(term_weights, learn_term_weights(given))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        encoder = encoder_without(given, text, folder)
        lists = join(
            candidates(collection, encoder, folder / collection.name)
            for collection in collections(filter(is_held_out, given))
        )
    _write(ranker_weights, fit(lists))


def collections(pairs: Iterable[Pair]) -> list[Beir]:
    """Make of each source's pairs a test collection: its passages, and some of its questions."""
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(pair.source, []).append(pair)
    made = []
    for source, group in sorted(by_source.items()):
        texts = list(dict.fromkeys(pair.passage for pair in group))[:_PASSAGES]
        ids = {text: str(i) for i, text in enumerate(texts)}
        asked = [pair for pair in group if pair.passage in ids]
        asked = asked[:: -(-len(asked) // _QUESTIONS)]
        made.append(
            Beir(
                source,
                {key: Text("", text) for text, key in ids.items()},
                {str(i): pair.query for i, pair in enumerate(asked)},
                {str(i): {ids[pair.passage]: 1} for i, pair in enumerate(asked)},
            )
        )
    return made


class Candidates(NamedTuple):
    """The candidates of one question, the passages of a document side by side."""

    features: Features  # (passages, features)
    document: NDArray[np.int64]  # (passages,), ascending
    relevant: NDArray[np.bool_]  # (passages,)


def indexed(collection: Beir, encoder: Encoder, index: Path) -> Generation:
    """Return the index of a collection that is there, or make it."""
    try:
        return Generation.open(index, encoder)
    except RagError:
        settings = Settings()
        cut = collection.passages(settings.window)
        swap(index, write_generation(index, collection.outlines(), cut, encoder, settings))
        return Generation.open(index, encoder)


def candidates(collection: Beir, encoder: Encoder, index: Path) -> Iterator[Candidates]:
    """Give the candidates of every question of a collection, in order."""
    generation = indexed(collection, encoder, index)
    retriever = Retriever(generation, encoder, Settings(), PLAIN)
    documents = [essay.document for essay in generation.records.essays()]
    for key, question in collection.questions.items():
        found = retriever.candidates(question, POOL)
        document = generation.records.essay_of_row[found.rows]
        judged = collection.judgments[key]
        relevant = np.array([judged.get(documents[d], 0) > 0 for d in document], bool)
        order = np.argsort(document, kind="stable")
        yield Candidates(found.features[order], document[order], relevant[order])
    generation.records.close()


def join(
    sources: Iterable[Iterable[Candidates]],
) -> Lists:
    """Lay the candidates of all sources end to end; every source weighs the same.

    A question without a relevant candidate teaches nothing and is left out.
    """
    told = [[found for found in source if found.relevant.any()] for source in sources]
    kept = [source for source in told if source]
    question, relevant, passage_of, features = [], [], [], []
    weight: list[float] = []
    documents = 0
    for source in kept:
        for number, (table, document, good) in enumerate(source, start=len(weight)):
            _, first, inverse = np.unique(document, return_index=True, return_inverse=True)
            features.append(table)
            passage_of.append(inverse + documents)
            question.append(np.full(len(first), number))
            relevant.append(good[first])
            documents += len(first)
        weight += [1 / len(source) / len(kept)] * len(source)
    return Lists(
        np.concatenate(features),
        np.concatenate(passage_of),
        np.concatenate(question),
        np.concatenate(relevant),
        np.array(weight),
    )


def encoder_without(pairs: Sequence[Pair], text: Path, folder: Path) -> Encoder:
    """Train `folder/encoder` on everything but the held-out pairs and their paragraphs."""
    held = [pair for pair in pairs if is_held_out(pair)]
    lines = {line.strip() for pair in held for line in pair.passage.splitlines()}
    seen = (pair for pair in pairs if not is_held_out(pair))
    rows = ({"q": p.query, "p": p.passage, "source": p.source} for p in seen)
    kept = (line for line in read_text(text) if line not in lines)
    _write_lines(folder / "pairs.jsonl", (json.dumps(row, ensure_ascii=False) for row in rows))
    _write_lines(folder / "text.txt", kept)
    train(folder / "pairs.jsonl", folder / "text.txt", folder / "encoder")
    return StaticEncoder.load(folder / "encoder", "held out")


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _write(path: Path, weights: dict[str, float]) -> None:
    text = json.dumps(weights, ensure_ascii=False, indent=0)
    path.write_text(text + "\n", encoding="utf-8")
