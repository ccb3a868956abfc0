"""The model that weighs evidence: its trees, walked many rows at once, and what it refuses."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from rag.answering.evidence_model import WEIGHTS, EvidenceModel, trained
from rag.answering.features import NAMES, Features

PLAIN: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))


def leaf(tree: Mapping[str, Sequence[float]], row: Sequence[float], at: int = 0) -> float:
    """Walk one tree for one row, node by node."""
    feature = int(tree["feature"][at])
    if feature < 0:
        return tree["value"][at]
    side = "right" if row[feature] > np.float32(tree["threshold"][at]) else "left"
    return leaf(tree, row, int(tree[side][at]))


def naive(plain: Mapping[str, Any], row: Sequence[float]) -> float:
    raw = plain["base"] + plain["rate"] * sum(leaf(tree, row) for tree in plain["trees"])
    return 1 / (1 + math.exp(-raw))


def drawn(plain: Mapping[str, Any]) -> Features:
    """Rows of chance, some exactly at a threshold, where `>` and `>=` differ."""
    chance = np.random.default_rng(7)
    rows = chance.normal(0, 3, (60, len(NAMES))).astype(np.float32)
    for row, tree in zip(rows, plain["trees"], strict=False):
        if tree["feature"][0] >= 0:
            row[tree["feature"][0]] = tree["threshold"][0]
    return rows


@pytest.mark.parametrize(("kept", "by_reader"), [("reader", True), ("no reader", False)])
@pytest.mark.parametrize("lists", [False, True])
def test_probabilities_are_those_of_walking_each_tree(
    kept: str, by_reader: bool, lists: bool
) -> None:
    kept += ", lists" * lists
    rows = drawn(PLAIN[kept])
    found = trained(by_reader=by_reader, lists=lists).probabilities(rows)
    assert found.shape == (len(rows),)
    assert found == pytest.approx([naive(PLAIN[kept], row) for row in rows], abs=1e-5)
    assert ((found > 0) & (found < 1)).all()


def test_no_rows_have_no_probabilities() -> None:
    empty = np.zeros((0, len(NAMES)), np.float32)
    assert trained(by_reader=True, lists=False).probabilities(empty).shape == (0,)


def test_a_row_is_weighed_by_itself() -> None:
    rows = drawn(PLAIN["reader"])
    model = trained(by_reader=True, lists=False)
    assert np.concatenate(
        [model.probabilities(rows[n : n + 1]) for n in range(9)]
    ) == pytest.approx(model.probabilities(rows[:9]))


@pytest.mark.parametrize("wrong", [NAMES[:-1], (*NAMES, "more"), NAMES[::-1]])
def test_a_model_of_other_features_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="other features"):
        EvidenceModel(PLAIN["reader"] | {"features": list(wrong)})


def test_without_a_reader_nothing_of_it_is_asked() -> None:
    """The features of the reader are zero then, so a tree that looks at one learned nothing."""
    of_reader = {NAMES.index(name) for name in NAMES[:6]}
    asked = {feature for tree in PLAIN["no reader"]["trees"] for feature in tree["feature"]}
    assert asked & of_reader == set()
