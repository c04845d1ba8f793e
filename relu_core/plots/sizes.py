"""How large a network must be."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from relu_core.comparison.schema import Comparison, FamilyResult
from relu_core.plot_style import BAD, BASELINE, GOOD, QUIET, WORDS, family_color, family_name, metric_name
from relu_core.plots.canvas import new_figure
from relu_core.plots.marks import axis_names, band, end_labels, or_nothing, size_axis


def size_for_accuracy(comparison: Comparison, *, language: str = "en") -> Figure:
    """Metric against parameters, one line and band a family, with target, kill value, today's value and simple models.

    The filled ring of a family marks its smallest network that reaches the target; the bar on the target line is the
    95 % interval of that size.
    """
    words, promise = WORDS[language], comparison.criteria
    figure, axes = new_figure(5.9, 4.0, right=0.74)
    labels = []
    for family in comparison.families:
        points = [p for p in family.points if math.isfinite(p.metric.value)]
        if points:
            band(axes, [p.parameters for p in points], [p.metric for p in points], family.hidden_layers)
            name = family_name(family.hidden_layers, language)
            labels.append((points[-1].metric.value, name, family_color(family.hidden_layers)))
            _mark_smallest(axes, family, promise.target, len(labels))
    for baseline in comparison.baselines:
        if math.isfinite(baseline.metric.value):
            axes.axhline(baseline.metric.value, color=BASELINE, linewidth=1.0, linestyle=(0, (1, 2)))
            labels.append((baseline.metric.value, words.get(baseline.kind, baseline.name), BASELINE))
    for value, word, color in (
        (promise.target, "target", GOOD),
        (promise.kill, "kill", BAD),
        (promise.today, "today", QUIET),
    ):
        if math.isfinite(value):
            axes.axhline(value, color=color, linewidth=1.4, linestyle=(0, (5, 3)))
            labels.append((value, f"{words[word]} {value:g}", color))
    size_axis(axes, [p.parameters for f in comparison.families for p in f.points])
    end_labels(axes, labels)
    axis_names(axes, words["parameters"], metric_name(promise.metric, language))
    return or_nothing(figure, axes, labels, words)


def _mark_smallest(axes: Axes, family: FamilyResult, target: float, place: int) -> None:
    """A ring at the smallest sufficient size; its range below the target line, one step lower for each family."""
    size, color = family.smallest, family_color(family.hidden_layers)
    if size.reached == "not up to high":
        return
    below = axes.transData + ScaledTranslation(0, -(4 + 5 * place) / 72, axes.figure.dpi_scale_trans)
    axes.plot([size.low, size.high], [target] * 2, color=color, linewidth=3.2, transform=below, solid_capstyle="butt")
    if not size.bounded:
        axes.plot([size.high], [target], ">", color=color, transform=below)
    axes.plot([size.estimate], [target], "o", markersize=10, markerfacecolor="none", markeredgecolor=color,
              markeredgewidth=2)  # fmt: skip
