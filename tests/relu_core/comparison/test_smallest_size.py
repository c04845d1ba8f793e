"""The search for the smallest size: on curves with a known crossing, and on real trainings."""

import math
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, NetworkSpec, Recipe, make_question, smallest_size
from relu_core.comparison import FamilyResult, Limits, SizePoint, coarse_sweep, full_grid, matrix_folds, size_grid
from relu_core.comparison.curves import at_size, crossing
from relu_core.comparison.measure import Meter, Question, Runs
from relu_core.comparison.smallest_size import EARLY_ERROR, describe_recipes, look_plan
from relu_core.training import Fold, MatrixFold

LAWS = settings(max_examples=60, deadline=None, derandomize=True)
GRID = size_grid(4, 1, 2, largest=4096)
SIZES = [spec.parameters for spec in GRID]


def folds(D: int = 60) -> tuple[MatrixFold, ...]:
    """Five small folds of a bent line with noise, n = 4."""
    chance = np.random.default_rng(0)
    X = chance.normal(size=(D, 4))
    y = np.abs(X[:, 0]) + 0.1 * chance.normal(size=D)
    parts = np.array_split(np.arange(D), 5)
    return matrix_folds(X, y, [Fold(np.setdiff1d(np.arange(D), part), part) for part in parts])


class Factory:
    """Stands in for training: r2 rises with the log of parameters and crosses 0.8 at `smallest`; runs have noise."""

    def __init__(self, smallest: float, seed: int, fold_noise: float = 0.01, seed_noise: float = 0.01) -> None:
        self.smallest, self.seed, self.noise = smallest, seed, (fold_noise, seed_noise)
        self.trained: list[tuple[int, int]] = []

    def __call__(self, question: Question, spec: NetworkSpec, seeds: Sequence[int], meter: Meter) -> Runs:
        self.trained.append((spec.parameters, len(seeds)))
        meter.work += question.work(spec, len(seeds))
        mean = 0.8 + 0.1 * np.log(spec.parameters / self.smallest)
        of_folds = self.noise[0] * np.random.default_rng([self.seed, 1]).normal(size=(5, 1))
        of_seeds = [np.random.default_rng([self.seed, 2, spec.parameters, s]).normal(size=5) for s in seeds]
        values = mean + of_folds - of_folds.mean() + self.noise[1] * np.column_stack(of_seeds)
        return Runs(spec, values, np.zeros(values.shape, dtype=bool))


def search(monkeypatch: pytest.MonkeyPatch, factory: Factory, **changes: object) -> FamilyResult:
    # The package's function hides the module of the same name.
    monkeypatch.setattr(sys.modules["relu_core.comparison.smallest_size"], "train_runs", factory)
    asked = {"metric": "r2", "target": 0.8, "recipe": Recipe(epochs=2), "seeds": 10}
    asked |= {name: changes.pop(name) for name in ("metric", "target") if name in changes}
    limits = Limits(changes.pop("work", math.inf), None, changes.pop("callback", None))  # type: ignore[arg-type]
    question = make_question(folds(), task="regression", **asked)  # type: ignore[arg-type]
    return smallest_size(question, hidden_layers=2, sizes=GRID, limits=limits, **changes)  # type: ignore[arg-type]


@LAWS
@given(place=st.floats(0.02, 0.98), seed=st.integers(0, 500))
def test_the_interval_holds_the_crossing_and_the_estimate_is_near(place: float, seed: int) -> None:
    smallest = float(np.exp(np.interp(place, [0, 1], np.log([SIZES[0], SIZES[-1]]))))
    with pytest.MonkeyPatch.context() as patch:
        found = search(patch, Factory(smallest, seed)).smallest
    assert found.reached == "yes"
    assert abs(np.log(found.estimate / smallest)) < 0.25
    assert found.low <= smallest * 1.1
    assert smallest <= found.high * 1.1


