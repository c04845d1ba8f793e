"""The theory benchmark's end: one table, one picture, one record in MLflow."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from flows.settings import Settings
from flows.steps.code_version import code_version
from flows.steps.theory import GapTable, TrainedSize
from flows.tracking import writer
from flows.tracking.items import VERDICT_RUN, Item, Metric, Param, Run, Tag, Text
from relu_core import plots
from relu_core.comparison.json_codec import to_plain
from relu_core.plot_style import INK, family_color, family_name

EXPERIMENT = "theory-benchmark"


@dataclass(frozen=True)
class Recorded:
    """Where the benchmark stands. summary: the table as markdown; url: empty where the store has no pages."""

    summary: str
    url: str


def record(table: GapTable, settings: Settings) -> Recorded:
    """Record the table and its picture in MLflow, once for the same numbers."""
    plain = json.dumps(to_plain(table), sort_keys=True, allow_nan=False)
    key = hashlib.sha256((plain + code_version()).encode()).hexdigest()
    summary = as_markdown(table)
    stream = _items(table, plain, summary)
    tracked = writer.record_items(
        stream,
        tracking_uri=settings.mlflow_tracking_uri,
        experiment=EXPERIMENT,
        key=key,
        pages=settings.mlflow_pages,
    )
    return Recorded(summary, tracked.url)


def as_markdown(table: GapTable) -> str:
    """The table as a person reads it in the Prefect UI and in MLflow."""
    built = table.built
    lines = [
        f"### {built.pieces} pieces from {built.size} units: k = {built.k}, w = {built.w}",
        "",
        f"The construction has {built.parameters} parameters. Trained from random weights:",
        "",
        "| hidden layers | widths | parameters | success | 95 % | collapsed | pieces of the best |",
        "|---|---|---|---|---|---|---|",
        *map(_trained_line, table.trained),
        "",
        "| hidden layers | units at least (counting) | units at least (Theorem 3.1) | units that suffice |",
        "|---|---|---|---|",
    ]
    for gap in built.gaps:
        at_least = f"{gap.lower_bound} | {max(gap.theorem_bound, 0.0):.1f}"
        lines.append(f"| {gap.hidden_layers} | {at_least} | {gap.representable_size} |")
    lines += ["", "| theorem | holds here | finding |", "|---|---|---|"]
    lines += [f"| {check.name} | {'yes' if check.passed else '**NO**'} | {check.finding} |" for check in built.checks]
    return "\n".join(lines)


def _trained_line(trained: TrainedSize) -> str:
    point = trained.point
    rate = point.success_rate
    success = f"{rate.value:.0%} of {point.seeds} | {rate.low:.0%} to {rate.high:.0%}" if rate else "- | -"
    widths = "-".join(map(str, point.hidden_widths))
    return (
        f"| {len(point.hidden_widths)} | {widths} | {point.parameters} | {success} "
        f"| {point.collapsed / max(point.seeds, 1):.0%} | {trained.pieces} |"
    )


def _items(table: GapTable, plain: str, summary: str) -> Iterator[Item]:
    built = table.built
    yield Run(VERDICT_RUN, f"k = {built.k}, w = {built.w}", "verdict", INK, parent="")
    yield Tag(VERDICT_RUN, "mlflow.note.content", summary)
    yield Tag(VERDICT_RUN, "depthcase.theorems", "hold" if table.complete else "broken")
    for name in ("k", "w", "pieces", "size", "parameters"):
        yield Param(VERDICT_RUN, f"construction_{name}", str(getattr(built, name)))
    for gap in built.gaps:
        yield Metric(VERDICT_RUN, "units_at_least", float(gap.lower_bound), gap.hidden_layers)
        yield Metric(VERDICT_RUN, "units_that_suffice", float(gap.representable_size), gap.hidden_layers)
    yield Text(VERDICT_RUN, "gap.json", plain)
    yield Text(VERDICT_RUN, "gap.md", summary)
    points = [trained.point for trained in table.trained]
    for language in ("en", "ja"):
        figure = plots.gap_on_one_page(built.gaps, points, built.parameters, language=language)
        yield Text(VERDICT_RUN, f"gap_{language}.svg", plots.to_svg(figure))
    for layers in sorted({len(point.hidden_widths) for point in points}):
        yield from _curve(layers, [trained for trained in table.trained if len(trained.point.hidden_widths) == layers])


def _curve(layers: int, trained: list[TrainedSize]) -> Iterator[Item]:
    """One run a family: success, error and pieces against parameters."""
    key = f"layers-{layers}"
    yield Run(key, family_name(layers, "en"), "curve", family_color(layers))
    yield Param(key, "hidden_layers", str(layers))
    for one in trained:
        size = one.point.parameters
        yield Metric(key, "median_error", one.point.metric.value, size)
        yield Metric(key, "best_error", one.point.best_of_seeds, size)
        yield Metric(key, "pieces_of_the_best", float(one.pieces), size)
        if one.point.success_rate:
            yield Metric(key, "success_rate", one.point.success_rate.value, size)
            yield Metric(key, "success_rate_low", one.point.success_rate.low, size)
            yield Metric(key, "success_rate_high", one.point.success_rate.high, size)
