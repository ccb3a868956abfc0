"""Features → the probability that a sentence answers: gradient-boosted trees, as plain numbers.

Learned by `train/evidence.py` (Friedman, Annals of Statistics 2001) on questions whose reader
scores come from documents that the reader was not trained on. Models are with a reader and without,
and for a sentence that answers and for one that belongs in a list, where many do. A probability
orders, cuts and refuses; there is no second gate behind it.
"""

import json
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
        self._trees = [
            (
                np.array(tree["feature"], np.int64),
                np.array(tree["threshold"], np.float32),
                np.array([tree["left"], tree["right"]], np.int64),
                np.array(tree["value"], np.float32),
            )
            for tree in plain["trees"]
        ]

    def probabilities(self, rows: Features) -> NDArray[np.float32]:
        """Return one probability a row, shape (n,)."""
        raw = np.full(len(rows), self._base, np.float32)
        numbers = np.arange(len(rows))
        for feature, threshold, children, value in self._trees:
            at = np.zeros(len(rows), np.int64)
            while (inner := feature[at] >= 0).any():
                goes_right = rows[numbers, np.maximum(feature[at], 0)] > threshold[at]
                at = np.where(inner, children[goes_right.astype(np.int64), at], at)
            raw += np.float32(self._rate) * value[at]
        return (1 / (1 + np.exp(-raw))).astype(np.float32)


@cache
def trained(*, by_reader: bool, lists: bool) -> EvidenceModel:
    """The model that ships, with the reader's features or without, for one answer or for lists."""
    plain = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    name = "reader" if by_reader else "no reader"
    return EvidenceModel(plain[f"{name}, lists" if lists else name])
