"""The search over knots: the same optimum as cones and enumeration, bounds that hold, and a recheck that can fail."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import GlobalFit, fit_global
from relu_core.exact import fit as fitting
from relu_core.exact.incumbents import Descents
from relu_core.exact.knots import KnotOutcome, search_knots, sort_rows
from relu_core.exact.limits import Limits
from relu_core.exact.problem import make_problem
from relu_core.exact.proof import KnotProof
from relu_core.exact.relaxation import make_task


def kinked(D: int, width: int, seed: int, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a random network of one input with noise."""
    chance = np.random.default_rng([seed, D, width])
    x, y = chance.standard_normal(D), np.zeros(D)
    for _ in range(width):
        facing = chance.choice([-1.0, 1.0])
        y += chance.uniform(-2.0, 2.0) * np.maximum(facing * x + 0.6 * chance.standard_normal(), 0.0)
    return x[:, None], y + noise * y.std() * chance.standard_normal(D)


def by_cones(monkeypatch: pytest.MonkeyPatch, X: np.ndarray, y: np.ndarray, width: int, **options: object) -> GlobalFit:
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "knots_apply", lambda problem: False)
        return fit_global(X, y, width, **options)  # type: ignore[arg-type]


def crowded(seed: int) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Few rows, equal inputs among them, weights that may be 0, runs of one row, optima that are jumps."""
    chance = np.random.default_rng([seed, 77])
    D, width = int(chance.integers(5, 13)), int(chance.integers(1, 4))
    x = chance.standard_normal(D) if seed % 2 else np.round(2.0 * chance.standard_normal(D))
    return x[:, None], chance.standard_normal(D), width, chance.integers(0 if seed % 3 else 1, 4, size=D) + (x > 0)


@pytest.mark.parametrize("seed", range(30))
def test_knots_and_cones_prove_the_same_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, width, weight = crowded(seed)
    if len(np.unique(X[weight > 0])) < 2:
        pytest.skip("one input is left")
    fit = fit_global(X, y, width, sample_weight=weight)
    cones = by_cones(monkeypatch, X, y, width, sample_weight=weight)
    assert isinstance(fit.proof, KnotProof) and not isinstance(cones.proof, KnotProof)
    scale = 1e-3 * float(np.var(y))
    assert fit.status == cones.status == "proven", (fit, cones)
    assert abs(fit.upper - cones.upper) <= 2e-6 * max(fit.upper, scale), (fit.upper, cones.upper)
    assert fit.verify(X, y).holds, fit.verify(X, y)


@pytest.mark.parametrize("kind", ["crowded", "stretched", "steps"])
@pytest.mark.parametrize("seed", range(4))
def test_inputs_of_very_different_distances_have_bounds_that_hold(
    kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs lose digits where gaps between rows are narrow; cones are asked then, and no bound claims too much."""
    chance = np.random.default_rng([seed, 5])
    x = np.sort(chance.standard_normal(22))
    x[11:] *= 1e-4 if kind == "crowded" else 1.0
    x = np.exp(3.0 * x) if kind == "stretched" else x
    y = 3.0 * np.sign(x) + 10.0 * (chance.random(22) < 0.1) if kind == "steps" else chance.standard_normal(22)
    fit = fit_global(x[:, None], y, 3, node_limit=4_000)
    cones = by_cones(monkeypatch, x[:, None], y, 3, node_limit=4_000)
    rounding = 1e-9 * float(np.var(y))
    assert fit.lower <= cones.upper * (1 + 1e-7) + rounding and cones.lower <= fit.upper * (1 + 1e-7) + rounding
    assert fit.lower >= cones.lower - 1e-6 * fit.upper - rounding
    assert fit.verify(x[:, None], y).holds, fit.verify(x[:, None], y)


def test_five_units_on_two_hundred_rows_are_proven_and_confirmed() -> None:
    """Cones of directions stood at a gap of 17 % after a minute on a problem of this size."""
    X, y = kinked(200, 5, 1)
    fit = fit_global(X, y, 5, time_limit=60.0)
    assert fit.status == "proven" and fit.verify(X, y).holds
    assert np.mean((fit.network(X)[:, 0] - y) ** 2) == pytest.approx(fit.upper, rel=1e-9)
    assert fit.upper <= fit_global(X, y, 4).upper


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**16), width=st.integers(1, 3))
def test_one_more_unit_never_raises_the_optimum_and_order_does_not_count(seed: int, width: int) -> None:
    X, y = kinked(30, 2, seed)
    fit, wider = fit_global(X, y, width), fit_global(X, y, width + 1)
    assert wider.lower <= fit.upper and wider.upper <= fit.upper * (1 + 1e-6) + 1e-9
    mirrored = fit_global(-3.0 * X[::-1] + 1.0, y[::-1], width)
    assert mirrored.upper == pytest.approx(fit.upper, rel=3e-6, abs=1e-9)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**16))
