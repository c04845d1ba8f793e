"""fit_global with max_norm: proven to the last digits, against another solver, and never above a feasible network."""

from dataclasses import replace
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from relu_core import GlobalFit, ReluNetwork, fit_global
from relu_core.exact.losses import LOSSES, row_losses


def noise(loss: str, n: int, D: int, w: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Inputs, targets that no network explains, and a bound on the norms anywhere between tight and loose."""
    chance = np.random.default_rng([seed, n, D, w])
    X, y = chance.standard_normal((D, n)), chance.standard_normal(D)
    return X, np.sign(y) if loss in ("hinge", "logistic") else y, 10.0 ** chance.uniform(-2.0, 1.5)


def norms(network: ReluNetwork) -> np.ndarray:
    units = np.column_stack([network.weights[0], network.biases[0]]) * network.weights[1].T
    return np.linalg.norm(units, axis=1)


def assert_proven(fit: GlobalFit, X: np.ndarray, y: np.ndarray, max_norm: float) -> None:
    assert fit.status == "proven", (fit.status, fit.gap)
    recheck = fit.verify(X, y)
    assert recheck.holds, recheck.reason
    assert norms(fit.network).max() <= max_norm * (1.0 + 1e-9)


def best_of_all_patterns(X: np.ndarray, y: np.ndarray, width: int, max_norm: float) -> float:
    """Least mean square of all networks of one input: a convex program for each pattern and choice of signs."""
    rows, D = np.column_stack([X, np.ones(len(y))]), len(y)
    order = np.argsort(X[:, 0])
    sides = [side for k in range(D) for side in (np.isin(range(D), order[:k]), np.isin(range(D), order[k:]))]
    least = np.inf
    for on, positive in product(combinations_with_replacement(range(len(sides)), width), range(width + 1)):
        for places in {on, on[::-1]}:
            active = np.array([sides[k] for k in places])
            signs = np.where(np.arange(width) < positive, 1.0, -1.0)
            least = min(least, best_of_pattern(rows, y, active, signs, max_norm))
    return least


def best_of_pattern(rows: np.ndarray, y: np.ndarray, active: np.ndarray, signs: np.ndarray, max_norm: float) -> float:
    """Least mean square with the rows of each unit held on their sides."""
    w, side = len(signs), np.where(active, 1.0, -1.0)
    columns = np.column_stack([*(s * a[:, None] * rows for s, a in zip(signs, active, strict=True)), np.ones(len(y))])
    held = np.vstack([np.hstack([side[j, :, None] * rows * (j == k) for k in range(w)]) for j in range(w)])
    held = np.column_stack([held, np.zeros(len(held))])
    found = minimize(
        lambda t: np.mean((columns @ t - y) ** 2), np.zeros(2 * w + 1), method="SLSQP",
        jac=lambda t: 2.0 * columns.T @ (columns @ t - y) / len(y), options={"ftol": 1e-13, "maxiter": 300},
        constraints=[
            {"type": "ineq", "fun": lambda t: held @ t, "jac": lambda t: held},
            {"type": "ineq", "fun": lambda t: max_norm**2 - (t[:-1].reshape(w, 2) ** 2).sum(axis=1),
             "jac": lambda t: np.array([np.append(np.where(np.arange(2 * w) // 2 == j, -2.0 * t[:-1], 0.0), 0.0)
                                        for j in range(w)])},
        ],
    )  # fmt: skip
    kept = (held @ found.x).min() >= -1e-7 and (found.x[:-1].reshape(w, 2) ** 2).sum(axis=1).max() <= max_norm**2 + 1e-7
    return float(found.fun) if kept else np.inf


@pytest.mark.parametrize(("width", "D", "seed"), [(1, 9, 0), (1, 9, 1), (1, 9, 2), (2, 5, 3), (2, 5, 4)])
@pytest.mark.parametrize("max_norm", [0.1, 0.6])
def test_the_optimum_is_the_best_of_all_patterns(width: int, D: int, seed: int, max_norm: float) -> None:
    X, y, _ = noise("squared", 1, D, width, seed)
    fit = fit_global(X, y, width, max_norm=max_norm)
    assert_proven(fit, X, y, max_norm)
    assert fit.upper == pytest.approx(best_of_all_patterns(X, y, width, max_norm), rel=2e-6)
    assert max_norm > 0.1 or norms(fit.network).max() >= max_norm * (1.0 - 1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_all_losses_are_proven_and_confirmed(loss: str) -> None:
    """Among the seeds: Huber multipliers below the loss's slope, hinge leaves that were left with gaps of 1e-3."""
    for seed in (3, 26, 28, 35, 38):
        X, y, max_norm = noise(loss, 1, 12, 2, seed)
        assert_proven(fit_global(X, y, 2, loss=loss, max_norm=max_norm, node_limit=30_000), X, y, max_norm)
    X, y, max_norm = noise(loss, 2, 10, 1, 0)
    fit = fit_global(X, y, 1, loss=loss, max_norm=max_norm, weight_decay=0.01, node_limit=30_000)
    assert_proven(fit, X, y, max_norm)


@given(st.integers(0, 10_000), st.sampled_from(LOSSES), st.sampled_from([0.0, 1e-3, 0.3]))
@settings(max_examples=25, deadline=None)
def test_no_bound_lies_above_the_loss_of_a_network_that_keeps_it(seed: int, loss: str, spread: float) -> None:
    """Targets from a network whose units have exactly the norm allowed, so that its loss is near the optimum."""
    chance = np.random.default_rng(seed)
    X, units = chance.standard_normal((12, 2)), chance.standard_normal((2, 3))
    max_norm = 10.0 ** chance.uniform(-1.0, 1.0)
    units *= max_norm / np.linalg.norm(units, axis=1)[:, None]
    network = ReluNetwork([units[:, :2], np.array([[1.0, -1.0]])], [units[:, 2], chance.standard_normal(1)])
    y = network(X)[:, 0] + spread * chance.standard_normal(12)
    y = np.where(y > np.median(y), 1.0, -1.0) if loss in ("hinge", "logistic") else y
    reached = float(row_losses(loss, network(X)[:, 0], y, 1.0).mean())
    fit = fit_global(X, y, 2, loss=loss, max_norm=max_norm, node_limit=3_000)
    assert fit.lower <= min(reached, fit.upper) * (1.0 + 1e-9) + 1e-12
    assert norms(fit.network).max() <= max_norm * (1.0 + 1e-9)


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_a_bound_that_does_not_bind_changes_nothing(loss: str) -> None:
    X, y, _ = noise(loss, 2, 12, 1, 7)
    free = fit_global(X, y, 1, loss=loss)
    max_norm = 1.01 * norms(free.network).max()
    fit = fit_global(X, y, 1, loss=loss, max_norm=max_norm)
    assert free.status == "proven"
    assert_proven(fit, X, y, max_norm)
    assert fit.upper == pytest.approx(free.upper, rel=2e-6)


@pytest.mark.parametrize("factor", [-3.0, 10.0])
def test_forged_multipliers_of_the_norm_bound_prove_nothing_false(factor: float) -> None:
    X, y, _ = noise("squared", 1, 7, 1, 1)
    fit = fit_global(X, y, 1, max_norm=0.1)
    dual = fit.proof.dual.copy()  # type: ignore[attr-defined]
    assert (dual[:, 1, -2] > 0.0).any()
    dual[:, 1, -2] *= factor
    forged = replace(fit, proof=replace(fit.proof, dual=dual))  # type: ignore[type-var]
    assert forged.verify(X, y).lower <= fit.upper * (1.0 + 1e-9)
