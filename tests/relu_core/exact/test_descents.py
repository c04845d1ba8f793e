"""Descents towards good networks: they end, whatever network they start from."""

import subprocess
import sys

import numpy as np
import pytest

from relu_core.exact.exchange import hyperplanes
from relu_core.exact.exchange_kernels import gains_of_planes
from relu_core.exact.incumbents import Descents
from relu_core.exact.polish import Polish
from relu_core.exact.problem import make_problem
from relu_core.exact.programs import solve_program
from relu_core.exact.relaxation import make_task, unknowns

GLIDE_BESIDE_A_UNIT_WITHOUT_LENGTH = """
import numpy as np
from numba import njit
from relu_core.exact.glide_kernels import glide, network_value
from relu_core.exact.incumbents import Descents
from relu_core.exact.problem import make_problem
from relu_core.exact.relaxation import make_task

@njit
def glided(task, weights, work):
    before = network_value(task, weights, 1, 2, 2, work)
    return before, glide(task, weights, 5, 1, 2, 2, before, work)

X = np.linspace(-1.0, 1.0, 12)[:, None]
task = make_task(make_problem(X, np.abs(X[:, 0]), 2, loss="squared"))
# y lies below the outputs at all rows, so that each row would bend the empty unit's kink upwards
before, after = glided(task, np.array([10.0, 0.0, 0.0, 1.0, 0.1]), Descents(task).work)
assert np.isfinite(after) and after < 0.1 * before, (before, after)
"""
SYSTEM_THAT_IS_NOT_FINITE = """
import numpy as np
from relu_core.exact.quadratic_kernels import nonnegative_quadratic

for entry in (np.inf, np.nan, -np.inf):
    x = np.ones(2)
    nonnegative_quadratic(
        2, 1, np.array([[1.0, 0.0], [0.0, entry]]), np.ones(2), 1e-12, np.ones(2), x, np.zeros(2, np.int64),
        np.zeros(2, np.int64), np.zeros((2, 2)), np.zeros(2),
    )
"""


@pytest.mark.parametrize(
    "script", [GLIDE_BESIDE_A_UNIT_WITHOUT_LENGTH, SYSTEM_THAT_IS_NOT_FINITE], ids=["glide", "system"]
)
def test_an_infinite_curvature_does_not_keep_a_descent_for_ever(script: str) -> None:
    """A unit without length was rounded over a share of its largest height, 0: its kink was infinitely sharp, and no
    shift of the diagonal was enough for its pivot. In a process of its own: a loop without end has no other."""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)


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


def noisy(n: int, D: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng([seed, n])
    X = chance.standard_normal((D, n))
    return X, np.maximum(X @ chance.standard_normal(n), 0.0) + 0.5 * chance.standard_normal(D)


def test_a_polished_network_is_the_best_of_its_pattern() -> None:
    for seed in range(8):
        problem = make_problem(*noisy(2, 30, seed), 2, loss="squared")
        descents = Descents(task := make_task(problem), starts=2)
        best, chance = descents.best, np.random.default_rng(seed)
        units, positive, affine = (int(v) for v in best.shape)
        if affine:
            continue
        moved = best.weights * (1.0 + 0.05 * chance.standard_normal(len(best.weights)))
        patterns = [moved[1 + 3 * j : 4 + 3 * j] @ task.x > 0.0 for j in range(units)]
        value, _ = solve_program(problem, patterns, [1.0] * positive + [-1.0] * (units - positive), 1.0)
        best.value[0], best.weights[:] = np.inf, moved
        Polish(task, best, descents.work).improve()
        assert best.value[0] <= value * (1 + 1e-7) + 1e-12


def test_the_gain_of_a_hyperplane_is_what_least_squares_gains() -> None:
    problem = make_problem(*noisy(2, 25, 3), 2, loss="squared")
    descents = Descents(task := make_task(problem))
    best, D = descents.best, 25
    best.shape[:] = 2, 1, 0
    planes = hyperplanes(task.x, 60, np.random.default_rng(0))
    gains, signs = np.zeros(len(planes)), np.zeros(len(planes), dtype=np.int64)
    root = np.sqrt(task.weight)
    gains_of_planes(
        task, best, 0, planes, root, np.zeros((unknowns(task), D)), np.zeros((4, D)), gains, signs, descents.work
    )
    held = np.column_stack([np.ones(D), (task.x * (best.weights[4:7] @ task.x > 0)).T]) * root[:, None]
    for plane, gain in zip(planes, gains, strict=True):
        both = np.column_stack([held, (task.x * (plane @ task.x > 0)).T * root[:, None]])
        left = [np.sum((c @ np.linalg.lstsq(c, root * task.y)[0] - root * task.y) ** 2) for c in (held, both)]
        assert abs(left[0] - left[1] - gain) <= 1e-6


def test_hyperplanes_meet_every_pattern_of_few_rows() -> None:
    chance = np.random.default_rng(1)
    x = np.vstack([chance.standard_normal((2, 7)), np.ones(7)])
    patterns = {tuple(plane @ x > 0) for plane in hyperplanes(x, 10**6, chance)}
    # Cover 1965: n affine inputs separate D rows in general position in 2 sum_k C(D - 1, k) ways, k = 0 .. n
    assert len(patterns | {(True,) * 7, (False,) * 7}) == 2 * (1 + 6 + 15)
