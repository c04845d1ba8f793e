"""Which recipe suits which number of hidden layers: one equal budget for every family, on inner folds only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relu_core.arguments import Floats
from relu_core.comparison.measure import Meter, make_question, train_runs
from relu_core.comparison.metrics import Metric
from relu_core.comparison.sizes import size_grid
from relu_core.errors import ArgumentError
from relu_core.training import MatrixFold, Recipe

# Initialisation and learning rate decide most of what small networks reach, and no single choice is best for every
# number
# of hidden layers; everything else is left alone.
CANDIDATES: tuple[Recipe, ...] = tuple(
    Recipe(initialisation=initialisation, bias=bias, learning_rate=rate)
    for initialisation, bias in (("he", "positive"), ("torch", "uniform"), ("glorot", "uniform"))
    for rate in (0.01, 0.003)
)
TUNING_PARAMETERS = 256


@dataclass(frozen=True, eq=False)
class TunedRecipe:
    """per_fold: the recipe for each fold, chosen on its own inner folds. overall: for training on all development rows.

    scores (folds, candidates): mean metric on the inner validation rows. complete: False where a limit cut it short;
    then folds without scores have the first candidate.
    """

    per_fold: tuple[Recipe, ...]
    overall: Recipe
    candidates: tuple[Recipe, ...]
    scores: Floats
    complete: bool
    work: float
    seconds: float


def tune_recipe(
    inner_folds: Sequence[Sequence[MatrixFold]],
    *,
    hidden_layers: int,
    task: str,
    metric: str | Metric,
    candidates: Sequence[Recipe] = CANDIDATES,
    epochs: int | None = None,
    batch_size: int | None = None,
    parameters: int = TUNING_PARAMETERS,
    seeds: int | Sequence[int] = 3,
    work_limit: float = float("inf"),
    time_limit: float | None = None,
    threads: int = 1,
    device: str = "auto",
    class_weight: str | None = None,
) -> TunedRecipe:
    """The best of `candidates` for networks of `hidden_layers` hidden layers and about `parameters` parameters.

    inner_folds: for each outer fold, splits of its training rows alone: no validation row of a fold takes part in the
    choice of its recipe. Every family gets the same candidates, sizes, seeds and epochs, so the same budget. Ties go to
    the earlier candidate. Refuses: no candidates, no inner folds.
    """
    if not candidates or not inner_folds or not all(inner_folds):
        raise ArgumentError("candidates or inner_folds is empty; pass at least one recipe and one inner fold a fold")
    sized = tuple(_with_effort(candidate, epochs, batch_size) for candidate in candidates)
    flat = [fold for some in inner_folds for fold in some]
    owner = np.repeat(np.arange(len(inner_folds)), [len(some) for some in inner_folds])
    # A single inner fold still trains: the question's own check is about intervals, which are not taken here.
    padded = flat if len(flat) > 1 else flat * 2
    meter, scores = Meter(work_limit, time_limit), np.full((len(inner_folds), len(sized)), np.nan)
    for number, candidate in enumerate(sized):
        question = make_question(
            padded,
            task=task,
            metric=metric,
            target=float("nan"),
            recipe=candidate,
            seeds=seeds,
            threads=threads,
            device=device,
            class_weight=class_weight,
        )
        grid = size_grid(question.n, question.m, hidden_layers, largest=parameters)
        if not meter.allows(question.work(grid[-1], len(question.seeds))):
            break
        runs = train_runs(question, grid[-1], question.seeds, meter)
        if runs.seeds < len(question.seeds):
            break
        means = question.metric.sign * runs.values.mean(axis=1)[: len(flat)]
        scores[:, number] = [means[owner == i].mean() for i in range(len(inner_folds))]
    known = np.where(np.isnan(scores), -np.inf, scores)
    chosen = tuple(sized[int(np.argmax(row))] for row in known)
    overall = sized[int(np.argmax(known.mean(axis=0)))]
    complete = bool(np.isfinite(scores).all())
    return TunedRecipe(chosen, overall, sized, question.metric.sign * scores, complete, meter.work, meter.seconds())


def _with_effort(recipe: Recipe, epochs: int | None, batch_size: int | None) -> Recipe:
    values = recipe.to_json()
    return Recipe(**{**values, "epochs": epochs or recipe.epochs, "batch_size": batch_size or recipe.batch_size})
