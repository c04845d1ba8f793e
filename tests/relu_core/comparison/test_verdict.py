"""The verdict: each code from the measurements that lead to it, and the laws of a pure decision."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError, Comparison, Criteria, EvaluationProtocol, Interval, compare, decide
from relu_core.comparison import (
    KINDS,
    REASONS,
    Approval,
    BaselineResult,
    DatasetRecord,
    FamilyResult,
    LearningCurve,
    SizeInterval,
    SizePoint,
    Verdict,
)
from relu_core.comparison.json_codec import from_plain, to_plain

LAWS = settings(max_examples=80, deadline=None, derandomize=True)
CRITERIA = Criteria("binary", "roc_auc", 0.9, kill=0.6, project_cost_simple=1e4, project_cost_deep=9e4)
GRID = (20, 40, 80, 160, 320, 640, 1280)
DATASET = DatasetRecord("press", "abc", ("press.csv",), 1000, 0, 800, 200)
WOBBLE = np.array([-0.004, -0.002, 0.0, 0.002, 0.004])


def around(value: float, half: float = 0.01) -> Interval:
    return Interval(value, value - half, value + half, 0.95, "t")


def family(hidden_layers: int, smallest: float, *, top: float = 0.95, wobble: float = 1.0) -> FamilyResult:
    """AUC rises along the log of parameters, passes 0.9 at `smallest` and stays at `top` from there on."""
    tilt = WOBBLE * wobble * (1 if hidden_layers == 1 else -1)
    points = []
    for width, size in enumerate(GRID, start=1):
        value = min(top, 0.9 + 0.05 * np.log2(size / smallest))
        points.append(
            SizePoint((width,) * hidden_layers, size, around(value), fold_means=tuple(value + tilt), seeds=10, folds=5)
        )
    reached = min(top, 0.9 + 0.05 * np.log2(GRID[-1] / smallest)) >= 0.9
    estimate = max(GRID[0], round(smallest)) if reached else GRID[-1]
    size = SizeInterval(estimate, estimate, estimate, "yes" if reached else "not up to high")
    success, finalist = Interval(0.9, 0.8, 0.95, 0.95, "Wilson"), points[-1].hidden_widths
    return FamilyResult(hidden_layers, tuple(points), size, success, finalist=finalist)


def comparison(
    *families: FamilyResult, trees: float = 0.7, criteria: Criteria = CRITERIA, half: float = 0.01, **more: object
) -> Comparison:
    baselines = [
        BaselineResult("most frequent class", "dummy", around(0.5, 0.0)),
        BaselineResult("gradient-boosted trees", "trees", around(trees, half), fold_means=tuple(trees + 4 * WOBBLE)),
    ]
    return compare(families, baselines, criteria=criteria, protocol=EvaluationProtocol(), dataset=DATASET, **more)  # type: ignore[arg-type]


def curve(rows: float, *, trusted: bool = True) -> LearningCurve:
    return LearningCurve((), Interval(rows, rows, rows, 0.95, "power law"), trusted, "why")


def code(record: Comparison, criteria: Criteria | None = None) -> tuple[str, str]:
    verdict = decide(record, criteria)
    return verdict.kind, verdict.reason_code


UNREACHED = (family(1, 1e5, top=0.8), family(2, 1e5, top=0.8))

CASES: dict[str, Comparison] = {
    "baseline_reaches": comparison(family(1, 100), family(2, 50), trees=0.95),
    "baseline_reaches_on_average": comparison(*UNREACHED, trees=0.905, half=0.02),
    "baseline_level_with_networks": comparison(family(1, 100, top=0.91), family(2, 100, top=0.91), trees=0.905),
    "depth_not_smaller": comparison(family(1, 100), family(2, 100)),
    "deep_not_reached": comparison(family(1, 100), family(2, 1e5)),
    "shallow_alone": comparison(family(1, 100)),
    "ratio_above_threshold": comparison(family(1, 400), family(2, 100)),
    "no_shallow_reaches": comparison(family(1, 1e5), family(2, 100)),
    "below_kill": comparison(family(1, 1e5, top=0.55), family(2, 1e5, top=0.5), trees=0.5),
    "target_out_of_reach": comparison(
        *UNREACHED, criteria=replace(CRITERIA, kill=float("nan")), learning_curve=curve(float("inf"))
    ),
    "rows_to_target": comparison(*UNREACHED, learning_curve=curve(3000.0)),
    "budget_ended": comparison(family(1, 400), family(2, 100), missing=["seeds 4 to 10 of 2 hidden layers"]),
    "stopped_by_person": comparison(
        *UNREACHED, approvals=[Approval("compare", "stopped", "M. Sato", "line is being rebuilt", 60.0)]
    ),
    "ratio_straddles_threshold": comparison(family(1, 180, wobble=8), family(2, 100, wobble=8)),
    "shallow_grid_too_short": comparison(family(1, 2000), family(2, 1000)),
    "no_shallow_family": comparison(family(2, 100), family(3, 200)),
    "not_confirmed": comparison(family(1, 400), replace(family(2, 100), confirmed=around(0.8))),
    "kill_not_excluded": comparison(
        family(1, 1e5, top=0.55), family(2, 1e5, top=0.5), trees=0.58, half=0.1, learning_curve=curve(float("inf"))
    ),
    "between_kill_and_target": comparison(*UNREACHED, learning_curve=curve(float("inf"))),
    "curve_not_trusted": comparison(*UNREACHED, learning_curve=curve(9000.0, trusted=False)),
    "no_learning_curve": comparison(*UNREACHED),
    "nothing_measured": compare([], [], criteria=CRITERIA, protocol=EvaluationProtocol(), dataset=DATASET),
}


@pytest.mark.parametrize("reason", CASES)
def test_each_reason_follows_from_its_measurements(reason: str) -> None:
    verdict = decide(CASES[reason])
    assert (verdict.kind, verdict.reason_code) == (REASONS[reason][0], reason)
    assert verdict.would_change_it
    assert "{" not in verdict.reason


def test_every_reason_and_every_kind_has_a_case() -> None:
    assert set(CASES) == set(REASONS)
    assert {kind for kind, _, _ in REASONS.values()} == set(KINDS)


@pytest.mark.parametrize("reason", CASES)
def test_a_verdict_survives_json(reason: str) -> None:
    verdict = decide(CASES[reason])
    assert repr(from_plain(Verdict, to_plain(verdict))) == repr(verdict)


def test_the_sentence_says_the_numbers_a_manager_needs() -> None:
    assert decide(CASES["ratio_above_threshold"]).reason == (
        "2 hidden layers reach the target with about 100 parameters where one needs 400: a factor of 4 (3.5 to 4.6), "
        "and 1.5 was asked for."
    )
    assert decide(CASES["below_kill"]).reason == (
        "Even the best model (1 hidden layer) stays below what was called dead: roc_auc 0.55 (0.54 to 0.56), "
        "kill value 0.6."
    )


def test_an_average_below_the_kill_value_is_never_said_to_lie_above_it() -> None:
    straddling = CASES["kill_not_excluded"]
    for known in (None, curve(float("inf")), curve(9000.0, trusted=False)):
        assert code(replace(straddling, learning_curve=known)) == ("INCONCLUSIVE", "kill_not_excluded")
    assert code(replace(straddling, learning_curve=curve(3000.0))) == ("MORE_DATA", "rows_to_target")
    assert decide(straddling).reason == (
        "On average even the best model (trees) is worse than what was called dead: roc_auc 0.58, kill value 0.6; but "
        "the folds differ so much (0.48 to 0.68) that it may lie above."
    )


def test_the_next_cost_is_that_of_the_option_that_was_chosen() -> None:
    simple, deep = decide(CASES["baseline_reaches"]), decide(CASES["ratio_above_threshold"])
    assert (simple.next_cost, simple.next_cost_unit) == (1e4, "EUR")
    assert (deep.next_cost, deep.next_cost_unit) == (9e4, "EUR")
    rows = decide(CASES["rows_to_target"])
    assert (rows.next_cost, rows.next_cost_unit) == (2200.0, "rows")
    straddling = decide(CASES["ratio_straddles_threshold"])
    assert straddling.next_cost_unit == "times the budget"
    assert straddling.next_cost > 1


@LAWS
@given(
    shallow=st.floats(25, 3000),
    deep=st.floats(25, 3000),
    low=st.floats(1.0, 20.0),
    more=st.floats(1.0, 3.0),
    wobble=st.floats(0.1, 5.0),
)
def test_asking_more_of_depth_never_makes_it_pay(
    shallow: float, deep: float, low: float, more: float, wobble: float
) -> None:
    record = comparison(family(1, shallow, wobble=wobble), family(2, deep, wobble=wobble))
    strict = decide(record, replace(CRITERIA, minimum_ratio=low * more))
    if strict.kind == "DEPTH_PAYS":
        assert decide(record, replace(CRITERIA, minimum_ratio=low)).kind == "DEPTH_PAYS"


@LAWS
@given(shallow=st.floats(25, 1200), deep=st.floats(25, 1200), wobble=st.floats(0.1, 5.0))
def test_depth_pays_only_where_the_whole_interval_lies_above_the_threshold(
    shallow: float, deep: float, wobble: float
) -> None:
    record = comparison(family(1, shallow, wobble=wobble), family(2, deep, wobble=wobble))
    assert record.ratio is not None
    assert (decide(record).kind == "DEPTH_PAYS") == (record.ratio.value.low >= CRITERIA.minimum_ratio)


@LAWS
@given(scale=st.floats(0, 1e6))
def test_money_never_overrides_the_statistics(scale: float) -> None:
    rich = replace(CRITERIA, cost_of_miss=scale, units_per_year=scale, project_cost_deep=scale)
    for record in CASES.values():
        assert decide(record, replace(rich, kill=record.criteria.kill)).kind == decide(record).kind


def test_a_partial_result_is_inconclusive_and_says_what_is_missing() -> None:
    cut = comparison(family(1, 400), replace(family(2, 100), complete=False))
    verdict = decide(cut)
    assert (verdict.kind, cut.missing) == ("INCONCLUSIVE", ("search with 2 hidden layers",))
    assert verdict.reason == "The budget ended before the answer; missing: search with 2 hidden layers."


def test_a_simple_model_that_surely_reaches_ends_the_argument_even_when_the_budget_ended() -> None:
    record = comparison(family(1, 400), trees=0.95, missing=["search with 2 hidden layers"])
    assert code(record) == ("SIMPLE_SUFFICES", "baseline_reaches")


def test_a_simple_model_that_a_network_beats_on_every_fold_does_not_stand_for_it() -> None:
    level, beaten = (comparison(family(1, 100, top=top), family(2, 100, top=0.9), trees=0.905) for top in (0.91, 0.95))
    assert code(level) == ("SIMPLE_SUFFICES", "baseline_level_with_networks")
    assert code(beaten) == ("WIDTH_SUFFICES", "depth_not_smaller")
    assert decide(level).reason == (
        "A simple model (trees) reaches the target on average: roc_auc 0.905 (0.895 to 0.915), target 0.9; no network "
        "that does is better beyond doubt (best: 1 hidden layer, 0.91, ahead by 0.005, -0.0097 to 0.02)."
    )


def test_a_simple_model_below_the_target_is_not_taken_for_a_network_that_reaches_it() -> None:
    assert code(comparison(family(1, 100, top=0.901), trees=0.899)) == ("WIDTH_SUFFICES", "shallow_alone")


def test_without_the_folds_of_the_simple_model_networks_are_compared_as_before() -> None:
    record = CASES["baseline_level_with_networks"]
    old = replace(record, baselines=tuple(replace(one, fold_means=()) for one in record.baselines))
    assert code(old) == ("WIDTH_SUFFICES", "depth_not_smaller")


@LAWS
@given(top=st.floats(0.9, 0.99), trees=st.floats(0.85, 0.99), better=st.floats(0, 0.05), wobble=st.floats(0.1, 5.0))
def test_a_better_network_never_makes_a_simple_model_suffice(
    top: float, trees: float, better: float, wobble: float
) -> None:
    found = [
        code(comparison(family(1, 100, top=t, wobble=wobble), trees=trees, half=0.2))[0] for t in (top, top + better)
    ]
    assert found[1] != "SIMPLE_SUFFICES" or found[0] == "SIMPLE_SUFFICES"


def test_all_runs_collapsed_to_a_constant_is_not_feasible_or_open_never_a_winner() -> None:
    collapsed = [family(k, 1e9, top=0.5) for k in (1, 2, 3)]
    assert code(comparison(*collapsed, trees=0.5)) == ("NOT_FEASIBLE", "below_kill")
    assert code(comparison(*collapsed, trees=0.7))[0] == "INCONCLUSIVE"


def test_a_metric_without_a_number_does_not_break_the_decision() -> None:
    empty = Interval(float("nan"), float("nan"), float("nan"), 0.95, "t")
    broken = replace(
        family(2, 1e5, top=0.8),
        points=(SizePoint((3, 3), 20, empty, fold_means=(float("nan"),) * 5, seeds=1, folds=5),),
    )
    assert code(comparison(family(1, 100), broken))[0] == "WIDTH_SUFFICES"


def test_untouched_rows_within_their_error_bars_confirm() -> None:
    record = comparison(family(1, 400), replace(family(2, 100), confirmed=around(0.89, 0.02)))
    assert code(record) == ("DEPTH_PAYS", "ratio_above_threshold")


def test_an_approval_that_timed_out_counts_as_stopped() -> None:
    record = comparison(*UNREACHED, approvals=[Approval("confirm", "timed out", "", "", 0.0)])
    assert code(record) == ("INCONCLUSIVE", "stopped_by_person")


def test_the_champion_is_the_simplest_model_that_the_verdict_allows() -> None:
    champions = {reason: record.champion for reason, record in CASES.items()}
    assert champions["baseline_reaches"] == champions["baseline_level_with_networks"] == "trees"
    assert champions["depth_not_smaller"] == champions["shallow_alone"] == "1 hidden layer"
    assert champions["ratio_above_threshold"] == champions["no_shallow_reaches"] == "2 hidden layers"
    assert champions["no_learning_curve"] == "trees"
    assert champions["nothing_measured"] == ""


def test_what_if_refuses_a_promise_that_another_search_was_made_for() -> None:
    with pytest.raises(ArgumentError) as refusal:
        decide(CASES["shallow_alone"], replace(CRITERIA, target=0.95))
    assert str(refusal.value) == (
        "criteria.target is 0.95 where sizes were searched for 0.9; run the evaluation again with the new promise"
    )
