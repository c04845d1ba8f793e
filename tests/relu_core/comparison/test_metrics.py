"""Metrics by name: what they give, where they are undefined, what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from relu_core import ArgumentError, Criteria
from relu_core.comparison import METRICS, expected_cost, metric_named, metric_of, outputs_for, predictions_of

LAWS = settings(max_examples=40, deadline=None, derandomize=True)


def binary_rows(seed: int, D: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Labels that follow their probability (D,)."""
    chance = np.random.default_rng(seed)
    probability = chance.random(D)
    y = (chance.random(D) < probability).astype(float)
    y[:2] = (0.0, 1.0)
    return y, probability


@LAWS
@given(seed=st.integers(0, 999))
@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "recall_at_precision"])
def test_ranking_metrics_do_not_change_when_probabilities_are_stretched(name: str, seed: int) -> None:
    y, probability = binary_rows(seed)
    assert METRICS[name](y, probability) == pytest.approx(METRICS[name](y, probability**3), abs=1e-12)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].better == "higher" and name != "macro_f1"])
def test_a_perfect_prediction_gets_the_best_value(name: str) -> None:
    y = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    assert METRICS[name](y, y) == 1.0


@LAWS
@given(seed=st.integers(0, 999))
def test_whole_weights_are_rows_that_come_several_times(seed: int) -> None:
    y, probability = binary_rows(seed, 30)
    weights = np.random.default_rng([seed, 1]).integers(1, 4, 30)
    often = np.repeat(np.arange(30), weights)
    for name in ("roc_auc", "average_precision", "f1", "accuracy", "balanced_accuracy", "log_loss"):
        weighted = METRICS[name](y, probability, weights.astype(float))
        assert weighted == pytest.approx(METRICS[name](y[often], probability[often]), abs=1e-9), name


def test_several_classes_are_judged_by_their_likeliest_class() -> None:
    chance = np.random.default_rng(0)
    prediction = chance.dirichlet(np.ones(4), 200)
    y = chance.integers(0, 4, 200).astype(float)
    labels = prediction.argmax(axis=1)
    assert METRICS["accuracy"](y, prediction) == np.mean(labels == y)
    assert METRICS["balanced_accuracy"](y, prediction) == pytest.approx(balanced_accuracy_score(y, labels))
    assert 0 < METRICS["f1"](y, prediction) < 1


def test_ranking_is_undefined_on_rows_of_one_class() -> None:
    assert np.isnan(METRICS["roc_auc"](np.zeros(5), np.linspace(0, 1, 5)))


def test_expected_cost_counts_each_error_at_its_price() -> None:
    metric = expected_cost(cost_of_miss=90.0, cost_of_false_alarm=10.0)
    # The threshold is 0.1: the second row is a false alarm, the third a miss.
    assert metric(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.05, 0.2, 0.05, 0.9])) == pytest.approx((10 + 90) / 4)


def test_the_threshold_of_expected_cost_is_best_for_honest_probabilities() -> None:
    chance = np.random.default_rng(3)
    probability = chance.random(200_000)
    y = (chance.random(200_000) < probability).astype(float)
    cost = expected_cost(4.0, 1.0)(y, probability)
    for threshold in (0.1, 0.15, 0.25, 0.3):
        alarm = probability >= threshold
        assert cost < np.mean(1.0 * (alarm & (y == 0)) + 4.0 * (~alarm & (y == 1)))


def test_the_promise_brings_its_costs_to_the_metric() -> None:
    criteria = Criteria("binary", "expected_cost", 1.0, cost_of_miss=5.0, cost_of_false_alarm=1.0)
    assert metric_of(criteria)(np.array([1.0, 0.0]), np.array([0.0, 0.0])) == 2.5


def test_outputs_become_predictions_of_their_task() -> None:
    outputs = np.array([[0.0], [100.0]])
    assert predictions_of(outputs, "binary").tolist() == [0.5, 1.0]
    assert predictions_of(outputs, "regression").tolist() == [0.0, 100.0]
    assert predictions_of(np.zeros((3, 4)), "multiclass").tolist() == np.full((3, 4), 0.25).tolist()
    assert (outputs_for("multiclass", np.array([0.0, 3.0])), outputs_for("binary", np.array([0.0, 1.0]))) == (4, 1)


def test_an_unknown_metric_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ArgumentError) as refusal:
        metric_named("auc", "binary")
    assert str(refusal.value) == f"metric is 'auc'; choose one of {', '.join(METRICS)}"


def test_a_metric_of_another_task_is_refused() -> None:
    with pytest.raises(ArgumentError) as refusal:
        metric_named("roc_auc", "regression")
    assert str(refusal.value) == (
        "metric is 'roc_auc', which says nothing about a regression task; choose one of rmse, mae, r2"
    )


def test_expected_cost_without_costs_is_refused() -> None:
    with pytest.raises(ArgumentError) as refusal:
        expected_cost(0.0, 0.0)
    assert str(refusal.value) == (
        "cost_of_miss and cost_of_false_alarm are both 0; give at least one, or choose another metric"
    )
    with pytest.raises(ArgumentError) as refusal:
        METRICS["expected_cost"](np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert str(refusal.value) == (
        "metric expected_cost needs costs; use metric_of(criteria) or expected_cost(miss, false alarm)"
    )
