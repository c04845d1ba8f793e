"""The verdict: a pure function of the comparison and the promise. One of six kinds, a reason, its numbers, what would
change it.

Every verdict carries a code and numbers, so that a report can say it in any language; the sentences here are the
English ones. The six kinds, and the codes each can have, with the numbers of each in braces:

    SIMPLE_SUFFICES  baseline_reaches, baseline_reaches_on_average   {model, value, low, high}
                     baseline_level_with_networks                    {the same, network, network_value, lead, lead_low,
                                                                     lead_high}
    WIDTH_SUFFICES   depth_not_smaller                               {sizes and ratio, see below}
                     deep_not_reached                                {sizes and ratio}
                     shallow_alone                                   {shallow_parameters, shallow_low, shallow_high}
    DEPTH_PAYS       ratio_above_threshold, no_shallow_reaches       {sizes and ratio}
    NOT_FEASIBLE     below_kill                                      {model, value, low, high, kill}
                     target_out_of_reach                             {model, value, low, high, rows_now}
    MORE_DATA        rows_to_target                                  {model, value, rows_now, rows, rows_low, rows_high}
    INCONCLUSIVE     budget_ended                                    {missing}
                     stopped_by_person                               {stage, decision, person, why}
                     ratio_straddles_threshold                       {sizes and ratio, times_budget}
                     shallow_grid_too_short                          {sizes and ratio}
                     no_shallow_family                               {model, deep_parameters}
                     not_confirmed                                   {model, value, low, high}
                     between_kill_and_target                         {model, value, low, high, kill, rows_now}
                     curve_not_trusted, no_learning_curve            {model, value, low, high, rows_now}
                     nothing_measured                                {}

All have {metric, target}. Sizes and ratio: shallow_parameters, shallow_low, shallow_high, deep_parameters, deep_low,
deep_high, deep_hidden_layers, ratio, ratio_low, ratio_high, minimum_ratio.
"""

from dataclasses import dataclass

import numpy as np

from relu_core import arguments
from relu_core.comparison.evidence import (
    SHALLOW,
    Rival,
    everything_measured,
    falls_short_of,
    family_of_layers,
    has_reached,
    label_of,
    sign_of,
    simple_model,
    simple_model_level_with_networks,
)
from relu_core.comparison.promise import Criteria
from relu_core.comparison.reasons import KINDS, REASONS
from relu_core.comparison.schema import BaselineResult, Comparison, FamilyResult, Ratio
from relu_core.errors import ArgumentError
from relu_core.interval import Interval

Numbers = dict[str, float | str]


@dataclass(frozen=True)
class Verdict:
    """What to do, and why. kind: one of KINDS. reason_code, numbers: see the module; reason: the English sentence.

    would_change_it: codes of what could lead to another verdict. next_cost: what the next stage costs, in
    next_cost_unit (a currency, "rows", "times the budget" or "" where nothing is known).
    """

    kind: str
    reason_code: str
    numbers: Numbers
    would_change_it: tuple[str, ...]
    next_cost: float
    next_cost_unit: str
    reason: str

    def __post_init__(self) -> None:
        arguments.one_of(self.kind, KINDS, "kind")


def decide(comparison: Comparison, criteria: Criteria | None = None) -> Verdict:
    """The verdict on a comparison under its own criteria, or under others: what-if needs no training. Pure.

    criteria: kill value, minimum ratio, money and today's value may differ from the promise. Refuses another task,
    metric,
    target or level: sizes were searched for those.
    First what ends every argument (a simple model suffices, a person stopped, the budget ended, the idea is dead), then
    whether networks are better than a simple model, then depth against width, then whether more rows would help.
    Statistics decide; money stands beside them.
    """
    promise = criteria or comparison.criteria
    _check_same_search(promise, comparison.criteria)
    simple = simple_model(comparison.baselines, promise, surely=True)
    if simple is not None:
        return _on_baseline("baseline_reaches", simple, promise)
    early = _ended_early(comparison, promise)
    if early is not None:
        return early
    measured = everything_measured(comparison.families, comparison.baselines, promise)
    if not measured:
        return _verdict("nothing_measured", {}, promise)
    if np.isfinite(promise.kill) and falls_short_of(measured[0][1], promise.kill, promise):
        return _verdict("below_kill", {**_best(measured), "kill": promise.kill}, promise)
    level = simple_model_level_with_networks(comparison.baselines, comparison.families, promise)
    if level is not None:
        return _on_baseline("baseline_level_with_networks", level[0], promise, _rival_numbers(level[1]))
    if any(has_reached(family) for family in comparison.families):
        return _depth_against_width(comparison, promise)
    likely = simple_model(comparison.baselines, promise, surely=False)
    if likely is not None:
        return _on_baseline("baseline_reaches_on_average", likely, promise)
    return _not_reached(comparison, promise, _best(measured))


