"""fit_global: known optima, laws of the optimum, honest endings, and whole error sentences."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, GlobalFit, ReluNetwork, fit_global

CASES = Path(__file__).parents[4] / "shared" / "cases" / "exact"
QUICK = (
    "n1_D20_w1_syn", "n1_D50_w2_syn", "n1_D200_w2_syn", "n2_D30_w2_syn", "n2_D30_w2_diab", "n2_D60_w2_diab",
    "n3_D30_w1_diab", "n2_D442_w1_diab",
)  # fmt: skip


def case(name: str) -> tuple[np.ndarray, np.ndarray, int, float]:
    if not CASES.exists():
        pytest.skip("the cases with known optima are not here")
    data = np.load(CASES / f"{name}.npz")
    expected = json.loads((CASES / "expected.json").read_text())["cases"][name]
    return data["X"], data["y"], int(data["w"]), float(expected["optimum"])


def planted(n: int, D: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng([seed, n, D])
    X = chance.standard_normal((D, n))
    return X, np.maximum(X @ chance.standard_normal(n), 0.0) + 0.3 * chance.standard_normal(D)


def mean_square(network: ReluNetwork, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((network(X)[:, 0] - y) ** 2))


def assert_known_optimum(name: str) -> None:
    X, y, width, optimum = case(name)
    fit = fit_global(X, y, width)
    assert fit.status == "proven"
    assert fit.upper == pytest.approx(optimum, rel=1.5e-6, abs=1e-9)
    assert fit.lower <= optimum * (1 + 1e-9)
    assert mean_square(fit.network, X, y) == pytest.approx(fit.upper, rel=1e-9)
    recheck = fit.verify(X, y)
    assert recheck.holds, recheck.reason


@pytest.mark.parametrize("name", QUICK)
def test_known_optima_are_proven(name: str) -> None:
    assert_known_optimum(name)


def test_a_weight_box_is_never_certified() -> None:
    """Two units with weights in the hundreds nearly cancel in this optimum; solvers inside a box prove 0.237001."""
    X, y, width, _optimum = case("n2_D30_w2_diab")
    fit = fit_global(X, y, width)
    assert fit.upper == pytest.approx(0.230941, rel=1e-5)
    assert fit.max_weight > 100
    assert fit.assumptions[0] == "weights are not bounded"


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**16), n=st.integers(1, 2))
def test_one_more_unit_never_raises_the_optimum(seed: int, n: int) -> None:
    X, y = planted(n, 10, seed)
    one, two = fit_global(X, y, 1), fit_global(X, y, 2)
    assert two.lower <= one.upper and two.upper <= one.upper * (1 + 1e-6) + 1e-9


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**16))
def test_scaling_and_permuting_inputs_leave_the_optimum(seed: int) -> None:
    X, y = planted(2, 12, seed)
    plain = fit_global(X, y, 1)
    moved = fit_global(X[:, ::-1] * np.array([1e3, 1e-2]) + np.array([5.0, -1.0]), y, 1)
    assert moved.upper == pytest.approx(plain.upper, rel=3e-6, abs=1e-9)
    scaled = fit_global(X, 100.0 * y + 7.0, 1)
    assert scaled.upper == pytest.approx(1e4 * plain.upper, rel=3e-6, abs=1e-5)


def test_no_trained_network_beats_the_proven_optimum() -> None:
    X, y = planted(2, 25, 1)
    fit = fit_global(X, y, 2)
    for seed in range(50):
        assert mean_square(gradient_descent(X, y, 2, seed), X, y) >= fit.lower


def gradient_descent(X: np.ndarray, y: np.ndarray, width: int, seed: int) -> ReluNetwork:
    """A plain loop, so that the law does not rest on the library's own training."""
    chance = np.random.default_rng([seed, 1])
    V, b, s, c = chance.standard_normal((width, X.shape[1])), chance.standard_normal(width), np.ones(width), 0.0
    s[1::2] = -1.0
    for _ in range(400):
        z = X @ V.T + b
        error = 2.0 * (np.maximum(z, 0.0) @ s + c - y) / len(y)
        back = error[:, None] * s * (z > 0)
        s = s - 0.05 * np.maximum(z, 0.0).T @ error
        V, b, c = V - 0.05 * back.T @ X, b - 0.05 * back.sum(0), c - 0.05 * error.sum()
    return ReluNetwork([V, s[None, :]], [b, np.array([c])])


