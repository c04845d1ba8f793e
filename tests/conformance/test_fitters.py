"""One contract over both exact fitters: the same optimum on every tiny problem, degenerate ones above all."""

import numpy as np
import pytest

from relu_core import GlobalFit, enumerate_global, fit_global

LOSSES = ("squared", "absolute", "huber", "hinge", "logistic")
KINDS = ("noise", "ties", "duplicates", "collinear", "zero loss", "constant target", "fewer rows than inputs")


def tiny_problem(kind: str, seed: int, loss: str = "squared") -> tuple[np.ndarray, np.ndarray, int]:
    """X, y and width of a problem that enumeration solves in about a tenth of a second."""
    chance = np.random.default_rng([seed, KINDS.index(kind)])
    n, width = [(1, 1), (1, 2), (2, 1)][seed % 3]
    D = int(chance.integers(5, 9))
    X, y = chance.standard_normal((D, n)), chance.standard_normal(D)
    if kind == "ties":
        X = np.round(X)
    elif kind == "duplicates":
        X[D // 2 :] = X[: D - D // 2]
    elif kind == "collinear":
        X = np.column_stack([X, 2.0 * X[:, :1] - 1.0, np.full(D, 3.0)])
    elif kind == "zero loss":
        y = np.maximum(X @ chance.standard_normal(n) + 0.3, 0.0)
    elif kind == "constant target":
        y = np.full(D, 1.5)
    elif kind == "fewer rows than inputs":
        X, y, width = chance.standard_normal((3, 5)), y[:3], 1
    if loss in ("hinge", "logistic"):
        y = np.where(y > np.median(y), 1.0, -1.0)
    return X, y, width


def assert_same_optimum(X: np.ndarray, y: np.ndarray, width: int, loss: str) -> GlobalFit:
    reference = enumerate_global(X, y, width, loss=loss)
    fit = fit_global(X, y, width, loss=loss, time_limit=30.0)
    scale = max(1e-3, float(np.var(y)))
    assert fit.status == "proven", fit
    assert fit.lower <= reference.upper + 1e-9 * scale
    assert fit.upper <= reference.upper + 2e-6 * max(reference.upper, 1e-3 * scale)
    return fit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_search_agrees_with_enumeration(kind: str, seed: int) -> None:
    X, y, width = tiny_problem(kind, seed)
    fit = assert_same_optimum(X, y, width, "squared")
    assert fit.verify(X, y).holds, fit.verify(X, y)


@pytest.mark.parametrize("loss", LOSSES[1:])
@pytest.mark.parametrize("kind", ["noise", "ties", "collinear"])
def test_the_search_agrees_with_enumeration_for_every_loss(kind: str, loss: str) -> None:
    X, y, _ = tiny_problem(kind, 3, loss)
    assert_same_optimum(X, y, 1, loss)


@pytest.mark.parametrize("scale", [5.0, 1e2, 1e4])
@pytest.mark.parametrize("output_bias", [True, False])
def test_huber_loss_is_proven_where_most_rows_lie_on_its_straight_part(scale: float, output_bias: bool) -> None:
    X, y, _ = tiny_problem("noise", 4)
    reference = enumerate_global(X, scale * y, 1, loss="huber", output_bias=output_bias)
    fit = fit_global(X, scale * y, 1, loss="huber", output_bias=output_bias, time_limit=30.0)
    assert fit.status == "proven", fit
    assert fit.upper == pytest.approx(reference.upper, rel=2e-6)
    assert fit.verify(X, scale * y).holds, fit.verify(X, scale * y)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_tiny_problems(seed: int) -> None:
    X, y, width = tiny_problem(KINDS[seed % len(KINDS)], 1000 + seed)
    assert_same_optimum(X, y, width, "squared")
