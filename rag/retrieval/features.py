"""What speaks for a candidate: BM25 in three grains, meaning, and how the words come together.

A share is the part of the question's IDF mass that stands somewhere, 0..1: unlike BM25 it does
not grow with repetition, and it means the same for a short question and a long one.
"""

import numpy as np
from numpy.typing import NDArray

from rag.index.found import Rows, Scores
from rag.index.parts import Table
from rag.index.store import Evidence
from rag.retrieval.question import Question

Features = NDArray[np.float32]
"""Shape (candidates, len(NAMES))."""

NAMES = (
    "essay",  # BM25 of the whole essay, by the question's mass
    "passage",  # BM25 of the passage with its title and leads, by the question's mass
    "cosine",  # of the question's and the passage's vectors
    "essay_share",  # share that stands in the essay
    "passage_share",  # share that stands in the passage or around it
    "opening_share",  # share that stands in the essay's title or first sentence
    "head_share",  # share that stands around the passage: title, sections, lead
    "sentence_share",  # the largest share that one sentence holds
    "pair_share",  # the largest share that two neighbouring sentences hold
)


def features(question: Question, evidence: Evidence | None) -> Features:
    """Return the features of the passages that `evidence` speaks of, if there are any."""
    if evidence is None:
        return np.empty((0, len(NAMES)), np.float32)
    of_essay, of_passage, parts, first, cosines = evidence
    shares = question.shares
    return np.stack(
        [
            question.boosts @ of_essay / question.mass,
            question.boosts @ of_passage / question.mass,
            cosines,
            shares @ (of_essay > 0),
            shares @ (of_passage > 0),
            shares @ _opening(first),
            shares @ parts.present[:, parts.starts],
            _largest(shares @ parts.present, parts.starts),
            _largest(shares @ (parts.present | _next(parts)), parts.starts),
        ],
        axis=1,
    ).astype(np.float32)


def _opening(first: Table) -> NDArray[np.bool_]:
    """Terms that stand around a passage or in its first sentence, shape (terms, passages)."""
    return first.present[:, first.starts] | _next(first)[:, first.starts]


def _next(parts: Table) -> NDArray[np.bool_]:
    """The table moved by one part; the last part of a passage has no next one."""
    moved = np.zeros_like(parts.present)
    moved[:, :-1] = parts.present[:, 1:]
    moved[:, parts.starts[parts.starts > 0] - 1] = False
    return moved


def _largest(values: Scores, starts: Rows) -> Scores:
    """The largest value of each passage's parts."""
    largest: Scores = np.maximum.reduceat(values, starts)
    return largest
