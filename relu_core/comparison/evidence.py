"""What the measurements say, read off the records: who reaches the target, who is best, and the ratio of sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relu_core.arguments import Floats
from relu_core.comparison.curves import at_size, crossing
from relu_core.comparison.intervals import fold_half_width
from relu_core.comparison.metrics import METRICS
from relu_core.comparison.promise import Criteria
from relu_core.comparison.schema import BaselineResult, FamilyResult, Ratio, SizePoint
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


def best_baseline(baselines: Sequence[BaselineResult], criteria: Criteria) -> BaselineResult | None:
    """The best simple model that looks at the data; a constant does not."""
    looking = [one for one in baselines if one.kind != "dummy" and np.isfinite(one.metric.value)]
    return max(looking, key=lambda one: sign_of(criteria) * one.metric.value, default=None)


def best_deep_family(families: Sequence[FamilyResult]) -> FamilyResult | None:
    """The deeper family that is compared with the shallow one: it reaches with the fewest parameters."""
    deeper = [family for family in families if family.hidden_layers > SHALLOW and family.points]
    return min(
        deeper,
        key=lambda family: (not has_reached(family), family.smallest.estimate, family.hidden_layers),
        default=None,
    )


def simple_model(baselines: Sequence[BaselineResult], criteria: Criteria, *, surely: bool) -> BaselineResult | None:
    """The simplest baseline that reaches the target, beyond doubt or on average; the order is dummy, linear, trees."""
    test = reaches_beyond_doubt if surely else reaches_on_average
    return next((baseline for baseline in baselines if test(baseline.metric, criteria)), None)


@dataclass(frozen=True)
class Rival:
    """A network beside a simple model. lead: by how much it is better, over folds; below 0 where it is worse."""

    label: str
    metric: Interval
    lead: Interval


def rivals_of(baseline: BaselineResult, families: Sequence[FamilyResult], criteria: Criteria) -> list[Rival]:
    """The finalists of families that reach the target beside a simple model, the furthest ahead first.

    Folds that are hard for one model are hard for the other, so the lead is taken fold by fold (Student's t, as for the
    ratio of sizes); nan where a record does not hold the folds of both.
    """
    rivals = [_rival(baseline, family, criteria) for family in families if has_reached(family)]
    return sorted(rivals, key=lambda rival: -rival.lead.value)


def _rival(baseline: BaselineResult, family: FamilyResult, criteria: Criteria) -> Rival:
    point = next((p for p in family.points if p.hidden_widths == family.finalist), best_point(family, criteria))
    value = half = float("nan")
    if len(point.fold_means) == len(baseline.fold_means) > 1:
        leads = sign_of(criteria) * (np.array(point.fold_means) - np.array(baseline.fold_means))
        value, half = float(leads.mean()), fold_half_width(leads, criteria.level)
    lead = Interval(value, value - half, value + half, criteria.level, "paired over folds")
    return Rival(label_of(family), point.metric, lead)


def simple_model_level_with_networks(
    baselines: Sequence[BaselineResult], families: Sequence[FamilyResult], criteria: Criteria
) -> tuple[BaselineResult, Rival] | None:
    """The simplest baseline that reaches the target on average and that no finalist beats beyond doubt; its rival.

    Networks are taken to reach on average too, so no less is asked of a simple model than of them; and where a network
    is better by more than folds differ, the simple model does not stand for it. None too where no network reaches.
    """
    for baseline in (one for one in baselines if reaches_on_average(one.metric, criteria)):
        rivals = rivals_of(baseline, families, criteria)
        if rivals and all(rival.lead.low <= 0 for rival in rivals):
            return baseline, rivals[0]
    return None


def ratio_of_sizes(
    shallow: FamilyResult, deep: FamilyResult, criteria: Criteria, *, level: float | None = None
) -> Ratio:
    """Parameters of the smallest shallow network over those of the smallest of a deeper family, paired over folds.

    Folds that are hard for one family are hard for the other, so the interval rests on the difference between the two,
    fold by fold (Student's t): shallow may be better by half of its half-width and deep worse by as much, or the other
    way round, and each such pair of curves gives an end. Each size is set against the other family at its smallest
    size with a half-width of its own: at a family's smallest size some starts fail and others do not, and how much
    folds differ there says little about larger sizes. The interval says how sure the ratio is at the level of
    performance that is the target on these rows.
    Where the shallow family did not reach the target its largest size stands in and the ratio is a lower bound; where
    the deeper did not, an upper bound.
    """
    level = level or criteria.level
    reached = has_reached(shallow), has_reached(deep)
    if not any(reached):
        nothing = Interval(float("nan"), 0.0, float("inf"), level, "neither reached")
        return Ratio(deep.hidden_layers, nothing, "neither reached")
    sign, goal = sign_of(criteria), sign_of(criteria) * criteria.target
    (sizes_s, curves_s), (sizes_d, curves_d) = (_curves(family, sign) for family in (shallow, deep))
    mean_s, mean_d = curves_s.mean(axis=1), curves_d.mean(axis=1)
    at_s, at_d = (min(crossing(k, c, goal), k[-1]) for k, c in ((sizes_s, mean_s), (sizes_d, mean_d)))
    tilt_s = _half_widths(curves_s - at_size(sizes_d, curves_d, at_d), level) / 2
    tilt_d = _half_widths(curves_d - at_size(sizes_s, curves_s, at_s), level) / 2

    def ends(side: int) -> tuple[float, float]:
        return crossing(sizes_s, mean_s + side * tilt_s, goal), crossing(sizes_d, mean_d - side * tilt_d, goal)

    better_shallow, better_deep = ends(1), ends(-1)
    value = at_s / at_d
    low = 0.0 if not reached[1] else min(value, min(better_shallow[0], sizes_s[-1]) / better_shallow[1])
    high = float("inf") if not reached[0] else max(value, better_deep[0] / min(better_deep[1], sizes_d[-1]))
    censored = {(True, True): "none", (False, True): "shallow not reached", (True, False): "deep not reached"}[reached]
    return Ratio(deep.hidden_layers, Interval(value, low, high, level, "paired over folds"), censored)


def _half_widths(differences: Floats, level: float) -> Floats:
    """Half-width of the mean of each row of differences (k, folds), k sizes in order.

    A few folds alone tell badly how much they differ, so squares are averaged over a size and those beside it.
    """
    squares = np.array([fold_half_width(of_folds, level) for of_folds in differences]) ** 2
    return np.array([np.sqrt(squares[max(0, i - 1) : i + 2].mean()) for i in range(len(squares))])


def _curves(family: FamilyResult, sign: int) -> tuple[list[float], Floats]:
    """Sizes (k,) and fold means (k, folds) of a family, more is better."""
    return [float(point.parameters) for point in family.points], sign * np.array([p.fold_means for p in family.points])


def headline_ratio(families: Sequence[FamilyResult], criteria: Criteria) -> Ratio | None:
    """The ratio to the best deeper family: the one that reaches with the fewest parameters. None without both kinds.

    Choosing the best of several families gives chance several tries, so beyond two the level is raised until their
    errors in favour of depth add up to at most 5 % (Bonferroni).
    """
    shallow = family_of_layers(families, SHALLOW)
    deeper = [family for family in families if family.hidden_layers > SHALLOW and family.points]
    if shallow is None or not deeper:
        return None
    best = min(deeper, key=lambda family: (not has_reached(family), family.smallest.estimate, family.hidden_layers))
    error = 1 - criteria.level
    return ratio_of_sizes(shallow, best, criteria, level=1 - 2 * min(error / 2, error / len(deeper)))
