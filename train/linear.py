"""Two convex fits of a few weights: which of a list is right, and whether something is.

Both are penalised by the squares of the weights times the standard deviation of their columns,
so that the unit of a column does not matter.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]


def fit_choice(
    columns: Array, right: NDArray[np.bool_], group: NDArray[np.int64], decay: float
) -> Array:
    """Return the weights under which the right rows of each group are the likeliest.

    Softmax over the rows of a group; the loss is -log of what the right ones take together (Cao et
    al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007).

    Args:
        columns: (rows, weights).
        right: (rows,), at least one a group.
        group: (rows,), ascending.
        decay: factor of the penalty.
    """
    spread = columns.std(0) + 1e-9
    scaled = columns / spread
    _, starts, list_of = np.unique(group, return_index=True, return_inverse=True)

    def loss(weights: Array) -> tuple[float, Array]:
        scores = scaled @ weights
        power = np.exp(scores - np.maximum.reduceat(scores, starts)[list_of])
        every, good = np.add.reduceat(power, starts), np.add.reduceat(power * right, starts)
        good = np.maximum(good, 1e-300)
        pull = power / every[list_of] - power * right / good[list_of]
        value = np.mean(np.log(every) - np.log(good)) + decay * weights @ weights
        return float(value), scaled.T @ pull / len(starts) + 2 * decay * weights

    weights: Array = _least(loss, columns.shape[1]) / spread
    return weights


def fit_chance(columns: Array, true: NDArray[np.bool_], decay: float) -> Array:
    """Return the weights of a logistic regression; the last column is the constant, unpenalised.

    Args:
        columns: (rows, weights).
        true: (rows,).
        decay: factor of the penalty.
    """
    spread = np.append(columns[:, :-1].std(0) + 1e-9, 1.0)
    scaled = columns / spread
    counted = np.append(np.ones(columns.shape[1] - 1), 0.0)

    def loss(weights: Array) -> tuple[float, Array]:
        logits = scaled @ weights
        value = np.mean(np.logaddexp(0, logits) - true * logits)
        chance = 1 / (1 + np.exp(-logits))
        slope = scaled.T @ (chance - true) / len(true)
        penalty = counted * weights
        return float(value + decay * penalty @ penalty), slope + 2 * decay * penalty

    weights: Array = _least(loss, columns.shape[1]) / spread
    return weights


def _least(loss: object, size: int) -> Array:
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B")
    weights: Array = found.x
    return weights
