"""Splits: no row judges what learned from it, and untouched rows open once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, EvaluationProtocol, UntouchedRowsError, make_split
from relu_core.comparison import RowSplit, split_rows

LAWS = settings(max_examples=40, deadline=None, derandomize=True)


def table(D: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X (D, 2), y (D,) binary, groups (D,) and times (D,) with ties, in no order."""
    chance = np.random.default_rng(seed)
    y = (chance.random(D) < 0.4).astype(float)
    return chance.normal(size=(D, 2)), y, chance.integers(0, max(8, D // 10), D), chance.integers(0, D // 2, D)


def split(rule: str, D: int, seed: int, gap: int = 0, folds: int = 3, share: float = 0.25) -> RowSplit:
    _, y, groups, times = table(D, seed)
    protocol = EvaluationProtocol(rule, folds=folds, untouched_share=share, gap_rows=gap, seed=seed)
    return split_rows(D, y, protocol, task="binary", groups=groups, times=times)


@LAWS
@given(rule=st.sampled_from(["chance", "group", "time"]), D=st.integers(150, 400), seed=st.integers(0, 50))
def test_every_row_has_one_purpose(rule: str, D: int, seed: int) -> None:
    found = split(rule, D, seed)
    used = np.concatenate([found.development, found.untouched])
    assert len(np.unique(used)) == len(used) == D
    for fold, inner in zip(found.folds, found.inner, strict=True):
        assert not set(fold.training) & set(fold.validation)
        assert set(fold.training) | set(fold.validation) <= set(found.development)
        for nested in inner:
            assert set(nested.training) | set(nested.validation) <= set(fold.training)
            assert not set(nested.training) & set(nested.validation)


@LAWS
@given(D=st.integers(150, 400), seed=st.integers(0, 50))
def test_by_chance_every_development_row_is_judged_once_and_classes_keep_their_share(D: int, seed: int) -> None:
    found = split("chance", D, seed)
    y = table(D, seed)[1]
    judged = np.concatenate([fold.validation for fold in found.folds])
    assert sorted(judged) == found.development.tolist()
    for fold in found.folds:
        assert abs(y[fold.validation].mean() - y.mean()) < 0.06


@LAWS
@given(D=st.integers(150, 400), seed=st.integers(0, 50))
def test_no_group_lies_on_both_sides(D: int, seed: int) -> None:
    groups, found = table(D, seed)[2], split("group", D, seed)
    assert not set(groups[found.development]) & set(groups[found.untouched])
    for fold in (*found.folds, *(inner for some in found.inner for inner in some)):
        assert not set(groups[fold.training]) & set(groups[fold.validation])


@LAWS
@given(D=st.integers(150, 400), seed=st.integers(0, 50), gap=st.integers(0, 5))
def test_by_time_later_rows_judge_earlier_ones_with_the_gap_between(D: int, seed: int, gap: int) -> None:
    times, found = table(D, seed)[3], split("time", D, seed, gap)
    pairs = [(found.development, found.untouched)]
    pairs += [(fold.training, fold.validation) for fold in (*found.folds, *(i for some in found.inner for i in some))]
    for earlier, later in pairs:
        assert times[earlier].max() < times[later].min()
    between = np.sort(times)
    assert D - len(found.development) - len(found.untouched) == gap
    assert (between[len(found.development) - 1 + gap] < times[found.untouched]).all()


def test_without_times_the_order_of_rows_is_the_time() -> None:
    found = split_rows(100, np.arange(100) % 2 * 1.0, EvaluationProtocol("time", untouched_share=0.2), task="binary")
    assert found.untouched.tolist() == list(range(80, 100))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("rule", ["chance", "group", "time"])
def test_the_untouched_share_is_what_was_promised(rule: str, share: float) -> None:
    assert abs(len(split(rule, 600, 1, share=share).untouched) / 600 - share) < 0.04


def test_the_same_protocol_splits_alike_and_another_seed_does_not() -> None:
    first, again, other = split("chance", 200, 3), split("chance", 200, 3), split("chance", 200, 4)
    assert first.untouched.tolist() == again.untouched.tolist() != other.untouched.tolist()


def test_rows_counted_inside_development_are_the_same_rows() -> None:
    found = split("chance", 200, 0)
    inside = found.within_development()
    for fold, moved in zip(found.folds, inside.folds, strict=True):
        assert found.development[moved.validation].tolist() == fold.validation.tolist()
    assert found.development[inside.inner[1][0].training].tolist() == found.inner[1][0].training.tolist()


def test_untouched_rows_open_once_and_keep_the_reason() -> None:
    X, y, _, _ = table(200)
    test = make_split(X, y, EvaluationProtocol(), task="binary").test
    opened = test.open("confirm finalists")
    assert (len(opened[0]), test.rows, test.readings) == (40, 40, ("confirm finalists",))
    assert not {tuple(row) for row in opened[0]} & {
        tuple(row) for row in make_split(X, y, EvaluationProtocol(), task="binary").X
    }
    with pytest.raises(UntouchedRowsError) as refusal:
        test.open("have another look")
    assert str(refusal.value) == (
        "the untouched rows were already read for 'confirm finalists' and are asked for again for 'have another look'; "
        "keep what the first reading gave, rows that are read twice are no test"
    )


def test_untouched_rows_do_not_show_before_they_are_opened() -> None:
    X, y, _, _ = table(200)
    test = make_split(X, y, EvaluationProtocol(), task="binary").test
    assert repr(test) == "TestRows(40 rows, sealed)"
    with pytest.raises(ArgumentError) as refusal:
        test.open(" ")
    assert str(refusal.value) == (
        "reason is empty; say what the untouched rows are read for, such as 'confirm finalists'"
    )


def refused(
    D: int = 100, y: np.ndarray | None = None, task: str = "binary", rule: str = "chance", **more: object
) -> str:
    target = table(D)[1] if y is None else y
    with pytest.raises(ArgumentError) as refusal:
        split_rows(D, target, EvaluationProtocol(rule), task=task, **more)  # type: ignore[arg-type]
    return str(refusal.value)


def test_whole_sentences_say_what_is_wrong_with_the_rows() -> None:
    assert refused(12) == ("there are 12 rows where 5 folds need at least 20; collect more rows or use fewer folds")
    assert refused(y=np.zeros(100)) == ("y holds one value only (0); there is nothing to learn, choose another target")
    assert refused(y=np.arange(100) % 3 * 1.0) == (
        "y is no binary target (values such as 2); number the classes from 0 or change the task"
    )
    rare = np.zeros(100)
    rare[:4] = 1
    assert refused(y=rare) == (
        "class 1 has 4 rows where 5 folds and the untouched rows need at least 10; collect more of them, "
        "merge rare classes or use fewer folds"
    )
    assert refused(rule="group") == (
        "groups is missing where split_rule is 'group'; pass the column that names the unit of each row"
    )
    assert refused(rule="group", groups=np.arange(100) % 3) == (
        "groups holds 3 groups where 5 parts are needed; use fewer folds or another split column"
    )
    assert refused(rule="group", groups=np.arange(99)) == (
        "groups has shape (99,) where there are 100 rows; pass one entry a row"
    )
    assert refused(rule="time", times=np.arange(100) // 20) == (
        "times leaves a fold without rows (4 different instants, gap_rows 0); use fewer folds or a smaller gap"
    )
    sorted_by_class = np.repeat([0.0, 1.0], 50)
    assert refused(y=sorted_by_class, rule="time") == (
        "the training rows of fold 0 hold one class only (0); use fewer folds or another split rule"
    )
