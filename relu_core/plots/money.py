"""What an option costs and saves."""

import math

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import Comparison, CostCurve, MoneyResult
from relu_core.plot_style import BAD, BASELINE, GOOD, INK, MONEY_UNITS, QUIET, WORDS, currency_name, family_color
from relu_core.plots.canvas import new_figure
from relu_core.plots.marks import amount, axis_names, categories, dot, or_nothing

COLORS = {"simple": BASELINE, "shallow": family_color(1), "deep": family_color(2)}
# Below this threshold an even axis would crowd all that matters into its first tenth.
SMALL_THRESHOLD = 0.1
# The axis then begins at this part of it: scores far below are all alike, and sure models give some of 1e-40.
FIRST_PART = 1e-3


def saving(comparison: Comparison, *, language: str = "en") -> Figure:
    """Yearly saving of each option with its interval, and beside it what the project costs once."""
    words, options = WORDS[language], [m for m in comparison.money if math.isfinite(m.saving_per_year.value)]
    figure, axes = new_figure(5.9, 1.0 + 0.62 * max(1, len(options)), left=0.24, top=0.97)
    named = False
    for i, option in enumerate(options):
        dot(axes, option.saving_per_year, i, COLORS.get(option.option, INK), "o")
        if option.project_cost:
            axes.plot([option.project_cost], [i], marker="|", markersize=17, markeredgewidth=2.4, color=INK)
            if not named:
                axes.annotate(words["project"], (option.project_cost, i), (0, 12), textcoords="offset points",
                              ha="center", color=INK, fontsize=9)  # fmt: skip
            named = True
    categories(axes, [words.get(m.option, m.option) for m in options])
    axes.set_ylim(max(len(options), 1) - 0.4, -0.75)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    unit = _money_axis(axes.xaxis, axes.get_xlim()[1], comparison.criteria, language)
    axis_names(axes, f"{words['saving']}{words['unit_after']}{unit}", "")
    return or_nothing(figure, axes, options, words)


def confusion(money: MoneyResult, criteria: Criteria, *, language: str = "en") -> Figure:
    """What happened on the untouched rows, and what each kind of mistake costs a year."""
    words, counts = WORDS[language], money.confusion
    figure, axes = new_figure(5.4, 3.1, left=0.2, bottom=0.05, top=0.87)
    unit = words["currency_a_year"].format(currency=currency_name(criteria.currency, language))
    cells = [
        (0, 0, counts.true_positive, "caught", GOOD, 0.0),
        (1, 0, counts.false_negative, "miss", BAD, money.misses_cost),
        (0, 1, counts.false_positive, "false_alarm", BAD, money.false_alarms_cost),
        (1, 1, counts.true_negative, "passed", GOOD, 0.0),
    ]
    for column, row, count, word, color, cost in cells:
        axes.fill_between([column + 0.02, column + 0.98], row + 0.03, row + 0.97, color=color, alpha=0.12, linewidth=0)
        axes.text(column + 0.5, row + 0.2, words[word], ha="center", va="center", color=INK)
        axes.text(column + 0.5, row + 0.47, words["rows_counted"].format(rows=f"{count:,}"), ha="center", va="center",
                  fontsize=15, color=color)  # fmt: skip
        if math.isfinite(cost):
            axes.text(column + 0.5, row + 0.77, f"{amount(cost)} {unit}", ha="center", va="center", color=INK)
    axes.set(xlim=(0, 2), ylim=(2, 0))
    axes.set_xticks([0.5, 1.5], [words["said_defect"], words["said_good"]])
    axes.set_yticks([0.5, 1.5], [words["is_defect"], words["is_good"]])
    axes.xaxis.tick_top()
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def cost_curve(money: MoneyResult, criteria: Criteria, *, language: str = "en") -> Figure:
    """Cost a year against the threshold on the validation rows, the chosen threshold, and the policies without a model.

    The left end is an alarm for every unit, the right end for none: what it costs to need no model.
    """
    words, curve = WORDS[language], money.cost_curve
    figure, axes = new_figure(5.9, 3.9, left=0.15, top=0.83)
    if curve is None:
        return or_nothing(figure, axes, (), words)
    chosen = money.confusion.threshold
    # The last place stands for "never", a hair above the largest score there is.
    places = [min(place, 1.0) for place in curve.thresholds]
    axes.plot(places, curve.cost_per_year, color=COLORS.get(money.option, INK), drawstyle="steps-pre")
    if 0 < chosen < SMALL_THRESHOLD:
        axes.set_xscale("log")
        axes.set_xlim(max(FIRST_PART * chosen, min(place for place in places if place > 0)), 1.0)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0, max(curve.cost_per_year) * 1.12 or 1.0)
    _mark_chosen(axes, curve, chosen, words)
    unit = _money_axis(axes.yaxis, max(curve.cost_per_year), criteria, language)
    axis_names(axes, words["threshold"], f"{words['cost']}{words['unit_after']}{unit}", height=1.07)
    return figure


def _mark_chosen(axes: Axes, curve: CostCurve, chosen: float, words: dict[str, str]) -> None:
    """The chosen threshold as a dot with its name, on the side that has room, and the names of both ends."""
    cheapest = min(curve.cost_per_year)
    axes.plot([min(chosen, 1.0)], [cheapest], "o", color=GOOD, markersize=9, clip_on=False, zorder=5)
    share = float(axes.transAxes.inverted().transform(axes.transData.transform((min(chosen, 1.0), cheapest)))[0])
    align, shift = ("left", 10) if share < 0.5 else ("right", -10)
    axes.annotate(f"{words['chosen']} {chosen:.3g}", (min(chosen, 1.0), cheapest), (shift, -4),
                  textcoords="offset points", ha=align, va="top", color=GOOD)  # fmt: skip
    for x, word, align in ((0.0, "always", "left"), (1.0, "never", "right")):
        axes.text(x, 1.02, words[word], transform=axes.transAxes, ha=align, va="bottom", color=QUIET, fontsize=9.5)


def _money_axis(axis: Axis, largest: float, criteria: Criteria, language: str) -> str:
    """Ticks of an axis of money in units that people count in; comes back: the unit in words."""
    words, currency = WORDS[language], currency_name(criteria.currency, language)
    size, unit = next(((size, word) for size, word in MONEY_UNITS[language] if largest >= size), (1.0, "{currency}"))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size:,.10g}"))
    axis.set_major_locator(MaxNLocator(5))
    return words["currency_a_year"].format(currency=unit.format(currency=currency))
