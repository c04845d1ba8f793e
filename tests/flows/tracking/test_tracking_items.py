"""The stream of items is complete, typed, within MLflow's limits, and says nothing that the record does not hold."""

import json
import math

import pytest

from flows.tracking.items import (
    VERDICT_RUN,
    DatasetItem,
    Item,
    Metric,
    Param,
    Run,
    Tag,
    Text,
    curve_metric,
    evaluation_key,
    items,
)
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import decide
from relu_core.plot_style import family_color
from tests.comparisons import EXAMPLES, all_collapsed, japanese_names, long_names, press_line


def stream(comparison: Comparison) -> list[Item]:
    return list(items(comparison, decide(comparison), charter_yaml="poc_name: press-line-7\n"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_item_belongs_to_a_run_that_came_before(name: str) -> None:
    known: set[str] = set()
    for item in stream(EXAMPLES[name]()):
        if isinstance(item, Run):
            assert item.key not in known and (item.parent in known or not item.parent)
            known.add(item.key)
        else:
            assert item.run in known


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_metric_is_a_finite_number_at_a_whole_step(name: str) -> None:
    metrics = [item for item in stream(EXAMPLES[name]()) if isinstance(item, Metric)]
    assert all(math.isfinite(metric.value) and type(metric.step) is int and metric.step >= 0 for metric in metrics)
    assert len({(metric.run, metric.name, metric.step) for metric in metrics}) == len(metrics)


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_and_texts_stay_within_the_limits_of_mlflow(name: str) -> None:
    for item in stream(EXAMPLES[name]()):
        match item:
            case Param():
                assert len(item.value) <= 6000 and len(item.name) <= 250
            case Tag():
                assert len(item.value) <= 8000 and len(item.name) <= 250
            case Metric():
                assert len(item.name) <= 250 and all(sign.isalnum() or sign in "_-./ " for sign in item.name)
            case DatasetItem():
                assert len(item.digest) <= 36 and len(item.name) <= 500


def test_a_curve_has_the_metric_of_every_size_at_its_parameter_count_in_ascending_order() -> None:
    comparison = press_line()
    name = curve_metric(comparison)
    for family in comparison.families:
        found = [
            item for item in stream(comparison)
            if isinstance(item, Metric) and item.run == f"curve-{family.hidden_layers}" and item.name == name
        ]  # fmt: skip
        assert [(m.step, m.value) for m in found] == [(p.parameters, p.metric.value) for p in family.points]
        assert [m.step for m in found] == sorted(m.step for m in found)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_chart_of_curves_is_never_empty(name: str) -> None:
    comparison = EXAMPLES[name]()
    target = [(i.step, i.value) for i in stream(comparison) if isinstance(i, Metric) and i.run == "target"]
    assert len(target) == 2 and {value for _, value in target} == {comparison.criteria.target}


def test_every_family_keeps_its_colour_in_curves_and_networks() -> None:
    runs = [item for item in stream(press_line()) if isinstance(item, Run)]
    for k in (1, 2, 3):
        colours = {run.color for run in runs if run.key.startswith((f"curve-{k}", f"model-{k}-"))}
        assert colours == {family_color(k)}


def test_a_network_hangs_below_its_family_and_a_family_below_the_verdict() -> None:
    parents = {item.key: item.parent for item in stream(press_line()) if isinstance(item, Run)}
    assert parents["model-2-6-6"] == "curve-2" and parents["curve-2"] == VERDICT_RUN and parents[VERDICT_RUN] == ""


def test_a_network_that_was_not_measured_is_marked_failed_and_has_no_metric() -> None:
    found = stream(all_collapsed())
    failed = {item.key for item in found if isinstance(item, Run) and item.failed}
    assert failed == {item.key for item in found if isinstance(item, Run) and item.role == "model"}
    assert not [item for item in found if isinstance(item, Metric) and item.run in failed and "accuracy" in item.name]


def test_the_cost_curve_the_money_of_mistakes_and_latencies_are_numbers_of_the_verdict() -> None:
    found = [item for item in stream(press_line()) if isinstance(item, Metric) and item.run == VERDICT_RUN]
    option = press_line().money[2]
    assert option.cost_curve is not None
    curve = {m.step: m.value for m in found if m.name == "deep_cost_per_year_at_threshold_in_thousandths"}
    assert curve[440] == min(option.cost_curve.cost_per_year) and (min(curve), max(curve)) == (0, 1000)
    single = {m.name: m.value for m in found if not m.step}
    assert single["deep_misses_cost_per_year"] == 432_000.0
    assert (single["hidden_layers_2_latency_ms"], single["hidden_layers_2_latency_1000_ms"]) == (0.022, 0.0006)
    assert single["trees_latency_ms"] == 1.9


def test_evaluations_of_one_poc_are_compared_under_the_same_names_whatever_was_recommended() -> None:
    for record, metric, saving in (
        (press_line(), press_line().families[1].confirmed, 91_300.0),
        (EXAMPLES["simple_suffices"](), press_line().baselines[2].confirmed, 61_200.0),
    ):
        assert metric is not None
        found = {i.name: i.value for i in stream(record) if isinstance(i, Metric) and i.run == VERDICT_RUN}
        assert found["recommended_metric_untouched"] == metric.value
        assert found["recommended_saving_per_year"] == saving and found["rows"] == 10_000


def test_a_size_that_was_not_reached_is_no_metric() -> None:
    found = stream(EXAMPLES["nobody_reaches"]())
    assert not [item for item in found if isinstance(item, Metric) and item.name.endswith("smallest_parameters")]


def test_the_whole_record_and_the_charter_travel_as_files() -> None:
    comparison = press_line()
    files = {item.path: item.text for item in stream(comparison) if isinstance(item, Text)}
    assert Comparison.from_json(files["comparison.json"]).to_json() == comparison.to_json()
    assert files["charter.yaml"] == "poc_name: press-line-7\n"


def test_the_note_is_the_callers_or_the_sentence_of_the_verdict() -> None:
    comparison = press_line()
    verdict = decide(comparison)
    notes = [
        item.value
        for note in ("", "# Seen")
        for item in items(comparison, verdict, charter_yaml="", note=note)
        if isinstance(item, Tag) and item.name == "mlflow.note.content"
    ]
    assert notes == [f"## DEPTH_PAYS\n\n{verdict.reason}", "# Seen"]


def test_the_key_changes_with_the_result_and_with_the_charter_and_with_nothing_else() -> None:
    one, same, slower = press_line(), press_line(), press_line(seconds={"screen": 1.0})
    key = evaluation_key(one, "a: 1\n")
    assert key == evaluation_key(same, "a: 1\n") == evaluation_key(slower, "a: 1\n")
    assert key != evaluation_key(one, "a: 2\n") and key != evaluation_key(press_line(champion="trees"), "a: 1\n")


def test_names_of_a_user_survive() -> None:
    assert json.loads(next(i.source for i in stream(japanese_names()) if isinstance(i, DatasetItem)))["sources"] == [
        "プレス第7号機.csv"
    ]
    assert any("sensor_xxx" in item.value for item in stream(long_names()) if isinstance(item, Param))
