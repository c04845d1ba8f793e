"""Intervals of a mean over folds, of a share, and of a metric over rows.

Runs of one fold share its rows, and runs of one seed its start: they are no independent sample. So seeds are averaged
first and the interval is taken over folds (Nadeau and Bengio 2003; Bouthillier et al. 2021), or folds and seeds are
resampled one inside the other.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.metrics import Metric
from relu_core.errors import ArgumentError
from relu_core.interval import Interval

FOLD_METHOD = "t over seed-averaged fold means"


def fold_mean_interval(values: ArrayLike, *, perfect: float = float("nan"), level: float = 0.95) -> Interval:
    """Mean of a metric with its interval. values (folds, seeds): one number a run, or (folds,) where there is one seed.

    Student's t over the fold means, folds - 1 degrees of freedom, corrected for what folds share (`fold_variance`).
    perfect: the metric's value for perfect predictions. The interval is then taken on the log of the distance to it:
    it never passes what is possible, and it is longer on the side to which one bad fold drags the mean. Where a fold is
    perfect the metric is taken as it is, and the interval cut there; where no value is given, it is not cut.
    Runs without a number (nan) are left out of their fold's mean; a fold without any gives an interval of nan.
    """
    runs = np.atleast_2d(np.asarray(values, dtype=np.float64).T).T
    means = np.array([np.nan if np.isnan(row).all() else np.nanmean(row) for row in runs])
    value, distances = float(np.mean(means)), np.abs(perfect - means)
    if not np.isfinite(value):
        return Interval(value, value, value, level, FOLD_METHOD)
    if len(means) < 2:
        return Interval(value, -np.inf, np.inf, level, FOLD_METHOD)
    if (distances > 0).all():
        half = fold_half_width(np.log(distances), level)
        ends = perfect + (value - perfect) * np.exp([-half, half])
    else:
        half = fold_half_width(means, level)
        ends = value + np.array([-half, half])
        if np.isfinite(perfect):
            ends = np.minimum(ends, perfect) if value <= perfect else np.maximum(ends, perfect)
    # Rounding may put the value beyond an end that it equals.
    return Interval(value, min(float(ends.min()), value), max(float(ends.max()), value), level, FOLD_METHOD)


def fold_half_width(means: Floats, level: float) -> float:
    """Half-width of Student's t interval of the mean of fold means (k,), at least two."""
    return float(stats.t.ppf(0.5 + level / 2, len(means) - 1) * np.sqrt(fold_variance(means)))


def fold_variance(means: Floats) -> float:
    """Variance of the mean of fold means (k,).

    Folds learn from each other's rows and come from one data set, so their errors go together and their spread alone
    says too little. With correlation r the variance of the mean is s^2 (1 / k + r / (1 - r)) (Nadeau and Bengio 2003).
    Departs from them in r: their 1 / k covers 97 % where 95 % is said, r = 0 covers 92 %; half of theirs covers 95 %
    (planted problems of tests/benchmarks/calibrate.py, tuning seeds).
    """
    return float(np.var(means, ddof=1) * _variance_factor(len(means)))


def _variance_factor(k: int) -> float:
    # Correlation 1 / (2 k) between folds.
    return 1 / k + 1 / (2 * k - 1)


