"""Measures of a ranking against graded judgments, as trec_eval defines them."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

Judgments = Mapping[str, int]
"""Document id → how relevant it is to one question; 0 and absent alike are not."""


def ndcg(ranking: Sequence[str], judged: Judgments, k: int) -> float:
    """Normalised discounted cumulative gain of the first k, 0..1.

    Gain is the grade, discount log2(rank + 1): Järvelin & Kekäläinen, ACM TOIS 20(4), 2002.

    >>> round(ndcg(["a", "b"], {"b": 1}, 10), 4)
    0.6309
    """
    gains = [judged.get(document, 0) for document in ranking[:k]]
    ideal = sorted(judged.values(), reverse=True)[:k]
    return _dcg(gains) / _dcg(ideal) if any(ideal) else 0.0


def recall(ranking: Sequence[str], judged: Judgments, k: int) -> float:
    """Share of the relevant documents that are among the first k."""
    relevant = {document for document, grade in judged.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Judgments, k: int) -> float:
    """One over the rank of the first relevant document, 0 where the first k have none."""
    for rank, document in enumerate(ranking[:k], start=1):
        if judged.get(document, 0) > 0:
            return 1 / rank
    return 0.0


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Probability that a positive scores above a negative, ties counting half.

    Area under the ROC curve, as the Mann-Whitney statistic: Hanley & McNeil, Radiology 143, 1982.

    >>> auroc([3, 2], [1, 2])
    0.875
    """
    if not len(positives) or not len(negatives):
        return 1.0
    ordered = sorted(negatives)
    wins = sum(bisect_left(ordered, p) + bisect_right(ordered, p) for p in positives)
    return wins / (2 * len(positives) * len(negatives))


def refused_at(kept: float, positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Share of the negatives under the score that the share `kept` of the positives reaches.

    >>> refused_at(0.5, [4, 3, 2, 1], [0, 2, 3, 3.5])
    0.5
    """
    if not len(positives) or not len(negatives):
        return 1.0
    least = sorted(positives, reverse=True)[math.ceil(kept * len(positives)) - 1]
    return sum(bool(score < least) for score in negatives) / len(negatives)


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
