"""enumerate_global: counts of dichotomies, optima that can be known otherwise, refusals."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from relu_core import ArgumentError, enumerate_global
from relu_core.exact.enumeration import dichotomies


@settings(max_examples=20, deadline=None, derandomize=True)
@given(D=st.integers(3, 8), n=st.integers(1, 2), seed=st.integers(0, 1000))
def test_general_position_has_covers_number_of_dichotomies(D: int, n: int, seed: int) -> None:
    """Cover 1965: 2 * sum over i up to n of C(D - 1, i)."""
    X = np.random.default_rng([seed, D, n]).standard_normal((D, n))
    found = dichotomies(np.column_stack([X, np.ones(D)]))
    assert len(found) == 2 * sum(comb(D - 1, i) for i in range(n + 1))


def test_ties_and_collinear_rows_have_all_their_dichotomies() -> None:
    X = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    rows = np.column_stack([X, np.ones(len(X))])
    found = {tuple(split) for split in dichotomies(rows)}
    assert found == {split for split in np.ndindex(*[2] * len(X)) if separable(rows, np.array(split, dtype=bool))}


def separable(rows: np.ndarray, split: np.ndarray) -> bool:
    """By a linear program: some v has v . row >= 1 above and <= -1 below."""
    sides = np.where(split, -1.0, 1.0)[:, None] * rows
    free = [(None, None)] * rows.shape[1]
    return bool(linprog(np.zeros(rows.shape[1]), A_ub=sides, b_ub=-np.ones(len(rows)), bounds=free).status == 0)


def test_a_network_that_fits_is_found_by_every_loss() -> None:
    X = np.linspace(-1.0, 1.0, 7)[:, None]
    y = np.maximum(2.0 * X[:, 0] - 0.5, 0.0) + 1.0
    for loss in ("squared", "absolute", "huber"):
        fit = enumerate_global(X, y, 1, loss=loss)
        assert fit.upper == pytest.approx(0.0, abs=1e-8)
        assert np.allclose(fit.network(X)[:, 0], y, atol=1e-4)


def test_the_recheck_says_that_no_duals_are_stored() -> None:
    X, y = np.arange(5.0)[:, None], np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    checked = enumerate_global(X, y, 1).verify(X, y)
    assert not checked.holds and not checked.lower_checked
    assert checked.reason == "no duals are stored with this fit, so nothing was rechecked"


def test_too_many_programs_are_refused_with_their_number() -> None:
    X, y = np.random.default_rng(0).standard_normal((30, 2)), np.arange(30.0)
    with pytest.raises(ArgumentError) as refusal:
        enumerate_global(X, y, 3)
    assert str(refusal.value) == (
        "enumeration of D=30 distinct rows, n=2, width=3 takes 8.9e+08 convex programs, more than "
        "max_programs=2000000; use fit_global, fewer rows or a smaller width"
    )


def test_stopped_by_time_it_claims_nothing() -> None:
    X, y = np.random.default_rng(0).standard_normal((12, 2)), np.arange(12.0)
    fit = enumerate_global(X, y, 2, time_limit=0.0)
    assert fit.status == "time" and fit.lower == 0.0
