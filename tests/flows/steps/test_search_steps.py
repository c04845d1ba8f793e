"""The steps that train: asked with the charter's own metric, held to the charter's minutes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.charter import Charter
from flows.features.plan import RowPlan
from flows.steps import compare, screen
from flows.steps.rows import RowsFile, with_folds, write_rows
from relu_core.comparison import split_rows
from tests.evaluations import charter_of

D = 160


@pytest.fixture
def rows(tmp_path: Path) -> RowsFile:
    """Development rows of two sensors; the press fails where they are far apart."""
    chance = np.random.default_rng(4)
    X = chance.normal(size=(D, 2))
    y = (np.abs(X[:, 0] - X[:, 1]) > 1.5).astype(np.float64)
    split = split_rows(D, y, charter_of().protocol(), task="binary")
    frame = with_folds(pd.DataFrame(X, columns=["left", "right"]).iloc[split.development], split)
    plan = RowPlan(("left", "right"), ())
    kind = RowsFile("", "", 0, ("left", "right"), "binary", ("good", "burr"), charter_of().protocol().folds, plan)
    return write_rows(frame, y[split.development], tmp_path, kind)


def small(**changes: object) -> Charter:
    """Little effort, so that networks of a few hundred parameters are trained for a few passes."""
    return charter_of(minutes=0.02, **changes)


def test_costs_are_a_metric_like_any_other(rows: RowsFile) -> None:
    charter = small(metric="expected_cost", target_value=0.5, kill_value=20.0)
    simple = screen.try_simple_models(charter, rows)
    assert simple[0].metric.value > simple[2].metric.value > 0
    swept = screen.sweep(charter, rows, 1)
    tuned = compare.tune(charter, rows, 1)
    found = compare.find_smallest(charter, rows, 1, tuned)
    for point in (*swept.points, *found.points):
        # Without any alarm the cost is that of the misses: 40 times their share.
        assert 0 <= point.metric.value < 40
    assert found.smallest.reached in ("yes", "not up to high", "already at low")


def test_costs_that_are_not_given_are_no_metric() -> None:
    charter = small(metric="expected_cost", target_value=0.5, kill_value=20.0, cost_of_miss=0, cost_of_false_alarm=0)
    assert charter.problems() == [
        "metric expected_cost has no costs; give cost_of_miss and cost_of_false_alarm, or another metric"
    ]


def test_the_minutes_bound_the_search_and_the_learning_curve(rows: RowsFile) -> None:
    charter = small()
    tuned = compare.tune(charter, rows, 1)
    whole = compare.find_smallest(charter, rows, 1, tuned)
    simple = screen.try_simple_models(charter, rows)
    assert compare.learn_curve(charter, rows, simple, (whole,), (tuned,)) is not None
    hurried = charter_of(minutes=1e-5)
    cut = compare.find_smallest(hurried, rows, 1, tuned)
    assert not cut.complete
    assert cut.work < whole.work
    worse = [one for one in simple if one.kind == "dummy"]
    assert compare.learn_curve(hurried, rows, tuple(worse), (whole,), (tuned,)) is None


def test_what_a_proof_may_cost_is_told_before_it_begins(rows: RowsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def begun(*data: object, **options: object) -> None:
        heard.append(f"begun with {options['node_limit']} cells")

    monkeypatch.setattr(compare, "make_yardstick", begun)
    compare.prove_shallow(charter_of(minutes=5.0), rows, heard.append)
    assert heard[0].startswith("two proofs on 60 rows of 2 columns; width 2: complete enumeration would solve about")
    assert heard[0].endswith("each proof ends at 4,000 cells at the latest")
    assert heard[1:] == ["begun with 4000 cells"]
