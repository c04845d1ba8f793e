"""What training needs: rows, luck and time."""

import math
import re

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from relu_core.comparison.evidence import sign_of
from relu_core.comparison.schema import Comparison
from relu_core.interval import Interval
from relu_core.plot_style import BASELINE, GOOD, WORDS, family_color, family_marker, family_name, metric_name, task_name
from relu_core.plots.canvas import new_figure
from relu_core.plots.marks import amount, axis_names, band, categories, dot, end_labels, or_nothing, size_axis

# More bars than these are too many to read.
MOST_TASKS = 16


def learning_curve(comparison: Comparison, *, language: str = "en") -> Figure:
    """The champion's metric against the rows it was trained on, and how many rows would reach the target."""
    words, curve, promise = WORDS[language], comparison.learning_curve, comparison.criteria
    figure, axes = new_figure(5.9, 3.8, right=0.80)
    points = [p for p in curve.points if math.isfinite(p.metric.value)] if curve else []
    labels = []
    if curve and points:
        layers = re.match(r"(\d+) hidden", comparison.champion)
        band(axes, [p.rows for p in points], [p.metric for p in points], int(layers.group(1)) if layers else 0)
        labels.append((promise.target, f"{words['target']} {promise.target:g}", GOOD))
        axes.axhline(promise.target, color=GOOD, linewidth=1.4, linestyle=(0, (5, 3)))
        wanted = curve.rows_to_target
        inside = wanted.value <= points[-1].rows
        # Where the curve is not trusted, a place beyond its rows would be a made-up number.
        shown = [wanted.value] if math.isfinite(wanted.value) and (inside or curve.trusted) else []
        size_axis(axes, [p.rows for p in points] + shown)
        if shown:
            name = words["rows_reached" if inside else "rows_wanted"].format(rows=amount(wanted.value))
            _mark_rows(axes, wanted, promise.target, name, sign_of(promise))
    end_labels(axes, labels)
    axis_names(axes, words["rows"], metric_name(promise.metric, language))
    return or_nothing(figure, axes, points, words)


def _mark_rows(axes: Axes, wanted: Interval, target: float, name: str, rising: int) -> None:
    """The rows at which the curve meets the target, with their interval, and their name where no curve runs.

    rising: +1 where the curve comes from below, -1 where it comes from above.
    """
    high = wanted.high if math.isfinite(wanted.high) else wanted.value
    axes.plot([wanted.low, high], [target] * 2, color=GOOD, linewidth=5, alpha=0.45)
    axes.plot([wanted.value], [target], "o", color=GOOD, markersize=8)
    share = float(axes.transAxes.inverted().transform(axes.transData.transform((wanted.value, target)))[0])
    align, x, y = ("right", -8, 8 * rising) if share > 0.6 else ("left", 8, -8 * rising)
    axes.annotate(name, (wanted.value, target), (x, y), textcoords="offset points", ha=align,
                  va="bottom" if y > 0 else "top", color=GOOD)  # fmt: skip


def success_rate(comparison: Comparison, *, language: str = "en") -> Figure:
    """Share of training runs that reach the target alone, for each number of hidden layers, with its interval."""
    words = WORDS[language]
    found = [f for f in comparison.families if math.isfinite(f.success_rate.value)]
    figure, axes = new_figure(5.9, 0.8 + 0.45 * max(1, len(found)), left=0.24, top=0.97)
    for i, family in enumerate(found):
        dot(axes, family.success_rate, i, family_color(family.hidden_layers), family_marker(family.hidden_layers))
    categories(axes, [family_name(f.hidden_layers, language) for f in found])
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    axis_names(axes, words["success"], "")
    return or_nothing(figure, axes, found, words)


def time_used(comparison: Comparison, *, language: str = "en") -> Figure:
    """Where the wall time went: one bar a task, placed when it ran; stages where the record has no tasks."""
    words = WORDS[language]
    bars = _longest_tasks(comparison, language) or _stages(comparison, words)
    end = max((begun + seconds for _, begun, seconds, _ in bars), default=0.0)
    scale, unit = (60.0, "minutes") if end >= 120 else (1.0, "seconds")
    figure, axes = new_figure(7.6, 0.8 + 0.3 * max(1, len(bars)), left=0.54, top=0.98)
    for i, (_, begun, seconds, color) in enumerate(bars):
        # A task of a second in an hour would not be seen.
        axes.barh(i, max(seconds, end / 300) / scale, left=begun / scale, height=0.62, color=color)
    categories(axes, [name for name, *_ in bars])
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axis_names(axes, words[unit], "")
    return or_nothing(figure, axes, bars, words)


def _longest_tasks(comparison: Comparison, language: str) -> list[tuple[str, float, float, str]]:
    """Name, begin, seconds and colour of the tasks that took longest, in the order in which they ran."""
    ranked = sorted(comparison.tasks, key=lambda task: -task.seconds)[:MOST_TASKS]
    return [
        (task_name(one.name, one.hidden_layers, language), one.begun, one.seconds,
         family_color(one.hidden_layers) if one.hidden_layers else BASELINE)
        for one in sorted(ranked, key=lambda task: (task.begun, task.hidden_layers))
    ]  # fmt: skip


def _stages(comparison: Comparison, words: dict[str, str]) -> list[tuple[str, float, float, str]]:
    bars, begun = [], 0.0
    for name, seconds in comparison.seconds.items():
        if math.isfinite(seconds):
            bars.append((words.get(name, name), begun, seconds, BASELINE))
            begun += seconds
    return bars
