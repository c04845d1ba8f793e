"""What a sentence may speak of: names and numbers of one record, ready to be set into the words of a language.

A fact is there only if the record holds it; `words.say` then takes the first wording whose facts are all there.
"""

import math
from collections.abc import Callable

from markupsafe import Markup, escape

from flows.report.numbers import Numbers
from relu_core.comparison.metrics import METRICS
from relu_core.comparison.schema import BaselineResult, Comparison, FamilyResult, MoneyResult
from relu_core.comparison.verdict import Verdict
from relu_core.interval import Interval

OPTION = {"SIMPLE_SUFFICES": "simple", "WIDTH_SUFFICES": "shallow", "DEPTH_PAYS": "deep"}

Facts = dict[str, Markup]


def facts_of(comparison: Comparison, verdict: Verdict, numbers: Numbers) -> Facts:
    """All facts of one evaluation by name."""
    found = _promise(comparison, numbers) | _data(comparison, numbers)
    found |= _sizes(comparison, numbers) | _best(comparison, numbers) | _more_data(comparison, numbers)
    found |= _money(comparison, verdict, numbers)
    return found


def recommended(comparison: Comparison, verdict: Verdict) -> MoneyResult | None:
    """What the verdict's choice costs and saves; None where the verdict chooses nothing or money is not computed."""
    wanted = OPTION.get(verdict.kind)
    return next((money for money in comparison.money if money.option == wanted), None)


def better(comparison: Comparison, a: float, b: float) -> bool:
    """Whether metric value `a` is better than `b`; a missing value never is."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(b) and not math.isnan(a)
    lower = comparison.criteria.metric in METRICS and METRICS[comparison.criteria.metric].better == "lower"
    return a < b if lower else a > b


def best_baseline(comparison: Comparison) -> BaselineResult | None:
    """The best simple model that looks at the data."""
    best: BaselineResult | None = None
    for baseline in comparison.baselines:
        if baseline.kind != "dummy" and (best is None or better(comparison, baseline.metric.value, best.metric.value)):
            best = baseline
    return best


def best_deep(comparison: Comparison) -> FamilyResult | None:
    """The deeper family that is compared with the shallow one."""
    deeper = [family for family in comparison.families if family.hidden_layers > 1]
    if comparison.ratio:
        wanted = comparison.ratio.deep_hidden_layers
        return next((family for family in deeper if family.hidden_layers == wanted), None)
    reached = [family for family in deeper if family.smallest.reached != "not up to high"]
    return min(reached, key=lambda family: family.smallest.estimate, default=None)


def _promise(comparison: Comparison, numbers: Numbers) -> Facts:
    promise = comparison.criteria
    metric = numbers.words.get(f"metric.{promise.metric}", promise.metric)
    found = {
        "metric": escape(metric),
        "target": numbers.metric(promise.target),
        "minimum_ratio": numbers.times(promise.minimum_ratio),
        "level": numbers.percent(promise.level),
    }
    if math.isfinite(promise.kill):
        found["kill"] = numbers.metric(promise.kill)
    if math.isfinite(promise.today):
        found["today"] = numbers.metric(promise.today)
    return found


def _data(comparison: Comparison, numbers: Numbers) -> Facts:
    data, protocol = comparison.dataset, comparison.protocol
    leaks = [finding for finding in comparison.findings if finding.severity == "leak"]
    found = {
        "poc": escape(comparison.poc),
        "target_column": escape(data.target),
        "rows": numbers.count(data.rows),
        "development_rows": numbers.count(data.development_rows),
        "untouched_rows": numbers.count(data.untouched_rows),
        "folds": numbers.count(protocol.folds),
        "seeds": numbers.count(protocol.seeds),
        "split": escape(numbers.words[f"split.{protocol.split_rule}"]),
    }
    if data.quarantined:
        found["quarantined"] = numbers.count(data.quarantined)
    if data.period_start and data.period_end:
        found["period"] = Markup('<data value="{0}">{0}</data> – <data value="{1}">{1}</data>').format(
            data.period_start, data.period_end
        )
    if leaks:
        found["leaks"] = Markup(numbers.words["list_comma"]).join(sorted({escape(leak.column) for leak in leaks}))
    return found


def _sizes(comparison: Comparison, numbers: Numbers) -> Facts:
    found: Facts = {}
    shallow = next((family for family in comparison.families if family.hidden_layers == 1), None)
    for name, family in (("shallow", shallow), ("deep", best_deep(comparison))):
        if family is None:
            continue
        found[f"{name}_layers"] = numbers.count(family.hidden_layers)
        if family.smallest.reached == "not up to high":
            found[f"{name}_tried"] = numbers.count(family.smallest.high)
        else:
            found[f"{name}_size"] = numbers.count(family.smallest.estimate)
    if comparison.ratio and math.isfinite(comparison.ratio.value.value) and comparison.ratio.censored == "none":
        found |= _interval("ratio", comparison.ratio.value, numbers.times)
    elif comparison.ratio and comparison.ratio.censored == "shallow not reached":
        found["ratio_at_least"] = numbers.times(comparison.ratio.value.low)
    return found


def _best(comparison: Comparison, numbers: Numbers) -> Facts:
    """The best measured model of all: over families, sizes and simple models."""
    found: Facts = {}
    simple = best_baseline(comparison)
    if simple is not None:
        found["simple_name"] = escape(numbers.words.get(f"model.{simple.kind}", simple.name))
        found |= _interval("simple", simple.metric, numbers.metric)
    measured = [point.metric for family in comparison.families for point in family.points]
    measured += [baseline.metric for baseline in comparison.baselines]
    best: Interval | None = None
    for interval in measured:
        if best is None or better(comparison, interval.value, best.value):
            best = interval
    return found | (_interval("best", best, numbers.metric) if best else {})


def _more_data(comparison: Comparison, numbers: Numbers) -> Facts:
    curve = comparison.learning_curve
    if curve is None or not math.isfinite(curve.rows_to_target.value):
        return {}
    return _interval("rows_to_target", curve.rows_to_target, numbers.count)


def _money(comparison: Comparison, verdict: Verdict, numbers: Numbers) -> Facts:
    found: Facts = {}
    for money in comparison.money:
        found |= _interval(f"{money.option}_saving", money.saving_per_year, numbers.money)
    chosen = recommended(comparison, verdict)
    if chosen is not None:
        found |= _interval("saving", chosen.saving_per_year, numbers.money)
        found |= _interval("payback", chosen.payback_years, numbers.years)
        found["project_cost"] = numbers.money(chosen.project_cost)
    return found


def _interval(name: str, interval: Interval, show: Callable[[float], Markup]) -> Facts:
    if math.isnan(interval.value):
        return {}
    found = {name: show(interval.value)}
    if not math.isnan(interval.low) and not math.isnan(interval.high):
        found |= {f"{name}_low": show(interval.low), f"{name}_high": show(interval.high)}
    return found
