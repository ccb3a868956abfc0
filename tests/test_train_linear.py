"""Both fits agree with scikit-learn, which knows neither lists nor our penalty."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from train.linear import fit_chance, fit_choice


def test_a_chance_is_a_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    columns = np.column_stack([rng.normal(size=(400, 3)) * [1, 5, 0.2], np.ones(400)])
    true = rng.random(400) < 1 / (1 + np.exp(-columns @ [1.0, -0.3, 4.0, 0.5]))
    spread = columns[:, :3].std(0)
    decay = 1e-2
    other = LogisticRegression(C=1 / (2 * decay * len(true)), tol=1e-8, max_iter=1000)
    other.fit(columns[:, :3] / spread, true)
    weights = fit_chance(columns, true, decay)
    assert weights[:3] == pytest.approx(other.coef_[0] / spread, rel=1e-3)
    assert weights[3] == pytest.approx(other.intercept_[0], abs=1e-3)


def test_a_choice_of_two_is_a_logistic_regression_on_their_difference() -> None:
    rng = np.random.default_rng(1)
    pairs = rng.normal(size=(300, 2, 3)) * [1, 3, 0.5]
    first = rng.random(300) < 1 / (1 + np.exp(-(pairs[:, 0] - pairs[:, 1]) @ [1.0, 0.2, -2.0]))
    columns = pairs.reshape(600, 3)
    right = np.column_stack([first, ~first]).reshape(600)
    decay, spread = 1e-2, columns.std(0)
    other = LogisticRegression(
        C=1 / (2 * decay * 300), fit_intercept=False, tol=1e-8, max_iter=1000
    )
    other.fit((pairs[:, 0] - pairs[:, 1]) / spread, first)
    weights = fit_choice(columns, right, np.repeat(np.arange(300), 2), decay)
    assert weights == pytest.approx(other.coef_[0] / spread, rel=1e-3)


def test_any_of_several_right_rows_will_do() -> None:
    columns = np.array([[1.0], [0.0], [0.0], [1.0], [0.0], [0.0]])
    right = np.array([True, True, False, True, False, True])
    assert fit_choice(columns, right, np.repeat([0, 1], 3), 1e-3)[0] > 0