def _check_same_search(criteria: Criteria, searched: Criteria) -> None:
    for name in ("task", "metric", "target", "level"):
        if getattr(criteria, name) != getattr(searched, name):
            raise ArgumentError(
                f"criteria.{name} is {getattr(criteria, name)!r} where sizes were searched for "
                f"{getattr(searched, name)!r}; "
                "run the evaluation again with the new promise"
            )


def _ended_early(comparison: Comparison, criteria: Criteria) -> Verdict | None:
    refused = [a for a in comparison.approvals if a.decision in ("stopped", "timed out")]
    if refused:
        last = refused[-1]
        numbers: Numbers = {"stage": last.stage, "decision": last.decision, "person": last.person, "why": last.reason}
        return _verdict("stopped_by_person", numbers, criteria)
    if not comparison.complete:
        return _verdict("budget_ended", {"missing": "; ".join(comparison.missing)}, criteria)
    return None


def _depth_against_width(comparison: Comparison, criteria: Criteria) -> Verdict:
    shallow = family_of_layers(comparison.families, SHALLOW)
    deeper = [f for f in comparison.families if f.hidden_layers > SHALLOW and f.points]
    if shallow is None:
        best = min((f for f in deeper if has_reached(f)), key=lambda f: f.smallest.estimate)
        numbers: Numbers = {"model": label_of(best), "deep_parameters": float(best.smallest.estimate)}
        return _verdict("no_shallow_family", numbers, criteria)
    ratio = comparison.ratio
    if ratio is None:
        return _confirmed(shallow, "shallow_alone", _shallow_numbers(shallow), criteria)
    deep = next(f for f in deeper if f.hidden_layers == ratio.deep_hidden_layers)
    numbers = _size_numbers(shallow, deep, ratio, criteria)
    if ratio.value.low >= criteria.minimum_ratio:
        code = "no_shallow_reaches" if ratio.censored == "shallow not reached" else "ratio_above_threshold"
        return _confirmed(deep, code, numbers, criteria)
    if ratio.censored == "shallow not reached":
        return _verdict("shallow_grid_too_short", numbers, criteria)
    if ratio.censored == "deep not reached":
        return _confirmed(shallow, "deep_not_reached", numbers, criteria)
    if ratio.value.value >= criteria.minimum_ratio:
        numbers["times_budget"] = _times_budget(ratio.value, criteria.minimum_ratio)
        return _verdict("ratio_straddles_threshold", numbers, criteria)
    return _confirmed(shallow, "depth_not_smaller", numbers, criteria)


def _confirmed(family: FamilyResult, code: str, numbers: Numbers, criteria: Criteria) -> Verdict:
    """The verdict, unless the untouched rows speak against the finalist beyond doubt."""
    if family.confirmed is not None and falls_short_of(family.confirmed, criteria.target, criteria):
        return _verdict("not_confirmed", _of_interval(label_of(family), family.confirmed), criteria)
    return _verdict(code, numbers, criteria)


