"""What a sentence may speak of: names and numbers of one record, ready to be set into the words of a language.

A fact is there only if the record holds it; `words.say` then takes the first wording whose facts are all there.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from unicodedata import east_asian_width

from markupsafe import Markup, escape

from flows.report.numbers import Numbers
from relu_core.comparison.evidence import everything_measured, label_of
from relu_core.comparison.schema import BaselineResult, Comparison, FamilyResult, MoneyResult
from relu_core.comparison.verdict import Verdict
from relu_core.interval import Interval
from relu_core.plot_style import family_name, metric_name

OPTION = {"SIMPLE_SUFFICES": "simple", "WIDTH_SUFFICES": "shallow", "DEPTH_PAYS": "deep"}
METRICS, FACTORS = (
    ("value", "low", "high", "target", "kill", "network_value", "lead", "lead_low", "lead_high"),
    ("ratio", "ratio_low", "ratio_high", "minimum_ratio", "times_budget"),
)

Facts = dict[str, Markup]
# Letters of a name, and names of a list, that the decision page has room for.
ROOM, MOST_NAMES = 64, 4


def facts_of(comparison: Comparison, verdict: Verdict, numbers: Numbers) -> Facts:
    """All facts of one evaluation by name; those of the verdict have the names that the verdict gives them."""
    found = _promise(comparison, numbers) | _data(comparison, numbers) | _best(comparison, numbers)
    return found | _money(comparison, verdict, numbers) | _of_verdict(verdict, numbers)


def rate_facts(rates: Mapping[str, float], numbers: Numbers) -> Facts:
    """How often the procedure itself is wrong: shares, and numbers of problems where the name ends in "_of"."""
    return {
        name: numbers.count(value) if name.endswith("_of") else numbers.percent(value) for name, value in rates.items()
    }


def recommended(comparison: Comparison, verdict: Verdict) -> MoneyResult | None:
    """What the verdict's choice costs and saves; None where the verdict chooses nothing or money is not computed."""
    wanted = OPTION.get(verdict.kind)
    return next((money for money in comparison.money if money.option == wanted), None)


def model_name(label: str, numbers: Numbers) -> str:
    """A model's label in records, such as "trees" or "2 hidden layers", in the words of the language."""
    layers = re.fullmatch(r"(\d+) hidden layers?", label)
    if layers:
        return family_name(int(layers.group(1)), numbers.language)
    return numbers.words.get(f"model.{label}", label)


def as_text(text: str) -> Markup:
    """Words of the record as they stand; marked, because their digits are names and no measurements."""
    return Markup('<span class="text">{}</span>').format(text)


def short_text(text: str, room: int = ROOM) -> Markup:
    """Words of the record with room for so many Latin letters, so that the decision stays on its page.

    What is cut can be read by pointing at it, and stands whole in the appendix.
    """
    taken, kept = 0, 0
    for sign in text:
        taken += 2 if east_asian_width(sign) in "WF" else 1
        kept += taken < room
    if taken <= room:
        return as_text(text)
    return Markup('<span class="text" title="{}">{}…</span>').format(text, text[:kept].rstrip())


def gap_name(gap: str, numbers: Numbers) -> Markup:
    """What was not measured, such as "search with 2 hidden layers", in the words of the language."""
    search = re.fullmatch(r"search with (.+)", gap)
    if search is None:
        return short_text(gap)
    return as_text(numbers.words["gap.search"].format(model=model_name(search.group(1), numbers)))


