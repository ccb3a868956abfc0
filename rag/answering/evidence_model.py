"""Features → the probability that a sentence answers: gradient-boosted trees, as plain numbers.

Learned by `train/evidence.py` (Friedman, Annals of Statistics 2001) on questions whose reader
scores come from documents that the reader was not trained on. Models are with a reader and without,
and for a sentence that answers and for one that belongs in a list, where many do. A probability
orders, cuts and refuses; there is no second gate behind it.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.answering.features import NAMES, Features

WEIGHTS = Path(__file__).parent / "evidence.json"


class EvidenceModel:
    """Trees of one kind; immutable."""

    def __init__(self, plain: dict[str, Any]) -> None:
        """Read what `train/evidence.py` wrote.

        Raises:
            ValueError: it was made for other features.
        """
        if tuple(plain["features"]) != NAMES:
            raise ValueError("evidence.json was made for other features: make it again")
        self._base, self._rate = float(plain["base"]), float(plain["rate"])
        trees = plain["trees"]
        nodes = max(len(tree["feature"]) for tree in trees)
        feature, self._threshold, left, right, self._value = (
            np.concatenate([_padded(tree[name], nodes) for tree in trees])
            for name in ("feature", "threshold", "left", "right", "value")
        )
        self._feature, self._sides = feature.astype(np.int64), np.stack([left, right]).astype(int)
        self._roots = np.arange(len(trees)) * nodes

    def probabilities(self, rows: Features) -> NDArray[np.float32]:
        """Return one probability a row, shape (n,).

        All trees are walked at once: a step down is the same look-up for each row and tree.
        """
        numbers = np.arange(len(rows))[:, None]
        at = np.tile(self._roots, (len(rows), 1))  # (n, trees): where each row stands in each tree
        while (inner := self._feature[at] >= 0).any():
            right = rows[numbers, self._feature[at]] > self._threshold[at]
            at = np.where(inner, self._roots + self._sides[right.astype(int), at], at)
        raw = self._base + self._rate * self._value[at].sum(axis=1, dtype=np.float64)
        likely: NDArray[np.float32] = (1 / (1 + np.exp(-raw))).astype(np.float32)
        return likely


def _padded(values: Sequence[float], length: int) -> NDArray[np.float32]:
    return np.array([*values, *[-1] * (length - len(values))], np.float32)


@cache
def trained(*, by_reader: bool, lists: bool) -> EvidenceModel:
    """The model that ships, with the reader's features or without, for one answer or for lists."""
    plain = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    name = "reader" if by_reader else "no reader"
    return EvidenceModel(plain[f"{name}, lists" if lists else name])