@LAWS
@given(place=st.floats(0.02, 0.98), seed=st.integers(0, 500))
def test_the_search_answers_like_the_full_grid_for_a_fraction_of_the_work(place: float, seed: int) -> None:
    smallest = float(np.exp(np.interp(place, [0, 1], np.log([SIZES[0], SIZES[-1]]))))
    with pytest.MonkeyPatch.context() as patch:
        adaptive = search(patch, Factory(smallest, seed))
        asked = make_question(folds(), task="regression", metric="r2", target=0.8, recipe=Recipe(epochs=2), seeds=10)
        reference = full_grid(asked, hidden_layers=2, sizes=GRID)
    assert reference.smallest.low * 0.97 <= adaptive.smallest.estimate <= reference.smallest.high * 1.03
    assert adaptive.work < reference.work * (1 / 10 if place < 0.5 else 0.7)
    assert [p.parameters for p in reference.points] == SIZES


def test_a_target_beyond_the_grid_is_censored_never_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = search(monkeypatch, Factory(10 * SIZES[-1], 0))
    assert (found.smallest.reached, found.smallest.estimate, found.smallest.bounded) == (
        "not up to high",
        SIZES[-1],
        False,
    )
    assert found.smallest.low == SIZES[-1]
    assert found.complete


def test_a_target_below_the_grid_is_already_there_at_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = Factory(SIZES[0] / 4, 0)
    found = search(monkeypatch, factory).smallest
    assert (found.reached, found.low, found.estimate) == ("already at low", SIZES[0], SIZES[0])
    assert sum(count for _, count in factory.trained) <= 10


def test_clear_sizes_are_left_after_few_seeds_and_close_calls_get_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = search(monkeypatch, Factory(SIZES[8], 3, seed_noise=0.05))
    seeds = {point.parameters: point.seeds for point in found.points}
    assert seeds[SIZES[0]] == 3
    assert seeds[SIZES[8]] == 10


def test_sizes_are_visited_once_and_in_order_of_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = Factory(SIZES[8], 1)
    told: list[SizePoint] = []
    found = search(monkeypatch, factory, callback=lambda point: told.append(point))
    assert sorted(p.parameters for p in told) == [p.parameters for p in found.points]
    assert len(told) == len(found.points)


def test_a_work_limit_leaves_the_same_partial_answer_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search(monkeypatch, Factory(SIZES[-3], 0))
    half, again = (search(monkeypatch, Factory(SIZES[-3], 0), work=whole.work / 3) for _ in range(2))
    assert not half.complete
    assert half.work <= whole.work / 3
    assert half.points == again.points
    assert half.points
    assert half.points[-1].seeds < 10


def test_no_work_at_all_is_a_record_without_points(monkeypatch: pytest.MonkeyPatch) -> None:
    found = search(monkeypatch, Factory(100, 0), work=0.0)
    assert (found.points, found.complete, found.finalist) == ((), False, ())


def test_the_caller_can_stop_and_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    found = search(monkeypatch, Factory(SIZES[-2], 0), callback=lambda point: point.parameters > 100)
    assert not found.complete
    assert found.points[-1].parameters == min(p for p in SIZES[::2] if p > 100)


def test_sizes_above_which_it_would_not_matter_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = Factory(SIZES[-1], 0)
    found = search(monkeypatch, factory, stop_above=300)
    assert max(size for size, _ in factory.trained) <= 300
    assert found.smallest.reached == "not up to high"


def test_lower_is_better_where_the_metric_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Errors(Factory):
        def __call__(self, question: Question, spec: NetworkSpec, seeds: Sequence[int], meter: Meter) -> Runs:
            runs = super().__call__(question, spec, seeds, meter)
            return Runs(spec, 1.0 - runs.values, runs.collapsed)

    same = search(monkeypatch, Factory(150.0, 5)).smallest
    assert search(monkeypatch, Errors(150.0, 5), metric="rmse", target=0.2).smallest == same


