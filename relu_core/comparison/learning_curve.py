"""How the champion's metric grows with the rows, and how many rows would reach the target."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relu_core.arguments import Floats
from relu_core.comparison.baselines import KINDS, fit_and_predict
from relu_core.comparison.confirm import network_validation_predictions
from relu_core.comparison.intervals import fold_mean_interval
from relu_core.comparison.metrics import Metric, metric_named, outputs_for
from relu_core.comparison.schema import LearningCurve, LearningPoint
from relu_core.comparison.sizes import training_work
from relu_core.errors import ArgumentError
from relu_core.interval import Interval
from relu_core.training import MatrixFold, NetworkSpec, Recipe

SHARES = (0.125, 0.25, 0.5, 1.0)
EXPONENTS = np.linspace(0.1, 1.5, 281)
DRAWS = 400
# Beyond this factor of the rows at hand a power law fitted to four points is no knowledge.
TRUSTED_FACTOR = 8.0
MOST_EPOCHS = 1000
# A distance from the law below this share of the curve's rise says nothing against it.
NEGLIGIBLE = 0.02
METHOD = "power law over rows, bootstrap of folds"


def learning_curve(
    folds: Sequence[MatrixFold],
    *,
    model: str | Sequence[int],
    task: str,
    metric: str | Metric,
    target: float,
    recipe: Recipe | None = None,
    seeds: int = 3,
    seed: int = 0,
    shares: Sequence[float] = SHARES,
    threads: int = 1,
    work_limit: float = float("inf"),
) -> LearningCurve | None:
    """The metric of one model trained on growing shares of each fold's training rows, judged on the same validation
    rows.

    model: hidden widths of a network (with its recipe), or a baseline's kind. Rows of a share are the first of one
    seeded order, so each share holds the smaller ones. Networks get as many steps on few rows as on many.
    work_limit: operations that the networks may take, see `training_work`: fewer seeds are trained where it does not
    allow all, and None comes back where it does not allow one.
    Refuses: fewer than 3 shares, a network without a recipe.
    """
    if len(shares) < 3 or any(not 0 < share <= 1 for share in shares):
        raise ArgumentError(f"shares is {tuple(shares)}; pass at least 3 shares above 0 and up to 1")
    judge = metric_named(metric, task)
    parts = [
        [_part(fold, share, task, [seed, number]) for number, fold in enumerate(folds)] for share in sorted(shares)
    ]
    if recipe is not None and not isinstance(model, str):
        work = sum(
            _work(part, model, task, _same_steps(recipe, share))
            for part, share in zip(parts, sorted(shares), strict=True)
        )
        seeds = int(min(seeds, work_limit / work))
        if not seeds:
            return None
    rows = [float(np.mean([len(fold.y_training) for fold in part])) for part in parts]  # type: ignore[arg-type]
    values = [
        _fold_means(part, model, task, judge, recipe and _same_steps(recipe, share), seeds, seed, threads)
        for part, share in zip(parts, sorted(shares), strict=True)
    ]
    points = tuple(
        LearningPoint(round(count), fold_mean_interval(means, perfect=judge.perfect))
        for count, means in zip(rows, values, strict=True)
    )
    table = judge.sign * np.column_stack(values)
    total = rows[-1] / sorted(shares)[-1]
    found, trusted, reason = rows_to_target(np.array(rows), table, judge.sign * target, total, seed)
    return LearningCurve(points, found, trusted, reason)


def rows_to_target(
    rows: Floats, values: Floats, goal: float, rows_now: float, seed: int = 0
) -> tuple[Interval, bool, str]:
    """Rows at which a power law a - b rows^-c reaches `goal`, with its interval; whether to trust it; why.

    rows (k,); values (folds, k): more is better. Infinite where the law flattens below the goal. Source: power laws of
    learning curves, Cortes et al. 1994; the interval resamples folds.
    """
    rng = np.random.default_rng([seed, len(values)])
    drawn = values[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    value, *estimates = _reach(rows, np.vstack([values.mean(axis=0), drawn]), goal)
    low, high = np.quantile(estimates, [0.025, 0.975], method="nearest")
    interval = Interval(float(value), float(min(low, value)), float(max(high, value)), 0.95, METHOD)
    return interval, *_trust(rows, values, interval, rows_now)


def _trust(rows: Floats, values: Floats, interval: Interval, rows_now: float) -> tuple[bool, str]:
    limit, slope, exponent = (part[0] for part in _fit(rows, values.mean(axis=0)[None, :]))
    misfit = np.abs(limit - slope * rows**-exponent - values.mean(axis=0)).max()
    spread = values.std(axis=0, ddof=1).mean() / np.sqrt(len(values)) if len(values) > 1 else np.inf
    if misfit > max(2 * spread, NEGLIGIBLE * np.ptp(values.mean(axis=0))):
        return False, "The measured points do not lie on a power law."
    if np.isinf(interval.low):
        return True, "The curve flattens below the target in every resample: more rows of this kind would not reach it."
    if np.isinf(interval.value):
        return False, "The curve seems to flatten below the target, but not in every resample."
    if interval.value > TRUSTED_FACTOR * rows_now:
        return False, f"The target lies beyond {TRUSTED_FACTOR:g} times the rows at hand, too far to extrapolate."
    if np.isinf(interval.high):
        return False, "In some resamples the curve flattens below the target."
    return True, "The measured points lie on a power law and the target is near."


def _fit(rows: Floats, curves: Floats) -> tuple[Floats, Floats, Floats]:
    """a, b >= 0 and c, each (k,), of the laws a - b rows^-c of least squared error for curves (k, points).

    The exponent runs over a grid; for each, a and b are a straight line through rows^-c, exact.
    """
    powers = rows[None, :] ** -EXPONENTS[:, None]
    centred = powers - powers.mean(axis=1, keepdims=True)
    deviations = curves - curves.mean(axis=1, keepdims=True)
    slopes = np.maximum(0.0, -(deviations @ centred.T) / (centred**2).sum(axis=1))
    errors = ((deviations[:, None, :] + slopes[:, :, None] * centred[None, :, :]) ** 2).sum(axis=2)
    best = np.argmin(errors, axis=1)
    slope = slopes[np.arange(len(curves)), best]
    return curves.mean(axis=1) + slope * powers.mean(axis=1)[best], slope, EXPONENTS[best]


def _reach(rows: Floats, curves: Floats, goal: float) -> Floats:
    """Rows (k,) at which each curve's law reaches the goal; infinite where it flattens below."""
    limit, slope, exponent = _fit(rows, curves)
    above = (limit > goal) & (slope > 0)
    distance = np.where(above, limit - goal, 1.0)
    reached = (slope / distance) ** (1 / exponent)
    # A law without a slope is at its limit from the first row on.
    flat = np.where((slope == 0) & (limit >= goal), rows[0], np.inf)
    return np.where(above, reached, flat)


