"""convex_bound: it bounds every width from below, closes where it can, and says how far it is where it cannot."""

import numpy as np
import pytest

from relu_core import ArgumentError, convex_bound, fit_global
from relu_core.exact.ball_limit import gain_over_ball


def noisy(n: int, D: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng([seed, n, D])
    X = chance.standard_normal((D, n))
    return X, np.abs(X[:, 0]) + 0.2 * chance.standard_normal(D)


def objective(network, X: np.ndarray, y: np.ndarray, weight_decay: float) -> float:  # type: ignore[no-untyped-def]
    units = np.column_stack([network.weights[0], network.biases[0]]) * network.weights[1].T
    return float(np.mean((network(X)[:, 0] - y) ** 2) + weight_decay * np.linalg.norm(units, axis=1).sum())


@pytest.mark.parametrize("n", [1, 2])
def test_it_closes_for_few_inputs(n: int) -> None:
    X, y = noisy(n, 30, 1)
    bound = convex_bound(X, y, weight_decay=0.15, gap=1e-3)
    assert 0 < bound.lower <= bound.upper and bound.gap <= 2e-3
    assert objective(bound.network, X, y, 0.15) == pytest.approx(bound.upper, rel=1e-6)


@pytest.mark.parametrize("width", [1, 2])
def test_no_width_goes_below_it(width: int) -> None:
    X, y = noisy(1, 20, 2)
    bound = convex_bound(X, y, weight_decay=0.1)
    fit = fit_global(X, y, width, weight_decay=0.1, gap=1e-4, time_limit=20.0)
    assert bound.lower <= fit.upper
    assert bound.upper <= fit.upper * (1 + 1e-3) or bound.lower <= fit.upper


def test_a_large_decay_leaves_the_constant() -> None:
    X, y = noisy(2, 30, 3)
    bound = convex_bound(X, y, weight_decay=50.0)
    assert bound.lower == pytest.approx(np.var(y), rel=1e-6) and bound.upper == pytest.approx(np.var(y), rel=1e-6)


def test_the_gain_that_is_proven_is_never_below_the_one_found() -> None:
    X, y = noisy(6, 40, 4)
    bound = convex_bound(X, y, weight_decay=0.1, time_limit=1.0)
    assert bound.gain >= bound.gain_found and 0 <= bound.lower <= bound.upper


def test_it_ends_where_a_unit_gains_more_than_the_ones_it_started_from() -> None:
    chance = np.random.default_rng(5)
    X, y = chance.standard_normal((20, 2)), chance.standard_normal(20)
    bound = convex_bound(X, y, weight_decay=0.1, gap=1e-3, time_limit=60.0)
    assert bound.gap <= 1e-3 and bound.seconds < 60.0


@pytest.mark.parametrize("n", [1, 3, 12])
def test_no_unit_gains_more_than_the_ball_allows(n: int) -> None:
    chance = np.random.default_rng([6, n])
    rows, dual = chance.standard_normal((40, n + 1)), chance.standard_normal(40)
    units = chance.standard_normal((20_000, n + 1))
    gains = np.maximum(rows @ (units / np.linalg.norm(units, axis=1, keepdims=True)).T, 0.0).T @ dual
    limit = gain_over_ball(rows, dual)
    assert gains.max() <= limit <= np.sum(np.maximum(dual, 0.0) * np.linalg.norm(rows, axis=1))
    # one row alone gains exactly its length
    assert gain_over_ball(rows[:1], np.ones(1)) == pytest.approx(np.linalg.norm(rows[0]), rel=1e-3)


@pytest.mark.long
def test_ten_inputs_and_a_decay_that_is_felt_come_within_five_percent() -> None:
    chance = np.random.default_rng([1, 10, 200])
    X = chance.standard_normal((200, 10))
    y = np.maximum(X @ chance.standard_normal(10) / np.sqrt(10), 0) + 0.5 * np.abs(X[:, 0])
    y += 0.3 * chance.standard_normal(200)
    y = (y - y.mean()) / y.std()
    bound = convex_bound(X, y, weight_decay=0.5, time_limit=20.0)
    assert 0 < bound.lower <= bound.upper < 0.9 and bound.gap <= 0.05 and bound.network.size > 1


def test_without_a_decay_it_refuses() -> None:
    X, y = noisy(1, 10, 5)
    with pytest.raises(ArgumentError) as refusal:
        convex_bound(X, y, weight_decay=0.0)
    assert str(refusal.value) == "weight_decay is 0, where every width has the trivial bound 0; pass a number above 0"
