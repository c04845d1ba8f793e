"""A saved view is what MLflow unpacks: compressed JSON with charts that let something through."""

import base64
import json
import zlib

import pytest

from flows.tracking.view import curves_view, deep_link, models_view, run_link, verdicts_view


def unpacked(tag: str) -> dict:
    """The state inside a view's tag, as the browser reads it."""
    scheme, packed = json.loads(tag)["state"].split(";", 1)
    assert scheme == "deflate"
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_the_curves_show_value_and_both_ends_of_the_interval() -> None:
    state = unpacked(
        curves_view("Curves", evaluation="k1", metric="accuracy_at_parameters", lower_is_better=False, created_ms=5)
    )
    size = state["compareRunCharts"][0]
    assert size["selectedMetricKeys"] == [f"accuracy_at_parameters{end}" for end in ("", "_low", "_high")]
    assert (size["xAxisScaleType"], size["scaleType"], size["xAxisKey"]) == ("log", "linear", "step")
    assert state["compareRunCharts"][1]["metricKey"] == "regions_at_parameters"
    assert "tags.`depthcase.key` = 'k1'" in state["searchFilter"]


@pytest.mark.parametrize(("lower_is_better", "scale"), [(True, "log"), (False, "linear")])
def test_errors_are_drawn_logarithmically_and_the_best_family_stands_first(lower_is_better: bool, scale: str) -> None:
    tag = curves_view("C", evaluation="k", metric="m", lower_is_better=lower_is_better, created_ms=5)
    assert unpacked(tag)["compareRunCharts"][0]["scaleType"] == scale
    assert unpacked(tag)["orderByAsc"] is lower_is_better


def test_views_of_runs_below_a_parent_are_sorted_by_a_metric() -> None:
    # MLflow folds such runs away unless the table is sorted by a metric; the chart page would open empty.
    curves = curves_view("C", evaluation="k", metric="m", lower_is_better=False, created_ms=5)
    models = models_view("M", evaluation="k", metric="m", created_ms=5)
    assert unpacked(curves)["orderByKey"].startswith("metrics.") and unpacked(models)["orderByKey"].startswith(
        "metrics."
    )


def test_a_view_fits_into_a_tag() -> None:
    tag = curves_view(
        "C" * 200, evaluation="f" * 64, metric="recall_at_precision_at_parameters", lower_is_better=True, created_ms=5
    )
    assert len(tag) < 20_000 and len(verdicts_view("V", metric="m", created_ms=5)) < 20_000


def test_links_open_the_training_side_and_exist_only_where_there_are_pages() -> None:
    server = "http://127.0.0.1:5000/"
    assert deep_link(server, "3", "curves-a") == (
        "http://127.0.0.1:5000/#/experiments/3/runs"
        "?compareRunsMode=CHART&viewStateShareKey=curves-a&workflowType=machine_learning"
    )
    assert run_link(server, "3", "r").endswith("/#/experiments/3/runs/r?workflowType=machine_learning")
    assert deep_link("sqlite:///x.db", "3", "curves-a") == run_link("sqlite:///x.db", "3", "r") == ""
