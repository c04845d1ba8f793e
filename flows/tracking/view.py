"""The saved chart views of MLflow and the links that open them, never empty.

MLflow keeps a view as an experiment tag whose format is not documented; a browser test holds it to account, and the
report page shows the same pictures without it. Two traps are avoided here: runs below a parent are folded away unless
the table is sorted by a metric, and the chart page draws only what its filter lets through.

These charts are the interactive ones: MLflow draws them with names under the pointer, zoom and all. The report page has
none of its own and holds no script, so that it can be signed, printed and sent.
"""

import base64
import json
import zlib
from typing import Any

TAG = "mlflow.sharedViewState."
SECTION = "depthcase"
# MLflow opens its chat-application side first, where a training run has no charts of its own.
SIDE = "workflowType=machine_learning"


def curves_view(name: str, *, evaluation: str, metric: str, lower_is_better: bool, created_ms: int) -> str:
    """Tag value of the view with size-for-accuracy and regions against parameters of one evaluation.

    evaluation: value of the tag depthcase.key. metric: name of the curve metric. lower_is_better: an error, drawn
    logarithmically; the best family stands first in either case.
    """
    charts = [
        _line("size", f"{metric} against parameters", [metric, f"{metric}_low", f"{metric}_high"], lower_is_better),
        _line("regions", "regions against parameters", ["regions_at_parameters"], True),
        _line("success", "success rate against parameters", ["success_rate_at_parameters"], False),
    ]
    filter_text = f"tags.role = 'curve' and tags.`depthcase.key` = '{evaluation}'"
    columns = ["params.`hidden_layers`"]
    return _view(name, charts, filter_text, f"metrics.`{metric}`", columns, created_ms, ascending=lower_is_better)


def models_view(name: str, *, evaluation: str, metric: str, created_ms: int) -> str:
    """Tag value of the view with one point for every network size of one evaluation."""
    charts = [
        _scatter("metric", f"{metric} against parameters", "log10_parameters", metric),
        _scatter("pieces", "regions against parameters", "log10_parameters", "regions"),
    ]
    columns = ["params.`hidden_widths`", "metrics.`parameters`", f"metrics.`{metric}`", "metrics.`regions`"]
    filter_text = f"tags.role = 'model' and tags.`depthcase.key` = '{evaluation}'"
    return _view(name, charts, filter_text, f"metrics.`{metric}`", columns, created_ms)


def verdicts_view(name: str, *, metric: str, created_ms: int) -> str:
    """Tag value of the view that sets all evaluations of one PoC side by side, newest first."""
    charts = [
        _bar("metric", f"recommended model on untouched rows: {metric}", "recommended_metric_untouched"),
        _bar("saving", "recommended model: saving a year", "recommended_saving_per_year"),
        _bar("ratio", "parameter ratio, shallow to deep", "parameter_ratio"),
        _bar("rows", "rows of the data set", "rows"),
    ]
    columns = ["tags.`depthcase.verdict`", "params.`champion`", "metrics.`recommended_metric_untouched`",
               "metrics.`recommended_saving_per_year`", "metrics.`rows`", "params.`target`"]  # fmt: skip
    return _view(name, charts, "tags.role = 'verdict'", "attributes.start_time", columns, created_ms, ascending=False)


def deep_link(tracking_uri: str, experiment_id: str, key: str) -> str:
    """Address of the chart page with the view `key`; empty where the store has no pages (a database file)."""
    if not tracking_uri.startswith("http"):
        return ""
    page = f"{tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs"
    return f"{page}?compareRunsMode=CHART&viewStateShareKey={key}&{SIDE}"


def run_link(tracking_uri: str, experiment_id: str, run_id: str) -> str:
    """Address of the page of one run; empty where the store has no pages."""
    if not tracking_uri.startswith("http"):
        return ""
    return f"{tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}?{SIDE}"


def report_link(tracking_uri: str, experiment_id: str, run_id: str) -> str:
    """Address at which MLflow shows the decision page of a verdict run; empty where the store has no pages."""
    return run_link(tracking_uri, experiment_id, run_id).replace(f"?{SIDE}", f"/artifacts/report.html?{SIDE}")


def _view(
    name: str,
    charts: list[dict[str, Any]],
    filter_text: str,
    order_by: str,
    columns: list[str],
    created_ms: int,
    *,
    ascending: bool = True,
) -> str:
    section = {
        "uuid": SECTION, "name": name, "cardHeight": 420, "columns": 1, "display": True,
        "isReordered": False, "deleted": False, "isGenerated": False,
    }  # fmt: skip
    state = {
        "searchFilter": filter_text, "orderByKey": order_by, "orderByAsc": ascending, "startTime": "ALL",
        "lifecycleFilter": "Active", "datasetsFilter": [], "modelVersionFilter": "All Runs",
        "selectedColumns": columns, "columnOrder": [], "columnWidths": {}, "runsHiddenMode": "SHOWALL",
        "compareRunCharts": charts, "compareRunSections": [section], "viewMaximized": False, "runListHidden": False,
        "isAccordionReordered": False, "useGroupedValuesInCharts": True, "hideEmptyCharts": True, "groupBy": None,
        "groupsExpanded": {},
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
    }  # fmt: skip
    packed = base64.b64encode(zlib.compress(json.dumps(state).encode())).decode()
    return json.dumps({"name": name, "createdAt": created_ms, "updatedAt": created_ms, "state": f"deflate;{packed}"})


def _chart(key: str, kind: str, title: str, **details: Any) -> dict[str, Any]:
    return {
        "uuid": f"depthcase-{key}", "type": kind, "displayName": title, "metricSectionId": SECTION,
        "deleted": False, "isGenerated": False, **details,
    }  # fmt: skip


def _line(key: str, title: str, metrics: list[str], log_y: bool) -> dict[str, Any]:
    return _chart(
        key, "LINE", title, runsCountToCompare=20, metricKey=metrics[0], selectedMetricKeys=metrics, lineSmoothness=0,
        xAxisScaleType="log", scaleType="log" if log_y else "linear", range={}, xAxisKey="step",
        selectedXAxisMetricKey="", yAxisKey="metric", yAxisExpressions=[], ignoreOutliers=False,
        useGlobalXaxisKey=False, useGlobalLineSmoothing=True,
    )  # fmt: skip


def _scatter(key: str, title: str, x: str, y: str) -> dict[str, Any]:
    axes = {"xaxis": {"key": x, "type": "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return _chart(key, "SCATTER", title, runsCountToCompare=200, **axes)


def _bar(key: str, title: str, metric: str) -> dict[str, Any]:
    return _chart(key, "BAR", title, runsCountToCompare=20, metricKey=metric)
