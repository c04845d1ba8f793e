"""Pieces of example results: curves of families, money with its cost curve, times of tasks. Nothing here is trained."""

import math
from itertools import pairwise

from relu_core.comparison.schema import (
    Confusion,
    CostCurve,
    FamilyResult,
    MoneyResult,
    Ratio,
    RegionEvidence,
    SizeInterval,
    SizePoint,
    TaskTime,
)
from relu_core.interval import Interval


def interval(value: float, half: float, method: str = "seed means over folds, t") -> Interval:
    """A symmetric 95 % interval."""
    return Interval(value, value - half, value + half, 0.95, method)


def parameters(inputs: int, widths: tuple[int, ...]) -> int:
    """Weights and biases of a network with one output."""
    sizes = (inputs, *widths, 1)
    return sum((a + 1) * b for a, b in pairwise(sizes))


def family(
    k: int,
    *,
    best: float,
    scale: float,
    target: float,
    inputs: int = 6,
    widths: tuple[int, ...] = (2, 3, 4, 6, 8, 12, 16, 24),
) -> FamilyResult:
    """A family whose metric (higher is better) rises to `best`, the faster the smaller `scale` (parameters)."""
    points = []
    for width in widths:
        count = parameters(inputs, (width,) * k)
        value = best - 0.5 * best * math.exp(-count / scale)
        regions = RegionEvidence(
            "slice",
            "linear",
            interval(3.0 * width**k / 2, 0.2 * width**k, "mean over slices"),
            True,
            k * math.log10(width + 1) * 2,
            "plane",
            0.4,
        )
        points.append(
            SizePoint(
                hidden_widths=(width,) * k,
                parameters=count,
                metric=interval(round(value, 4), 0.012),
                best_of_seeds=round(value + 0.01, 4),
                success_rate=Interval(min(1.0, value), max(0.0, value - 0.2), 1.0, 0.95, "Wilson"),
                regions=regions,
                flops=2 * count,
                latency_ms=0.011 * k,
                latency_1000_ms=0.0003 * k,
                seeds=10,
                folds=5,
            )
        )
    reaching = [p for p in points if p.metric.value >= target]
    below = [p for p in points if p.metric.value < target]
    if reaching:
        low = below[-1].parameters if below else reaching[0].parameters
        smallest = SizeInterval(
            low, reaching[0].parameters, reaching[0].parameters, "yes" if below else "already at low"
        )
        finalist = reaching[0]
    else:
        smallest = SizeInterval(points[-1].parameters, points[-1].parameters, points[-1].parameters, "not up to high")
        finalist = points[-1]
    return FamilyResult(
        hidden_layers=k,
        points=tuple(points),
        smallest=smallest,
        success_rate=Interval(0.86, 0.73, 0.94, 0.95, "Wilson"),
        collapsed=3,
        runs=400,
        recipe={"initialisation": "He", "learning rate": "0.01"},
        finalist=finalist.hidden_widths,
        confirmed=interval(round(finalist.metric.value - 0.004, 4), 0.018, "bootstrap of the untouched rows"),
        representable=40,
        seconds=31.0 * k,
    )


def ratio_of(families: tuple[FamilyResult, ...]) -> Ratio:
    """Shallow size over that of the best deeper family, from the ends of their ranges."""
    shallow, deep = families[0].smallest, min((f for f in families[1:]), key=lambda f: f.smallest.estimate)
    value = shallow.estimate / deep.smallest.estimate
    return Ratio(
        deep.hidden_layers,
        Interval(
            value, shallow.low / deep.smallest.high, shallow.high / deep.smallest.low, 0.95, "ends of both ranges"
        ),
    )


def money_result(option: str, model: str, confusion: Confusion, saving: float, project: float) -> MoneyResult:
    """One option on 2,000 untouched rows, at 120 a miss and 8 a false alarm, 240,000 units a year."""
    misses, false = 120.0 * 120.0 * confusion.false_negative, 120.0 * 8.0 * confusion.false_positive
    ends = Interval(project / saving, project / (saving + 9e3), project / (saving - 9e3), 0.95, "draws")
    cost = misses + false
    return MoneyResult(
        option, model, confusion, interval(cost, 9_000.0), interval(saving, 9_000.0), project, ends, misses, false,
        cost_curve(confusion.threshold, cost),
    )  # fmt: skip


def cost_curve(threshold: float, cheapest: float) -> CostCurve:
    """A valley with its lowest place at the threshold."""
    places = sorted({*(i / 40 for i in range(41)), threshold, 1.0 + 1e-9})
    height = [cheapest * (1 + 3 * abs(place - threshold) ** 1.3 / max(threshold, 1 - threshold)) for place in places]
    return CostCurve(8_000, tuple(places), tuple(round(value, 2) for value in height))


def tasks(layers: tuple[int, ...] = (1, 2, 3)) -> tuple[TaskTime, ...]:
    """When the tasks of an evaluation ran, two at a time where there is one a family."""
    alone = [("Screen · Check the charter and the data", 4.0), ("Screen · Make rows, set some aside", 1.5),
             ("Screen · Try simple models", 8.0)]  # fmt: skip
    found, now = [], 0.0
    for name, seconds in alone:
        found.append(TaskTime(name, 0, now, seconds))
        now += seconds
    for name, seconds in (
        ("Screen · Coarse sweep", 9.0),
        ("Compare · Tune the recipe", 21.0),
        ("Compare · Find the smallest network", 64.0),
    ):
        for k in layers:
            found.append(TaskTime(name, k, now + (k - 1) // 2 * seconds, seconds * (1 + 0.1 * k)))
        now += seconds * 1.3 * -(-len(layers) // 2)
    found.append(TaskTime("Confirm · Open the untouched rows", 0, now, 18.0))
    return tuple(found)