def seed_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Mean of values (folds, seeds) with its interval over seeds, for these very folds; open with fewer than two seeds.

    Networks draw from streams of their own, so runs of one seed on two folds share nothing and all folds tell how much
    seeds differ: Student's t with folds (seeds - 1) degrees of freedom.
    """
    runs = arguments.finite_array(values, "values")
    folds, seeds = runs.shape
    value, method = float(runs.mean()), "t over seeds within folds"
    if seeds < 2:
        return Interval(value, -np.inf, np.inf, level, method)
    error = np.sqrt(np.var(runs, axis=1, ddof=1).mean() / (folds * seeds))
    half = float(stats.t.ppf(0.5 + level / 2, folds * (seeds - 1)) * error)
    return Interval(value, value - half, value + half, level, method)


def nested_bootstrap(values: ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0) -> Interval:
    """Mean of a metric by resampling folds, then seeds inside each drawn fold. values (folds, seeds), no nan.

    With few folds the spread of a resample is too small by sqrt((folds - 1) / folds), so deviations are stretched by
    its inverse (Davison and Hinkley 1997, section 3.2), and for what folds share (`fold_variance`).
    """
    runs = arguments.finite_array(values, "values")
    folds, seeds = runs.shape
    rng = np.random.default_rng([seed, folds, seeds])
    chosen_folds = rng.integers(0, folds, (draws, folds))
    chosen_seeds = rng.integers(0, seeds, (draws, folds, seeds))
    means = runs[chosen_folds[:, :, None], chosen_seeds].mean(axis=(1, 2))
    value = float(runs.mean())
    stretched = value + (means - value) * np.sqrt(folds / max(folds - 1, 1) * folds * _variance_factor(folds))
    low, high = np.quantile(stretched, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(value, min(float(low), value), max(float(high), value), level, "bootstrap of folds, then seeds")


def wilson(successes: int, runs: int, *, level: float = 0.95) -> Interval:
    """Share of successes with Wilson's score interval (1927), which stays inside 0..1 and is right near both ends."""
    if not 0 <= successes <= runs:
        raise ArgumentError(f"successes is {successes} of {runs} runs; pass a number between 0 and the number of runs")
    if runs == 0:
        return Interval(float("nan"), 0.0, 1.0, level, "Wilson")
    z = float(stats.norm.ppf(0.5 + level / 2))
    share, weight = successes / runs, 1 + z * z / runs
    centre = (share + z * z / (2 * runs)) / weight
    half = z / weight * np.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return Interval(
        share, max(0.0, min(float(centre - half), share)), min(1.0, max(float(centre + half), share)), level, "Wilson"
    )


def bootstrap_metric(
    metric: Metric,
    y: Floats,
    prediction: Floats,
    *,
    groups: ArrayLike | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """A metric on rows y (D,) with the percentile interval of resampled rows, or of resampled groups where rows of one
    group belong together.

    Says how far the number would move with other rows of the same plant; the model stays as it is.
    """
    value = metric(y, prediction)
    rng = np.random.default_rng([seed, len(y)])
    units = (
        [np.flatnonzero(np.asarray(groups) == g) for g in np.unique(np.asarray(groups))] if groups is not None else None
    )
    values = np.array(
        [metric(y[rows], prediction[rows]) for rows in (_redraw(rng, len(y), units) for _ in range(draws))]
    )
    values = values[np.isfinite(values)]
    if not np.isfinite(value) or not values.size:
        return Interval(float("nan"), float("nan"), float("nan"), level, "bootstrap of rows")
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    method = "bootstrap of rows" if units is None else "bootstrap of groups"
    return Interval(value, min(float(low), value), max(float(high), value), level, method)


def _redraw(rng: np.random.Generator, D: int, units: list[np.ndarray] | None) -> np.ndarray:
    if units is None:
        return rng.integers(0, D, D)
    return np.concatenate([units[i] for i in rng.integers(0, len(units), len(units))])


def quotient(numerator: Interval, denominator: Interval) -> Interval:
    """Quotient of two independent positive estimates with their intervals, on the log scale.

    Each end takes the distance of the estimates to the ends that matter, added in squares, so unequal arms stay unequal
    (Zou and Donner 2008, "recovered variances"). An infinite end of a part makes the matching end infinite or 0.
    """
    value = numerator.value / denominator.value
    down = np.hypot(_log_arm(numerator.value, numerator.low), _log_arm(denominator.high, denominator.value))
    up = np.hypot(_log_arm(numerator.high, numerator.value), _log_arm(denominator.value, denominator.low))
    return Interval(
        value,
        value * float(np.exp(-down)),
        value * float(np.exp(up)),
        numerator.level,
        "recovered variances, log scale",
    )


def _log_arm(larger: float, smaller: float) -> float:
    if np.isinf(larger) or smaller <= 0:
        return float("inf")
    return float(np.log(larger / smaller))
