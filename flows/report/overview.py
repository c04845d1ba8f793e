"""All PoCs of a plant on one page: which of them deserves the next budget, and how each changed over time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from flows.places import Place
from flows.report import page, words
from flows.report.facts import OPTION, Facts, as_text, facts_of, recommended, short_text
from flows.report.numbers import Numbers
from flows.whole_files import write_whole
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import Verdict, decide
from relu_core.plot_style import metric_name

# Where two PoCs promise the same money, the one that is settled stands first.
ORDER = ("SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "MORE_DATA", "INCONCLUSIVE", "NOT_FEASIBLE")
NOTHING = Markup("–")
Dated = tuple[date, Comparison]


@dataclass(frozen=True)
class Line:
    """One evaluation. tone: of its verdict; cells: in the order of the heads."""

    tone: str
    cells: tuple[Markup, ...]


def write_overview(evaluations: Sequence[Dated], *, language: str, folder: Place, today: date) -> Place:
    """Write the page over all PoCs and return its path, folder/overview_<language>.html."""
    return write_whole(
        folder / f"overview_{language}.html", render_overview(evaluations, language=language, today=today)
    )


def render_overview(evaluations: Sequence[Dated], *, language: str, today: date) -> str:
    """The page as text: the most cautious saving first, then settled before unsettled verdicts.

    evaluations: each with the day it was made, of each PoC the newest first. today: from which the age of the data
    counts. Of a PoC with several evaluations all stand in a second table, the newest first.
    """
    texts = words.words_of(language)
    newest = {comparison.poc: (day, comparison) for day, comparison in reversed(evaluations)}
    decided = sorted(((day, one, decide(one)) for day, one in newest.values()), key=lambda known: _rank(*known[1:]))
    lines = [Line(_tone(verdict), _newest(day, one, verdict, language, today)) for day, one, verdict in decided]
    several = [poc for poc in newest if sum(one.poc == poc for _, one in evaluations) > 1]
    history = [
        Line(_tone(verdict), _earlier(day, one, verdict, language))
        for day, one in evaluations
        if one.poc in several and (verdict := decide(one))
    ]
    return (
        page.environment()
        .get_template("overview.html")
        .render(
            w=texts,
            heads=_heads(("poc", "verdict", "confidence", "saving", "payback", "reached", "until"), texts),
            lines=lines,
            history_heads=_heads(("poc", "made", "rows", "verdict", "reached", "saving"), texts),
            history=history,
        )
    )


def _rank(comparison: Comparison, verdict: Verdict) -> tuple[float, int, str]:
    chosen = recommended(comparison, verdict)
    cautious = chosen.saving_per_year.low if chosen else math.nan
    return (-cautious if math.isfinite(cautious) else math.inf, ORDER.index(verdict.kind), comparison.poc)


def _newest(day: date, comparison: Comparison, verdict: Verdict, language: str, today: date) -> tuple[Markup, ...]:
    texts, numbers = words.words_of(language), page.numbers_of(comparison, language)
    facts, chosen = facts_of(comparison, verdict, numbers), recommended(comparison, verdict)
    metric = escape(metric_name(comparison.criteria.metric, language))
    reached = Markup("{}<br>{} {}<br>{}").format(_reached(facts), texts["fact.target"], facts["target"], metric)
    return (
        Markup("{}<br>{}").format(as_text(comparison.poc), short_text(comparison.dataset.target, 32)),
        _verdict(verdict, texts),
        words.say(f"confidence.{_confidence(comparison, verdict)}", facts, language),
        numbers.interval(chosen.saving_per_year, "money") if chosen else NOTHING,
        numbers.interval(chosen.payback_years, "years") if chosen else NOTHING,
        reached,
        _age(day, comparison, numbers, today),
    )


def _earlier(day: date, comparison: Comparison, verdict: Verdict, language: str) -> tuple[Markup, ...]:
    texts, numbers = words.words_of(language), page.numbers_of(comparison, language)
    chosen = recommended(comparison, verdict)
    return (
        as_text(comparison.poc),
        as_text(day.isoformat()),
        numbers.count(comparison.dataset.rows),
        _verdict(verdict, texts),
        _reached(facts_of(comparison, verdict, numbers)),
        numbers.interval(chosen.saving_per_year, "money") if chosen else NOTHING,
    )


def _confidence(comparison: Comparison, verdict: Verdict) -> str:
    """How well the verdict is founded: seen again on untouched rows, on the folds alone, or not settled."""
    if verdict.kind in ("MORE_DATA", "INCONCLUSIVE"):
        return "open"
    return "confirmed" if comparison.stage_reached == "confirm" else "folds"


def _reached(facts: Facts) -> Markup:
    """What the recommended model reaches on untouched rows; before Confirm, the best that was measured."""
    name = "confirmed" if "confirmed" in facts else "best"
    if name not in facts:
        return NOTHING
    if f"{name}_low" not in facts:
        return facts[name]
    return Markup('{} <span class="range">({}–{})</span>').format(
        facts[name], facts[f"{name}_low"], facts[f"{name}_high"]
    )


def _age(day: date, comparison: Comparison, numbers: Numbers, today: date) -> Markup:
    """Last day of the data, how old that is, and the day of the evaluation."""
    end = comparison.dataset.period_end[:10]
    made = Markup(numbers.words["overview.made_on"]).format(day=as_text(day.isoformat()))
    try:
        days = (today - date.fromisoformat(end)).days
    except ValueError:
        return made
    age = Markup(numbers.words["overview.age"]).format(days=numbers.count(max(0, days)))
    return Markup("{}<br>{}<br>{}").format(as_text(end), age, made)


def _verdict(verdict: Verdict, texts: dict[str, str]) -> Markup:
    option = texts[f"option.{OPTION[verdict.kind]}"] if verdict.kind in OPTION else ""
    return Markup('<span class="tone"><strong>{}</strong></span><br>{}').format(
        texts[f"verdict.{verdict.kind}"], option
    )


def _tone(verdict: Verdict) -> str:
    return page.TONE.get(verdict.kind, "wait")


def _heads(columns: tuple[str, ...], texts: dict[str, str]) -> tuple[Markup, ...]:
    return tuple(escape(texts[f"overview.{name}"]) for name in columns)
