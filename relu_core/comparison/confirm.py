"""A finalist trained on all development rows and judged once on the untouched ones; its latency; what thresholds are
chosen on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.intervals import bootstrap_metric
from relu_core.comparison.latency import latencies_ms
from relu_core.comparison.metrics import LOSS_OF_TASK, Metric, metric_named, outputs_for, predictions_of
from relu_core.errors import ArgumentError
from relu_core.interval import Interval
from relu_core.network import ReluNetwork
from relu_core.training import MatrixFold, NetworkSpec, Recipe, TrainedNetwork, train_networks


@dataclass(frozen=True, eq=False)
class ConfirmedNetwork:
    """A finalist. network: in plant units. metric: on the untouched rows; prediction: there, in the form of
    metrics.py. latency_ms, latency_1000_ms: a row, one and a thousand at a time.
    """

    network: ReluNetwork
    metric: Interval
    prediction: Floats
    latency_ms: float
    latency_1000_ms: float


def confirm_network(
    hidden_widths: Sequence[int],
    development: tuple[ArrayLike, ArrayLike],
    untouched: tuple[ArrayLike, ArrayLike],
    *,
    task: str,
    metric: str | Metric,
    recipe: Recipe,
    seeds: int | Sequence[int] = 5,
    seed: int = 0,
    groups: ArrayLike | None = None,
    level: float = 0.95,
    threads: int = 1,
    class_weight: str | None = None,
) -> ConfirmedNetwork:
    """The architecture trained on all development rows (X, y), then judged on the untouched rows (X, y).

    Of all seeds the one is taken whose metric on the development rows is best, so a collapsed run is not delivered and
    no untouched row takes part in the choice. The interval is over resampled untouched rows, or groups (D,) of them.
    """
    judge = metric_named(metric, task)
    network = train_finalist(
        hidden_widths,
        development,
        task=task,
        metric=judge,
        recipe=recipe,
        seeds=seeds,
        threads=threads,
        class_weight=class_weight,
    )
    X = arguments.rows(untouched[0], network.input_dim, "X of the untouched rows")
    y = arguments.targets(untouched[1], len(X), "y of the untouched rows")
    prediction = predictions_of(network(X), task)
    interval = bootstrap_metric(judge, y, prediction, groups=groups, level=level, seed=seed)
    slow, fast = latencies_ms(network, X)
    return ConfirmedNetwork(network, interval, prediction, slow, fast)


def train_finalist(
    hidden_widths: Sequence[int],
    development: tuple[ArrayLike, ArrayLike],
    *,
    task: str,
    metric: str | Metric,
    recipe: Recipe,
    seeds: int | Sequence[int] = 5,
    threads: int = 1,
    class_weight: str | None = None,
) -> ReluNetwork:
    """The best of several seeds on the rows (X, y) that it learned from."""
    judge = metric_named(metric, task)
    X, y = arguments.rows(development[0]), np.asarray(development[1], dtype=np.float64)
    spec = NetworkSpec(X.shape[1], hidden_widths, outputs_for(task, y))
    # The rows learned from stand in for validation rows: none are left, and nothing is stopped early.
    result = train_networks(
        [spec],
        None,
        None,
        loss=LOSS_OF_TASK[task],
        folds=[MatrixFold(X, y, X, y)],
        seeds=range(seeds) if isinstance(seeds, int) else seeds,
        recipe=recipe,
        class_weight=class_weight,
        threads=threads,
    )

    def quality(record: TrainedNetwork) -> tuple[bool, float]:
        value = judge.sign * judge(y, predictions_of(record.network(X), task))
        return not record.collapsed, value if np.isfinite(value) else -np.inf

    return max(result.records, key=quality).network


def network_validation_predictions(
    hidden_widths: Sequence[int],
    folds: Sequence[MatrixFold],
    *,
    task: str,
    recipe: Recipe | Sequence[Recipe],
    seed: int = 0,
    threads: int = 1,
    class_weight: str | None = None,
) -> list[tuple[Floats, Floats]]:
    """For each fold y (D2,) and one network's prediction of its validation rows: what a threshold may be chosen on."""
    recipes = [recipe] * len(folds) if isinstance(recipe, Recipe) else list(recipe)
    if len(recipes) != len(folds):
        raise ArgumentError(f"there are {len(recipes)} recipes for {len(folds)} folds; pass one, or one a fold")
    m = max(outputs_for(task, np.asarray(fold.y_training)) for fold in folds)
    pairs = []
    for fold, own in zip(folds, recipes, strict=True):
        spec = NetworkSpec(int(np.shape(fold.X_training)[1]), hidden_widths, m)
        result = train_networks(
            [spec],
            None,
            None,
            loss=LOSS_OF_TASK[task],
            folds=[fold],
            seeds=[seed],
            recipe=own,
            class_weight=class_weight,
            threads=threads,
        )
        record = result.records[0]
        pairs.append((record.y_validation, predictions_of(record.validation_predictions(), task)))
    return pairs
