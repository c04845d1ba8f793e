"""What pictures share: bands, dots, axes of sizes and of names, labels beside lines."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from relu_core.interval import Interval
from relu_core.plot_style import BASELINE, INK, PAPER, QUIET, family_color, family_marker


def band(axes: Axes, sizes: Sequence[float], intervals: Sequence[Interval], hidden_layers: int) -> None:
    """A line with its interval in the family's colour; hidden_layers 0: of a model that is no network."""
    color = family_color(hidden_layers) if hidden_layers else BASELINE
    low = [i.low if math.isfinite(i.low) else i.value for i in intervals]
    high = [i.high if math.isfinite(i.high) else i.value for i in intervals]
    axes.fill_between(sizes, low, high, color=color, alpha=0.16, linewidth=0)
    marker = family_marker(max(1, hidden_layers))
    axes.plot(sizes, [i.value for i in intervals], color=color, marker=marker, markeredgecolor=PAPER)


def dot(axes: Axes, interval: Interval, position: int, color: str, marker: str) -> None:
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        axes.plot([interval.low, interval.high], [position] * 2, color=color, linewidth=5, alpha=0.3)
    axes.plot([interval.value], [position], marker, color=color, markersize=8)


def amount(value: float) -> str:
    """Money or a count to three digits, with separators, as a page shows it."""
    if value == 0 or not math.isfinite(value):
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):,.{max(0, decimals)}f}"


def categories(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def size_axis(axes: Axes, sizes: Sequence[float]) -> None:
    """A logarithmic axis whose ticks are plain numbers."""
    if not sizes:
        axes.set_xticks([])
        return
    axes.set_xscale("log")
    low, high = min(sizes), max(sizes)
    axes.set_xlim(low / 1.15, high * 1.15 if high > low else high * 3)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200 * low else (1.0,), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Names at the right edge beside their lines, pushed apart where they would overlap."""
    if not labels:
        return
    to_axes = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[1]
    ordered = sorted(labels)
    wanted = [float(to_axes.transform((x, value))[1]) for value, _, _ in ordered]
    gap = 0.185 * axes.figure.dpi / axes.get_window_extent().height
    for y, (_, text, color) in zip(spread(wanted, gap), ordered, strict=True):
        axes.text(1.015, y, text, transform=axes.transAxes, color=color, va="center", fontsize=9.5)


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Ascending positions, each at least `gap` above the last and as near to where it is wanted as the others allow."""
    groups: list[list[float]] = []
    for position in wanted:
        groups.append([position])
        while len(groups) > 1 and _bottom(groups[-1], gap) < _top(groups[-2], gap) + gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_bottom(group, gap) + i * gap for group in groups for i in range(len(group))]


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return _bottom(group, gap) + gap * (len(group) - 1)


def axis_names(axes: Axes, x: str, y: str, *, height: float = 1.0) -> None:
    """Names below and above the axes; height: of the upper one, where something else stands between."""
    axes.set_xlabel(x)
    axes.set_title(y, loc="left", y=height, pad=9.0, fontsize=10.5, color=QUIET)


def or_nothing(figure: Figure, axes: Axes, drawn: Sequence[object], words: dict[str, str]) -> Figure:
    if not drawn:
        axes.text(0.5, 0.5, words["nothing"], transform=axes.transAxes, ha="center", va="center", color=QUIET)
    return figure
