"""The whole protocol on planted problems, as `calibrate` runs it, in a few of its cells; and its table."""

import json

import numpy as np
import pytest

from relu_core import EvaluationProtocol, Recipe, compare, decide, make_question, make_split, smallest_size
from relu_core.comparison import DatasetRecord, fit_baselines
from relu_core.comparison.promise import Criteria
from tests.benchmarks.calibrate import CELLS, Cell, evaluate, judge, planned, table
from tests.benchmarks.calibrate import planted_problem as plant

# Seeds that neither the tuning nor the published table uses.
SEED = 900


@pytest.mark.parametrize(
    "cell",
    [
        Cell("depth_helps", 1500),
        Cell("shallow_teacher", 1200),
        Cell("linear", 400),
    ],
    ids=lambda cell: cell.kind,
)
def test_a_planted_problem_gets_its_verdict(cell: Cell) -> None:
    line = judge(cell, SEED)
    assert line["verdict"] == line["expected"]
    json.dumps(line)


def test_the_same_problem_gives_the_same_record_bit_for_bit() -> None:
    problem = plant("linear", rows=150, seed=SEED, noise=3.0)
    first, second = (evaluate(problem, SEED) for _ in range(2))
    assert first.families
    assert first.fingerprint() == second.fingerprint()


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_are_compared_like_numbers(task: str) -> None:
    chance = np.random.default_rng(3)
    X = chance.normal(size=(400, 3))
    signal = np.abs(X[:, 0]) + 0.5 * X[:, 1]
    y = np.searchsorted(np.quantile(signal, [0.5] if task == "binary" else [0.3, 0.6, 0.8]), signal).astype(float)
    split = make_split(X, y, EvaluationProtocol(hidden_layers=(1, 2)), task=task)
    criteria = Criteria(task, "balanced_accuracy", 0.75, kill=0.3)
    folds = split.matrix_folds()
    asked = make_question(
        folds,
        task=task,
        metric="balanced_accuracy",
        target=0.75,
        recipe=Recipe(epochs=60, batch_size=32),
        seeds=3,
    )
    families = [smallest_size(asked, hidden_layers=k, largest=150) for k in (1, 2)]
    record = compare(
        families,
        fit_baselines(folds, task=task, metric="balanced_accuracy"),
        criteria=criteria,
        protocol=EvaluationProtocol(),
        dataset=DatasetRecord("classes", "", (), 400, 0, len(split.y), split.test.rows),
    )
    assert [family.smallest.reached for family in families] == ["yes", "yes"]
    assert decide(record).kind in ("SIMPLE_SUFFICES", "WIDTH_SUFFICES")


def test_the_plan_takes_all_cells_in_turn_and_shares_no_seed() -> None:
    lines = list(planned(40, "published"))
    assert [cell for cell, _ in lines[: len(CELLS)]] == list(CELLS)
    assert len({seed for _, seed in lines}) == len(lines) == 8 * 10 + 6 * 5
    assert not {seed for _, seed in lines} & {seed for _, seed in planned(40, "tuning")}


def test_the_table_counts_wrong_verdicts_and_covered_truths() -> None:
    def line(kind: str, expected: str, verdict: str, number: int) -> dict:
        cell = next(cell for cell in CELLS if cell.kind == kind)
        # Curves with the same crossing at 40 parameters; one interval in twelve misses it.
        off = 0.2 if number == 0 else 0.0
        points = [[size, value + off, value + off - 0.1, value + off + 0.1] for size, value in ((20, 0.7), (80, 0.9))]
        sizes = {"low": 30, "high": 50 if number else 35, "estimate": 40, "bounded": True}
        families = [{"hidden_layers": k, "smallest": sizes, "points": points} for k in (1, 2)]
        return {
            "cell": cell.__dict__,
            "seed": number,
            "expected": expected,
            "verdict": verdict,
            "target": 0.8,
            "ratio": [1.0, 0.5, 2.0 if number else 0.9, "none"],
            "families": families,
        }

    lines = [line("depth_helps", "DEPTH_PAYS", "DEPTH_PAYS" if i else "INCONCLUSIVE", i) for i in range(12)]
    lines += [
        line("shallow_teacher", "WIDTH_SUFFICES", "WIDTH_SUFFICES" if i > 1 else "DEPTH_PAYS", i) for i in range(12)
    ]
    found = table(lines)
    rates = {name: (rate["count"], rate["of"]) for name, rate in found["rates"].items()}
    assert rates == {
        "false DEPTH_PAYS, all problems where depth does not help": (2, 12),
        "false DEPTH_PAYS, problems where width suffices": (2, 12),
        "missed DEPTH_PAYS, planted ratio 3 or more": (1, 12),
        "any wrong verdict": (3, 24),
    }
    coverage = {name: (rate["count"], rate["of"]) for name, rate in found["coverage of 95 % intervals"].items()}
    assert coverage == {"metric at a size": (88, 96), "smallest size": (44, 48), "ratio": (22, 24)}
