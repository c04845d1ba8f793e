"""Whole Comparison records with their verdicts, as a factory would get them: ordinary ones and extreme ones.

Every example is made from a curve with a known shape, so that the numbers hang together; nothing here is trained.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from flows.quality.sentences import found
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
    ProvenLoss,
    SizeInterval,
    Yardstick,
)
from relu_core.interval import Interval
from tests.comparison_parts import family, interval, money_result, ratio_of, tasks

NAN = float("nan")
FINDINGS = (
    found("strong_alone", "warning", "force_peak_kN", remedy="used_if_before", score=0.9931),
    found("stands_for_target", "leak", "station_result", remedy="left_out_unless", value="NG", hits=187, rows=188,
          base_share=0.0771),
    found("clock_has_gaps", "info", "time", remedy="gap_is_border", gaps=3, longest=2.5, longest_unit="hours",
          usual=40.0, usual_unit="s"),
    found("drift", "warning", remedy="split_by_time", columns=1, names='"oil_temperature_C" (0.61)'),
)  # fmt: skip


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
    models = {"simple": "trees", "shallow": "1 hidden layer", "deep": "2 hidden layers"}
    money = tuple(money_result(o, models[o], confusion[o], saving[o], project[o]) for o in models)
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
            BaselineResult("no model", "dummy", interval(0.50, 0.0), interval(0.50, 0.0), 0.001, 0.0004, 0.1),
            BaselineResult(
                "logistic regression", "linear", interval(0.641, 0.014), interval(0.637, 0.02), 0.21, 0.0012, 0.4
            ),
            BaselineResult("boosted trees", "trees", interval(0.772, 0.013), interval(0.768, 0.02), 1.9, 0.006, 2.2),
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
        findings=tuple(FindingRecord(**vars(finding)) for finding in FINDINGS),
        approvals=(Approval("compare", "approved", "M. Keller", "baseline is close to target", 40.0),),
        stage_reached="confirm",
        complete=True,
        seconds={"screen": 22.0, "compare": 184.0, "confirm": 31.0},
        tasks=tasks(),
        versions={"depthcase": "0.1.0", "torch": "2.13.0"},
    )
    return replace(record, **changes)


def _with_target(target: float, **changes: object) -> Comparison:
    record = press_line()
    families = (
        family(1, best=0.86, scale=90.0, target=target),
        family(2, best=0.88, scale=28.0, target=target),
    )
    criteria = replace(record.criteria, target=target)
    made: dict[str, object] = {"criteria": criteria, "families": families, "ratio": ratio_of(families)}
    return replace(record, **(made | changes))


def simple_suffices() -> Comparison:
    """Boosted trees reach the target beyond doubt."""
    return _with_target(0.72, champion="trees")


def width_suffices() -> Comparison:
    """Both families reach the target at the same size."""
    families = (family(1, best=0.88, scale=30.0, target=0.8), family(2, best=0.88, scale=30.0, target=0.8))
    return press_line(families=families, ratio=ratio_of(families), champion="1 hidden layer")


def nobody_reaches(**changes: object) -> Comparison:
    """No family reaches a target of 0.95; the learning curve says how many rows would."""
    curve = press_line().learning_curve
    assert curve is not None
    wanted = Interval(31_000.0, 22_000.0, 58_000.0, 0.95, "power law, bootstrap")
    made: dict[str, object] = {"ratio": None, "learning_curve": replace(curve, rows_to_target=wanted)}
    return _with_target(0.95, **(made | changes))


def not_feasible() -> Comparison:
    """Everything lies below the kill value."""
    record = nobody_reaches()
    return replace(record, criteria=replace(record.criteria, kill=0.94), learning_curve=None)


def ended_after_a_minute() -> Comparison:
    """The budget ended in Screen: no network was trained."""
    return press_line(
        families=(), ratio=None, yardstick=None, learning_curve=None, money=(), approvals=(), champion="trees",
        tasks=(), baselines=press_line().baselines[:2], stage_reached="screen", complete=False,
        missing=("search with 1 hidden layer", "search with 2 hidden layers"), seconds={"screen": 60.0},
    )  # fmt: skip


def nothing_at_all() -> Comparison:
    """A record in which every optional thing is absent."""
    return press_line(
        families=(), baselines=(), ratio=None, yardstick=None, learning_curve=None, money=(), findings=(), approvals=(),
        champion="", stage_reached="screen", seconds={}, tasks=(), versions={},
    )  # fmt: skip


def all_collapsed() -> Comparison:
    """Every training run of every network ended in a constant: no metric, no success."""
    nothing = Interval(NAN, NAN, NAN, 0.95, "not measured")

    def collapsed(result: FamilyResult) -> FamilyResult:
        points = tuple(
            replace(p, metric=nothing, best_of_seeds=NAN, success_rate=None, regions=None, collapsed=50)
            for p in result.points
        )
        largest = points[-1].parameters
        size = SizeInterval(largest, largest, largest, "not up to high")
        return replace(
            result, points=points, smallest=size, success_rate=Interval(0.0, 0.0, 0.07, 0.95, "Wilson"), collapsed=400,
            finalist=(), confirmed=None,
        )  # fmt: skip

    return press_line(families=tuple(map(collapsed, press_line().families)), ratio=None, learning_curve=None, money=())


def one_family() -> Comparison:
    """Only shallow networks were to be tried."""
    return width_suffices_with(press_line().families[:1])


def width_suffices_with(families: tuple[FamilyResult, ...]) -> Comparison:
    """A comparison of the families given, without a ratio."""
    return press_line(families=families, ratio=None, champion="1 hidden layer")


def twenty_classes() -> Comparison:
    """Twenty kinds of defect: no money, another metric."""
    record = press_line()
    criteria = replace(record.criteria, task="multiclass", metric="accuracy")
    return replace(
        record, criteria=criteria, money=(), dataset=replace(record.dataset, target="defect kind, 20 classes")
    )


def regression() -> Comparison:
    """An error in megawatts, where lower is better."""
    record = press_line()

    def turned(interval_: Interval) -> Interval:
        return Interval(
            20 - 18 * interval_.value, 20 - 18 * interval_.high, 20 - 18 * interval_.low, 0.95, interval_.method
        )

    families = tuple(
        replace(
            f, points=tuple(replace(p, metric=turned(p.metric)) for p in f.points), confirmed=turned(f.confirmed or NO)
        )
        for f in record.families
    )
    baselines = tuple(replace(b, metric=turned(b.metric), confirmed=None) for b in record.baselines)
    criteria = replace(record.criteria, task="regression", metric="rmse", target=5.6, kill=9.2, today=NAN)
    return replace(
        record, criteria=criteria, families=families, baselines=baselines, money=(), learning_curve=None,
        dataset=replace(record.dataset, target="PE"),
    )  # fmt: skip


def no_costs() -> Comparison:
    """The charter names no money."""
    record = press_line(money=())
    free = {"cost_of_miss": 0.0, "cost_of_false_alarm": 0.0, "units_per_year": 0.0}
    free |= {f"project_cost_{option}": 0.0 for option in ("simple", "shallow", "deep")}
    return replace(record, criteria=replace(record.criteria, **free))


def never_paid_back() -> Comparison:
    """The recommended option loses money every year."""
    never = Interval(math.inf, math.inf, math.inf, 0.95, "never")
    losing = tuple(
        replace(m, saving_per_year=interval(-4_200.0, 900.0), payback_years=never) for m in press_line().money
    )
    return press_line(money=losing)


def japanese_names() -> Comparison:
    """Column names and a target in Japanese, with signs that a page must not take for markup."""
    record = press_line()
    columns = ("荷重ピーク(kN)", "振動<実効値>", "工具使用回数", "油温 & 気温", '"板厚"')
    leak = replace(record.findings[0], column="検査結果<script>alert(1)</script>")
    dataset = replace(record.dataset, columns=columns, target="不良の有無", sources=("プレス第7号機.csv",))
    return replace(record, dataset=dataset, findings=(leak,))


def long_names() -> Comparison:
    """Names of 300 characters wherever a user may give one."""
    long = "sensor_" + "x" * 293
    record = press_line(approvals=(Approval("compare", "approved", long, long, 40.0),))
    findings = (replace(record.findings[0], column=long, evidence=long),)
    return replace(record, findings=findings, dataset=replace(record.dataset, columns=(long, long), target=long))


def stopped() -> Comparison:
    """A person stopped the evaluation before Compare."""
    refusal = Approval("compare", "stopped", "M. Keller", "trees are good enough for now", 0.0)
    return press_line(approvals=(refusal,), stage_reached="screen", ratio=None, money=(), learning_curve=None)


def stopped_at_length() -> Comparison:
    """Three hundred letters in every place where a person writes, and a name in letters twice as wide."""
    reason, name = "予算は来期に回し、まず荷重センサーを増設する。" * 13, "品質保証部 " * 50
    refusal = Approval("confirm", "stopped", name, reason, 0.0)
    dataset = replace(press_line().dataset, target="検査工程の最終判定" * 33, sources=("プレス" * 100 + ".csv",))
    return press_line(approvals=(refusal,), stage_reached="compare", money=(), dataset=dataset)


def failed_run() -> Comparison:
    """One network of the middle of a family was never measured."""
    first, *others = press_line().families
    points = tuple(replace(p, metric=NO, success_rate=None) if i == 3 else p for i, p in enumerate(first.points))
    return press_line(families=(replace(first, points=points), *others))


def six_families() -> Comparison:
    """As many families as there are colours, none of which reaches the target."""
    layers = tuple(range(1, 7))
    families = tuple(family(k, best=0.7 + 0.01 * k, scale=30.0 * k, target=0.8) for k in layers)
    return press_line(
        families=families, ratio=None, champion="trees", money=(), learning_curve=None, tasks=tasks(layers)
    )


NO = Interval(NAN, NAN, NAN, 0.95, "not measured")
EXAMPLES: dict[str, Callable[[], Comparison]] = {
    make.__name__: make
    for make in (
        press_line, simple_suffices, width_suffices, nobody_reaches, not_feasible, ended_after_a_minute, nothing_at_all,
        all_collapsed, one_family, twenty_classes, regression, no_costs, never_paid_back, japanese_names, long_names,
        stopped, stopped_at_length, failed_run, six_families,
    )
}  # fmt: skip
