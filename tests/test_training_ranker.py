"""The ranker's training: its loss against a slow account of it, its split, its term weights."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encoding import load_default
from rag.retrieval.features import NAMES
from rag.training.corpus import Pair
from rag.training.ranker import (
    Candidates,
    Lists,
    candidates,
    collections,
    fit,
    is_held_out,
    join,
    learn_term_weights,
    loss,
)


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


@settings(deadline=None)
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


def test_every_source_weighs_the_same() -> None:
    lists = some_lists(0, questions=3)
    assert lists.weight.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_fit_finds_the_feature_that_tells() -> None:
    rng = np.random.default_rng(0)
    source = []
    for _ in range(80):
        features = rng.random((6, len(NAMES))).astype(np.float32)
        document = np.arange(6)
        features[:, 7] -= 1.0 * (document == 2)  # speaks against; must not be weighed
        relevant = document == int(features[:, 4].argmax())
        source.append(Candidates(features, document, relevant))
    weights = fit(join([source]))
    assert max(weights, key=lambda name: weights[name]) == NAMES[4]
    assert min(weights.values()) >= 0


def test_terms_that_answers_do_not_hold_weigh_less() -> None:
    pairs = [
        Pair(f"{name}在哪里？", f"{name}位于省城的东边。", "a")
        for name in ("学校", "医院", "公园", "车站", "邮局", "银行")
    ]
    weights = learn_term_weights(pairs)
    assert weights["在哪"] < 0.4
    assert "学校" not in weights  # seen once: nothing is learned
    assert learn_term_weights(pairs[:4]) == {}


def test_the_split_is_by_passage_and_takes_a_third() -> None:
    pairs = [Pair(str(i), f"第{i // 2}段", "a") for i in range(3000)]
    held = [is_held_out(pair) for pair in pairs]
    assert held[0::2] == held[1::2]
    assert sum(held) / len(held) == pytest.approx(1 / 3, abs=0.03)


def test_pairs_become_collections_and_lists(tmp_path: Path) -> None:
    pairs = [
        Pair("人才库由谁管理？", "人才库由组织部管理。", "a"),
        Pair("每年培训几次？", "每年培训两次。", "a"),
        Pair("人才库归谁管？", "人才库由组织部管理。", "a"),
        Pair("第一书记", "选派第一书记到村任职。", "b"),
    ]
    first, second = collections(pairs)
    assert (first.name, len(first.documents), len(first.questions)) == ("a", 2, 3)
    assert first.judgments == {"0": {"0": 1}, "1": {"1": 1}, "2": {"0": 1}}
    assert [text.text for text in second.documents.values()] == ["选派第一书记到村任职。"]
    made = list(candidates(first, load_default(), tmp_path))
    assert [relevant.tolist() for _, _, relevant in made] == [
        [True, False], [False, True], [True, False],
    ]  # fmt: skip
    features, document, _ = made[0]
    assert document.tolist() == [0, 1]
    assert features[0, NAMES.index("passage_share")] > features[1, NAMES.index("passage_share")]
