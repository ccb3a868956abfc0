"""What speaks for a candidate: BM25 in three grains, meaning, and how the words come together.

A share is the part of the question's IDF mass that stands somewhere, 0..1: unlike BM25 it does
not grow with repetition, and it means the same for a short question and a long one.
"""

import numpy as np
from numpy.typing import NDArray

from rag.index.store import Evidence
from rag.retrieval.question import Question

Features = NDArray[np.float32]
"""Shape (candidates, len(NAMES))."""

NAMES = Evidence._fields
"""What each feature is; both BM25 are divided by the question's mass."""


def features(question: Question, evidence: Evidence) -> Features:
    """Return the features of the rows that `evidence` speaks of."""
    made = np.stack(evidence, axis=1)
    made[:, :2] /= question.mass
    return made
