"""Money: thresholds from validation rows, costs from untouched rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, Criteria, Interval
from relu_core.comparison import choose_threshold, confusion_at, cost_curve, money_of
from relu_core.comparison.money import payback

LAWS = settings(max_examples=60, deadline=None, derandomize=True)
CRITERIA = Criteria(
    "binary",
    "roc_auc",
    0.9,
    cost_of_miss=200.0,
    cost_of_false_alarm=10.0,
    units_per_year=1e5,
    project_cost_simple=2e4,
    project_cost_deep=1e5,
)


def rows(seed: int, D: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Labels (D,) and honest probabilities (D,), one in five positive."""
    chance = np.random.default_rng(seed)
    probability = chance.beta(0.5, 2.0, D)
    return (chance.random(D) < probability).astype(float), probability


def cost(y: np.ndarray, probability: np.ndarray, threshold: float) -> float:
    found = confusion_at(y, probability, threshold)
    return CRITERIA.cost_of_miss * found.false_negative + CRITERIA.cost_of_false_alarm * found.false_positive


@LAWS
@given(seed=st.integers(0, 500), decimals=st.integers(1, 6))
def test_no_other_threshold_is_cheaper_on_the_rows_it_was_chosen_on(seed: int, decimals: int) -> None:
    y, probability = rows(seed)
    probability = probability.round(decimals)
    threshold = choose_threshold([(y[:100], probability[:100]), (y[100:], probability[100:])], CRITERIA)
    best = min(cost(y, probability, other) for other in [*np.unique(probability), 2.0])
    assert cost(y, probability, threshold) == best


def test_the_threshold_of_honest_probabilities_is_near_the_theory() -> None:
    y, probability = rows(0, 100_000)
    assert choose_threshold([(y, probability)], CRITERIA) == pytest.approx(10 / 210, abs=0.02)


def test_where_alarms_never_pay_none_is_raised() -> None:
    dear = Criteria("binary", "roc_auc", 0.9, cost_of_false_alarm=10.0, units_per_year=1.0)
    y, probability = rows(1)
    assert confusion_at(y, probability, choose_threshold([(y, probability)], dear)).false_positive == 0


@LAWS
@given(seed=st.integers(0, 500), threshold=st.floats(0, 1))
def test_counts_add_up_and_cost_follows_from_them(seed: int, threshold: float) -> None:
    y, probability = rows(seed)
    found = money_of("deep", "2 hidden layers", y, probability, threshold, criteria=CRITERIA)
    counts = found.confusion
    total = counts.true_negative + counts.false_positive + counts.false_negative + counts.true_positive
    assert total == len(y)
    assert found.cost_per_year.value == pytest.approx(1e5 * cost(y, probability, threshold) / len(y))
    without = 1e5 * min(200 * y.mean(), 10 * (1 - y.mean()))
    assert found.saving_per_year.value == pytest.approx(without - found.cost_per_year.value)
    assert found.project_cost == 1e5


def test_a_perfect_model_saves_what_no_model_costs() -> None:
    y, _ = rows(3)
    found = money_of("simple", "trees", y, y, 0.5, criteria=CRITERIA)
    # No error among 300 rows is no proof that there are none among 100,000 parts.
    assert found.cost_per_year.value == found.cost_per_year.low == 0 < found.cost_per_year.high
    assert found.saving_per_year.value > 0
    assert found.payback_years.value == pytest.approx(2e4 / found.saving_per_year.value)
    assert found.payback_years.low <= found.payback_years.value <= found.payback_years.high


def test_the_interval_of_the_cost_holds_the_true_cost() -> None:
    def true_cost(threshold: float) -> float:
        y, probability = rows(10**6, 400_000)
        return 1e5 * cost(y, probability, threshold) / len(y)

    truth, held = true_cost(0.05), 0
    for trial in range(200):
        y, probability = rows(trial)
        found = money_of("deep", "m", y, probability, 0.05, criteria=CRITERIA, seed=trial).cost_per_year
        held += found.low <= truth <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_nothing_is_paid_back_without_a_saving() -> None:
    found = payback(1e4, Interval(-5.0, -10.0, 0.0, 0.95, ""))
    assert (found.low, found.value, found.high) == (np.inf, np.inf, np.inf)
    assert payback(0.0, Interval(-5.0, -10.0, 0.0, 0.95, "")).value == 0.0


def test_the_cost_curve_is_lowest_at_the_chosen_threshold_and_ends_at_the_two_policies() -> None:
    pairs = [rows(seed) for seed in range(5)]
    threshold = choose_threshold(pairs, CRITERIA)
    curve = cost_curve(pairs, threshold, CRITERIA)
    y, probability = (np.concatenate(part) for part in zip(*pairs, strict=True))
    expected = [CRITERIA.units_per_year * cost(y, probability, t) / len(y) for t in curve.thresholds]
    assert curve.cost_per_year == pytest.approx(expected) and curve.rows == len(y)
    assert curve.cost_per_year[curve.thresholds.index(threshold)] == min(curve.cost_per_year)
    assert curve.cost_per_year[0] == pytest.approx(
        CRITERIA.units_per_year * CRITERIA.cost_of_false_alarm * (y == 0).mean()
    )
    assert curve.cost_per_year[-1] == pytest.approx(CRITERIA.units_per_year * CRITERIA.cost_of_miss * (y == 1).mean())


def test_the_money_of_the_two_mistakes_adds_up_to_the_cost() -> None:
    y, probability = rows(3)
    found = money_of("deep", "m", y, probability, 0.3, criteria=CRITERIA)
    assert found.misses_cost + found.false_alarms_cost == pytest.approx(found.cost_per_year.value)
    assert found.misses_cost == pytest.approx(
        CRITERIA.units_per_year * CRITERIA.cost_of_miss * found.confusion.false_negative / len(y)
    )


def test_a_promise_without_costs_has_no_money() -> None:
    y, probability = rows(0)
    with pytest.raises(ArgumentError) as refusal:
        money_of("deep", "m", y, probability, 0.5, criteria=Criteria("binary", "roc_auc", 0.9))
    assert str(refusal.value) == "criteria has no costs or no units_per_year; give them, or leave the money out"
    with pytest.raises(ArgumentError) as refusal:
        money_of("large", "m", y, probability, 0.5, criteria=CRITERIA)
    assert str(refusal.value) == "option is 'large'; choose one of simple, shallow, deep"
