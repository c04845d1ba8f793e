"""The simple models anyone would try first, under the same folds as the networks: a constant, a linear model, boosted
trees.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.intervals import bootstrap_metric, fold_mean_interval
from relu_core.comparison.latency import latencies_ms
from relu_core.comparison.metrics import Metric, metric_named
from relu_core.comparison.schema import BaselineResult
from relu_core.training import MatrixFold

KINDS = ("dummy", "linear", "trees")
NAMES = {
    ("dummy", True): "most frequent class",
    ("dummy", False): "mean",
    ("linear", True): "logistic regression",
    ("linear", False): "linear regression",
    ("trees", True): "gradient-boosted trees",
    ("trees", False): "gradient-boosted trees",
}
# Columns are standardised, so this only keeps equal columns from leaving the solution undefined.
RIDGE = 1e-3


def fit_baselines(
    folds: Sequence[MatrixFold], *, task: str, metric: str | Metric, seed: int = 0, level: float = 0.95
) -> list[BaselineResult]:
    """One result a kind of KINDS: fitted on each fold's training rows, judged on its validation rows.

    The same arguments give the same numbers. metric intervals are over folds, as for networks. Refuses a metric of
    another task. Uses scikit-learn with its defaults: what anyone would try first, not a tuned competitor.
    """
    judge = metric_named(metric, task)
    return [_fit_baseline(kind, folds, task, judge, seed, level) for kind in KINDS]


def _fit_baseline(
    kind: str, folds: Sequence[MatrixFold], task: str, metric: Metric, seed: int, level: float
) -> BaselineResult:
    begun = time.perf_counter()
    predictions = baseline_validation_predictions(kind, folds, task=task, seed=seed)
    values = [metric(*pair) for pair in predictions]
    seconds = time.perf_counter() - begun
    name = NAMES[kind, task != "regression"]
    interval = fold_mean_interval(values, perfect=metric.perfect, level=level)
    return BaselineResult(name, kind, interval, seconds=seconds, fold_means=tuple(float(value) for value in values))


def baseline_validation_predictions(
    kind: str, folds: Sequence[MatrixFold], *, task: str, seed: int = 0
) -> list[tuple[Floats, Floats]]:
    """For each fold y (D2,) and the prediction of its validation rows: what a threshold may be chosen on."""
    arguments.one_of(kind, KINDS, "kind")
    classes = 1 + max(int(np.max(fold.y_training)) for fold in folds) if task == "multiclass" else 2
    return [
        (
            arguments.finite_array(fold.y_validation, "y_validation"),
            fit_and_predict(
                kind, fold.X_training, fold.y_training, fold.X_validation, task=task, classes=classes, seed=seed
            ),
        )
        for fold in folds
    ]


def fit_and_predict(
    kind: str, X_training: ArrayLike, y_training: ArrayLike, X: ArrayLike, *, task: str, classes: int = 2, seed: int = 0
) -> Floats:
    """The prediction, in the form of metrics.py, of one kind of baseline for rows X (D, n)."""
    learned, target = arguments.rows(X_training, name="X_training"), np.asarray(y_training, dtype=np.float64)
    with _one_thread():
        model = _model(kind, task, seed).fit(learned, target)
        return _predict(model, arguments.rows(X, learned.shape[1]), task, classes)


def confirm_baseline(
    baseline: BaselineResult,
    development: tuple[ArrayLike, ArrayLike],
    untouched: tuple[ArrayLike, ArrayLike],
    *,
    task: str,
    metric: str | Metric,
    seed: int = 0,
    groups: ArrayLike | None = None,
    level: float = 0.95,
) -> tuple[BaselineResult, Floats]:
    """The baseline fitted on all development rows (X, y), with its metric on the untouched rows (X, y).

    Comes back: the result with `confirmed` (interval over resampled rows, or groups (D,) of the untouched rows) and
    latency, and the prediction of the untouched rows.
    """
    judge = metric_named(metric, task)
    y_development = arguments.finite_array(development[1], "y of the development rows")
    y = arguments.finite_array(untouched[1], "y of the untouched rows")
    classes = 1 + int(y_development.max()) if task == "multiclass" else 2
    with _one_thread():
        model = _model(baseline.kind, task, seed).fit(arguments.rows(development[0]), y_development)
        X = arguments.rows(untouched[0])
        prediction = _predict(model, X, task, classes)
        single, batch = latencies_ms(lambda rows: _predict(model, rows, task, classes), X)
    confirmed = bootstrap_metric(judge, y, prediction, groups=groups, level=level, seed=seed)
    return replace(baseline, confirmed=confirmed, latency_ms=single, latency_1000_ms=batch), prediction


@contextmanager
def _one_thread() -> Iterator[None]:
    # The number of threads changes the order of sums, and with it the last bits.
    with threadpool_limits(1):
        yield


def _model(kind: str, task: str, seed: int) -> Any:
    if task == "regression":
        models: dict[str, Any] = {
            "dummy": DummyRegressor(),
            "linear": make_pipeline(StandardScaler(), Ridge(alpha=RIDGE, solver="cholesky")),
            "trees": HistGradientBoostingRegressor(random_state=seed),
        }
    else:
        models = {
            "dummy": DummyClassifier(strategy="prior"),
            "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
            "trees": HistGradientBoostingClassifier(random_state=seed),
        }
    return models[kind]


def _predict(model: Any, X: Floats, task: str, classes: int) -> Floats:
    if task == "regression":
        return np.asarray(model.predict(X), dtype=np.float64)
    # A fold may lack a rare class: its probability is 0 then.
    probabilities = np.zeros((len(X), classes))
    probabilities[:, model.classes_.astype(int)] = model.predict_proba(X)
    return probabilities[:, 1] if task == "binary" else probabilities
