"""The ratio of sizes: paired over folds, censored where a family did not reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import Criteria, Interval
from relu_core.comparison import FamilyResult, SizeInterval, SizePoint, headline_ratio, ratio_of_sizes
from relu_core.comparison.curves import crossing
from relu_core.comparison.intervals import fold_mean_interval

LAWS = settings(max_examples=60, deadline=None, derandomize=True)
SIZES = [round(20 * 2 ** (i / 2)) for i in range(15)]
CRITERIA = Criteria("regression", "r2", 0.8, minimum_ratio=1.5)


def family(
    hidden_layers: int, smallest: float, of_folds: np.ndarray, noise: float = 0.0, seed: int = 0, slope: float = 0.1
) -> FamilyResult:
    """A family whose mean r2 crosses 0.8 at `smallest`; of_folds (5,): how much easier each fold is for everyone."""
    chance = np.random.default_rng([seed, hidden_layers])
    # Folds of one data set are correlated by 0.1.
    own = noise * (np.sqrt(0.9) * chance.normal(size=5) + np.sqrt(0.1) * chance.normal())
    curves = [0.8 + slope * np.log(size / smallest) + of_folds + own for size in SIZES]
    points = tuple(
        SizePoint((1,) * hidden_layers, size, fold_mean_interval(curve), fold_means=tuple(curve), seeds=10, folds=5)
        for size, curve in zip(SIZES, curves, strict=True)
    )
    found = crossing(SIZES, [curve.mean() for curve in curves], 0.8)
    if np.isinf(found):
        interval = SizeInterval(SIZES[-1], SIZES[-1], SIZES[-1], "not up to high", bounded=False)
    else:
        interval = SizeInterval(round(found), round(found), round(found))
    return FamilyResult(hidden_layers, points, interval, Interval(1.0, 0.9, 1.0, 0.95, "Wilson"))


def pair(
    shallow: float, deep: float, trial: int, noise: float = 0.004, common: float = 0.05
) -> tuple[FamilyResult, FamilyResult]:
    of_folds = common * np.random.default_rng([5, trial]).normal(size=5)
    of_folds -= of_folds.mean()
    return family(1, shallow, of_folds, noise, trial), family(2, deep, of_folds, noise, trial)


def test_the_interval_holds_the_planted_ratio_19_times_in_20() -> None:
    found = [ratio_of_sizes(*pair(900.0, 300.0, trial), CRITERIA).value for trial in range(250)]
    assert 0.92 <= np.mean([ratio.low <= 3.0 <= ratio.high for ratio in found]) <= 0.98


def test_folds_that_are_hard_for_both_families_do_not_widen_it() -> None:
    alike, apart = (ratio_of_sizes(*pair(900.0, 300.0, 1, common=c), CRITERIA).value for c in (0.0, 0.05))
    assert (alike.low, alike.high) == pytest.approx((apart.low, apart.high), rel=1e-6)


@LAWS
@given(shallow=st.floats(30, 2000), deep=st.floats(30, 2000), trial=st.integers(0, 100))
def test_swapping_the_families_inverts_the_ratio(shallow: float, deep: float, trial: int) -> None:
    one, two = pair(shallow, deep, trial)
    there, back = ratio_of_sizes(one, two, CRITERIA).value, ratio_of_sizes(two, one, CRITERIA).value
    assert there.value * back.value == pytest.approx(1)
    if there.low > 0 and np.isfinite(there.high):
        assert (there.low * back.high, there.high * back.low) == pytest.approx((1, 1))


def test_the_ends_of_the_ratio_come_from_curves_tilted_by_half_of_the_half_width() -> None:
    one, two = pair(900.0, 300.0, 3)
    found = ratio_of_sizes(one, two, CRITERIA).value
    own = [np.array(f.points[0].fold_means) - np.mean(f.points[0].fold_means) for f in (one, two)]
    half = fold_mean_interval(own[0] - own[1]).high
    # Each curve gains 0.1 a unit of the log of size, so half of the half-width moves its crossing by 5 times that
    # width.
    assert np.log(found.high / found.value) == pytest.approx(2 * (half / 2) / 0.1, rel=0.02)


def test_a_shallow_family_that_does_not_reach_leaves_a_lower_bound() -> None:
    one, two = pair(40_000.0, 100.0, 0)
    found = ratio_of_sizes(one, two, CRITERIA)
    assert (found.censored, found.value.high) == ("shallow not reached", np.inf)
    assert found.value.value == pytest.approx(SIZES[-1] / 100, rel=0.05)
    assert 1.5 < found.value.low <= found.value.value


def test_a_deeper_family_that_does_not_reach_leaves_an_upper_bound() -> None:
    found = ratio_of_sizes(*pair(100.0, 40_000.0, 0), CRITERIA)
    assert (found.censored, found.value.low) == ("deep not reached", 0.0)
    assert found.value.high < 0.1


def test_two_families_that_do_not_reach_leave_nothing() -> None:
    found = ratio_of_sizes(*pair(40_000.0, 40_000.0, 0), CRITERIA)
    assert found.censored == "neither reached"
    assert (found.value.low, found.value.high) == (0.0, np.inf)
    assert np.isnan(found.value.value)


def test_lower_is_better_gives_the_same_ratio() -> None:
    one, two = pair(900.0, 300.0, 4)

    def turned(some: FamilyResult) -> FamilyResult:
        points = tuple(
            SizePoint(p.hidden_widths, p.parameters, p.metric, fold_means=tuple(1 - v for v in p.fold_means))
            for p in some.points
        )
        return FamilyResult(some.hidden_layers, points, some.smallest, some.success_rate)

    error = Criteria("regression", "rmse", 0.2)
    found = ratio_of_sizes(turned(one), turned(two), error).value
    expected = ratio_of_sizes(one, two, CRITERIA).value
    assert (found.low, found.value, found.high) == pytest.approx((expected.low, expected.value, expected.high))


def test_the_headline_compares_the_deeper_family_with_the_fewest_parameters() -> None:
    flat = np.zeros(5)
    families = [family(k, size, flat) for k, size in ((1, 900.0), (2, 500.0), (3, 250.0))]
    found = headline_ratio(families, CRITERIA)
    assert found is not None
    assert (found.deep_hidden_layers, round(found.value.value, 1)) == (3, 3.6)


def test_more_deeper_families_widen_the_interval_from_the_third_on() -> None:
    flat = np.zeros(5)
    chosen = family(2, 300.0, flat, 0.004, 2)
    others = [family(k, 1500.0, flat, 0.004, k) for k in (3, 4, 5)]
    widths = []
    for extra in range(4):
        found = headline_ratio([family(1, 900.0, flat, 0.004, 1), chosen, *others[:extra]], CRITERIA)
        assert found is not None
        widths.append(found.value.high / found.value.low)
    assert widths[0] == widths[1] < widths[2] < widths[3]


def test_there_is_no_headline_without_both_kinds() -> None:
    assert headline_ratio([family(1, 100.0, np.zeros(5))], CRITERIA) is None
    assert headline_ratio([family(2, 100.0, np.zeros(5)), family(3, 100.0, np.zeros(5))], CRITERIA) is None
    assert headline_ratio([], CRITERIA) is None