def _not_reached(comparison: Comparison, criteria: Criteria, best: Numbers) -> Verdict:
    curve = comparison.learning_curve
    best = {**best, "rows_now": float(comparison.dataset.development_rows)}
    if curve is not None and curve.trusted and np.isfinite(curve.rows_to_target.value):
        rows = curve.rows_to_target
        found: Numbers = {**best, "rows": rows.value, "rows_low": rows.low, "rows_high": rows.high}
        return _verdict("rows_to_target", found, criteria)
    # A comparison with a kill value that is not set is never true.
    if sign_of(criteria) * float(best["value"]) < sign_of(criteria) * criteria.kill:
        return _verdict("kill_not_excluded", {**best, "kill": criteria.kill}, criteria)
    if curve is None:
        return _verdict("no_learning_curve", best, criteria)
    if not curve.trusted:
        return _verdict("curve_not_trusted", best, criteria)
    if np.isfinite(criteria.kill):
        return _verdict("between_kill_and_target", {**best, "kill": criteria.kill}, criteria)
    return _verdict("target_out_of_reach", best, criteria)


def _on_baseline(code: str, baseline: BaselineResult, criteria: Criteria, more: Numbers | None = None) -> Verdict:
    if baseline.confirmed is not None and falls_short_of(baseline.confirmed, criteria.target, criteria):
        return _verdict("not_confirmed", _of_interval(label_of(baseline), baseline.confirmed), criteria)
    return _verdict(code, {**_of_interval(label_of(baseline), baseline.metric), **(more or {})}, criteria)


def _verdict(code: str, numbers: Numbers, criteria: Criteria) -> Verdict:
    kind, would_change_it, sentence = REASONS[code]
    numbers = {"metric": criteria.metric, "target": criteria.target, **numbers}
    cost, unit = _next_cost(kind, numbers, criteria)
    return Verdict(kind, code, numbers, would_change_it, cost, unit, sentence.format(**numbers))


def _next_cost(kind: str, numbers: Numbers, criteria: Criteria) -> tuple[float, str]:
    projects = {
        "SIMPLE_SUFFICES": criteria.project_cost_simple,
        "WIDTH_SUFFICES": criteria.project_cost_shallow,
        "DEPTH_PAYS": criteria.project_cost_deep,
    }
    if kind in projects:
        return projects[kind], criteria.currency
    if "rows" in numbers:
        return max(0.0, float(numbers["rows"]) - float(numbers["rows_now"])), "rows"
    if "times_budget" in numbers:
        return float(numbers["times_budget"]), "times the budget"
    return float("nan"), ""


def _best(measured: list[tuple[str, Interval]]) -> Numbers:
    return _of_interval(*measured[0])


def _of_interval(model: str, interval: Interval) -> Numbers:
    return {"model": model, "value": interval.value, "low": interval.low, "high": interval.high}


def _rival_numbers(rival: Rival) -> Numbers:
    return {
        "network": rival.label,
        "network_value": rival.metric.value,
        "lead": rival.lead.value,
        "lead_low": rival.lead.low,
        "lead_high": rival.lead.high,
    }


def _shallow_numbers(shallow: FamilyResult) -> Numbers:
    size = shallow.smallest
    return {
        "shallow_parameters": float(size.estimate),
        "shallow_low": float(size.low),
        "shallow_high": float(size.high),
    }


def _size_numbers(shallow: FamilyResult, deep: FamilyResult, ratio: Ratio, criteria: Criteria) -> Numbers:
    return {
        **_shallow_numbers(shallow),
        "deep_parameters": float(deep.smallest.estimate),
        "deep_low": float(deep.smallest.low),
        "deep_high": float(deep.smallest.high),
        "deep_hidden_layers": float(deep.hidden_layers),
        "ratio": ratio.value.value,
        "ratio_low": ratio.value.low,
        "ratio_high": ratio.value.high,
        "minimum_ratio": criteria.minimum_ratio,
    }


def _times_budget(ratio: Interval, minimum: float) -> float:
    """Factor of data or folds at which the lower arm, shrinking with its root, would just exclude the threshold."""
    if ratio.low <= 0 or ratio.value <= minimum:
        return float("inf")
    return float((np.log(ratio.value / ratio.low) / np.log(ratio.value / minimum)) ** 2)
