"""A question as weighted terms: what it asks about counts, how it asks does not.

BM25 takes a rare word for a telling one, but “是什么” or “于哪” is rare in documents because it is
a way to ask. How often a term of a question stands in the passage that answers it was counted on
training pairs; a term that does so less often than its neighbours weighs less. This is the
relevance weight of Robertson & Sparck Jones (JASIS 27(3), 1976) with the probability learned for
the term instead of for the question.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from rag.index import Scores

TERM_WEIGHTS = Path(__file__).parent / "terms.json"


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
def term_weights() -> Mapping[str, float]:
    """The learned weights in 0..1; a term that is not there weighs 1."""
    weights: dict[str, float] = json.loads(TERM_WEIGHTS.read_text(encoding="utf-8"))
    return weights
