"""Planted problems: the same bits for the same seed, knobs that do what they say, figures that carry the verdict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_score

from relu_core import ArgumentError, PlantedProblem, planted_problem
from relu_core.planted import KINDS
from relu_core.theory import minimise

VERDICTS = {"SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "NOT_FEASIBLE", "MORE_DATA"}
ALL = pytest.mark.parametrize("kind", list(KINDS))


def reached(model: object, problem: PlantedProblem, *, by_time: bool = False, without: int = 0) -> float:
    """Mean r2 of a simple model over five folds; `without` columns at the end are left out."""
    folds = TimeSeriesSplit(5) if by_time else KFold(5, shuffle=True, random_state=0)
    X = problem.X[:, : problem.X.shape[1] - without]
    return float(cross_val_score(model, X, problem.y, cv=folds, scoring="r2").mean())


@ALL
@given(st.integers(0, 2**31), st.sampled_from(["regression", "binary"]), st.integers(0, 3), st.integers(0, 4))
@settings(deadline=None, max_examples=8, derandomize=True)
def test_the_same_seed_gives_the_same_bits(kind: str, seed: int, task: str, irrelevant: int, groups: int) -> None:
    options = {"rows": 120, "seed": seed, "noise": 0.1, "task": task, "irrelevant": irrelevant, "groups": groups}
    first, second = planted_problem(kind, **options), planted_problem(kind, **options)
    assert first.X.tobytes() == second.X.tobytes()
    assert first.y.tobytes() == second.y.tobytes()
    assert repr(first.criteria) == repr(second.criteria)
    assert planted_problem(kind, **{**options, "seed": seed + 1}).X.tobytes() != first.X.tobytes()


@ALL
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_a_problem_is_complete(kind: str, task: str) -> None:
    problem = planted_problem(kind, rows=300, seed=3, task=task, irrelevant=5, groups=4, noise=0.2)
    assert problem.X.shape == (300, len(problem.columns))
    assert np.isfinite(problem.X).all()
    assert np.isfinite(problem.y).all()
    assert len(set(problem.columns)) == len(problem.columns)
    assert set(problem.leaks) <= set(problem.columns)
    assert problem.expected_verdict in VERDICTS
    assert problem.groups is not None
    assert set(problem.groups) == {0, 1, 2, 3}
    assert problem.criteria.task == task
    assert not problem.criteria.kill >= problem.criteria.target
    assert problem.planted_ratio >= 3 or problem.expected_verdict != "DEPTH_PAYS"


@pytest.mark.parametrize("kind", ["depth_helps", "shallow_teacher", "linear", "few_rows"])
def test_the_truth_is_the_clean_answer(kind: str) -> None:
    problem = planted_problem(kind, rows=200, seed=5)
    assert problem.truth is not None
    assert np.allclose(problem.truth(problem.X)[:, 0], problem.y, atol=1e-12)


def test_depth_helps_is_the_theorems_function_of_two_hidden_layers() -> None:
    truth = planted_problem("depth_helps", rows=100, seed=1, relevant=5).truth
    assert truth is not None
    assert truth.hidden_widths == (10, 2)
    assert minimise(truth).hidden_widths == (10, 2)


def test_representable_size_is_known_from_the_truths_layers_on() -> None:
    problem = planted_problem("depth_helps", rows=100, seed=1)
    assert problem.truth is not None
    assert [problem.representable(k) for k in (1, 2)] == [0, problem.truth.parameters]
    # One more layer: the output leaves as relu(z) and relu(-z), 2 * (2 + 1) weights and biases for 3, and 3 to join.
    assert problem.representable(3) == problem.truth.parameters - 3 + 6 + 3
    assert problem.representable(4) == problem.representable(3) + 6
    assert planted_problem("no_signal", rows=100, seed=1).representable(5) == 0


@given(st.floats(0.05, 0.9), st.integers(0, 1000))
@settings(deadline=None, max_examples=20, derandomize=True)
def test_the_share_of_ones_is_the_one_asked_for(share: float, seed: int) -> None:
    problem = planted_problem("additive", rows=1000, seed=seed, task="binary", positive_share=share)
    assert set(np.unique(problem.y)) == {0.0, 1.0}
    assert abs(problem.y.mean() - share) <= 2e-3


def test_noise_lowers_the_promise_to_what_can_be_reached() -> None:
    clean, noisy = (planted_problem("linear", rows=5000, seed=1, noise=noise) for noise in (0.0, 1.0))
    assert noisy.criteria.target == pytest.approx(clean.criteria.target / 2)
    assert reached(LinearRegression(), noisy) == pytest.approx(0.5, abs=0.05)
    assert reached(LinearRegression(), noisy) > noisy.criteria.target


@pytest.mark.parametrize("rows", [1000, 4000])
def test_no_simple_model_reaches_the_promise_where_networks_are_to_be_judged(rows: int) -> None:
    for kind in ("depth_helps", "shallow_teacher"):
        problem = planted_problem(kind, rows=rows, seed=11, noise=0.1)
        assert reached(HistGradientBoostingRegressor(random_state=0), problem) < problem.criteria.target
        assert reached(LinearRegression(), problem) < problem.criteria.kill


def test_simple_models_reach_the_promise_where_they_suffice() -> None:
    for kind, model in (("linear", LinearRegression()), ("additive", HistGradientBoostingRegressor(random_state=0))):
        problem = planted_problem(kind, rows=1500, seed=11, noise=0.1)
        assert reached(model, problem) > problem.criteria.target


@pytest.mark.parametrize("rows", [1500, 6000])
def test_drift_looks_easy_by_chance_and_is_dead_by_time(rows: int) -> None:
    problem = planted_problem("drift", rows=rows, seed=2)
    trees = HistGradientBoostingRegressor(random_state=0)
    assert reached(trees, problem) > problem.criteria.target
    assert reached(trees, problem, by_time=True) < problem.criteria.kill
    assert (np.diff(problem.times) > 0).all()


def test_a_leak_is_perfect_and_nothing_without_it() -> None:
    problem = planted_problem("leak", rows=1500, seed=2)
    trees = HistGradientBoostingRegressor(random_state=0)
    assert problem.columns[-1] == problem.leaks[0] == "result_code"
    assert reached(trees, problem) > 0.95
    assert reached(trees, problem, without=1) < problem.criteria.kill


def test_irrelevant_sensors_are_mixed_among_the_others() -> None:
    plain = planted_problem("linear", rows=200, seed=4)
    mixed = planted_problem("linear", rows=200, seed=4, irrelevant=6)
    assert mixed.X.shape == (200, 10)
    assert not np.array_equal(mixed.X[:, :4], plain.X)
    assert all(any(np.array_equal(column, other) for other in mixed.X.T) for column in plain.X.T)
    assert np.array_equal(mixed.y, plain.y)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rows": 10}, "rows is 10; pass at least 50"),
        ({"relevant": 2}, "relevant is 2; depth_helps needs at least 3 sensors that matter"),
        ({"positive_share": 1.0}, "positive_share is 1.0; pass a share above 0 and below 1"),
        ({"noise": -0.1}, "noise is -0.1; pass a finite number of at least 0"),
        ({"irrelevant": -1}, "irrelevant is -1; pass a whole number of at least 0"),
        ({"task": "multiclass"}, "task is 'multiclass'; choose one of binary, regression"),
    ],
)
def test_knobs_name_what_they_refuse(options: dict, sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        planted_problem("depth_helps", **{"rows": 100, "seed": 0, **options})
    assert str(refused.value) == sentence


def test_three_sensors_are_too_easy_to_rank() -> None:
    with pytest.raises(ArgumentError) as refused:
        planted_problem("depth_helps", rows=100, seed=0, relevant=3, task="binary")
    assert str(refused.value) == (
        "relevant is 3; ranked by boosted trees, fewer than 4 sensors are too easy for depth_helps in a binary task"
    )


def test_an_unknown_kind_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError) as refused:
        planted_problem("magic", rows=100, seed=0)
    assert str(refused.value) == (
        "kind is 'magic'; choose one of depth_helps, additive, shallow_teacher, linear, no_signal, few_rows, drift, "
        "leak"
    )