def test_no_network_with_random_knots_goes_below_the_lower_bound(seed: int) -> None:
    X, y = kinked(25, 3, seed)
    fit, chance = fit_global(X, y, 2), np.random.default_rng(seed)
    for _ in range(200):
        knots, facing = chance.choice(X[:, 0], 2) + 0.1 * chance.standard_normal(2), chance.choice([-1.0, 1.0], 2)
        columns = np.column_stack([np.ones(25), np.maximum(facing * (X - knots), 0.0)])
        weights = np.linalg.lstsq(columns, y, rcond=None)[0]
        assert np.mean((columns @ weights - y) ** 2) >= fit.lower


def searched(X: np.ndarray, y: np.ndarray, width: int, **changes: object) -> KnotOutcome:
    problem = make_problem(X, y, width, loss="squared")
    limits = Limits(1e-6, 1e-3, np.inf, np.inf, lambda *bounds: False)._replace(**changes)  # type: ignore[arg-type]
    return search_knots(problem, Descents(make_task(problem)).best, limits)


def test_an_early_end_returns_bounds_that_hold() -> None:
    X, y = kinked(60, 4, 3)
    whole = searched(X, y, 3)
    assert whole.ended == "complete"
    for changes, ended in (({"deadline": 0.0}, "time"), ({"node_limit": 1}, "nodes")):
        early = searched(X, y, 3, **changes)
        assert early.ended == ended and early.nodes <= whole.nodes
        assert 0.0 < early.lower <= whole.lower
    told: list[tuple[float, float, int]] = []
    stopped = searched(X, y, 3, report=lambda *bounds: told.append(bounds) or True)
    assert stopped.ended == "time" and len(told) == 1 and stopped.lower <= whole.lower


def test_more_units_than_rows_fit_them() -> None:
    X, y = kinked(5, 2, 4)
    for width in (4, 6):
        fit = fit_global(X, y, width)
        assert fit.status == "proven" and fit.upper <= 1e-9 and fit.verify(X, y).holds


def test_equal_inputs_become_one_row_with_their_loss_beside_it() -> None:
    problem = make_problem([[0.0], [1.0], [1.0], [3.0]], [0.0, 1.0, 3.0, 0.0], 1, loss="squared")
    rows = sort_rows(problem)
    assert len(rows.x) == 3 and rows.weight.tolist() == [0.25, 0.5, 0.25]
    assert rows.within * problem.loss_scale == pytest.approx(0.5)


def forged(fit: GlobalFit, which: np.ndarray, **changes: object) -> GlobalFit:
    assert isinstance(fit.proof, KnotProof)
    leaves = fit.proof.leaves.chosen(which)._replace(**changes)  # type: ignore[arg-type]
    return replace(fit, proof=replace(fit.proof, leaves=leaves))


def test_the_recheck_finds_a_forged_proof() -> None:
    X, y = kinked(50, 3, 5)
    fit = fit_global(X, y, 3)
    whole = np.arange(len(fit.proof.leaves.facing))  # type: ignore[attr-defined]
    assert len(whole) > 10 and fit.verify(X, y).holds and forged(fit, whole).verify(X, y).holds
    # leaves listed before the incumbent was found may be more than the proof needs; without another, a choice is left
    needed = [not forged(fit, np.delete(whole, leaf)).verify(X, y).holds for leaf in whole]
    assert np.mean(needed) > 0.5
    without = forged(fit, np.delete(whole, needed.index(True))).verify(X, y)
    assert without.reason.startswith("no leaf proves the bound for knots at [") and without.lower == 0.0
    # columns that are left out are found again: what is then confirmed is true, and no more than that
    nothing_held = forged(fit, whole, held=0 * whole).verify(X, y)
    assert nothing_held.holds and nothing_held.lower <= fit.upper
    claimed = replace(fit, lower=1.01 * fit.lower, upper=1.01 * fit.upper).verify(X, y)
    assert not claimed.holds
    assert not fit.verify(X, y + 0.1 * np.arange(50)).holds
