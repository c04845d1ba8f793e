"""A record in, a figure out; the one importer of matplotlib. Nothing is shown, saved or kept in global state.

Every function returns a fresh matplotlib Figure that `to_svg` turns into the same bytes each time. Text stays text, so
that a page can be searched, read aloud and shown in the reader's own Japanese font. Values that are no numbers are left
out of a picture, never drawn at a made-up place.
"""

import io
import logging
import math
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import Comparison, FamilyResult, MoneyResult, SizePoint
from relu_core.interval import Interval
from relu_core.plot_style import (
    BAD,
    BASELINE,
    FONTS,
    GOOD,
    INK,
    PAPER,
    QUIET,
    RULE,
    WORDS,
    family_color,
    family_marker,
    family_name,
    metric_name,
)  # fmt: skip
from relu_core.regions import SliceRegions
from relu_core.theory import Gap

_STYLE: Any = {
    "font.family": "sans-serif", "font.sans-serif": list(FONTS), "font.size": 10.5, "axes.labelsize": 10.5,
    "text.color": INK, "axes.labelcolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET, "axes.edgecolor": RULE,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": RULE, "grid.linewidth": 0.7,
    "axes.axisbelow": True, "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "svg.fonttype": "none", "svg.hashsalt": "depthcase", "lines.linewidth": 2.0, "lines.markersize": 6.0,
}  # fmt: skip


def size_for_accuracy(comparison: Comparison, *, language: str = "en") -> Figure:
    """Metric against parameters, one line and band a family, with target, kill value, today's value and simple models.

    The filled ring of a family marks its smallest network that reaches the target; the bar on the target line is the
    95 % interval of that size.
    """
    words, promise = WORDS[language], comparison.criteria
    figure, axes = _figure(5.9, 3.9, right=0.74)
    labels = []
    for family in comparison.families:
        points = [p for p in family.points if math.isfinite(p.metric.value)]
        if points:
            _band(axes, [p.parameters for p in points], [p.metric for p in points], family.hidden_layers)
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
    _sizes(axes, [p.parameters for f in comparison.families for p in f.points])
    _end_labels(axes, labels)
    _axis_names(axes, words["parameters"], metric_name(promise.metric, language))
    return _or_nothing(figure, axes, labels, words)


def regions_against_parameters(comparison: Comparison, *, language: str = "en") -> Figure:
    """Linear pieces against parameters, both logarithmic; dashed: what the architecture could have at most."""
    words = WORDS[language]
    figure, axes = _figure(5.9, 3.6, right=0.74)
    labels = []
    for family in comparison.families:
        found = [(p.parameters, p.regions) for p in family.points if p.regions and p.regions.count.value > 0]
        if not found:
            continue
        color, name = family_color(family.hidden_layers), family_name(family.hidden_layers, language)
        _band(axes, [size for size, _ in found], [regions.count for _, regions in found], family.hidden_layers)
        labels.append((found[-1][1].count.value, name, color))
        bounds = [(size, r.log10_upper_bound) for size, r in found if math.isfinite(r.log10_upper_bound)]
        if bounds:
            # Above 10^12 the bound says nothing that a reader could use and would squeeze the counts.
            sizes, values = zip(*((size, 10.0 ** min(bound, 12.0)) for size, bound in bounds), strict=True)
            axes.plot(sizes, values, color=color, linewidth=1.0, linestyle=(0, (4, 3)), alpha=0.7)
    axes.set_yscale("log")
    _sizes(axes, [p.parameters for f in comparison.families for p in f.points])
    _end_labels(axes, labels)
    _axis_names(axes, words["parameters"], words["regions"])
    return _or_nothing(figure, axes, labels, words)


def region_slice(regions: SliceRegions, rows: ArrayLike = (), *, language: str = "en") -> Figure:
    """The polygons of a 2-D slice, one soft tone for each affine map, with data rows (k, 2) in slice coordinates."""
    words = WORDS[language]
    figure, axes = _figure(5.2, 4.6)
    polygons = [np.asarray(polygon) for polygon in regions.polygons]
    tones = _tones(regions.maps) if polygons else []
    axes.add_collection(PolyCollection(polygons, facecolors=tones, edgecolors=QUIET, linewidths=0.6))
    points = np.asarray(rows, dtype=float).reshape(-1, 2)
    axes.plot(points[:, 0], points[:, 1], "o", color=INK, markersize=2.6, alpha=0.7, markeredgewidth=0)
    axes.grid(False)
    left, right, low, high = regions.extent
    axes.set(xlim=(left, right), ylim=(low, high))
    axes.set_aspect("equal")
    _axis_names(axes, words["direction"].format(i=1), words["direction"].format(i=2))
    return _or_nothing(figure, axes, polygons, words)


