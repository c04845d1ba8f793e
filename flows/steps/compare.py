"""Stage 2, Compare: for every number of hidden layers the smallest network that reaches the target."""

from dataclasses import dataclass
from typing import Protocol

from flows.charter import Charter
from flows.features.columns import fit_columns
from flows.steps import budget
from flows.steps.effort import effort_of
from flows.steps.rows import RowsFile, fold_matrices, open_rows
from relu_core.comparison import (
    CANDIDATES,
    BaselineResult,
    FamilyResult,
    LearningCurve,
    Limits,
    Yardstick,
    champion_of,
    label_of,
    learning_curve,
    make_question,
    make_yardstick,
    metric_of,
    smallest_size,
    tune_recipe,
    yardstick_work,
)
from relu_core.training import Recipe


@dataclass(frozen=True)
class TunedFamily:
    """The recipe of one family: for each fold, chosen on its own inner fold, and for all development rows together."""

    hidden_layers: int
    per_fold: tuple[Recipe, ...]
    overall: Recipe
    complete: bool


class Teller(Protocol):
    """Who is told a sentence while a step is at work."""

    def __call__(self, sentence: str) -> None: ...


def recipe_for(recipes: tuple[TunedFamily, ...], hidden_layers: int) -> Recipe:
    """The recipe to train one family with on all development rows; the first candidate where none was tuned."""
    return next((one.overall for one in recipes if one.hidden_layers == hidden_layers), CANDIDATES[0])


def tune(charter: Charter, rows: RowsFile, hidden_layers: int) -> TunedFamily:
    """Choose initialisation and learning rate on inner folds; every family has the same budget."""
    criteria, opened = charter.criteria(), open_rows(rows)
    effort = effort_of(charter, opened)
    found = tune_recipe(
        [[fold] for fold in fold_matrices(opened, opened.inner_folds)],
        hidden_layers=hidden_layers,
        task=criteria.task,
        metric=metric_of(criteria),
        epochs=effort.epochs,
        batch_size=effort.batch_size,
        work_limit=effort.work,
    )
    return TunedFamily(hidden_layers, found.per_fold, found.overall, found.complete)


def find_smallest(charter: Charter, rows: RowsFile, hidden_layers: int, recipe: TunedFamily) -> FamilyResult:
    """The smallest network of one family that reaches the target, as an interval of sizes."""
    criteria, protocol, opened = charter.criteria(), charter.protocol(), open_rows(rows)
    effort = effort_of(charter, opened)
    question = make_question(
        fold_matrices(opened, opened.folds),
        task=criteria.task,
        metric=metric_of(criteria),
        target=criteria.target,
        recipe=[effort.of(own) for own in recipe.per_fold],
        seeds=protocol.seeds,
    )
    limits = Limits(work=effort.work)
    return smallest_size(question, hidden_layers=hidden_layers, largest=effort.largest, limits=limits)


def learn_curve(
    charter: Charter,
    rows: RowsFile,
    baselines: tuple[BaselineResult, ...],
    families: tuple[FamilyResult, ...],
    recipes: tuple[TunedFamily, ...],
) -> LearningCurve | None:
    """How the best model's metric grows with the rows, and how many would reach the target.

    None where the charter's minutes do not allow it.
    """
    criteria, opened = charter.criteria(), open_rows(rows)
    best = champion_of(families, baselines, None, criteria)
    family = next((one for one in families if label_of(one) == best), None)
    effort = effort_of(charter, opened)
    return learning_curve(
        fold_matrices(opened, opened.folds),
        model=best if family is None else family.finalist,
        task=criteria.task,
        metric=metric_of(criteria),
        target=criteria.target,
        recipe=None if family is None else effort.of(recipe_for(recipes, family.hidden_layers)),
        seed=charter.seed,
        work_limit=budget.operations(charter, "learning curve"),
    )


def prove_shallow(charter: Charter, rows: RowsFile, tell: Teller) -> Yardstick:
    """What gradient training reached on a few rows, what is provably best at that width, and at one unit more.

    tell: hears what the proofs may cost before they begin.
    """
    opened = open_rows(rows)
    fitted = fit_columns(opened.frame, rows.columns)
    X = fitted.apply(opened.frame)
    tell(yardstick_work(*X.shape, node_limit=budget.proof_nodes(charter)))
    return make_yardstick(
        X,
        opened.y,
        task=rows.task,
        columns=fitted.feature_names,
        seed=charter.seed,
        node_limit=budget.proof_nodes(charter),
        time_limit=budget.PROOF_SECONDS,
    )
