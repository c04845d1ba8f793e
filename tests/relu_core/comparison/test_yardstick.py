"""The yardstick: three losses on one subsample, and what their differences say."""

import numpy as np
import pytest

from relu_core import ArgumentError, Recipe
from relu_core.comparison import ProvenLoss, make_yardstick, yardstick_work
from relu_core.comparison.yardstick import explain

QUICK = Recipe(initialisation="he", bias="uniform", learning_rate=0.03, epochs=400, batch_size=64)


def proven(width: int, loss: float, slack: float = 0.0) -> ProvenLoss:
    return ProvenLoss(width, loss - slack, loss, "proven" if slack == 0 else "time")


@pytest.mark.parametrize(
    ("trained", "now", "following", "slack", "said"),
    [
        (0.50, 0.20, 0.195, 0.0, "optimisation"),
        (0.205, 0.20, 0.05, 0.0, "size"),
        (0.50, 0.20, 0.05, 0.0, "both"),
        (0.205, 0.20, 0.195, 0.0, "neither"),
        (0.205, 0.20, 0.195, 0.15, "open"),
    ],
)
def test_the_differences_say_why_the_shallow_network_failed(
    trained: float, now: float, following: float, slack: float, said: str
) -> None:
    assert explain(trained, proven(2, now, slack), proven(3, following, slack), 1.0) == said


def test_trained_is_never_below_what_is_proven_and_one_more_unit_never_hurts() -> None:
    chance = np.random.default_rng(0)
    X = np.column_stack([chance.normal(size=120), np.full(120, 7.0), chance.normal(size=120)])
    y = np.abs(X[:, 0] - 0.3) + 0.05 * chance.normal(size=120)
    found = make_yardstick(
        X,
        y,
        task="regression",
        columns=("force", "constant", "noise"),
        width=1,
        rows=12,
        strongest=1,
        seeds=5,
        recipe=QUICK,
    )
    assert (found.columns, found.rows, found.loss) == (("force",), 12, "squared")
    assert found.proven.lower <= found.proven.upper <= found.trained + 1e-6
    assert found.proven_next.lower <= found.proven.upper + 1e-9
    assert (found.proven.width, found.proven_next.width) == (1, 2)


def test_both_classes_are_in_the_subsample_of_a_rare_event() -> None:
    chance = np.random.default_rng(1)
    X = chance.normal(size=(300, 1))
    y = (X[:, 0] > 1.9).astype(float)
    found = make_yardstick(X, y, task="binary", width=1, rows=8, strongest=1, seeds=3, recipe=QUICK, time_limit=20)
    assert found.loss == "logistic"
    assert found.trained < np.log(2)


def test_refusals() -> None:
    with pytest.raises(ArgumentError) as refusal:
        make_yardstick(np.ones((9, 2)), np.arange(9.0), task="regression", columns=("a",))
    assert str(refusal.value) == "columns has 1 names where X has 2 columns; give one a column"
    with pytest.raises(ArgumentError) as refusal:
        make_yardstick(np.ones((9, 2)), np.arange(9.0), task="regression")
    assert str(refusal.value) == "X has no column that varies; there is nothing to learn from"


def test_what_the_proofs_may_cost_is_told_in_words() -> None:
    assert yardstick_work(1000, 7, node_limit=16_000) == (
        "two proofs on 60 rows of 2 columns; width 2: complete enumeration would solve about 2.5e+07 convex programs; "
        "the search begins with 208 tuples of cells; width 3: complete enumeration would solve about 5.9e+10 "
        "convex programs; the search begins with 2,240 tuples of cells; each proof ends at 16,000 cells at the latest"
    )
