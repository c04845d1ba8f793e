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


def fold_mean_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Mean of a metric with its interval. values (folds, seeds): one number a run, or (folds,) where there is one seed.

    Student's t over the fold means, folds - 1 degrees of freedom. Runs without a number (nan) are left out of their
    fold's mean; a fold without any gives an interval of nan.
    """
    runs = np.atleast_2d(np.asarray(values, dtype=np.float64).T).T
    means = np.array([np.nan if np.isnan(row).all() else np.nanmean(row) for row in runs])
    return mean_interval(means, level=level, method=FOLD_METHOD)


def mean_interval(means: Floats, *, level: float = 0.95, method: str = FOLD_METHOD) -> Interval:
    """Student's t interval of the mean of independent numbers (k,); unbounded with fewer than two."""
    value = float(np.mean(means))
    if not np.isfinite(value):
        return Interval(float("nan"), float("nan"), float("nan"), level, method)
    if len(means) < 2:
        return Interval(value, -np.inf, np.inf, level, method)
    half = float(stats.t.ppf(0.5 + level / 2, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))
    return Interval(value, value - half, value + half, level, method)


def nested_bootstrap(values: ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0) -> Interval:
    """Mean of a metric by resampling folds, then seeds inside each drawn fold. values (folds, seeds), no nan.

    With few folds the spread of a resample is too small by sqrt((folds - 1) / folds), so deviations are stretched by
    its inverse (Davison and Hinkley 1997, section 3.2).
    """
    runs = arguments.finite_array(values, "values")
    folds, seeds = runs.shape
    rng = np.random.default_rng([seed, folds, seeds])
    chosen_folds = rng.integers(0, folds, (draws, folds))
    chosen_seeds = rng.integers(0, seeds, (draws, folds, seeds))
    means = runs[chosen_folds[:, :, None], chosen_seeds].mean(axis=(1, 2))
    value = float(runs.mean())
    stretched = value + (means - value) * np.sqrt(folds / max(folds - 1, 1))
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
