"""Intervals: they hold the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from relu_core import ArgumentError, Interval
from relu_core.comparison import METRICS, bootstrap_metric, fold_mean_interval, nested_bootstrap, quotient, wilson
from relu_core.comparison.intervals import seed_interval

LAWS = settings(max_examples=60, deadline=None, derandomize=True)
TRIALS = 1000


def runs(trial: int, folds: int = 5, seeds: int = 10) -> np.ndarray:
    """Metric of every run (folds, seeds): true mean 0, folds differ more than seeds do and are correlated by 0.1."""
    chance = np.random.default_rng([7, trial])
    of_data = chance.normal(0, np.sqrt(0.1), (1, 1)) + chance.normal(0, np.sqrt(0.9), (folds, 1))
    return of_data + chance.normal(0, 0.7, (folds, seeds))


def covered(make: object) -> float:
    found = [make(runs(trial)) for trial in range(TRIALS)]  # type: ignore[operator]
    return float(np.mean([interval.low <= 0 <= interval.high for interval in found]))


def test_the_interval_over_fold_means_holds_the_truth_19_times_in_20() -> None:
    assert 0.93 <= covered(fold_mean_interval) <= 0.97


def test_runs_taken_as_independent_would_hold_it_far_less_often() -> None:
    assert covered(lambda values: fold_mean_interval(values.reshape(-1, 1))) < 0.75


def test_the_nested_bootstrap_holds_it_nearly_as_often() -> None:
    assert 0.84 <= covered(lambda values: nested_bootstrap(values, draws=300)) <= 0.97


def test_the_interval_of_fold_means_is_students_for_folds_that_are_correlated() -> None:
    values = runs(0)
    # A correlation r of the folds makes the variance of the mean s^2 (1/5 + r / (1 - r)).
    error = values.mean(axis=1).std(ddof=1) * np.sqrt(1 / 5 + 0.1 / 0.9)
    low, high = stats.t.interval(0.9, 4, values.mean(), error)
    found = fold_mean_interval(values, level=0.9)
    assert (found.low, found.high) == pytest.approx((low, high))


SHARES = st.lists(st.floats(-3.0, 0.999), min_size=3, max_size=8)


@LAWS
@given(values=SHARES)
def test_an_interval_never_passes_perfect_and_holds_the_mean(values: list[float]) -> None:
    found = fold_mean_interval(values, perfect=1.0)
    assert found.low <= found.value <= found.high <= 1.0
    # Turned round, the same runs are errors that are perfect at 0.
    errors = fold_mean_interval(1 - np.array(values), perfect=0.0)
    assert (1 - errors.high, 1 - errors.low) == pytest.approx((found.low, found.high))


def test_one_bad_fold_lengthens_the_bad_side() -> None:
    found = fold_mean_interval([0.98, 0.98, 0.97, 0.98, 0.85], perfect=1.0)
    assert found.value - found.low > 2 * (found.high - found.value)


def test_far_from_perfect_the_interval_is_the_plain_one() -> None:
    values = 0.5 + 1e-4 * runs(3)
    near, plain = fold_mean_interval(values, perfect=1.0), fold_mean_interval(values)
    assert (near.low, near.high) == pytest.approx((plain.low, plain.high), abs=1e-6)


def test_a_perfect_fold_takes_the_values_as_they_are_and_is_cut_at_perfect() -> None:
    values = [0.97, 1.0, 0.98, 1.0, 0.93]
    found, plain = fold_mean_interval(values, perfect=1.0), fold_mean_interval(values)
    assert (found.value, found.low) == (plain.value, plain.low)
    assert found.high == 1.0 < plain.high
    errors = fold_mean_interval(1 - np.array(values), perfect=0.0)
    assert errors.low == 0.0 and errors.high == pytest.approx(1 - plain.low)


def test_folds_with_skewed_errors_are_covered_where_the_plain_interval_misses() -> None:
    # Distances to perfect are lognormal: most folds are good, a few are bad. Mean: exp(0.7^2 / 2).
    truth, hits = 1 - np.exp(0.245), {"log": 0, "plain": 0}
    for trial in range(TRIALS):
        chance = np.random.default_rng([8, trial])
        logs = 0.7 * (np.sqrt(0.1) * chance.normal() + np.sqrt(0.9) * chance.normal(size=5))
        for name, perfect in (("log", 1.0), ("plain", np.nan)):
            found = fold_mean_interval(1 - np.exp(logs), perfect=perfect)
            hits[name] += found.low <= truth <= found.high
    assert hits["plain"] / TRIALS + 0.02 < hits["log"] / TRIALS
    assert hits["log"] / TRIALS > 0.92


def test_the_interval_over_seeds_holds_what_other_seeds_would_give_on_the_same_folds() -> None:
    levels, hits = np.array([[3.0], [-1.0], [0.0], [2.0], [-4.0]]), 0
    for trial in range(TRIALS):
        found = seed_interval(levels + np.random.default_rng([9, trial]).normal(size=(5, 3)))
        hits += found.low <= 0.0 <= found.high
    assert 0.93 <= hits / TRIALS <= 0.97


def test_one_seed_says_nothing_about_others() -> None:
    found = seed_interval([[1.0], [3.0]])
    assert (found.value, found.low, found.high) == (2.0, -np.inf, np.inf)


def test_one_fold_leaves_the_interval_open() -> None:
    found = fold_mean_interval([[1.0, 3.0]])
    assert (found.value, found.low, found.high) == (2.0, -np.inf, np.inf)


def test_a_run_without_a_number_is_left_out_and_a_fold_without_any_leaves_nothing() -> None:
    assert fold_mean_interval([[1.0, np.nan], [3.0, 5.0]]).value == 2.5
    assert np.isnan(fold_mean_interval([[np.nan], [3.0]]).value)


@LAWS
@given(runs=st.integers(1, 200), data=st.data())
def test_wilson_is_the_set_of_shares_that_the_count_does_not_reject(runs: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, runs))
    found = wilson(successes, runs)
    z = stats.norm.ppf(0.975)
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert abs(successes / runs - end) == pytest.approx(z * np.sqrt(end * (1 - end) / runs), rel=1e-6)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_wilson_refuses_more_successes_than_runs() -> None:
    with pytest.raises(ArgumentError) as refusal:
        wilson(3, 2)
    assert str(refusal.value) == "successes is 3 of 2 runs; pass a number between 0 and the number of runs"


def test_the_bootstrap_of_rows_agrees_with_the_exact_interval_of_a_share() -> None:
    chance = np.random.default_rng(1)
    y = chance.integers(0, 2, 400).astype(float)
    prediction = np.where(chance.random(400) < 0.9, y, 1 - y)
    hits = int((y == prediction).sum())
    found, exact = bootstrap_metric(METRICS["accuracy"], y, prediction), wilson(hits, 400)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.012)


def test_the_bootstrap_of_groups_is_wider_where_rows_of_a_group_are_alike() -> None:
    chance = np.random.default_rng(2)
    groups = np.repeat(np.arange(20), 30)
    y = np.zeros(600)
    prediction = np.repeat(chance.normal(size=20), 30)
    apart, together = (
        bootstrap_metric(METRICS["rmse"], y, prediction, groups=some, draws=400) for some in (None, groups)
    )
    assert together.high - together.low > 3 * (apart.high - apart.low)


@LAWS
@given(a=st.floats(1, 1e4), b=st.floats(1, 1e4), arms=st.lists(st.floats(1.0, 4.0), min_size=4, max_size=4))
def test_the_quotient_lies_between_the_best_and_the_worst_case(a: float, b: float, arms: list[float]) -> None:
    top, bottom = Interval(a, a / arms[0], a * arms[1], 0.95, ""), Interval(b, b / arms[2], b * arms[3], 0.95, "")
    found = quotient(top, bottom)
    assert top.low / bottom.high * (1 - 1e-9) <= found.low <= found.value <= found.high
    assert found.high <= top.high / bottom.low * (1 + 1e-9)
    assert found.low <= min(top.low / b, a / bottom.high) * (1 + 1e-9)


def test_an_open_end_of_a_part_opens_the_matching_end_of_the_quotient() -> None:
    found = quotient(Interval(8.0, 4.0, np.inf, 0.95, ""), Interval(2.0, 1.0, np.inf, 0.95, ""))
    assert (found.value, found.low, found.high) == (4.0, 0.0, np.inf)