def _part(fold: MatrixFold, share: float, task: str, seed: list[int]) -> MatrixFold:
    X, y = np.asarray(fold.X_training), np.asarray(fold.y_training)
    order = np.random.default_rng(seed).permutation(len(y))
    chosen = order[: max(2, round(share * len(y)))]
    if task != "regression" and len(np.unique(y[chosen])) < 2:
        # Few rows may hold one class only; the first row of every class is then moved to the front.
        first = [order[np.flatnonzero(y[order] == label)[0]] for label in np.unique(y)]
        chosen = np.concatenate([first, np.setdiff1d(chosen, first)])
    return MatrixFold(X[chosen], y[chosen], fold.X_validation, fold.y_validation)


def _fold_means(
    folds: Sequence[MatrixFold],
    model: str | Sequence[int],
    task: str,
    metric: Metric,
    recipe: Recipe | None,
    seeds: int,
    seed: int,
    threads: int,
) -> Floats:
    if isinstance(model, str):
        if model not in KINDS:
            raise ArgumentError(f"model is {model!r}; pass hidden widths or one of {', '.join(KINDS)}")
        classes = 1 + max(int(np.max(fold.y_training)) for fold in folds) if task == "multiclass" else 2
        return np.array(
            [
                metric(
                    np.asarray(fold.y_validation, dtype=np.float64),
                    fit_and_predict(
                        model,
                        fold.X_training,
                        fold.y_training,
                        fold.X_validation,
                        task=task,
                        classes=classes,
                        seed=seed,
                    ),
                )
                for fold in folds
            ]
        )
    if recipe is None:
        raise ArgumentError("recipe is missing; pass the recipe of the network whose learning curve is asked for")
    runs = [
        [
            metric(*pair)
            for pair in network_validation_predictions(
                model, folds, task=task, recipe=recipe, seed=seed + i, threads=threads
            )
        ]
        for i in range(seeds)
    ]
    return np.mean(runs, axis=0)


def _work(folds: Sequence[MatrixFold], hidden_widths: Sequence[int], task: str, recipe: Recipe) -> float:
    """Operations of one seed on every fold."""
    n, m = int(np.shape(folds[0].X_training)[1]), max(outputs_for(task, np.asarray(f.y_training)) for f in folds)
    rows = sum(len(np.asarray(fold.y_training)) for fold in folds)
    return training_work(NetworkSpec(n, hidden_widths, m), rows, recipe.epochs, 1)


def _same_steps(recipe: Recipe, share: float) -> Recipe:
    """More passes over fewer rows: else the smaller parts would be trained less, and more rows would seem to help
    more.
    """
    return replace(recipe, epochs=min(MOST_EPOCHS, round(recipe.epochs / share)))
