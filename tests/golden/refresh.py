"""Writes the golden files anew and prints every change: python -m tests.golden.refresh."""

import difflib
import json
import os
from pathlib import Path

from relu_core.comparison import (
    SCHEMA_VERSION,
    Approval,
    BaselineResult,
    Comparison,
    Confusion,
    CostCurve,
    Criteria,
    DatasetRecord,
    EvaluationProtocol,
    FamilyResult,
    FindingRecord,
    LearningCurve,
    LearningPoint,
    MoneyResult,
    ProvenLoss,
    RegionEvidence,
    SizeInterval,
    SizePoint,
    TaskTime,
    Yardstick,
    compare,
)
from relu_core.interval import Interval

FOLDER = Path(__file__).parent
COMPARISON = FOLDER / f"comparison_schema_{SCHEMA_VERSION}.json"


def golden_comparison() -> Comparison:
    """A small record in which every field of the schema has a value, censored and unbounded ones among them."""
    share, nothing = Interval(0.9, 0.8, 0.95, 0.95, "Wilson"), Interval(float("nan"), 0.0, float("inf"), 0.95, "none")
    regions = RegionEvidence("slice", "activation", Interval(12.0, 12.0, 12.0, 1.0, "exact"), True, 2.5, "plane", 0.1)
    families = []
    for layers, best in ((1, 0.88), (2, 0.93)):
        points = tuple(
            SizePoint(
                hidden_widths=(width,) * layers,
                parameters=size,
                metric=Interval(best - 0.2 / width, best - 0.2 / width - 0.01, best - 0.2 / width + 0.01, 0.95, "t"),
                best_of_seeds=best,
                median_of_seeds=best - 0.2 / width,
                fold_means=tuple(best - 0.2 / width + 0.001 * i for i in range(-2, 3)),
                success_rate=share,
                collapsed=1,
                regions=regions if width == 8 else None,
                flops=2 * size,
                latency_ms=0.02,
                latency_1000_ms=0.0003,
                seeds=10,
                folds=5,
            )
            for width, size in ((2, 20), (4, 60), (8, 200))
        )
        reached = SizeInterval(60, 200, 92) if layers == 2 else SizeInterval(200, 200, 200, "not up to high", False)
        families.append(
            FamilyResult(
                hidden_layers=layers,
                points=points,
                smallest=reached,
                success_rate=share,
                collapsed=3,
                runs=150,
                recipe={"initialisation": "he", "learning_rate": "0.01"},
                finalist=(8,) * layers,
                confirmed=Interval(best, best - 0.02, best + 0.02, 0.95, "bootstrap of rows"),
                representable=40,
                seconds=1.5,
                work=1e9,
            )
        )
    money = MoneyResult(
        "deep",
        "2 hidden layers",
        Confusion(0.25, 150, 20, 5, 25),
        Interval(9e4, 8e4, 1.1e5, 0.95, "draws of the confusion"),
        Interval(6e4, 4e4, 7e4, 0.95, "draws of the confusion"),
        5e4,
        Interval(0.83, 0.71, 1.25, 0.95, "draws of the confusion"),
        5e4,
        4e4,
        CostCurve(800, (0.0, 0.25, 1.0), (2e5, 9e4, 1.5e5)),
    )
    proofs = (ProvenLoss(2, 0.21, 0.22, "gap", 3.0), ProvenLoss(3, 0.11, 0.11, "proven", 9.0))
    curve = LearningCurve((LearningPoint(400, share), LearningPoint(800, share)), nothing, False, "Only two points.")
    of_finding: tuple[str, str, dict[str, float | str]] = (
        "constant_column",
        "left_out",
        {"value": "3", "rows": 1000.0},
    )
    return compare(
        families,
        [BaselineResult("gradient-boosted trees", "trees", share, share, 0.1, 0.004, 0.5, (0.85, 0.95))],
        Yardstick(("force",), 60, "logistic", 0.25, *proofs, reason="size"),
        criteria=Criteria("binary", "roc_auc", 0.9, kill=0.6, today=0.7, cost_of_miss=500.0, units_per_year=1e4),
        protocol=EvaluationProtocol("group", gap_rows=0, hidden_layers=(1, 2)),
        dataset=DatasetRecord(
            "press-7",
            "a1b2",
            ("press.csv",),
            1000,
            3,
            800,
            200,
            ("force", "wear"),
            "defect",
            "2026-01-01",
            "2026-03-01",
        ),
        poc="press-line-7",
        learning_curve=curve,
        money=[money],
        findings=[FindingRecord("constant", "info", "speed", "one value in 1000 rows", "left out", *of_finding)],
        approvals=[Approval("compare", "approved", "M. Sato", "worth a look", 60.0)],
        seconds={"screen": 2.0},
        tasks=[TaskTime("Screen · Coarse sweep", 2, 0.5, 1.25)],
        versions={"depthcase": "0.1.0"},
    )


def main() -> None:
    """Refresh every golden file."""
    text = json.dumps(json.loads(golden_comparison().to_json()), indent=1, ensure_ascii=False) + "\n"
    before = COMPARISON.read_text(encoding="utf-8") if COMPARISON.exists() else ""
    print(
        "".join(difflib.unified_diff(before.splitlines(True), text.splitlines(True), "before", "after")) or "unchanged"
    )
    beside = COMPARISON.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, COMPARISON)


if __name__ == "__main__":
    main()
