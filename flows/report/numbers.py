"""Numbers as a page shows them, each wrapped in a <data> element that carries the value as it stands in the record.

A test reads every page back: a digit outside such an element, or whose value the record does not hold, fails.
"""

import math

from markupsafe import Markup

from relu_core.interval import Interval
from relu_core.plot_style import currency_name

SHARES = {
    "roc_auc", "average_precision", "f1", "macro_f1", "recall_at_precision", "accuracy", "balanced_accuracy", "r2",
}  # fmt: skip


class Numbers:
    """Formats values in one language. metric, currency: from the criteria; words: the texts of that language."""

    def __init__(self, language: str, metric: str, currency: str, words: dict[str, str]) -> None:
        self.language, self.metric_name, self.words = language, metric, words
        self.currency = currency_name(currency, language)

    def count(self, value: float) -> Markup:
        """A whole number with separators."""
        return self._shown(value, f"{value:,.0f}" if math.isfinite(value) else "")

    def metric(self, value: float) -> Markup:
        """A value of the promised metric: three decimals for shares, four digits otherwise."""
        return self._shown(value, f"{value:.3f}" if self.metric_name in SHARES else significant(value, 4))

    def plain(self, value: float) -> Markup:
        """Any other number, three digits."""
        return self._shown(value, significant(value, 3))

    def times(self, value: float) -> Markup:
        """A factor."""
        return self._shown(value, significant(value, 2))

    def percent(self, value: float) -> Markup:
        """A share of 1, in percent to one decimal."""
        return self._shown(value, self.words["percent"].format(value=f"{100 * value:.1f}".removesuffix(".0")))

    def amount(self, value: float) -> Markup:
        """An amount of money to three digits, for columns that name their currency."""
        return self._shown(value, significant(value, 3))

    def money(self, value: float) -> Markup:
        """An amount with its currency, to three digits."""
        if not math.isfinite(value):
            return self._shown(value, "")
        space = "" if self.language == "ja" else " "
        return Markup("{}{}{}").format(self._shown(value, significant(value, 3)), space, self.currency)

    def years(self, value: float) -> Markup:
        """A payback time; infinite means that it is never paid back."""
        if value == math.inf:
            return Markup('<data value="inf">{}</data>').format(self.words["never"])
        return self._shown(value, f"{value:.1f}" if math.isfinite(value) else "")

    def brief(self, value: float) -> Markup:
        """A number read off a clock, two digits."""
        return self._shown(value, significant(value, 2))

    def interval(self, interval: Interval | None, kind: str = "metric") -> Markup:
        """A value with its range, in the words of the language; a range of no width is left out."""
        if interval is None or math.isnan(interval.value):
            return Markup('<span class="quiet">{}</span>').format(self.words["not_measured"])
        show = getattr(self, kind)
        if interval.low == interval.high or math.isnan(interval.low) or math.isnan(interval.high):
            return Markup("{}").format(show(interval.value))
        # A currency is said once.
        bare = self.amount if kind == "money" else show
        ends = Markup(self.words["range"]).format(low=bare(interval.low), high=bare(interval.high))
        return Markup('{} <span class="range">({})</span>').format(show(interval.value), ends)

    def _shown(self, value: float, text: str) -> Markup:
        if math.isnan(value):
            return Markup('<data value="nan">{}</data>').format(self.words["not_measured"])
        if math.isinf(value):
            return Markup('<data value="{}">{}</data>').format(value, self.words["no_limit"])
        return Markup('<data value="{}">{}</data>').format(repr(value), text)


def significant(value: float, digits: int) -> str:
    """`value` rounded to so many significant digits, never in powers of ten below 10^15."""
    if value == 0 or not math.isfinite(value):
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.{min(decimals, 12)}f}"
