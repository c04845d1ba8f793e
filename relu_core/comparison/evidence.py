"""What the measurements say, read off the records: who reaches the target, who is best, and the ratio of sizes."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from relu_core.comparison.intervals import quotient
from relu_core.comparison.metrics import METRICS
from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import BaselineResult, FamilyResult, Ratio, SizeInterval, SizePoint
from relu_core.interval import Interval

SHALLOW = 1


def sign_of(criteria: Criteria) -> int:
    """+1 where the promised metric is better when higher, -1 where lower is better."""
    return METRICS[criteria.metric].sign


def reaches_beyond_doubt(interval: Interval, criteria: Criteria) -> bool:
    """Whether even the bad end of the interval is as good as the target."""
    sign = sign_of(criteria)
    return bool(min(sign * interval.low, sign * interval.high) >= sign * criteria.target)


def reaches_on_average(interval: Interval, criteria: Criteria) -> bool:
    """Whether the estimate is as good as the target."""
    sign = sign_of(criteria)
    return bool(sign * interval.value >= sign * criteria.target)


def falls_short_of(interval: Interval, limit: float, criteria: Criteria) -> bool:
    """Whether even the good end of the interval is worse than `limit`."""
    sign = sign_of(criteria)
    return bool(max(sign * interval.low, sign * interval.high) < sign * limit)


def family_of_layers(families: Sequence[FamilyResult], hidden_layers: int) -> FamilyResult | None:
    """The family with that many hidden layers, where it was tried and has points."""
    return next((f for f in families if f.hidden_layers == hidden_layers and f.points), None)


def has_reached(family: FamilyResult | None) -> bool:
    """Whether the family has a size that reaches the target on average."""
    return family is not None and family.smallest.reached != "not up to high"


def label_of(model: FamilyResult | BaselineResult) -> str:
    """How a model is named in records: a baseline by its kind, a family by its hidden layers."""
    if isinstance(model, BaselineResult):
        return model.kind
    return f"{model.hidden_layers} hidden layer{'' if model.hidden_layers == 1 else 's'}"


def best_point(family: FamilyResult, criteria: Criteria) -> SizePoint:
    """The size with the best mean metric."""
    return max(family.points, key=lambda point: sign_of(criteria) * point.metric.value)


def everything_measured(
    families: Sequence[FamilyResult], baselines: Sequence[BaselineResult], criteria: Criteria
) -> list[tuple[str, Interval]]:
    """Label and metric of every model that was judged, best first."""
    found = [(label_of(baseline), baseline.metric) for baseline in baselines]
    found += [(label_of(family), point.metric) for family in families for point in family.points]
    known = [item for item in found if np.isfinite(item[1].value)]
    return sorted(known, key=lambda item: -sign_of(criteria) * item[1].value)


def simple_model(baselines: Sequence[BaselineResult], criteria: Criteria, *, surely: bool) -> BaselineResult | None:
    """The simplest baseline that reaches the target, beyond doubt or on average; the order is dummy, linear, trees."""
    test = reaches_beyond_doubt if surely else reaches_on_average
    return next((baseline for baseline in baselines if test(baseline.metric, criteria)), None)


def ratio_of_sizes(shallow: FamilyResult, deep: FamilyResult, *, level: float = 0.95, stretch: float = 1.0) -> Ratio:
    """Parameters of the smallest shallow network over those of the smallest of a deeper family.

    Where the shallow family did not reach the target its largest size stands in and the ratio is a lower bound; where
    the deeper did not, an upper bound. stretch: factor on both arms of the interval, for several comparisons at once.
    """
    reached = has_reached(shallow), has_reached(deep)
    if not any(reached):
        nothing = Interval(float("nan"), 0.0, float("inf"), level, "neither reached")
        return Ratio(deep.hidden_layers, nothing, "neither reached")
    found = quotient(_as_interval(shallow.smallest, level), _as_interval(deep.smallest, level))
    low, high = found.value * (found.low / found.value) ** stretch, found.value * (found.high / found.value) ** stretch
    if reached == (True, True):
        return Ratio(deep.hidden_layers, Interval(found.value, low, high, level, found.method))
    if reached[1]:
        return Ratio(deep.hidden_layers, Interval(found.value, low, np.inf, level, found.method), "shallow not reached")
    return Ratio(deep.hidden_layers, Interval(found.value, 0.0, high, level, found.method), "deep not reached")


def headline_ratio(families: Sequence[FamilyResult], *, level: float = 0.95) -> Ratio | None:
    """The ratio to the best deeper family: the one that reaches with the fewest parameters. None without both kinds.

    Choosing the best of several families gives chance several tries, so beyond two the interval is stretched until
    their errors in favour of depth add up to at most 5 % (Bonferroni).
    """
    shallow = family_of_layers(families, SHALLOW)
    deeper = [family for family in families if family.hidden_layers > SHALLOW and family.points]
    if shallow is None or not deeper:
        return None
    best = min(deeper, key=lambda family: (not has_reached(family), family.smallest.estimate, family.hidden_layers))
    one_sided = min((1 - level) / 2, (1 - level) / len(deeper))
    stretch = stats.norm.isf(one_sided) / stats.norm.isf((1 - level) / 2)
    return ratio_of_sizes(shallow, best, level=level, stretch=float(stretch))


def _as_interval(size: SizeInterval, level: float) -> Interval:
    high = float(size.high) if size.bounded else float("inf")
    return Interval(float(size.estimate), float(size.low), high, level, "sizes")
