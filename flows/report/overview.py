"""All PoCs of a plant on one page: which of them deserves the next budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from flows.places import Place
from flows.report import page, words
from flows.report.facts import OPTION, as_text, recommended
from flows.whole_files import write_whole
from relu_core.comparison.evidence import everything_measured
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import Verdict, decide
from relu_core.plot_style import metric_name

# Where two PoCs promise the same money, the one that is settled stands first.
ORDER = ("SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "MORE_DATA", "INCONCLUSIVE", "NOT_FEASIBLE")


@dataclass(frozen=True)
class Line:
    """One PoC. tone: of its verdict; cells: in the order of the heads."""

    tone: str
    cells: tuple[Markup, ...]


def write_overview(comparisons: Sequence[Comparison], *, language: str, folder: Place) -> Place:
    """Write the page over all PoCs and return its path, folder/overview_<language>.html."""
    return write_whole(folder / f"overview_{language}.html", render_overview(comparisons, language=language))


def render_overview(comparisons: Sequence[Comparison], *, language: str) -> str:
    """The page as text: the most cautious saving first, then settled before unsettled verdicts."""
    texts = words.words_of(language)
    decided = sorted(((one, decide(one)) for one in comparisons), key=_rank)
    columns = ("poc", "verdict", "saving", "payback", "best", "target", "until")
    heads = tuple(escape(texts[f"overview.{name}"]) for name in columns)
    lines = [_line(comparison, verdict, language) for comparison, verdict in decided]
    return page.environment().get_template("overview.html").render(w=texts, heads=heads, lines=lines)


def _rank(decided: tuple[Comparison, Verdict]) -> tuple[float, int, str]:
    comparison, verdict = decided
    chosen = recommended(comparison, verdict)
    cautious = chosen.saving_per_year.low if chosen else math.nan
    return (-cautious if math.isfinite(cautious) else math.inf, ORDER.index(verdict.kind), comparison.poc)


def _line(comparison: Comparison, verdict: Verdict, language: str) -> Line:
    texts, numbers = words.words_of(language), page.numbers_of(comparison, language)
    chosen, nothing = recommended(comparison, verdict), Markup("–")
    best = everything_measured(comparison.families, comparison.baselines, comparison.criteria)
    option = texts[f"option.{OPTION[verdict.kind]}"] if verdict.kind in OPTION else ""
    title = Markup("<strong>{}</strong><br>{}").format(texts[f"verdict.{verdict.kind}"], option)
    metric = metric_name(comparison.criteria.metric, language)
    target = Markup("{}<br>{}").format(numbers.metric(comparison.criteria.target), metric)
    cells = (
        Markup("{}<br>{}").format(as_text(comparison.poc), as_text(comparison.dataset.target)),
        title,
        numbers.interval(chosen.saving_per_year, "money") if chosen else nothing,
        numbers.interval(chosen.payback_years, "years") if chosen else nothing,
        numbers.interval(best[0][1]) if best else nothing,
        target,
        as_text(comparison.dataset.period_end or "–"),
    )
    return Line(page.TONE.get(verdict.kind, "wait"), cells)
