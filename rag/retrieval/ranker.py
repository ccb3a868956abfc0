"""What was learned from questions: how much their terms count, and what a passage is worth.

BM25 takes a rare word for a telling one, but “是什么” or “于哪” is rare in documents because it is
a way to ask. How often a term of a question stands in the passage that answers it was counted on
training pairs; a term that does so less often than its neighbours weighs less. This is the
relevance weight of Robertson & Sparck Jones (JASIS 27(3), 1976) with the probability learned for
the term instead of for the question.

The score of a passage is one learned sum of what its words and its meaning say. Weights are learned
by `train/ranker.py` as a softmax over the candidates of a question (ListNet: Cao et al., ICML
2007). BM25 and cosine have no fixed range, so each stands relative to the other candidates of the
same question, which makes the weights hold for any encoder. There are two sets: for words and
meaning, and for words alone. What further features gave (nothing) is in bench/retrieval.md.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.index import Pool, Scores

TERM_WEIGHTS = Path(__file__).parent / "terms.json"
RANKER_WEIGHTS = Path(__file__).parent / "ranker.json"
NAMES = (
    "passage",  # BM25 of the passage, divided by the best candidate's
    "essay",  # BM25 of its essay, divided by the best candidate's
    "cosine",  # with the question's vector, in standard deviations over the candidates
)
Features = NDArray[np.float32]
"""Shape (candidates, len(NAMES))."""


@cache
def term_weights() -> Mapping[str, float]:
    """The learned weights in 0..1; a term that is not there weighs 1."""
    weights: dict[str, float] = json.loads(TERM_WEIGHTS.read_text(encoding="utf-8"))
    return weights


def weighted_terms(
    tokens: Iterable[str], learned: Mapping[str, float] | None = None
) -> tuple[tuple[str, ...], Scores]:
    """The different tokens of a question, and what the BM25 of each is multiplied with.

    A token that comes twice counts twice; `learned` takes the place of the weights that ship.
    """
    counts = Counter(tokens)
    known = term_weights() if learned is None else learned
    boosts = [known.get(term, 1.0) * count for term, count in counts.items()]
    return tuple(counts), np.array(boosts, np.float32)


@cache
def trained_weights(*, by_meaning: bool) -> Scores:
    """What each feature counts, shape (len(NAMES),): for words and meaning, or for words alone."""
    weights = json.loads(RANKER_WEIGHTS.read_text(encoding="utf-8"))
    own = weights["words and meaning" if by_meaning else "words"]
    return np.array([own.get(name, 0.0) for name in NAMES], np.float32)


def features(pool: Pool) -> Features:
    """The features of the rows of `pool`."""
    cosine = np.zeros(len(pool.rows), np.float32)
    if pool.cosines is not None and len(pool.rows):
        cosine = (pool.cosines - pool.cosines.mean()) / (pool.cosines.std() + 1e-6)
    columns = (_relative(pool.passages), _relative(pool.essays), cosine)
    return np.stack(columns, axis=1).astype(np.float32)


def _relative(scores: Scores) -> Scores:
    return scores / (scores.max(initial=0.0) or np.float32(1))
