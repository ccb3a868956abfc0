"""The listwise loss of the ranker and its fit.

Softmax over the documents of a question, where a document scores as its best passage does (Cao
et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007). A handful of
weights, so L-BFGS on all questions at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from rag.retrieval.ranker import NAMES, Features

BM25 = ("essay", "passage")
_DECAY = 1e-5  # L2 on the weights, by their feature's variance
_LEAST_LEFT = 0.01  # a source that BM25 solves weighs no more than one where it leaves this loss


class Candidates(NamedTuple):
    """The candidates of one question, the passages of a document side by side."""

    features: Features  # (passages, features)
    document: NDArray[np.int64]  # (passages,), ascending
    relevant: NDArray[np.bool_]  # (passages,)


@dataclass(frozen=True, slots=True)
class Lists:
    """The candidates of many questions, flat: passages under documents under questions."""

    features: NDArray[np.float64]  # (passages, features)
    document: NDArray[np.int64]  # (passages,), ascending
    question: NDArray[np.int64]  # (documents,), ascending
    relevant: NDArray[np.bool_]  # (documents,), at least one a question
    weight: NDArray[np.float64]  # (questions,), adding up to 1
    variance: NDArray[np.float64]  # (features,)


def join(sources: Iterable[Iterable[Candidates]]) -> Lists:
    """Lay the candidates of all sources end to end.

    A source weighs the less the more BM25 alone leaves to be gained there: else the hardest ones,
    where words help little, would decide, and the ranker would fall behind BM25 on the others.
    A question without a relevant candidate teaches nothing and is left out.
    """
    told = [[found for found in source if found.relevant.any()] for source in sources]
    kept = [source for source in told if source]
    return _lay(kept, [1 / max(_left(_lay([source], [1.0])), _LEAST_LEFT) for source in kept])


def _left(lists: Lists) -> float:
    """The loss of the best weights for BM25 alone."""
    return float(_least(lists, BM25).fun)


def _lay(sources: Sequence[Sequence[Candidates]], shares: Sequence[float]) -> Lists:
    """Lay sources end to end, each with its share of the weight, its questions alike."""
    question, relevant, passage_of, features = [], [], [], []
    weight: list[float] = []
    documents = 0
    for source, share in zip(sources, shares, strict=True):
        for number, (table, document, good) in enumerate(source, start=len(weight)):
            _, first, inverse = np.unique(document, return_index=True, return_inverse=True)
            features.append(table)
            passage_of.append(inverse + documents)
            question.append(np.full(len(first), number))
            relevant.append(good[first])
            documents += len(first)
        weight += [share / len(source) / sum(shares)] * len(source)
    every = np.concatenate(features).astype(np.float64)
    return Lists(
        every,
        np.concatenate(passage_of),
        np.concatenate(question),
        np.concatenate(relevant),
        np.array(weight),
        every.var(axis=0),
    )


def loss(weights: NDArray[np.float64], lists: Lists) -> tuple[float, NDArray[np.float64]]:
    """Mean of -log P(a relevant document), and its gradient in the weights."""
    scores = lists.features @ weights
    starts = np.searchsorted(lists.document, np.arange(len(lists.question)))
    first = np.searchsorted(lists.question, np.arange(len(lists.weight)))
    top = np.maximum.reduceat(scores, starts)
    is_top = np.flatnonzero(scores == top[lists.document])
    best = np.empty(len(top), np.int64)
    best[lists.document[is_top[::-1]]] = is_top[::-1]
    every, every_share = _softmax(top, first, lists.question)
    right, right_share = _softmax(np.where(lists.relevant, top, -np.inf), first, lists.question)
    value = lists.weight @ (every - right) + _DECAY * weights**2 @ lists.variance
    pull = every_share - right_share
    slope = (pull * lists.weight[lists.question]) @ lists.features[best]
    return float(value), slope + 2 * _DECAY * weights * lists.variance


def _softmax(
    scores: NDArray[np.float64], first: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log of the sum of exp in each group, and each score's share of it.

    Taken from each group's own largest, for scores that are far apart would underflow.
    """
    top = np.maximum.reduceat(scores, first)
    power = np.exp(scores - top[group])
    mass = np.add.reduceat(power, first)
    return np.log(mass) + top, power / mass[group]


def fit(lists: Lists, names: Sequence[str] = NAMES) -> dict[str, float]:
    """Return the weights of least loss, none below 0: no feature speaks against a passage.

    Features that are not among `names` get no weight, nor do those that never differ.
    """
    found = _least(lists, names).x
    return {name: round(float(weight), 4) for name, weight in zip(NAMES, found, strict=True)}


def _least(lists: Lists, names: Sequence[str]) -> OptimizeResult:
    return minimize(
        loss,
        np.zeros(len(NAMES)),
        args=(lists,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None if name in names else 0) for name in NAMES],
    )