@LAWS
@given(seeds=st.integers(1, 40))
def test_the_looks_together_may_err_five_times_in_a_hundred(seeds: int) -> None:
    plan = look_plan(seeds)
    assert sum(1 - level for _, level in plan) == pytest.approx(0.05)
    assert plan[-1][0] == seeds
    assert all(1 - level == pytest.approx(EARLY_ERROR) for _, level in plan[:-1])


# Folds may differ as they like: a look asks what other seeds would give on these very folds.
FOLD_LEVELS = np.array([[-8.0], [-1.0], [0.0], [2.0], [7.0]])


def test_repeated_looks_rarely_decide_wrongly() -> None:
    wrong = 0
    for trial in range(600):
        chance = np.random.default_rng([11, trial])
        values = chance.normal(0.0, 1.0, (5, 10)) + FOLD_LEVELS
        for count, level in look_plan(10):
            runs = Runs(GRID[0], values[:, :count], np.zeros((5, count), dtype=bool))
            interval = runs.interval_over_seeds(level)
            if not interval.low <= 0.0 <= interval.high:
                wrong += 1
                break
    assert wrong / 600 <= 0.075


def test_real_trainings_repeat_bit_for_bit_whatever_the_threads() -> None:
    asked = {"task": "regression", "metric": "r2", "target": 0.8, "recipe": Recipe(epochs=30), "seeds": 3}
    first, second = (
        smallest_size(make_question(folds(), threads=threads, **asked), hidden_layers=1, largest=60)  # type: ignore[arg-type]
        for threads in (1, 2)
    )
    assert first.points == second.points
    assert first.smallest == second.smallest
    assert first.runs == sum(p.seeds * 5 for p in first.points)


def test_a_coarse_sweep_spreads_its_sizes_over_the_grid() -> None:
    asked = make_question(folds(), task="regression", metric="r2", target=0.8, recipe=Recipe(epochs=5), seeds=2)
    found = coarse_sweep(asked, hidden_layers=1, largest=200)
    assert (len(found.points), found.points[0].hidden_widths, found.points[0].seeds) == (4, (1,), 2)
    assert found.complete


def test_recipes_of_folds_are_told_apart() -> None:
    told = describe_recipes([Recipe(learning_rate=0.01), Recipe(learning_rate=0.003), Recipe(learning_rate=0.01)])
    assert (told["learning_rate"], told["initialisation"]) == ("0.01 (2 folds), 0.003 (1 folds)", "he")


@LAWS
@given(
    values=st.lists(st.floats(-5, 5), min_size=1, max_size=8),
    goal=st.floats(-4, 4),
    shift=st.floats(0, 2),
)
def test_a_better_curve_crosses_no_later(values: list[float], goal: float, shift: float) -> None:
    sizes = [10.0 * 2**i for i in range(len(values))]
    place = crossing(sizes, values, goal)
    assert crossing(sizes, [v + shift for v in values], goal) <= place
    if sizes[0] < place < np.inf:
        assert at_size(sizes, np.array(values)[:, None], place)[0] == pytest.approx(goal, abs=1e-6)


def test_refusals() -> None:
    asked = {"task": "regression", "metric": "r2", "target": 0.8, "seeds": 2}
    with pytest.raises(ArgumentError) as refusal:
        make_question(folds()[:1], recipe=Recipe(), **asked)  # type: ignore[arg-type]
    assert str(refusal.value) == "there are 1 folds; pass at least 2, or the result has no interval"
    with pytest.raises(ArgumentError) as refusal:
        make_question(folds(), recipe=[Recipe()] * 4, **asked)  # type: ignore[arg-type]
    assert str(refusal.value) == "there are 4 recipes for 5 folds; pass one, or one a fold"
    narrow = MatrixFold(np.ones((4, 3)), np.arange(4.0), np.ones((2, 3)), np.arange(2.0))
    with pytest.raises(ArgumentError) as refusal:
        make_question([*folds(), narrow], recipe=Recipe(), **asked)  # type: ignore[arg-type]
    assert str(refusal.value) == "folds have [3, 4] columns; give every fold the same ones, or sizes mean nothing"
