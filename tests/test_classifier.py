"""The kind of a request: probabilities from weights that can be summed by hand."""

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.answering.classifier import CLASSIFIER, KINDS, classify, features
from rag.answering.core import part

TEXTS = ("岳西县有哪些引进人才的措施", "请写一篇讲话稿，谢谢", "你好", "", "abc 123")
DIMENSIONS = 384


@pytest.fixture(scope="module")
def sets() -> dict[str, Any]:
    held: dict[str, Any] = json.loads(CLASSIFIER.read_text(encoding="utf-8"))
    return held


@pytest.fixture(scope="module")
def vector() -> NDArray[np.float32]:
    drawn = np.random.default_rng(0).normal(size=DIMENSIONS)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def by_hand(weights: dict[str, Any], text: str, vector: list[float]) -> dict[str, float]:
    sums = list(weights["bias"])
    for name in features(part(text)):
        for i, weight in enumerate(weights["features"].get(name, ())):
            sums[i] += weight
    for value, row in zip(vector, weights.get("vector", ()), strict=False):
        for i, weight in enumerate(row):
            sums[i] += value * weight
    power = [math.exp(each / 100) for each in sums[: len(weights["kinds"])]]
    return {kind: each / sum(power) for kind, each in zip(weights["kinds"], power, strict=True)}


def test_the_file_is_small_and_whole(sets: dict[str, Any]) -> None:
    assert CLASSIFIER.stat().st_size <= 600_000
    assert sets.keys() == {"words", "words and meaning"}
    for weights in sets.values():
        assert sorted(weights["kinds"]) == sorted(KINDS)
        columns = len(weights["kinds"]) + len(weights["wanted"])
        rows = [weights["bias"], *weights["features"].values(), *weights["vector"]]
        assert {len(row) for row in rows} == {columns}
    assert [len(each["vector"]) for each in sets.values()] == [0, DIMENSIONS]


@pytest.mark.parametrize("text", TEXTS)
def test_probabilities_sum_to_one(text: str, vector: NDArray[np.float32]) -> None:
    for guess in (classify(part(text)), classify(part(text), vector)):
        assert sum(guess.kinds.values()) == pytest.approx(1)
        assert sum(guess.wanted.values()) == pytest.approx(1)
        assert guess.kinds[guess.kind] == max(guess.kinds.values())
        assert guess.wanted[guess.thing] == max(guess.wanted.values())


@pytest.mark.parametrize("text", TEXTS)
def test_the_weights_can_be_summed_by_hand(
    text: str, sets: dict[str, Any], vector: NDArray[np.float32]
) -> None:
    assert classify(part(text)).kinds == pytest.approx(by_hand(sets["words"], text, []))
    held = by_hand(sets["words and meaning"], text, vector.tolist())
    assert classify(part(text), vector).kinds == pytest.approx(held)


def test_a_vector_of_another_encoder_does_not_count() -> None:
    other = np.ones(7, np.float32)
    assert classify(part(TEXTS[0]), other) == classify(part(TEXTS[0]))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("岳西县去年新增了多少家企业", "number"),
        ("“红色驿站”是什么意思", "define"),
        ("起草一份关于基层减负的讲话稿", "write"),
        ("哪些文章提到了“数字乡村”", "census"),
        ("你能做什么", "meta"),
        ("谢谢", "smalltalk"),
    ],
)
def test_clear_requests_have_their_kind(text: str, kind: str) -> None:
    assert classify(part(text)).kind == kind