def test_sample_weights_count_rows() -> None:
    X, y = planted(1, 10, 3)
    weight = np.array([3, 1, 1, 2, 1, 0, 1, 1, 1, 1])
    repeated = fit_global(np.repeat(X, weight, axis=0), np.repeat(y, weight), 1)
    fit = fit_global(X, y, 1, sample_weight=weight)
    assert fit.upper == pytest.approx(repeated.upper, rel=3e-6)
    assert fit.verify(X, y).holds, fit.verify(X, y)


def test_without_output_bias_the_network_has_none() -> None:
    X, y = planted(1, 12, 4)
    fit = fit_global(X, y + 3.0, 1, output_bias=False)
    assert fit.network.biases[1][0] == 0.0
    assert fit.status == "proven" and fit.upper >= fit_global(X, y + 3.0, 1).lower


@pytest.mark.parametrize("weight_decay", [0.01, 0.1])
def test_weight_decay_bounds_the_weights(weight_decay: float) -> None:
    X, y = planted(2, 15, 5)
    fit = fit_global(X, y, 1, weight_decay=weight_decay, gap=1e-5)
    norm = np.linalg.norm(np.append(fit.network.weights[0], fit.network.biases[0]))
    assert fit.gap <= 1e-5 and fit.verify(X, y).holds
    assert mean_square(fit.network, X, y) + weight_decay * norm == pytest.approx(fit.upper, rel=1e-9)
    assert fit.upper <= np.var(y) and weight_decay * norm <= fit.upper


def test_a_norm_bound_is_kept_and_binds() -> None:
    X, y = planted(1, 15, 6)
    free = fit_global(X, y, 1)
    fit = fit_global(X, y, 1, max_norm=0.5)
    norm = np.linalg.norm(np.append(fit.network.weights[0], fit.network.biases[0]))
    assert 0.5 * (1 - 1e-6) <= norm <= 0.5 * (1 + 1e-9) and fit.status == "proven"
    assert fit.lower >= free.lower and fit.verify(X, y).holds
    assert fit.assumptions[0] == "each unit's norm is at most max_norm"


def test_the_same_call_gives_the_same_bits() -> None:
    X, y = planted(2, 20, 7)
    first, second = fit_global(X, y, 2), fit_global(X, y, 2)
    for left, right in zip(
        first.network.weights + first.network.biases, second.network.weights + second.network.biases, strict=True
    ):
        assert np.array_equal(left, right)
    assert (first.lower, first.upper, first.nodes) == (second.lower, second.upper, second.nodes)


def test_an_early_end_returns_both_bounds_and_never_proven() -> None:
    X, y = planted(2, 40, 8)
    proven = fit_global(X, y, 2)
    stopped = fit_global(X, y, 2, node_limit=50)
    assert stopped.status == "nodes" and stopped.nodes < proven.nodes
    assert stopped.lower <= proven.lower * (1 + 1e-6) and stopped.upper >= proven.upper * (1 - 1e-6)
    assert fit_global(X, y, 3, time_limit=0.0).status == "time"


def test_the_callback_sees_bounds_that_close_in() -> None:
    X, y = planted(2, 30, 9)
    seen: list[tuple[float, float, int, float]] = []
    fit = fit_global(X, y, 2, callback=lambda *bounds: seen.append(bounds))
    assert seen[0][0] == 0.0 and seen[0][2] == 0
    assert all(later[1] <= earlier[1] for earlier, later in itertools.pairwise(seen))
    assert seen[-1][2] == fit.nodes and seen[-1][1] == pytest.approx(fit.upper, rel=1e-9)


def test_a_callback_that_returns_true_ends_the_search() -> None:
    X, y = planted(2, 40, 8)
    fit = fit_global(X, y, 3, callback=lambda lower, upper, nodes, seconds: nodes > 0)
    assert fit.status == "time" and fit.nodes <= 128 and fit.lower <= fit.upper


