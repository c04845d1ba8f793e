"""Training one size over all folds and seeds, and reading it: runs in, a SizePoint out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.intervals import fold_mean_interval, seed_interval, wilson
from relu_core.comparison.metrics import LOSS_OF_TASK, Metric, metric_named, outputs_for, predictions_of
from relu_core.comparison.schema import SizePoint
from relu_core.comparison.sizes import training_work
from relu_core.errors import ArgumentError
from relu_core.interval import Interval
from relu_core.training import MatrixFold, NetworkSpec, Recipe, train_networks

Callback = Callable[[SizePoint], bool | None]


@dataclass(frozen=True, eq=False)
class Runs:
    """Every run of one size. values (folds, seeds): the metric on the fold's validation rows; collapsed (folds,
    seeds).
    """

    spec: NetworkSpec
    values: Floats
    collapsed: np.ndarray

    @property
    def seeds(self) -> int:
        """Number of seeds that are there for all folds."""
        return int(self.values.shape[1])

    @property
    def mean(self) -> float:
        """Mean over seeds and folds."""
        return float(self.values.mean(axis=1).mean())

    def interval(self, metric: Metric, level: float = 0.95) -> Interval:
        """The mean with its interval over folds."""
        return fold_mean_interval(self.values, perfect=metric.perfect, level=level)

    def interval_over_seeds(self, level: float) -> Interval:
        """The mean with its interval over seeds: what other seeds would give on these very folds."""
        return seed_interval(self.values, level=level)

    def point(self, metric: Metric, target: float, level: float = 0.95) -> SizePoint:
        """What the results schema keeps of these runs."""
        of_seeds = metric.sign * self.values.mean(axis=0)
        reached = metric.sign * self.values >= metric.sign * target
        return SizePoint(
            hidden_widths=self.spec.hidden_widths,
            parameters=self.spec.parameters,
            metric=self.interval(metric, level),
            best_of_seeds=metric.sign * float(of_seeds.max()),
            median_of_seeds=metric.sign * float(np.median(of_seeds)),
            fold_means=tuple(float(mean) for mean in self.values.mean(axis=1)),
            success_rate=wilson(int(reached.sum()), reached.size, level=level),
            collapsed=int(self.collapsed.sum()),
            flops=2 * (self.spec.parameters - sum(self.spec.layer_sizes[1:])),
            seeds=self.seeds,
            folds=int(self.values.shape[0]),
        )


@dataclass(frozen=True, eq=False)
class Question:
    """What every size of every family is asked alike.

    folds: with their own matrices, equal n. recipes: one a fold. seeds: numbers, used in this order. threads, device:
    see train_networks.
    """

    folds: tuple[MatrixFold, ...]
    task: str
    metric: Metric
    target: float
    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]
    threads: int = 1
    device: str = "auto"
    class_weight: str | None = None

    @property
    def n(self) -> int:
        """Columns of every fold."""
        return int(np.shape(self.folds[0].X_training)[1])

    @property
    def m(self) -> int:
        """Outputs that the networks need."""
        return max(outputs_for(self.task, np.asarray(fold.y_training)) for fold in self.folds)

    @property
    def rows(self) -> int:
        """Training rows of all folds together."""
        return sum(len(np.asarray(fold.y_training)) for fold in self.folds)

    def reached_by(self, runs: Runs) -> bool:
        """Whether the mean over folds and seeds is as good as the target."""
        return self.metric.reaches(runs.mean, self.target)

    def is_sure(self, runs: Runs) -> bool:
        """Whether the interval over folds lies wholly on one side of the target."""
        return not runs.interval(self.metric).holds(self.target)

    def work(self, spec: NetworkSpec, seeds: int) -> float:
        """Operations to train `seeds` networks of one size on every fold."""
        return training_work(spec, self.rows, self.recipes[0].epochs, seeds)


def make_question(
    folds: Sequence[MatrixFold],
    *,
    task: str,
    metric: str | Metric,
    target: float,
    recipe: Recipe | Sequence[Recipe],
    seeds: int | Sequence[int],
    threads: int = 1,
    device: str = "auto",
    class_weight: str | None = None,
) -> Question:
    """The checked question of every search for a size.

    folds: matrices of the same columns. target: value of the metric that is good enough. recipe: one for all folds or
    one a fold, epochs included. seeds: how many, or which.
    Refuses: fewer than 2 folds, unequal columns, another number of recipes, a metric of another task.
    """
    folds = tuple(folds)
    if len(folds) < 2:
        raise ArgumentError(f"there are {len(folds)} folds; pass at least 2, or the result has no interval")
    columns = {int(np.shape(fold.X_training)[1]) for fold in folds}
    if len(columns) > 1:
        raise ArgumentError(
            f"folds have {sorted(columns)} columns; give every fold the same ones, or sizes mean nothing"
        )
    recipes = (recipe,) * len(folds) if isinstance(recipe, Recipe) else tuple(recipe)
    if len(recipes) != len(folds):
        raise ArgumentError(f"there are {len(recipes)} recipes for {len(folds)} folds; pass one, or one a fold")
    numbers = range(arguments.positive_integer(seeds, "seeds")) if isinstance(seeds, int | np.integer) else seeds
    return Question(
        folds, task, metric_named(metric, task), float(target), recipes, tuple(numbers), threads, device, class_weight
    )


@dataclass(frozen=True)
class Limits:
    """What a search may spend. work: operations, see `training_work`; what they do not allow is left out on every
    machine alike. seconds: the last resort. callback: told every finished size; a true answer stops the search.
    """

    work: float = float("inf")
    seconds: float | None = None
    callback: Callback | None = None


NO_LIMITS = Limits()


@dataclass
class Meter:
    """What has been spent, against what may be. The work decides; the clock only cuts a run that got out of hand."""

    work_limit: float = float("inf")
    time_limit: float | None = None
    work: float = 0.0
    stopped: bool = False
    begun: float = field(default_factory=time.perf_counter)

    def allows(self, work: float) -> bool:
        """Whether that much more work fits, and time is left."""
        left = self.time_left()
        return not self.stopped and self.work + work <= self.work_limit and (left is None or left > 0)

    def time_left(self) -> float | None:
        """Seconds to the time limit; None where there is none."""
        return None if self.time_limit is None else max(0.0, self.time_limit - self.seconds())

    def seconds(self) -> float:
        """Seconds since the meter was made."""
        return time.perf_counter() - self.begun


def train_runs(question: Question, spec: NetworkSpec, seeds: Sequence[int], meter: Meter) -> Runs:
    """Networks of one size for every fold and seed. Where time ran out, the seeds that are there for all folds."""
    values = np.full((len(question.folds), len(seeds)), np.nan)
    collapsed = np.zeros(values.shape, dtype=bool)
    meter.work += question.work(spec, len(seeds))
    for recipe in sorted(set(question.recipes), key=question.recipes.index):
        places = [i for i, own in enumerate(question.recipes) if own == recipe]
        result = train_networks(
            [spec],
            None,
            None,
            loss=LOSS_OF_TASK[question.task],
            folds=[question.folds[i] for i in places],
            seeds=seeds,
            recipe=recipe,
            class_weight=question.class_weight,
            device=question.device,
            threads=question.threads,
            time_limit=meter.time_left(),
        )
        for record in result.records:
            place = places[record.fold], list(seeds).index(record.seed)
            prediction = predictions_of(record.validation_predictions(), question.task)
            values[place] = question.metric(record.y_validation, prediction)
            collapsed[place] = record.collapsed
        meter.stopped |= not result.complete
    whole = ~np.isnan(values).any(axis=0)
    return Runs(spec, values[:, whole], collapsed[:, whole])


def joined(first: Runs | None, second: Runs) -> Runs:
    """Runs of the same size under more seeds."""
    if first is None:
        return second
    values = np.concatenate([first.values, second.values], axis=1)
    return Runs(first.spec, values, np.concatenate([first.collapsed, second.collapsed], axis=1))
