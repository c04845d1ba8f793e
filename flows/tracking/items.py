"""Comparison and Verdict as a stream of small typed payloads, in the order in which they are written. Pure.

One evaluation becomes: a *verdict* run (the parent: charter, verdict, headline numbers, artifacts), a *curve* run for
each family (metric against parameter count as step, so that MLflow itself draws size-for-accuracy), and a *model* run
for each network size below its family. The writer knows MLflow; this file knows only the record.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.places import Place
from relu_core.comparison.change import Change
from relu_core.comparison.evidence import label_of
from relu_core.comparison.json_codec import to_plain
from relu_core.comparison.schema import BaselineResult, Comparison, CostCurve, FamilyResult, MoneyResult, SizePoint
from relu_core.comparison.verdict import Verdict
from relu_core.interval import Interval
from relu_core.plot_style import BAD, BASELINE, EXACT, GOOD, INK, family_color, family_name

VERDICT_RUN = "verdict"
PARAM_LIMIT, TAG_LIMIT = 6000, 8000


@dataclass(frozen=True)
class Run:
    """A run to open. key: how later items name it; parent: the key of the run it hangs below, "" for none.

    role: verdict, curve, yardstick or model.
    """

    key: str
    name: str
    role: str
    color: str
    parent: str = VERDICT_RUN
    failed: bool = False


@dataclass(frozen=True)
class Param:
    """A constant of a run, as text."""

    run: str
    name: str
    value: str


@dataclass(frozen=True)
class Metric:
    """A finite number of a run. step: a parameter count, width or row count where the metric is a curve."""

    run: str
    name: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class Tag:
    """A word of a run that people filter by."""

    run: str
    name: str
    value: str


@dataclass(frozen=True)
class DatasetItem:
    """What the run was measured on."""

    run: str
    name: str
    digest: str
    source: str
    profile: str


@dataclass(frozen=True)
class Text:
    """A text file of a run. path: its name among the artifacts."""

    run: str
    path: str
    text: str


@dataclass(frozen=True)
class File:
    """A file of a run. path: its name among the artifacts; source: where it lies now."""

    run: str
    path: str
    source: Place


Item = Run | Param | Metric | Tag | DatasetItem | Text | File


def evaluation_key(comparison: Comparison, charter_yaml: str) -> str:
    """sha256 of what was promised and what was found: two records with the same key are the same record."""
    charter = hashlib.sha256(charter_yaml.encode()).hexdigest()
    return hashlib.sha256(f"{comparison.fingerprint()}:{charter}".encode()).hexdigest()


def items(
    comparison: Comparison,
    verdict: Verdict,
    *,
    charter_yaml: str,
    artifacts: Mapping[str, Place] | None = None,
    note: str = "",
) -> Iterator[Item]:
    """Everything that is recorded of one evaluation; every item names a run that came before it.

    artifacts: files of the verdict run, by the name they get there ("report.html", "figures/size.svg").
    note: markdown shown on the verdict run, where {run_id} stands for its id; without it the verdict's own sentence.
    """
    yield from _verdict_run(comparison, verdict, note)
    yield Text(VERDICT_RUN, "charter.yaml", charter_yaml)
    yield Text(VERDICT_RUN, "comparison.json", comparison.to_json())
    for path, source in sorted((artifacts or {}).items()):
        yield File(VERDICT_RUN, path, source)
    for family in comparison.families:
        yield from _curve_run(comparison, family)
    for baseline in comparison.baselines:
        yield from _baseline_run(comparison, baseline)
    yield from _promise_runs(comparison)
    yield from _yardstick_run(comparison)
    for family in comparison.families:
        for point in family.points:
            yield from _model_run(comparison, family, point)


def change_items(change: Change, *, before: str) -> Iterator[Item]:
    """What has changed since the evaluation before; before: its address."""
    yield Tag(VERDICT_RUN, "depthcase.verdict_before", change.verdict_before)
    yield Tag(VERDICT_RUN, "depthcase.changed", ", ".join(change.causes))
    yield Tag(VERDICT_RUN, "depthcase.before", _short(before, TAG_LIMIT))
    yield Metric(VERDICT_RUN, "rows_before", float(change.rows_before))
    yield Text(VERDICT_RUN, "change.json", json.dumps(to_plain(change), ensure_ascii=False, allow_nan=False))


def curve_metric(comparison: Comparison) -> str:
    """Name of the metric whose step is the parameter count."""
    return f"{comparison.criteria.metric}_at_parameters"


def _verdict_run(comparison: Comparison, verdict: Verdict, note: str) -> Iterator[Item]:
    # The last day of the data tells evaluations of one PoC apart where they agree.
    until = comparison.dataset.period_end[:10]
    name = " · ".join(part for part in (verdict.kind, comparison.champion, until) if part)
    yield Run(VERDICT_RUN, name[:250], "verdict", INK, parent="")
    yield Tag(VERDICT_RUN, "mlflow.note.content", _short(note or f"## {verdict.kind}\n\n{verdict.reason}", TAG_LIMIT))
    yield Tag(VERDICT_RUN, "depthcase.verdict", verdict.kind)
    yield Tag(VERDICT_RUN, "depthcase.reason", _short(verdict.reason, TAG_LIMIT))
    yield Tag(VERDICT_RUN, "depthcase.stage_reached", comparison.stage_reached)
    yield from _promise(comparison)
    yield _dataset(comparison)
    yield from _headline(comparison)
    yield from _recommended(comparison, verdict)


def _promise(comparison: Comparison) -> Iterator[Item]:
    for record in (comparison.criteria, comparison.protocol):
        for name, value in vars(record).items():
            yield Param(VERDICT_RUN, name, _short(_plain(value), PARAM_LIMIT))
    yield Param(VERDICT_RUN, "target_column", _short(comparison.dataset.target, PARAM_LIMIT))
    yield Param(VERDICT_RUN, "champion", _short(comparison.champion, PARAM_LIMIT))
    for program, version in sorted(comparison.versions.items()):
        yield Tag(VERDICT_RUN, f"version.{program}", _short(str(version), TAG_LIMIT))


def _dataset(comparison: Comparison) -> DatasetItem:
    record = comparison.dataset
    profile = {
        "rows": record.rows,
        "quarantined": record.quarantined,
        "development_rows": record.development_rows,
        "untouched_rows": record.untouched_rows,
        "columns": len(record.columns),
        "period": [record.period_start, record.period_end],
    }
    source = json.dumps({"sources": list(record.sources), "version": record.version}, ensure_ascii=False)
    return DatasetItem(VERDICT_RUN, record.name[:500], record.version[:36], source, json.dumps(profile))


def _headline(comparison: Comparison) -> Iterator[Item]:
    metric = comparison.criteria.metric
    if comparison.ratio:
        yield from _interval(VERDICT_RUN, "parameter_ratio", comparison.ratio.value)
    for family in comparison.families:
        prefix = f"hidden_layers_{family.hidden_layers}"
        if family.smallest.reached != "not up to high":
            yield Metric(VERDICT_RUN, f"{prefix}_smallest_parameters", float(family.smallest.estimate))
        yield from _interval(VERDICT_RUN, f"{prefix}_success_rate", family.success_rate)
        if family.confirmed:
            yield from _interval(VERDICT_RUN, f"{prefix}_{metric}_untouched", family.confirmed)
    for baseline in comparison.baselines:
        yield from _interval(VERDICT_RUN, f"{baseline.kind}_{metric}", baseline.metric)
    for money in comparison.money:
        yield from _money(money)
    yield from _latencies(comparison)
    for stage, seconds in comparison.seconds.items():
        yield from _number(VERDICT_RUN, f"seconds_{stage}", seconds)
    if comparison.learning_curve:
        for point in comparison.learning_curve.points:
            yield from _number(VERDICT_RUN, f"{metric}_at_rows", point.metric.value, point.rows)


def _recommended(comparison: Comparison, verdict: Verdict) -> Iterator[Item]:
    """The few numbers by which evaluations of one PoC are compared over time, under names that never change."""
    models: tuple[FamilyResult | BaselineResult, ...] = (*comparison.families, *comparison.baselines)
    for model in models:
        if label_of(model) == comparison.champion and model.confirmed:
            yield from _interval(VERDICT_RUN, "recommended_metric_untouched", model.confirmed)
    option = {"SIMPLE_SUFFICES": "simple", "WIDTH_SUFFICES": "shallow", "DEPTH_PAYS": "deep"}.get(verdict.kind)
    for money in comparison.money:
        if money.option == option:
            yield from _interval(VERDICT_RUN, "recommended_saving_per_year", money.saving_per_year)
    yield from _number(VERDICT_RUN, "rows", comparison.dataset.rows)


def _money(money: MoneyResult) -> Iterator[Item]:
    yield from _interval(VERDICT_RUN, f"{money.option}_saving_per_year", money.saving_per_year)
    yield from _interval(VERDICT_RUN, f"{money.option}_payback_years", money.payback_years)
    yield from _number(VERDICT_RUN, f"{money.option}_misses_cost_per_year", money.misses_cost)
    yield from _number(VERDICT_RUN, f"{money.option}_false_alarms_cost_per_year", money.false_alarms_cost)
    if money.cost_curve is not None:
        places = {round(1000 * place): cost for place, cost in _places(money.cost_curve)}
        for step, cost in sorted(places.items()):
            yield from _number(VERDICT_RUN, f"{money.option}_cost_per_year_at_threshold_in_thousandths", cost, step)


def _places(curve: CostCurve) -> Iterator[tuple[float, float]]:
    return zip(curve.thresholds, curve.cost_per_year, strict=True)


def _latencies(comparison: Comparison) -> Iterator[Item]:
    """Milliseconds a row of each model that was confirmed."""
    timed: list[tuple[str, SizePoint | BaselineResult]] = [(one.kind, one) for one in comparison.baselines]
    for family in comparison.families:
        finalists = [point for point in family.points if point.hidden_widths == family.finalist]
        timed += [(f"hidden_layers_{family.hidden_layers}", point) for point in finalists]
    for name, one in timed:
        yield from _number(VERDICT_RUN, f"{name}_latency_ms", one.latency_ms)
        yield from _number(VERDICT_RUN, f"{name}_latency_1000_ms", one.latency_1000_ms)


def _curve_run(comparison: Comparison, family: FamilyResult) -> Iterator[Item]:
    k, metric = family.hidden_layers, curve_metric(comparison)
    key = f"curve-{k}"
    yield Run(key, family_name(k), "curve", family_color(k))
    yield Param(key, "hidden_layers", str(k))
    yield Param(key, "reached", family.smallest.reached)
    for name, value in sorted(family.recipe.items()):
        yield Param(key, f"recipe.{name}", _short(str(value), PARAM_LIMIT))
    yield from _number(key, "collapsed_runs", family.collapsed)
    yield from _number(key, "runs", family.runs)
    for point in sorted(family.points, key=lambda point: point.parameters):
        yield from _interval(key, metric, point.metric, point.parameters)
        if point.regions:
            yield from _number(key, "regions_at_parameters", point.regions.count.value, point.parameters)
        if point.success_rate:
            yield from _number(key, "success_rate_at_parameters", point.success_rate.value, point.parameters)


def _baseline_run(comparison: Comparison, baseline: BaselineResult) -> Iterator[Item]:
    key = f"baseline-{baseline.name}"
    yield Run(key, baseline.name, "curve", BASELINE)
    yield Param(key, "kind", baseline.kind)
    yield from _level_line(comparison, key, baseline.metric.value)
    yield from _interval(key, comparison.criteria.metric, baseline.metric)


def _promise_runs(comparison: Comparison) -> Iterator[Item]:
    """The target and the kill value as level lines: a chart of curves always has these to show."""
    promise = comparison.criteria
    for key, name, value, color in (
        ("target", "target", promise.target, GOOD),
        ("kill", "dead below", promise.kill, BAD),
    ):
        if math.isfinite(value):
            yield Run(key, f"{name} {value:g}", "curve", color)
            yield from _level_line(comparison, key, value)


def _level_line(comparison: Comparison, key: str, value: float) -> Iterator[Item]:
    """From the smallest to the largest network: what has no parameter count of its own holds for all of them."""
    steps = [point.parameters for family in comparison.families for point in family.points] or [1, 10]
    for step in sorted({min(steps), max(steps)}):
        yield from _number(key, curve_metric(comparison), value, step)


def _yardstick_run(comparison: Comparison) -> Iterator[Item]:
    yardstick = comparison.yardstick
    if yardstick is None:
        return
    key = "yardstick"
    yield Run(key, "proven optimum, 1 hidden layer", "yardstick", EXACT)
    yield Param(key, "columns", _short(", ".join(yardstick.columns), PARAM_LIMIT))
    yield Param(key, "loss", yardstick.loss)
    yield from _number(key, "rows", yardstick.rows)
    yield from _number(key, "trained_loss", yardstick.trained, yardstick.proven.width)
    for proven in (yardstick.proven, yardstick.proven_next):
        yield Param(key, f"status_width_{proven.width}", proven.status)
        yield from _number(key, "loss_lower", proven.lower, proven.width)
        yield from _number(key, "loss_upper", proven.upper, proven.width)


def _model_run(comparison: Comparison, family: FamilyResult, point: SizePoint) -> Iterator[Item]:
    k, metric = family.hidden_layers, comparison.criteria.metric
    widths = "-".join(map(str, point.hidden_widths))
    key = f"model-{k}-{widths}"
    failed = math.isnan(point.metric.value)
    yield Run(key, f"{family_name(k)}, {widths}", "model", family_color(k), f"curve-{k}", failed)
    yield Param(key, "hidden_layers", str(k))
    yield Param(key, "hidden_widths", widths)
    yield from _number(key, "parameters", point.parameters)
    yield from _number(key, "log10_parameters", math.log10(max(point.parameters, 1)))
    yield from _interval(key, metric, point.metric)
    yield from _number(key, f"{metric}_best_of_seeds", point.best_of_seeds)
    for name in ("collapsed", "seeds", "folds", "flops", "latency_ms", "latency_1000_ms"):
        yield from _number(key, name, getattr(point, name))
    if point.success_rate:
        yield from _interval(key, "success_rate", point.success_rate)
    if point.regions:
        yield Param(key, "regions_scope", f"{point.regions.kind}, {point.regions.scope}")
        yield from _number(key, "regions", point.regions.count.value)
        yield from _number(key, "log10_regions_upper_bound", point.regions.log10_upper_bound)


def _interval(run: str, name: str, interval: Interval, step: int = 0) -> Iterator[Item]:
    yield from _number(run, name, interval.value, step)
    yield from _number(run, f"{name}_low", interval.low, step)
    yield from _number(run, f"{name}_high", interval.high, step)


def _number(run: str, name: str, value: float, step: int = 0) -> Iterator[Item]:
    # A chart of MLflow has no place for nan, and stores infinity as the largest number there is.
    if math.isfinite(value):
        yield Metric(run, _key(name), float(value), int(step))


def _key(name: str) -> str:
    """MLflow takes letters, digits and a few signs in a name."""
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "_" for sign in name)[:250]


def _plain(value: object) -> str:
    if isinstance(value, float):
        return "not used" if math.isnan(value) else f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 2] + " …"