def learning_curve(comparison: Comparison, *, language: str = "en") -> Figure:
    """The champion's metric against the rows it was trained on, and how many rows would reach the target."""
    words, curve, promise = WORDS[language], comparison.learning_curve, comparison.criteria
    figure, axes = _figure(5.9, 3.6, right=0.80)
    points = [p for p in curve.points if math.isfinite(p.metric.value)] if curve else []
    labels = []
    if curve and points:
        _band(axes, [p.rows for p in points], [p.metric for p in points], 2)
        labels.append((promise.target, f"{words['target']} {promise.target:g}", GOOD))
        axes.axhline(promise.target, color=GOOD, linewidth=1.4, linestyle=(0, (5, 3)))
        wanted = curve.rows_to_target
        if math.isfinite(wanted.value):
            high = wanted.high if math.isfinite(wanted.high) else wanted.value
            axes.plot([wanted.low, high], [promise.target] * 2, color=GOOD, linewidth=5, alpha=0.45)
            axes.plot([wanted.value], [promise.target], "o", color=GOOD)
        _sizes(axes, [p.rows for p in points] + ([wanted.value] if math.isfinite(wanted.value) else []))
    _end_labels(axes, labels)
    _axis_names(axes, words["rows"], metric_name(promise.metric, language))
    return _or_nothing(figure, axes, points, words)


def saving(comparison: Comparison, *, language: str = "en") -> Figure:
    """Yearly saving of each option with its interval, and beside it what the project costs once."""
    words, options = WORDS[language], [m for m in comparison.money if math.isfinite(m.saving_per_year.value)]
    figure, axes = _figure(5.9, 0.9 + 0.62 * max(1, len(options)), left=0.24)
    for i, option in enumerate(options):
        color = {"simple": BASELINE, "shallow": family_color(1), "deep": family_color(2)}.get(option.option, INK)
        _dot(axes, option.saving_per_year, i, color, "o")
        if option.project_cost:
            axes.plot([option.project_cost], [i], marker="|", markersize=14, markeredgewidth=2, color=QUIET)
            axes.annotate(words["project"], (option.project_cost, i), (0, 9), textcoords="offset points",
                          ha="center", color=QUIET, fontsize=8.5)  # fmt: skip
    _categories(axes, [words.get(m.option, m.option) for m in options])
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    unit = words["currency_a_year"].format(currency=comparison.criteria.currency)
    _axis_names(axes, f"{words['saving']}, {unit}", "")
    return _or_nothing(figure, axes, options, words)


def confusion(money: MoneyResult, criteria: Criteria, *, language: str = "en") -> Figure:
    """What happened on the untouched rows, and what one case of each mistake costs."""
    words, counts = WORDS[language], money.confusion
    figure, axes = _figure(5.2, 2.9, left=0.22, bottom=0.06, top=0.86)
    cells = [
        (0, 0, counts.true_positive, "caught", GOOD, 0.0),
        (1, 0, counts.false_negative, "miss", BAD, criteria.cost_of_miss),
        (0, 1, counts.false_positive, "false_alarm", BAD, criteria.cost_of_false_alarm),
        (1, 1, counts.true_negative, "passed", GOOD, 0.0),
    ]
    for column, row, count, word, color, cost in cells:
        axes.fill_between([column + 0.02, column + 0.98], row + 0.03, row + 0.97, color=color, alpha=0.12, linewidth=0)
        axes.text(column + 0.5, row + 0.40, f"{count:,}", ha="center", va="center", fontsize=17, color=color)
        price = f" · {cost:,g} {criteria.currency}" if cost else ""
        axes.text(column + 0.5, row + 0.74, f"{words[word]}{price}", ha="center", va="center", color=INK)
    axes.set(xlim=(0, 2), ylim=(2, 0))
    axes.set_xticks([0.5, 1.5], [words["said_defect"], words["said_good"]])
    axes.set_yticks([0.5, 1.5], [words["is_defect"], words["is_good"]])
    axes.xaxis.tick_top()
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def success_rate(comparison: Comparison, *, language: str = "en") -> Figure:
    """Share of training runs that reach the target alone, for each number of hidden layers, with its interval."""
    words = WORDS[language]
    found = [f for f in comparison.families if math.isfinite(f.success_rate.value)]
    figure, axes = _figure(5.9, 0.9 + 0.5 * max(1, len(found)), left=0.24)
    for i, family in enumerate(found):
        _dot(axes, family.success_rate, i, family_color(family.hidden_layers), family_marker(family.hidden_layers))
    _categories(axes, [family_name(f.hidden_layers, language) for f in found])
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    _axis_names(axes, words["success"], "")
    return _or_nothing(figure, axes, found, words)


def time_used(comparison: Comparison, *, language: str = "en") -> Figure:
    """Where the wall time went, stage after stage."""
    words = WORDS[language]
    stages = [(name, s) for name, s in comparison.seconds.items() if math.isfinite(s)]
    longest = sum(seconds for _, seconds in stages)
    scale, unit = (60.0, "minutes") if longest >= 120 else (1.0, "seconds")
    figure, axes = _figure(5.9, 0.8 + 0.36 * max(1, len(stages)), left=0.24)
    start = 0.0
    for i, (_, seconds) in enumerate(stages):
        axes.barh(i, seconds / scale, left=start / scale, height=0.5, color=family_color(2))
        start += seconds
    _categories(axes, [words.get(name, name) for name, _ in stages])
    axes.xaxis.set_major_locator(MaxNLocator(6))
    _axis_names(axes, words[unit], "")
    return _or_nothing(figure, axes, stages, words)


