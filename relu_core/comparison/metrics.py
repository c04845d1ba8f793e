"""Metrics by their field's names, and the one place that says what is trained for each task.

Predictions have one form a task: binary: probability of class 1, (D,); multiclass: probabilities (D, K), classes
numbered from 0; regression: the number itself, (D,).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, softmax
from sklearn import metrics as scores

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import TASKS, Criteria
from relu_core.errors import ArgumentError

Score = Callable[[Floats, Floats, Floats | None], float]

LOSS_OF_TASK = {"binary": "logistic", "multiclass": "softmax", "regression": "squared"}
PRECISION_TO_KEEP = 0.9


@dataclass(frozen=True)
class Metric:
    """How a prediction is judged. better: "higher" or "lower". tasks: where it has a meaning. unit: "share", "target",
    ...

    Called as metric(y (D,), prediction, weights (D,) or None) it gives one number, nan where the rows leave it
    undefined (a ranking metric on rows of one class).
    """

    name: str
    better: str
    tasks: tuple[str, ...]
    unit: str
    function: Score

    def __call__(self, y: Floats, prediction: Floats, weights: Floats | None = None) -> float:
        return float(self.function(y, prediction, weights))

    @property
    def sign(self) -> int:
        """+1 where higher is better, -1 where lower is: sign * value is always "more is better"."""
        return 1 if self.better == "higher" else -1

    @property
    def perfect(self) -> float:
        """Its value for perfect predictions: nothing is better."""
        return 1.0 if self.better == "higher" else 0.0

    def reaches(self, value: float, target: float) -> bool:
        """Whether `value` is as good as `target`."""
        return bool(self.sign * value >= self.sign * target)


def metric_named(name: str | Metric, task: str) -> Metric:
    """The metric of that name for a task of TASKS. Refuses unknown names and metrics of other tasks."""
    arguments.one_of(task, TASKS, "task")
    metric = name if isinstance(name, Metric) else METRICS[arguments.one_of(name, tuple(METRICS), "metric")]
    if task not in metric.tasks:
        known = ", ".join(key for key, other in METRICS.items() if task in other.tasks)
        raise ArgumentError(f"metric is {metric.name!r}, which says nothing about a {task} task; choose one of {known}")
    return metric


def metric_of(criteria: Criteria) -> Metric:
    """The metric that was promised, with the promise's costs where it needs them."""
    metric = metric_named(criteria.metric, criteria.task)
    if metric.name != "expected_cost":
        return metric
    return expected_cost(criteria.cost_of_miss, criteria.cost_of_false_alarm)


def expected_cost(cost_of_miss: float, cost_of_false_alarm: float) -> Metric:
    """Cost a row when alarms are raised at the threshold that is right for honest probabilities.

    That threshold, cost_of_false_alarm / (cost_of_false_alarm + cost_of_miss), is known before any row is seen, so
    nothing is chosen on the rows that are judged (Elkan 2001). Refuses costs that are both 0.
    """
    miss, alarm = (
        arguments.not_negative(cost_of_miss, "cost_of_miss"),
        arguments.not_negative(cost_of_false_alarm, "cost_of_false_alarm"),
    )
    if miss + alarm == 0:
        raise ArgumentError(
            "cost_of_miss and cost_of_false_alarm are both 0; give at least one, or choose another metric"
        )

    def cost(y: Floats, prediction: Floats, weights: Floats | None) -> float:
        alarms = prediction >= alarm / (alarm + miss)
        return float(np.average(np.where(alarms, alarm * (y == 0), miss * (y == 1)), weights=weights))

    return replace(METRICS["expected_cost"], function=cost)


def predictions_of(outputs: Floats, task: str) -> Floats:
    """A network's outputs (D, m) in the form that metrics read (see the module)."""
    if task == "multiclass":
        return softmax(outputs, axis=1)
    return expit(outputs[:, 0]) if task == "binary" else outputs[:, 0]


def outputs_for(task: str, y: Floats) -> int:
    """m: outputs that a network needs for targets y: one a class, or one."""
    return int(np.max(y)) + 1 if task == "multiclass" else 1


def _labels(prediction: Floats) -> Floats:
    return np.argmax(prediction, axis=1) if prediction.ndim == 2 else (prediction >= 0.5).astype(np.float64)


def _defined_for_two_classes(score: Callable[..., float]) -> Score:
    def ranked(y: Floats, prediction: Floats, weights: Floats | None) -> float:
        return float("nan") if len(np.unique(y)) < 2 else float(score(y, prediction, sample_weight=weights))

    return ranked


def _recall_at_precision(y: Floats, prediction: Floats, sample_weight: Floats | None) -> float:
    precision, recall, _ = scores.precision_recall_curve(y, prediction, sample_weight=sample_weight)
    return float(np.max(recall[precision >= PRECISION_TO_KEEP]))


def _f1(y: Floats, prediction: Floats, weights: Floats | None) -> float:
    average = "macro" if prediction.ndim == 2 else "binary"
    return float(scores.f1_score(y, _labels(prediction), average=average, sample_weight=weights, zero_division=0.0))


def _balanced_accuracy(y: Floats, prediction: Floats, weights: Floats | None) -> float:
    hits = _labels(prediction) == y
    weights = np.ones(len(y)) if weights is None else weights
    # scikit-learn's warns for predicted classes that these rows do not hold, which a small fold often brings.
    return float(np.mean([np.average(hits[y == label], weights=weights[y == label]) for label in np.unique(y)]))


def _log_loss(y: Floats, prediction: Floats, weights: Floats | None) -> float:
    labels = np.arange(prediction.shape[1]) if prediction.ndim == 2 else [0, 1]
    return float(scores.log_loss(y, prediction, labels=labels, sample_weight=weights))


def _no_costs(y: Floats, prediction: Floats, weights: Floats | None) -> float:
    raise ArgumentError("metric expected_cost needs costs; use metric_of(criteria) or expected_cost(miss, false alarm)")


CLASSES = ("binary", "multiclass")
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", "higher", ("binary",), "share", _defined_for_two_classes(scores.roc_auc_score)),
        Metric(
            "average_precision",
            "higher",
            ("binary",),
            "share",
            _defined_for_two_classes(scores.average_precision_score),
        ),
        Metric("f1", "higher", CLASSES, "share", _f1),
        Metric("macro_f1", "higher", ("multiclass",), "share", _f1),
        Metric("recall_at_precision", "higher", ("binary",), "share", _defined_for_two_classes(_recall_at_precision)),
        Metric(
            "accuracy",
            "higher",
            CLASSES,
            "share",
            lambda y, p, w: scores.accuracy_score(y, _labels(p), sample_weight=w),
        ),
        Metric("balanced_accuracy", "higher", CLASSES, "share", _balanced_accuracy),
        Metric("log_loss", "lower", CLASSES, "nats", _log_loss),
        Metric("expected_cost", "lower", ("binary",), "currency a row", _no_costs),
        Metric(
            "rmse",
            "lower",
            ("regression",),
            "target",
            lambda y, p, w: scores.root_mean_squared_error(y, p, sample_weight=w),
        ),
        Metric(
            "mae", "lower", ("regression",), "target", lambda y, p, w: scores.mean_absolute_error(y, p, sample_weight=w)
        ),
        Metric("r2", "higher", ("regression",), "share", lambda y, p, w: scores.r2_score(y, p, sample_weight=w)),
    )
}
