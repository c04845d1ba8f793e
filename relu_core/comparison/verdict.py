"""The verdict: a pure function of the comparison and the promise. One of six kinds, a reason, its numbers, what would
change it.

Every verdict carries a code and numbers, so that a report can say it in any language; the sentences here are the
English ones. The six kinds, and the codes each can have, with the numbers of each in braces:

    SIMPLE_SUFFICES  baseline_reaches, baseline_reaches_on_average   {model, value, low, high}
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

from relu_core.comparison.evidence import (
    SHALLOW,
    everything_measured,
    falls_short_of,
    family_of_layers,
    has_reached,
    label_of,
    simple_model,
)
from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import Comparison, FamilyResult, Ratio
from relu_core.interval import Interval

KINDS = ("SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "NOT_FEASIBLE", "MORE_DATA", "INCONCLUSIVE")
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


# Code of the reason: kind, what would change it, the sentence.
REASONS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "baseline_reaches": (
        "SIMPLE_SUFFICES",
        ("higher_target",),
        "A simple model ({model}) reaches the target: {metric} {value:.4g} ({low:.4g} to {high:.4g}), "
        "target {target:.4g}.",
    ),
    "baseline_reaches_on_average": (
        "SIMPLE_SUFFICES",
        ("more_rows", "higher_target"),
        "A simple model ({model}) reaches the target on average: {metric} {value:.4g} ({low:.4g} to {high:.4g}), "
        "target {target:.4g}; no network does so with more certainty.",
    ),
    "depth_not_smaller": (
        "WIDTH_SUFFICES",
        ("smaller_minimum_ratio", "higher_target"),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; the best deeper network "
        "saves a factor of {ratio:.2g} ({ratio_low:.2g} to {ratio_high:.2g}), less than the "
        "{minimum_ratio:.2g} asked for.",
    ),
    "deep_not_reached": (
        "WIDTH_SUFFICES",
        ("larger_networks", "higher_target"),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; no deeper "
        "network does with "
        "up to {deep_high:.0f}.",
    ),
    "shallow_alone": (
        "WIDTH_SUFFICES",
        ("add_deep_family", "higher_target"),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; nothing "
        "deeper was to be tried.",
    ),
    "ratio_above_threshold": (
        "DEPTH_PAYS",
        ("larger_minimum_ratio", "lower_target"),
        "{deep_hidden_layers:.0f} hidden layers reach the target with a {ratio:.2g}th of the parameters that one needs "
        "(factor {ratio_low:.2g} to {ratio_high:.2g}, {minimum_ratio:.2g} was asked for).",
    ),
    "no_shallow_reaches": (
        "DEPTH_PAYS",
        ("larger_networks", "lower_target"),
        "{deep_hidden_layers:.0f} hidden layers reach the target with about {deep_parameters:.0f} "
        "parameters; one hidden "
        "layer does not with up to {shallow_high:.0f}.",
    ),
    "below_kill": (
        "NOT_FEASIBLE",
        ("other_columns", "lower_kill"),
        "Even the best model ({model}) stays below what was called dead: {metric} {value:.4g} ({low:.4g} "
        "to {high:.4g}), "
        "kill value {kill:.4g}.",
    ),
    "target_out_of_reach": (
        "NOT_FEASIBLE",
        ("other_columns", "lower_target"),
        "No model reaches the target, and more rows would not help: the best ({model}) has {metric} {value:.4g} "
        "({low:.4g} to {high:.4g}), target {target:.4g}.",
    ),
    "rows_to_target": (
        "MORE_DATA",
        ("more_rows", "other_columns", "lower_target"),
        "No model reaches the target yet, but the metric still rises with the rows: about {rows:.0f} rows "
        "({rows_low:.0f} to {rows_high:.0f}) instead of {rows_now:.0f} should reach it.",
    ),
    "budget_ended": ("INCONCLUSIVE", ("more_minutes",), "The budget ended before the answer; missing: {missing}."),
    "stopped_by_person": (
        "INCONCLUSIVE",
        ("approve_stage",),
        "The evaluation ended before {stage}: {decision} ({person}: {why}).",
    ),
    "ratio_straddles_threshold": (
        "INCONCLUSIVE",
        ("more_minutes", "more_rows"),
        "Depth seems to save a factor of {ratio:.2g}, but the range {ratio_low:.2g} to {ratio_high:.2g} "
        "does not exclude "
        "{minimum_ratio:.2g}; about {times_budget:.1f} times the data or folds would settle it.",
    ),
    "shallow_grid_too_short": (
        "INCONCLUSIVE",
        ("larger_networks", "more_rows"),
        "Deeper networks reach the target with about {deep_parameters:.0f} parameters and one hidden "
        "layer has not with "
        "{shallow_high:.0f}, which leaves the factor between {ratio_low:.2g} and unknown: larger shallow "
        "networks must be tried.",
    ),
    "no_shallow_family": (
        "INCONCLUSIVE",
        ("add_shallow_family",),
        "A deeper network ({model}) reaches the target with about {deep_parameters:.0f} parameters, but "
        "no shallow one was "
        "to be tried, so depth cannot be judged.",
    ),
    "not_confirmed": (
        "INCONCLUSIVE",
        ("more_rows", "other_columns"),
        "The untouched rows do not confirm it: there the finalist ({model}) has {metric} {value:.4g} "
        "({low:.4g} to {high:.4g}), target {target:.4g}.",
    ),
    "between_kill_and_target": (
        "INCONCLUSIVE",
        ("other_columns", "lower_target"),
        "The best model ({model}) lies between the kill value {kill:.4g} and the target {target:.4g}: "
        "{metric} {value:.4g} "
        "({low:.4g} to {high:.4g}), and more rows of the same kind would not change that.",
    ),
    "curve_not_trusted": (
        "INCONCLUSIVE",
        ("more_rows", "larger_networks"),
        "No model reaches the target (best: {model}, {metric} {value:.4g}, {low:.4g} to {high:.4g}), and "
        "the learning curve "
        "over {rows_now:.0f} rows is too uncertain to say how many more would.",
    ),
    "no_learning_curve": (
        "INCONCLUSIVE",
        ("more_minutes",),
        "No model reaches the target (best: {model}, {metric} {value:.4g}, {low:.4g} to {high:.4g}); the "
        "learning curve that "
        "would say whether more rows help was not measured.",
    ),
    "nothing_measured": ("INCONCLUSIVE", ("more_minutes",), "Nothing was measured."),
}


def decide(comparison: Comparison, criteria: Criteria | None = None) -> Verdict:
    """The verdict on a comparison under its own criteria, or under others: what-if needs no training. Pure.

    First what ends every argument (a simple model suffices, a person stopped, the budget ended, the idea is dead), then
    depth against width, then whether more rows would help. Statistics decide; money stands beside them.
    """
    promise = criteria or comparison.criteria
    simple = simple_model(comparison.baselines, promise, surely=True)
    if simple is not None:
        return _on_baseline("baseline_reaches", comparison, promise, surely=True)
    early = _ended_early(comparison, promise)
    if early is not None:
        return early
    measured = everything_measured(comparison.families, comparison.baselines, promise)
    if not measured:
        return _verdict("nothing_measured", {}, promise)
    if np.isfinite(promise.kill) and all(falls_short_of(interval, promise.kill, promise) for _, interval in measured):
        return _verdict("below_kill", {**_best(measured), "kill": promise.kill}, promise)
    if any(has_reached(family) for family in comparison.families):
        return _depth_against_width(comparison, promise)
    if simple_model(comparison.baselines, promise, surely=False) is not None:
        return _on_baseline("baseline_reaches_on_average", comparison, promise, surely=False)
    return _not_reached(comparison, promise, _best(measured))


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
    if curve is None:
        return _verdict("no_learning_curve", best, criteria)
    if not curve.trusted:
        return _verdict("curve_not_trusted", best, criteria)
    rows = curve.rows_to_target
    if np.isfinite(rows.value):
        found: Numbers = {**best, "rows": rows.value, "rows_low": rows.low, "rows_high": rows.high}
        return _verdict("rows_to_target", found, criteria)
    if np.isfinite(criteria.kill):
        return _verdict("between_kill_and_target", {**best, "kill": criteria.kill}, criteria)
    return _verdict("target_out_of_reach", best, criteria)


def _on_baseline(code: str, comparison: Comparison, criteria: Criteria, *, surely: bool) -> Verdict:
    baseline = simple_model(comparison.baselines, criteria, surely=surely)
    assert baseline is not None
    if baseline.confirmed is not None and falls_short_of(baseline.confirmed, criteria.target, criteria):
        return _verdict("not_confirmed", _of_interval(label_of(baseline), baseline.confirmed), criteria)
    return _verdict(code, _of_interval(label_of(baseline), baseline.metric), criteria)


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
