"""Descents towards good networks: they end, whatever network they start from."""

import numpy as np

from relu_core.exact.fit import compile_loops
from relu_core.exact.incumbents import Descents
from relu_core.exact.incumbents_kernels import kick
from relu_core.exact.problem import make_problem
from relu_core.exact.relaxation import make_task


def test_a_unit_without_length_does_not_keep_a_descent_for_ever() -> None:
    """Rounded over a share of its largest height, which is 0, its kink was infinitely sharp."""
    compile_loops()
    X = np.linspace(-1.0, 1.0, 12)[:, None]
    task = make_task(make_problem(X, np.abs(X[:, 0]), 3, loss="squared"))
    descents = Descents(task)
    best = descents.best
    best.value[0] = 10.0
    best.weights[:] = 0.0
    best.shape[:] = 3, 2, 0
    weights = np.zeros(len(best.weights))
    for replaced in range(3):
        kick(
            task, np.ones((1, 2)), np.zeros(1, np.int64), np.array([replaced]), np.ones(1, np.int64),
            np.zeros(1, np.int64), 60, weights, best, descents.work,
        )  # fmt: skip
    assert np.isfinite(best.value[0]) and best.value[0] < 10.0


def test_the_first_descents_find_a_jump_that_no_short_weights_have() -> None:
    chance = np.random.default_rng(8)
    X = chance.standard_normal((60, 2))
    beyond = X @ np.array([0.6, 0.8]) > 0.5
    y = np.where(beyond, 2.0 - X[:, 0], 0.0) + 0.1 * chance.standard_normal(60)
    columns = np.column_stack([X, np.ones(60)])[beyond]
    affine = np.linalg.lstsq(columns, y[beyond])[0]
    known = (np.sum((columns @ affine - y[beyond]) ** 2) + np.sum((y[~beyond] - y[~beyond].mean()) ** 2)) / 60
    problem = make_problem(X, y, 2, loss="squared")
    assert Descents(make_task(problem)).best.value[0] * problem.loss_scale <= known * (1 + 1e-6)