def gap_on_one_page(
    gaps: Sequence[Gap], trained: Sequence[SizePoint], parameters: int, *, language: str = "en"
) -> Figure:
    """Left: units against hidden layers, at least and known to suffice. Right: success of training against parameters.

    gaps: of one hard function, for 1, 2, ... hidden layers. trained: success rates by architecture. parameters: of the
    construction, which is the function itself.
    """
    words = WORDS[language]
    figure, axes = _figure(9.2, 3.8, left=0.09, right=0.42, top=0.9)
    layers = [gap.hidden_layers for gap in gaps]
    axes.plot(layers, [gap.representable_size for gap in gaps], color=GOOD, marker="o", label=words["suffice"])
    axes.plot(layers, [gap.lower_bound for gap in gaps], color=BAD, marker="v", label=words["at_least"])
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xticks(layers)
    axes.legend(frameon=False, fontsize=9.5)
    _axis_names(axes, words["hidden_layers"], words["units"])
    with matplotlib.rc_context(_STYLE):
        beside = figure.add_axes((0.53, axes.get_position().y0, 0.32, axes.get_position().height))
    labels = []
    for k in sorted({len(point.hidden_widths) for point in trained}):
        points = [point for point in trained if len(point.hidden_widths) == k]
        rates = [point.success_rate for point in points if point.success_rate]
        _band(beside, [point.parameters for point in points], rates, k)
        labels.append((rates[-1].value, family_name(k, language), family_color(k)))
    beside.axvline(parameters, color=GOOD, linestyle=(0, (5, 3)))
    beside.text(parameters, 1.08, words["construction"], color=GOOD, fontsize=9.5, ha="center")
    beside.set_ylim(-0.04, 1.05)
    _sizes(beside, [parameters, *(point.parameters for point in trained)])
    _end_labels(beside, labels)
    _axis_names(beside, words["parameters"].split("(")[0].strip(), words["success"])
    return figure


def to_svg(figure: Figure) -> str:
    """The figure as one SVG element, the same bytes each time; its text stays text."""
    return _saved(figure, "svg", metadata={"Date": None, "Creator": None}).decode()


def to_png(figure: Figure, *, dots_per_inch: int = 150) -> bytes:
    """The figure on white paper as a PNG file, for places that show no SVG."""
    return _saved(figure, "png", dpi=dots_per_inch, facecolor=PAPER, metadata={"Software": None})


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # A missing Japanese font matters to the reader's machine, not to this one: only text positions are computed here.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def _figure(
    width: float,
    height: float,
    *,
    left: float = 0.135,
    right: float = 0.97,
    bottom: float | None = None,
    top: float | None = None,
) -> tuple[Figure, Axes]:
    """Fixed margins: a layout that measures text would change with the fonts of the machine."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
    low = 0.52 / height if bottom is None else bottom
    high = 1 - 0.14 / height if top is None else top
    figure.subplots_adjust(left=left, right=right, bottom=low, top=high)
    return figure, axes


def _band(axes: Axes, sizes: Sequence[float], intervals: Sequence[Interval], hidden_layers: int) -> None:
    color = family_color(hidden_layers)
    low = [i.low if math.isfinite(i.low) else i.value for i in intervals]
    high = [i.high if math.isfinite(i.high) else i.value for i in intervals]
    axes.fill_between(sizes, low, high, color=color, alpha=0.16, linewidth=0)
    axes.plot(
        sizes, [i.value for i in intervals], color=color, marker=family_marker(hidden_layers), markeredgecolor=PAPER
    )


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


def _dot(axes: Axes, interval: Interval, position: int, color: str, marker: str) -> None:
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        axes.plot([interval.low, interval.high], [position] * 2, color=color, linewidth=5, alpha=0.3)
    axes.plot([interval.value], [position], marker, color=color, markersize=8)


def _categories(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def _sizes(axes: Axes, sizes: Sequence[float]) -> None:
    """A logarithmic axis whose ticks are plain numbers."""
    if not sizes:
        return
    axes.set_xscale("log")
    low, high = min(sizes), max(sizes)
    axes.set_xlim(low / 1.15, high * 1.15 if high > low else high * 3)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200 * low else (1.0,), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
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


def _tones(maps: np.ndarray) -> list[tuple[float, ...]]:
    """A soft colour for each affine map: equal maps look equal, and the tone rises with the steepness."""
    steepness = np.round(np.linalg.norm(maps[:, :, :2], axis=(1, 2)), 12)
    levels, rank = np.unique(steepness, return_inverse=True)
    shades = rank / max(1, len(levels) - 1)
    return [tuple(matplotlib.colormaps["cividis"](0.25 + 0.7 * float(shade), alpha=0.45)) for shade in shades]


def _axis_names(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _or_nothing(figure: Figure, axes: Axes, drawn: Sequence[object], words: dict[str, str]) -> Figure:
    if not drawn:
        axes.text(0.5, 0.5, words["nothing"], transform=axes.transAxes, ha="center", va="center", color=QUIET)
    return figure
