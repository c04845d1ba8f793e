"""What has changed between two evaluations: the verdict, what was measured, and the causes by name."""

from dataclasses import replace

import pytest

from relu_core.comparison import change_between
from relu_core.comparison.change import CAUSES, TARGET, Change
from relu_core.comparison.json_codec import from_plain, to_plain
from relu_core.comparison.schema import Comparison
from tests.comparisons import EXAMPLES, nobody_reaches, nothing_at_all, press_line, stopped, width_suffices


def with_rows(comparison: Comparison, rows: int) -> Comparison:
    return replace(comparison, dataset=replace(comparison.dataset, rows=rows, version="f" * 16))


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_has_changed_from_a_result_to_itself(name: str) -> None:
    change = change_between(EXAMPLES[name](), EXAMPLES[name]())
    assert (change.turned, change.causes, change.promises) == (False, ("nothing",), ())
    assert change.model_before == change.model_after
    assert all(size.before == size.after for size in change.sizes)


@pytest.mark.parametrize("earlier", EXAMPLES)
@pytest.mark.parametrize("later", EXAMPLES)
def test_any_two_results_can_be_compared_and_the_record_survives_its_journey(earlier: str, later: str) -> None:
    change = change_between(EXAMPLES[earlier](), EXAMPLES[later]())
    assert set(change.causes) <= set(CAUSES) and change.target in (*TARGET, "")
    assert repr(from_plain(Change, to_plain(change))) == repr(change)


def test_new_rows_that_turn_the_verdict_are_named_as_its_cause() -> None:
    before = nobody_reaches()
    change = change_between(before, with_rows(press_line(criteria=before.criteria), 9000))
    assert change.turned and change.verdict_before == "MORE_DATA"
    assert (change.rows_before, change.rows_after) == (before.dataset.rows, 9000)
    assert change.causes == ("rows",)


@pytest.mark.parametrize(
    ("changed", "causes", "promises"),
    [
        (press_line(dataset=replace(press_line().dataset, version="0" * 16)), ("data",), ()),
        (press_line(criteria=replace(press_line().criteria, kill=0.7)), ("promise",), ("kill",)),
        (press_line(protocol=replace(press_line().protocol, seed=9)), ("promise",), ("seed",)),
        (press_line(versions={"depthcase": "0.2.0", "torch": "2.13.0"}), ("program",), ()),
        (press_line(versions={**press_line().versions, "prefect": "9", "mlflow": "9"}), ("nothing",), ()),
        (stopped(), ("stage",), ()),
        (with_rows(stopped(), 5), ("rows", "stage"), ()),
    ],
)  # fmt: skip
def test_every_cause_is_named(changed: Comparison, causes: tuple[str, ...], promises: tuple[str, ...]) -> None:
    change = change_between(press_line(), changed)
    assert (change.causes, change.promises) == (causes, promises)


def test_the_target_is_crossed_in_one_direction_and_in_the_other() -> None:
    below, above = nobody_reaches(), press_line()
    above = replace(above, criteria=below.criteria, families=width_suffices().families)
    far = replace(above, criteria=replace(below.criteria, target=0.5))
    assert change_between(below, far).target == "reached now"
    assert change_between(far, below).target == "no longer reached"
    assert change_between(below, below).target == "as before"


def test_values_of_different_metrics_are_not_set_side_by_side() -> None:
    other = replace(press_line(), criteria=replace(press_line().criteria, metric="roc_auc"))
    change = change_between(other, press_line())
    assert (change.metric_before, change.target, change.sizes) == (None, "", ())
    assert change.metric_after is not None and change.promises == ("metric",)


def test_a_result_without_measurements_has_no_best_model() -> None:
    change = change_between(nothing_at_all(), press_line())
    assert (change.model_before, change.metric_before, change.target) == ("", None, "")
