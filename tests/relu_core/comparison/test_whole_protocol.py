"""The whole protocol on planted problems, as `calibrate` runs it, in a few of its cells; and its table."""

import json
import math
import time
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from relu_core import EvaluationProtocol, Recipe, compare, decide, make_question, make_split, smallest_size
from relu_core.comparison import Comparison, DatasetRecord, Limits, SizePoint, fit_baselines
from relu_core.comparison.promise import Criteria
from relu_core.planted import planted_problem
from tests.benchmarks.calibrate import ABOUT_SIZES, CELLS, Cell, evaluate, judge, planned, run
from tests.benchmarks.calibration_table import table

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
    problem = planted_problem("linear", rows=150, seed=SEED, noise=3.0)
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
    lines = planned(204, "published")
    assert [cell for cell, _ in lines[: len(CELLS)]] == list(CELLS)
    of_kind = Counter(cell.kind for cell, _ in lines if cell.kind != "additive")
    assert of_kind == dict.fromkeys(("depth_helps", "shallow_teacher", "linear", "no_signal", "drift"), 204)
    assert len({seed for _, seed in lines}) == len(lines)
    others = {seed for other in ("tuning", "reference") for _, seed in planned(204, other)}
    assert not {seed for _, seed in lines} & others


def cut_short(limits: Limits, *, seeds: int = 3) -> Comparison:
    """Both families on a small problem under `limits`, and what is made of it."""
    problem = planted_problem("shallow_teacher", rows=150, seed=SEED, relevant=2)
    split = make_split(problem.X, problem.y, EvaluationProtocol(), task="regression")
    question = make_question(
        split.matrix_folds(), task="regression", metric="r2", target=0.9, recipe=Recipe(epochs=10), seeds=seeds
    )
    families = [smallest_size(question, hidden_layers=k, largest=60, limits=limits) for k in (1, 2)]
    return compare(
        families,
        fit_baselines(split.matrix_folds(), task="regression", metric="r2"),
        criteria=problem.criteria,
        protocol=EvaluationProtocol(),
        dataset=DatasetRecord("cut", "", (), 150, 0, len(split.y), split.test.rows),
    )


def test_stopped_at_any_size_what_was_measured_stays_and_the_verdict_says_what_is_missing() -> None:
    for stop_after in (1, 2, 3):
        told: list[SizePoint] = []
        record = cut_short(Limits(callback=partial(stop_at, stop_after, told)))
        assert len(record.families[0].points) == stop_after
        assert record.missing == ("search with 1 hidden layer", "search with 2 hidden layers")
        verdict = decide(Comparison.from_json(record.to_json()))
        assert (verdict.kind, verdict.reason_code) == ("INCONCLUSIVE", "budget_ended")
        assert verdict.reason == (
            "The budget ended before the answer; missing: search with 1 hidden layer; search with 2 hidden layers."
        )
        assert record.champion


def stop_at(count: int, told: list[SizePoint], point: SizePoint) -> bool:
    """A caller that stops the search once it has been told that many sizes."""
    told.append(point)
    return len(told) >= count


@pytest.mark.parametrize("limits", [Limits(work=3e8), Limits(seconds=0.5), Limits(work=0.0), Limits(seconds=0.0)])
def test_more_seeds_than_the_budget_allows_leave_what_fits(limits: Limits) -> None:
    record = cut_short(limits, seeds=10_000)
    assert not record.complete
    assert record.missing == ("search with 1 hidden layer", "search with 2 hidden layers")
    assert decide(record).reason_code == "budget_ended"
    assert all(point.seeds < 10_000 for family in record.families for point in family.points)
    assert all(family.work <= limits.work for family in record.families)


def planted_line(kind: str, expected: str, verdict: str, number: int) -> dict:
    """A line of `judge`: curves that cross the target at 40 parameters, whose intervals miss it for number 0."""
    cell = next(cell for cell in CELLS if cell.kind == kind)
    off = 0.2 if number == 0 else 0.0
    points = [[size, value + off, value + off - 0.1, value + off + 0.1] for size, value in ((20, 0.7), (80, 0.9))]
    sizes = {"low": 30, "high": 50 if number else 35, "estimate": 40, "bounded": True, "reached": "yes"}
    families = [{"hidden_layers": k, "smallest": sizes, "points": points, "representable": 10 * k} for k in (1, 2)]
    return {
        "cell": cell.__dict__,
        "seed": number,
        "expected": expected,
        "verdict": verdict,
        "target": 0.8,
        "ratio": [1.0, 0.5, 2.0 if number else 0.9, "none"],
        "families": families,
    }


def test_the_table_counts_wrong_verdicts_and_covered_truths() -> None:
    verdicts = ["INCONCLUSIVE", *["DEPTH_PAYS"] * 11], ["DEPTH_PAYS", "DEPTH_PAYS", *["WIDTH_SUFFICES"] * 10]
    lines = [
        planted_line(kind, expected, verdict, i)
        for kind, expected, some in zip(ABOUT_SIZES, ("DEPTH_PAYS", "WIDTH_SUFFICES"), verdicts, strict=True)
        for i, verdict in enumerate(some)
    ]
    curve = [[[20, 0.7], [80, 0.9]]] * 2
    truths = [{"cell": lines[place]["cell"], "curves": curve} for place in (0, 0, 12)]
    found = table(lines, truths)
    rates = {name: (rate["count"], rate["of"]) for name, rate in found["rates"].items()}
    assert rates == {
        "false DEPTH_PAYS, all problems where depth does not help": (2, 12),
        "false DEPTH_PAYS, problems where width suffices": (2, 12),
        "missed DEPTH_PAYS, planted ratio 3 or more": (1, 12),
        "wrong answer": (2, 24),
        "no answer where there is one": (1, 24),
    }
    coverage = {name: (rate["count"], rate["of"]) for name, rate in found["coverage of 95 % intervals"].items()}
    assert coverage == {"metric at a size": (88, 96), "smallest size": (44, 48), "ratio": (22, 24)}
    first = found["problems"]["depth_helps, 1500 rows, regression"]
    assert first["verdicts"] == {"DEPTH_PAYS": 11, "INCONCLUSIVE": 1}
    assert first["parameters"]["2 hidden layers"] == {"representable": 20, "trained, median": 40, "reached": 12}


def test_the_calibration_goes_on_where_it_stopped(tmp_path: Path) -> None:
    asked = planned(8, "tuning")[:3]
    path = tmp_path / "lines.jsonl"
    first = run(line_of_a_clock, asked[:2], path, math.inf, 1)
    assert run(line_of_a_clock, asked, path, -math.inf, 1) == first
    again = run(line_of_a_clock, asked, path, math.inf, 1)
    assert again[:2] == first
    assert [line["seed"] for line in again] == [seed for _, seed in asked]


def line_of_a_clock(cell: Cell, seed: int) -> dict:
    """A line that differs from call to call, so that a second call would show."""
    return {"cell": asdict(cell), "seed": seed, "seconds": time.perf_counter()}
