"""A question as weighted terms: what it asks about counts, how it asks does not.

BM25 takes a rare word for a telling one, but “是什么” or “于哪” is rare in documents because it is
a way to ask. How often a term of a question stands in the passage that answers it was counted on
training pairs; a term that does so less often than its neighbours weighs less. This is the
relevance weight of Robertson & Sparck Jones (JASIS 27(3), 1976) with the probability learned for
the term instead of for the question.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.index.found import Scores

TERM_WEIGHTS = Path(__file__).parent / "terms.json"


@dataclass(frozen=True, slots=True)
class Question:
    """The different terms of a question, each with two weights, shape (terms,)."""

    terms: tuple[str, ...]
    boosts: Scores  # how much of a term's BM25 counts; twice for a term that comes twice
    shares: Scores  # of each term in what the question asks, by IDF; they add up to 1
    mass: float  # the BM25 of a passage that held every term endlessly often

    @classmethod
    def of(
        cls,
        tokens: Iterable[str],
        idfs: Callable[[Sequence[str]], NDArray[np.float64]],
        learned: Mapping[str, float] | None = None,
    ) -> "Question":
        """Weigh the tokens of a question; `idfs` are those of the passages.

        `learned` takes the place of the term weights that ship.
        """
        counts = Counter(tokens)
        learned = term_weights() if learned is None else learned
        weights = np.array([learned.get(term, 1.0) for term in counts], np.float32)
        rarity = idfs(tuple(counts)).astype(np.float32)
        boosts = weights * np.array(list(counts.values()), np.float32)
        told = rarity * weights
        return cls(
            terms=tuple(counts),
            boosts=boosts,
            shares=told / (told.sum() or 1),
            mass=float(rarity @ boosts) or 1.0,
        )


@cache
def term_weights() -> Mapping[str, float]:
    """The learned weights in 0..1; a term that is not there weighs 1."""
    weights: dict[str, float] = json.loads(TERM_WEIGHTS.read_text(encoding="utf-8"))
    return weights
