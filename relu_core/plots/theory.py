"""What the theorems promise beside what training finds."""

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from relu_core.comparison.schema import SizePoint
from relu_core.plot_style import BAD, GOOD, WORDS, family_color, family_name
from relu_core.plots.canvas import STYLE, new_figure
from relu_core.plots.marks import axis_names, band, end_labels, size_axis
from relu_core.theory import Gap


def gap_on_one_page(
    gaps: Sequence[Gap], trained: Sequence[SizePoint], parameters: int, *, language: str = "en"
) -> Figure:
    """Left: units against hidden layers, at least and known to suffice. Right: success of training against parameters.

    gaps: of one hard function, for 1, 2, ... hidden layers. trained: success rates by architecture. parameters: of the
    construction, which is the function itself.
    """
    words = WORDS[language]
    figure, axes = new_figure(9.2, 3.8, left=0.09, right=0.42, top=0.9)
    layers = [gap.hidden_layers for gap in gaps]
    axes.plot(layers, [gap.representable_size for gap in gaps], color=GOOD, marker="o", label=words["suffice"])
    axes.plot(layers, [gap.lower_bound for gap in gaps], color=BAD, marker="v", label=words["at_least"])
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xticks(layers)
    axes.legend(frameon=False, fontsize=9.5)
    axis_names(axes, words["hidden_layers"], words["units"])
    with matplotlib.rc_context(STYLE):
        beside = figure.add_axes((0.53, axes.get_position().y0, 0.32, axes.get_position().height))
    labels = []
    for k in sorted({len(point.hidden_widths) for point in trained}):
        points = [point for point in trained if len(point.hidden_widths) == k]
        rates = [point.success_rate for point in points if point.success_rate]
        band(beside, [point.parameters for point in points], rates, k)
        labels.append((rates[-1].value, family_name(k, language), family_color(k)))
    beside.axvline(parameters, color=GOOD, linestyle=(0, (5, 3)))
    beside.text(parameters, 1.08, words["construction"], color=GOOD, fontsize=9.5, ha="center")
    beside.set_ylim(-0.04, 1.05)
    size_axis(beside, [parameters, *(point.parameters for point in trained)])
    end_labels(beside, labels)
    axis_names(beside, words["parameters"].split("(")[0].strip(), words["success"])
    return figure
