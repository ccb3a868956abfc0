"""The score of a passage: what its words and its meaning say, in one learned sum.

Three features a candidate; weights in `ranker.json`, learned by `train/ranker.py` as a softmax over
the candidates of a question (ListNet: Cao et al., ICML 2007). BM25 and cosine have no fixed range,
so each stands relative to the other candidates of the same question, which makes the weights hold
for any encoder. There are two sets: for words and meaning, and for words alone. What further
features gave (nothing) is in bench/retrieval.md.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.index import Pool, Scores

RANKER_WEIGHTS = Path(__file__).parent / "ranker.json"
NAMES = (
    "passage",  # BM25 of the passage, divided by the best candidate's
    "essay",  # BM25 of its essay, divided by the best candidate's
    "cosine",  # with the question's vector, in standard deviations over the candidates
)
Features = NDArray[np.float32]
"""Shape (candidates, len(NAMES))."""


def features(pool: Pool) -> Features:
    """The features of the rows of `pool`."""
    cosine = np.zeros(len(pool.rows), np.float32)
    if pool.cosines is not None and len(pool.rows):
        cosine = (pool.cosines - pool.cosines.mean()) / (pool.cosines.std() + 1e-6)
    columns = (_relative(pool.passages), _relative(pool.essays), cosine)
    return np.stack(columns, axis=1).astype(np.float32)


def _relative(scores: Scores) -> Scores:
    return scores / (scores.max(initial=0.0) or np.float32(1))


@cache
def trained_weights(*, by_meaning: bool) -> Scores:
    """What each feature counts, shape (len(NAMES),): for words and meaning, or for words alone."""
    weights = json.loads(RANKER_WEIGHTS.read_text(encoding="utf-8"))
    own = weights["words and meaning" if by_meaning else "words"]
    return np.array([own.get(name, 0.0) for name in NAMES], np.float32)
