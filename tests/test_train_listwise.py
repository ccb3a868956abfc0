"""The listwise loss against a slow account of it, and what its fit finds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.ranker import NAMES
from train.listwise import Candidates, Lists, fit, join, loss


def some_lists(seed: int, questions: int = 3) -> Lists:
    """Random candidates: two or three documents a question, one or two passages a document."""
    rng = np.random.default_rng(seed)
    source = []
    for _ in range(questions):
        sizes = rng.integers(1, 3, size=rng.integers(2, 4))
        document = np.repeat(np.arange(len(sizes)), sizes)
        features = rng.random((len(document), len(NAMES))).astype(np.float32)
        source.append(Candidates(features, document, document == 0))
    return join([source, source[:1]])


def slow_loss(weights: np.ndarray, lists: Lists) -> float:
    """The softmax written out question by question."""
    total = 0.0
    for number, share in enumerate(lists.weight):
        documents = np.flatnonzero(lists.question == number)
        scores = [float((lists.features[lists.document == d] @ weights).max()) for d in documents]
        good = sum(math.exp(s) for s, d in zip(scores, documents, strict=True) if lists.relevant[d])
        total -= share * math.log(good / sum(map(math.exp, scores)))
    return total


@given(seed=st.integers(0, 10**6))
def test_loss_and_gradient(seed: int) -> None:
    lists = some_lists(seed)
    weights = np.random.default_rng(seed + 1).random(len(NAMES))
    value, slope = loss(weights, lists)
    assert value == pytest.approx(slow_loss(weights, lists), abs=1e-3)  # L2 is the difference
    for i in range(len(NAMES)):
        step = np.eye(len(NAMES))[i] * 1e-6
        rise = (loss(weights + step, lists)[0] - loss(weights - step, lists)[0]) / 2e-6
        assert slope[i] == pytest.approx(rise, abs=1e-3)


def test_scores_that_are_far_apart_do_not_underflow() -> None:
    lists = some_lists(2)
    with np.errstate(all="raise", under="ignore"):
        value, slope = loss(np.full(len(NAMES), 1e4), lists)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


def test_a_source_weighs_by_what_bm25_leaves_there() -> None:
    """One where BM25 finds a third of the answers, and one where it finds them all but one."""

    def source(questions: int, misses: int) -> list[Candidates]:
        features = np.zeros((2, len(NAMES)), np.float32)
        features[:, NAMES.index("essay")] = 1, 0
        document = np.arange(2)
        return [Candidates(features, document, document == (i < misses)) for i in range(questions)]

    def left(questions: int, misses: int) -> float:  # the entropy: no weight can do better
        p = misses / questions
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    weight = join([source(6, 2), source(10, 1)]).weight
    assert weight.sum() == pytest.approx(1)
    assert weight[:6].tolist() == pytest.approx([weight[0]] * 6)
    share = weight[:6].sum() / weight[6:].sum()
    assert share == pytest.approx(left(10, 1) / left(6, 2), rel=1e-2)


def test_features_that_are_left_out_get_no_weight() -> None:
    weights = fit(some_lists(1), ["essay", "cosine"])
    assert {name for name, weight in weights.items() if weight} <= {"essay", "cosine"}


def test_fit_finds_the_feature_that_tells() -> None:
    rng = np.random.default_rng(0)
    source = []
    for _ in range(80):
        features = rng.random((6, len(NAMES))).astype(np.float32)
        document = np.arange(6)
        features[:, 2] -= 1.0 * (document == 2)  # speaks against; must not be weighed
        relevant = document == int(features[:, 1].argmax())
        source.append(Candidates(features, document, relevant))
    weights = fit(join([source]))
    assert max(weights, key=lambda name: weights[name]) == NAMES[1]
    assert min(weights.values()) >= 0
