"""Whole Comparison records with their verdicts, as a factory would get them: ordinary ones and extreme ones.

Every example is made from a curve with a known shape, so that the numbers hang together; nothing here is trained.
"""

import math
from dataclasses import replace
from itertools import pairwise

from relu_core.comparison.promise import Criteria, EvaluationProtocol
from relu_core.comparison.schema import (
    Approval,
    BaselineResult,
    Comparison,
    Confusion,
    DatasetRecord,
    FamilyResult,
    FindingRecord,
    LearningCurve,
    LearningPoint,
    MoneyResult,
    ProvenLoss,
    Ratio,
    RegionEvidence,
    SizeInterval,
    SizePoint,
    Yardstick,
)
from relu_core.interval import Interval

NAN = float("nan")


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


def press_line(**changes: object) -> Comparison:
    """A yes/no question on a press line where depth pays."""
    target = 0.80
    families = (
        family(1, best=0.86, scale=90.0, target=target),
        family(2, best=0.88, scale=28.0, target=target),
        family(3, best=0.87, scale=60.0, target=target),
    )
    confusion = {
        "simple": Confusion(0.31, 1780, 66, 52, 102),
        "shallow": Confusion(0.42, 1801, 45, 31, 123),
        "deep": Confusion(0.44, 1806, 40, 30, 124),
    }
    saving = {"simple": 61_200.0, "shallow": 88_400.0, "deep": 91_300.0}
    project = {"simple": 20_000.0, "shallow": 60_000.0, "deep": 90_000.0}
    money = tuple(
        MoneyResult(
            option,
            {"simple": "trees", "shallow": "1 hidden layer", "deep": "2 hidden layers"}[option],
            confusion[option],
            interval(150_000.0 - saving[option], 9_000.0),
            interval(saving[option], 9_000.0),
            project[option],
            Interval(
                project[option] / saving[option],
                project[option] / (saving[option] + 9e3),
                project[option] / (saving[option] - 9e3),
                0.95,
                "bootstrap",
            ),
        )
        for option in saving
    )
    record = Comparison(
        poc="press-line-7",
        dataset=DatasetRecord(
            "press-line-7",
            "9f2c5b0e71d34a6c8a1f0e2b7d5c4f3a" * 2,
            ("press_line_7_2026.csv",),
            10_000,
            37,
            8_000,
            2_000,
            (
                "force_peak_kN",
                "force_slope",
                "vibration_rms_mm_s",
                "tool_age_strokes",
                "oil_temperature_C",
                "thickness_mm",
            ),
            "defect",
            "2026-01-04",
            "2026-09-30",
        ),
        criteria=Criteria(
            "binary",
            "balanced_accuracy",
            target,
            0.60,
            0.72,
            1.5,
            "EUR",
            120.0,
            8.0,
            240_000.0,
            20_000.0,
            60_000.0,
            90_000.0,
        ),
        protocol=EvaluationProtocol("time", 5, 10, 0.2, 12, (1, 2, 3), 0),
        families=families,
        baselines=(
            BaselineResult("no model", "dummy", interval(0.50, 0.0), interval(0.50, 0.0), 0.001, 0.1),
            BaselineResult("logistic regression", "linear", interval(0.641, 0.014), interval(0.637, 0.02), 0.001, 0.4),
            BaselineResult("boosted trees", "trees", interval(0.772, 0.013), interval(0.768, 0.02), 0.004, 2.2),
        ),
        ratio=ratio_of(families),
        champion="2 hidden layers",
        yardstick=Yardstick(
            ("force_peak_kN", "vibration_rms_mm_s"),
            60,
            "squared",
            0.412,
            ProvenLoss(3, 0.398, 0.398, "proven", 8.1),
            ProvenLoss(4, 0.341, 0.352, "gap", 30.0),
            "",
        ),
        learning_curve=LearningCurve(
            tuple(
                LearningPoint(r, interval(v, 0.015))
                for r, v in ((1000, 0.701), (2000, 0.748), (4000, 0.783), (8000, 0.812))
            ),
            Interval(6_100.0, 4_800.0, 8_700.0, 0.95, "power law, bootstrap"),
            True,
            "",
        ),
        money=money,
        findings=(
            FindingRecord(
                "suspected leak", "leak", "station_result", "agrees with the target in 99.8 % of the rows", "not used"
            ),
            FindingRecord("unit in header", "info", "force_peak_kN", "kN", "kept"),
            FindingRecord(
                "drift", "warning", "oil_temperature_C", "mean moved by 1.4 standard deviations in August", "kept"
            ),
        ),
        approvals=(Approval("compare", "approved", "M. Keller", "baseline is close to target", 40.0),),
        stage_reached="confirm",
        complete=True,
        seconds={"screen": 22.0, "compare": 184.0, "confirm": 31.0},
        versions={"depthcase": "0.1.0", "torch": "2.13.0"},
    )
    return replace(record, **changes)