def joined(names: Sequence[str], numbers: Numbers) -> Markup:
    """Names of columns as one list, the first few of many."""
    shown = Markup(numbers.words["list_comma"]).join(short_text(name, ROOM // 2) for name in names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else Markup(numbers.words["and_more"]).format(names=shown)


def _of_verdict(verdict: Verdict, numbers: Numbers) -> Facts:
    found: Facts = {}
    for name, value in verdict.numbers.items():
        if isinstance(value, str):
            found[name] = _word(name, value, numbers)
        elif not math.isnan(value):
            show = numbers.metric if name in METRICS else numbers.times if name in FACTORS else numbers.count
            found[name] = show(value)
    if math.isfinite(verdict.next_cost) and verdict.next_cost > 0:
        show = {"rows": numbers.count, "times the budget": numbers.times}.get(verdict.next_cost_unit, numbers.money)
        found["next_cost"] = show(verdict.next_cost)
    return found


def _word(name: str, value: str, numbers: Numbers) -> Markup:
    if name in ("model", "network"):
        return as_text(model_name(value, numbers))
    if name == "metric":
        return escape(metric_name(value, numbers.language))
    if name == "stage":
        return escape(numbers.words.get(f"stage.{value}", value))
    if name == "missing":
        return Markup(numbers.words["list_comma"]).join(gap_name(gap, numbers) for gap in value.split("; "))
    return short_text(value)


def _promise(comparison: Comparison, numbers: Numbers) -> Facts:
    promise = comparison.criteria
    found = {
        "metric": escape(metric_name(promise.metric, numbers.language)),
        "target": numbers.metric(promise.target),
        "minimum_ratio": numbers.times(promise.minimum_ratio),
        "level": numbers.percent(promise.level),
        "currency": escape(numbers.currency),
    }
    for name in ("kill", "today"):
        if math.isfinite(getattr(promise, name)):
            found[name] = numbers.metric(getattr(promise, name))
    return found


def _data(comparison: Comparison, numbers: Numbers) -> Facts:
    data, protocol = comparison.dataset, comparison.protocol
    leaks = sorted({finding.column for finding in comparison.findings if finding.severity == "leak"})
    found = {
        "target_column": short_text(data.target),
        "untouched_rows": numbers.count(data.untouched_rows),
        "folds": numbers.count(protocol.folds),
        "seeds": numbers.count(protocol.seeds),
        "split": escape(numbers.words[f"split.{protocol.split_rule}"]),
    }
    if data.quarantined:
        found["quarantined"] = numbers.count(data.quarantined)
        found["all_rows"] = numbers.count(data.rows)
    if leaks:
        found["leaks"] = joined(leaks, numbers)
    return found


def _best(comparison: Comparison, numbers: Numbers) -> Facts:
    """The best model of all, the best that is no network, and the recommended one on rows it never saw."""
    criteria, found = comparison.criteria, dict[str, Markup]()
    models: tuple[FamilyResult | BaselineResult, ...] = (*comparison.families, *comparison.baselines)
    simple = everything_measured((), [b for b in comparison.baselines if b.kind != "dummy"], criteria)
    every = everything_measured(comparison.families, comparison.baselines, criteria)
    if simple:
        found |= _interval("simple", simple[0][1], numbers.metric)
    confirmed = [one.confirmed for one in models if label_of(one) == comparison.champion and one.confirmed]
    if confirmed:
        found |= _interval("confirmed", confirmed[0], numbers.metric)
    return found | (_interval("best", every[0][1], numbers.metric) if every else {})


def _money(comparison: Comparison, verdict: Verdict, numbers: Numbers) -> Facts:
    if not comparison.money:
        return {}
    chosen = recommended(comparison, verdict)
    shown = chosen or comparison.money[0]
    found = {"option": escape(numbers.words.get(f"option.{shown.option}", shown.option))}
    if shown.cost_curve is not None:
        found["threshold_rows"] = numbers.count(shown.cost_curve.rows)
    if chosen is None:
        return found
    found |= _interval("saving", chosen.saving_per_year, numbers.money)
    if math.isfinite(chosen.payback_years.value):
        found |= _interval("payback", chosen.payback_years, numbers.years)
    return found


def _interval(name: str, interval: Interval, show: Callable[[float], Markup]) -> Facts:
    if math.isnan(interval.value):
        return {}
    found = {name: show(interval.value)}
    if not math.isnan(interval.low) and not math.isnan(interval.high):
        found |= {f"{name}_low": show(interval.low), f"{name}_high": show(interval.high)}
    return found