@pytest.mark.parametrize("loss", ["hinge", "logistic"])
def test_classes_that_a_network_separates_have_a_proven_loss_of_zero(loss: str) -> None:
    for seed in range(6):
        X = np.random.default_rng(seed).standard_normal((12, 2))
        y = np.where(np.maximum(X[:, 0], 0.0) > np.maximum(X[:, 1], 0.0) + 0.1, 1.0, -1.0)
        fit = fit_global(X, y, 2, loss=loss, node_limit=20_000)
        assert fit.status == "proven" and fit.upper <= 1e-9, (seed, fit.status, fit.upper)
        assert fit.verify(X, y).holds


def test_a_good_warm_start_is_used() -> None:
    X, y = planted(2, 30, 10)
    best = fit_global(X, y, 2)
    again = fit_global(X, y, 2, warm_start=best.network, time_limit=0.0)
    assert again.upper <= best.upper * (1 + 1e-9)


def changed(fit: GlobalFit, **proof: object) -> GlobalFit:
    """The fit with another proof, as a forger would write it."""
    return replace(fit, proof=replace(fit.proof, **proof))  # type: ignore[type-var]


def test_the_recheck_finds_a_forged_proof() -> None:
    X, y = planted(2, 12, 11)
    fit = fit_global(X, y, 1)
    assert fit.verify(X, y).holds
    leaves = np.flatnonzero(fit.proof.branched < 0)  # type: ignore[attr-defined]
    dual = fit.proof.dual.copy()  # type: ignore[attr-defined]
    dual[leaves] = 0.0
    # A useless dual is worked out anew: what is then confirmed is true, and no more than that.
    assert changed(fit, dual=dual).verify(X, y).lower <= fit.upper * (1 + 1e-9)
    claimed = replace(fit, lower=1.01 * fit.lower)
    assert claimed.verify(X, y).reason == f"the duals prove {fit.verify(X, y).lower:.9g}, not {claimed.lower:.9g}"
    kept = np.arange(len(fit.proof.parent)) != leaves[0]  # type: ignore[attr-defined]
    shorter = {name: getattr(fit.proof, name)[kept] for name in ("branched", "shape", "cells", "dual")}
    forged = changed(fit, parent=fit.proof.parent[kept], **shorter)  # type: ignore[attr-defined]
    assert not forged.verify(X, y).holds
    assert not fit.verify(X, y + np.arange(len(y))).holds


def test_each_refusal_says_what_to_do() -> None:
    X, y = planted(2, 10, 12)
    refusals = {
        "y holds 0.5 where hinge loss takes -1 and 1 only; recode the two classes": lambda: fit_global(
            X, np.full(10, 0.5), 1, loss="hinge"
        ),
        "width is 0; pass a whole number of at least 1": lambda: fit_global(X, y, 0),
        "X has no rows; pass at least one": lambda: fit_global(np.zeros((0, 2)), np.zeros(0), 1),
        "X holds 1 missing or infinite values; impute or drop them first": lambda: fit_global(
            np.where(np.arange(20).reshape(10, 2) == 3, np.nan, X), y, 1
        ),
        "loss is 'cubic'; choose one of squared, absolute, huber, hinge, logistic": lambda: fit_global(
            X, y, 1, loss="cubic"
        ),
        "max_norm is 0.0; pass a number above 0, or None for weights without a bound": lambda: fit_global(
            X, y, 1, max_norm=0.0
        ),
        "X has 9 independent columns and width is 4: the search begins with 6e+12 tuples of cells, too many for any "
        "time limit; pass fewer columns or units": lambda: fit_global(
            np.random.default_rng(0).standard_normal((30, 9)), np.arange(30.0), 4
        ),
        "warm_start has 3 units where width is 2; raise the width": lambda: fit_global(
            X, y, 2, warm_start=ReluNetwork([np.ones((3, 2)), np.ones((1, 3))], [np.zeros(3), np.zeros(1)])
        ),
    }
    for sentence, call in refusals.items():
        with pytest.raises(ArgumentError) as refusal:
            call()
        assert str(refusal.value) == sentence
