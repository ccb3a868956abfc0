"""The score of a candidate: a weighted sum of its features.

The weights are in `ranker.json`: `rag train --ranker` learned them from training pairs (how is told
in `rag.training.ranker`, what they bring in bench/retrieval.md). `PLAIN` is the sum of BM25 and
cosine alone, kept as the measure of what the features give.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from rag.index.found import Scores
from rag.retrieval.features import NAMES, Features

RANKER_WEIGHTS = Path(__file__).parent / "ranker.json"


class Ranker:
    """A linear ranker; a feature without a weight does not count."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = np.array([weights.get(name, 0.0) for name in NAMES], np.float32)

    def scores(self, features: Features) -> Scores:
        """Return one score a candidate, shape (n,); larger is better, no fixed range."""
        scores: Scores = features @ self._weights
        return scores


PLAIN = Ranker({"essay": 1.0, "cosine": 0.1})


@cache
def trained_ranker() -> Ranker:
    """The ranker that ships, with the weights of `ranker.json`."""
    return Ranker(json.loads(RANKER_WEIGHTS.read_text(encoding="utf-8")))
