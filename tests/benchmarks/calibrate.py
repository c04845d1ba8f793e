"""How often the verdict is wrong: planted problems whose right verdict is known, judged by the whole protocol.

    python -m tests.benchmarks.calibrate [--problems 200] [--minutes M] [--seeds published|tuning] [--results FOLDER]

Every problem is one line of a file, appended when it is done: started again, the command goes on where it stopped. The
table is written as JSON beside the lines and, with --publish, to where the report reads it; it names the commits that
the lines were made from. Rules and thresholds may be changed looking at the "tuning" seeds only; the published ones
are other problems.
"""

import argparse
import functools
import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from relu_core.comparison import (
    Comparison,
    DatasetRecord,
    EvaluationProtocol,
    FamilyResult,
    compare,
    decide,
    fit_baselines,
    learning_curve,
    make_split,
    metric_of,
    plan_effort,
    smallest_size,
    tune_recipe,
    wilson,
)
from relu_core.comparison.evidence import everything_measured, falls_short_of, has_reached, simple_model
from relu_core.planted import PlantedProblem, planted_problem

FIRST_SEED = {"tuning": 10_000, "published": 50_000}
TABLE = Path(__file__).parents[2] / "flows" / "report" / "templates" / "verdict_error_rates.json"
# Smaller than the product's defaults, so that hundreds of problems are affordable; the rules are the same.
LARGEST, MINUTES = 512, 1.0


@dataclass(frozen=True)
class Cell:
    """One kind of planted problem under one set of circumstances. share: of the problems asked for."""

    kind: str
    rows: int
    task: str = "regression"
    positive_share: float = 0.5
    noise: float = 0.1
    share: float = 0.25


CELLS = (
    Cell("depth_helps", 1500),
    Cell("depth_helps", 4000),
    Cell("depth_helps", 3000, "binary", 0.5),
    Cell("depth_helps", 4000, "binary", 0.2),
    Cell("shallow_teacher", 800),
    Cell("shallow_teacher", 3000),
    Cell("shallow_teacher", 3000, "binary", 0.5),
    Cell("shallow_teacher", 4000, "binary", 0.2),
    Cell("linear", 600, share=0.125),
    Cell("linear", 2000, "binary", 0.1, share=0.125),
    Cell("additive", 1500, share=0.125),
    Cell("no_signal", 1000, share=0.125),
    Cell("no_signal", 2000, "binary", 0.1, share=0.125),
    Cell("drift", 1500, share=0.125),
)


def evaluate(problem: PlantedProblem, seed: int) -> Comparison:
    """A planted problem through the whole protocol but for the untouched rows, the yardstick and the money."""
    protocol = EvaluationProtocol(hidden_layers=(1, 2), split_rule=problem.split_rule, seed=seed)
    split = make_split(problem.X, problem.y, protocol, task=problem.task, groups=problem.groups, times=problem.times)
    folds, inner, criteria = split.matrix_folds(), split.inner_matrix_folds(), problem.criteria
    metric, task = metric_of(criteria), problem.task
    baselines = fit_baselines(folds, task=task, metric=metric, seed=seed)
    families: list[FamilyResult] = []
    curve = None
    if simple_model(baselines, criteria, surely=True) is None:
        rows = int(np.mean([len(fold.training) for fold in split.folds]))
        effort = plan_effort(MINUTES, rows=rows, protocol=protocol)
        for layers in protocol.hidden_layers:
            tuned = tune_recipe(
                inner,
                hidden_layers=layers,
                task=task,
                metric=metric,
                epochs=effort.epochs,
                batch_size=effort.batch_size,
                seeds=2,
            )
            families.append(
                smallest_size(
                    folds,
                    hidden_layers=layers,
                    task=task,
                    metric=metric,
                    target=criteria.target,
                    recipe=tuned.per_fold,
                    seeds=protocol.seeds,
                    largest=LARGEST,
                )
            )
        best = everything_measured(families, baselines, criteria)[0][1]
        if not any(map(has_reached, families)) and not falls_short_of(best, criteria.kill, criteria):
            curve = learning_curve(
                folds,
                model=families[-1].finalist,
                task=task,
                metric=metric,
                target=criteria.target,
                recipe=tuned.overall,
                seed=seed,
            )
    dataset = DatasetRecord(problem.kind, str(seed), (), len(problem.y), 0, len(split.y), split.test.rows)
    return compare(
        families,
        baselines,
        criteria=criteria,
        protocol=protocol,
        dataset=dataset,
        poc=problem.kind,
        learning_curve=curve,
    )


def judge(cell: Cell, seed: int) -> dict[str, Any]:
    """One line of the results: the verdict beside the right one, and every interval that the table needs."""
    begun = time.process_time()
    problem = planted_problem(
        cell.kind,
        rows=cell.rows,
        seed=seed,
        noise=cell.noise,
        task=cell.task,
        positive_share=cell.positive_share,
    )
    comparison = evaluate(problem, seed)
    verdict, ratio = decide(comparison), comparison.ratio
    return {
        "cell": asdict(cell),
        "seed": seed,
        "expected": problem.expected_verdict,
        "planted_ratio": problem.planted_ratio,
        "verdict": verdict.kind,
        "reason": verdict.reason_code,
        "target": problem.criteria.target,
        "ratio": None if ratio is None else [ratio.value.value, ratio.value.low, ratio.value.high, ratio.censored],
        "families": [
            {
                "hidden_layers": family.hidden_layers,
                "smallest": asdict(family.smallest),
                "points": [[p.parameters, p.metric.value, p.metric.low, p.metric.high] for p in family.points],
            }
            for family in comparison.families
        ],
        "commit": commit(),
        "seconds": time.process_time() - begun,
    }


def planned(problems: int, seeds: str) -> Iterator[tuple[Cell, int]]:
    """Cells and seeds in turn, so that a run cut short has all cells alike."""
    counts = [round(cell.share * problems) for cell in CELLS]
    for number in range(max(counts)):
        for place, cell in enumerate(CELLS):
            if number < counts[place]:
                yield cell, FIRST_SEED[seeds] + 1000 * place + number


def table(lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The rates with their Wilson intervals, and the coverage of the intervals."""
    known = list(lines)
    helps = [line for line in known if line["expected"] == "DEPTH_PAYS"]
    does_not = [line for line in known if line["expected"] != "DEPTH_PAYS"]
    width = [line for line in known if line["expected"] == "WIDTH_SUFFICES"]
    rows = {
        "false DEPTH_PAYS, all problems where depth does not help": _rate(does_not, lambda v: v == "DEPTH_PAYS"),
        "false DEPTH_PAYS, problems where width suffices": _rate(width, lambda v: v == "DEPTH_PAYS"),
        "missed DEPTH_PAYS, planted ratio 3 or more": _rate(helps, lambda v: v != "DEPTH_PAYS"),
        "any wrong verdict": {**_counted(sum(line["verdict"] != line["expected"] for line in known), len(known))},
    }
    cells = {}
    for cell in CELLS:
        own = [line for line in known if line["cell"] == asdict(cell)]
        if own:
            name = f"{cell.kind}, {cell.rows} rows, {cell.task}"
            name += f" {cell.positive_share:.0%} positive" if cell.task == "binary" else ""
            cells[name] = {
                "expected": own[0]["expected"],
                "verdicts": {
                    kind: sum(line["verdict"] == kind for line in own) for kind in sorted({x["verdict"] for x in own})
                },
            }
    return {"rates": rows, "coverage of 95 % intervals": _coverage(known), "problems": cells, "count": len(known)}


def _rate(lines: list[dict[str, Any]], is_wrong: Any) -> dict[str, float]:
    return _counted(sum(is_wrong(line["verdict"]) for line in lines), len(lines))


def _counted(wrong: int, runs: int) -> dict[str, float]:
    interval = wilson(wrong, runs)
    return {"count": wrong, "of": runs, "rate": interval.value, "low": interval.low, "high": interval.high}


def _coverage(lines: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Share of intervals that hold what all other problems of their cell found on average.

    The planted directions are drawn evenly, so all problems of one cell have the same expected metric at a size, and
    its mean over the others is the truth up to a small error.
    """
    hits: dict[str, list[bool]] = {"metric at a size": [], "smallest size": [], "ratio": []}
    for cell in CELLS:
        own = [line for line in lines if line["cell"] == asdict(cell) and line["families"]]
        if len(own) < 10 or own[0]["expected"] not in ("DEPTH_PAYS", "WIDTH_SUFFICES"):
            continue
        for line in own:
            others = [other for other in own if other is not line]
            truths = [_curve(others, place) for place in range(2)]
            _check_metric(line, truths, hits["metric at a size"])
            sizes = [_crossing(curve, np.mean([other["target"] for other in others])) for curve in truths]
            _check_sizes(line, sizes, hits["smallest size"])
            if all(sizes) and line["ratio"] is not None:
                hits["ratio"].append(line["ratio"][1] <= sizes[0] / sizes[1] <= line["ratio"][2])
    return {name: _counted(sum(found), len(found)) for name, found in hits.items() if found}


def _curve(lines: list[dict[str, Any]], place: int) -> dict[int, float]:
    """Mean metric at every size that nearly all problems visited; the others were visited for what was found nearby."""
    values: dict[int, list[float]] = {}
    for line in lines:
        for parameters, value, _, _ in line["families"][place]["points"]:
            values.setdefault(parameters, []).append(value)
    return {size: float(np.mean(v)) for size, v in sorted(values.items()) if len(v) >= 0.8 * len(lines)}


def _check_metric(line: dict[str, Any], truths: list[dict[int, float]], hits: list[bool]) -> None:
    for place, curve in enumerate(truths):
        for parameters, _, low, high in line["families"][place]["points"]:
            if parameters in curve:
                hits.append(low <= curve[parameters] <= high)


def _check_sizes(line: dict[str, Any], sizes: list[float | None], hits: list[bool]) -> None:
    for place, size in enumerate(sizes):
        found = line["families"][place]["smallest"]
        if size is not None:
            hits.append(found["low"] <= size * 1.01 and (size <= found["high"] * 1.01 or not found["bounded"]))


def _crossing(curve: dict[int, float], target: float) -> float | None:
    """The size at which the mean curve reaches the target, where it does between two sizes of the curve."""
    items = list(curve.items())
    for (small, below), (large, above) in itertools.pairwise(items):
        if below < target <= above:
            return float(small * (large / small) ** ((target - below) / (above - below)))
    return None


@functools.cache
def commit() -> str:
    """The commit of the working tree, "unknown" outside one."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def write_table(path: Path, lines: list[dict[str, Any]], seeds: str) -> dict[str, Any]:
    """The table beside what it was made with; written beside, then renamed."""
    found = {
        "made_with": {
            "commits": sorted({line["commit"] for line in lines}),
            "seeds": seeds,
            "largest_parameters": LARGEST,
            "minutes": MINUTES,
        },
        **table(lines),
    }
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return found


def main() -> None:
    """Judge what is missing, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", type=int, default=200, help="of depth helps, and as many of depth does not")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop after this long; start again to go on"
    )
    parser.add_argument("--seeds", choices=tuple(FIRST_SEED), default="published")
    parser.add_argument("--results", type=Path, default=Path("data/4_results/calibration"))
    parser.add_argument("--publish", action="store_true", help="write the table that the report shows")
    asked = parser.parse_args()
    if asked.publish and asked.seeds != "published":
        parser.error("--publish takes the published seeds; the others were looked at while the rules were made")
    asked.results.mkdir(parents=True, exist_ok=True)
    path = asked.results / f"{asked.seeds}.jsonl"
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    ready = {(json.dumps(line["cell"], sort_keys=True), line["seed"]) for line in done}
    end = time.monotonic() + 60 * asked.minutes
    with path.open("a") as file:
        for cell, seed in planned(asked.problems, asked.seeds):
            if time.monotonic() > end:
                break
            if (json.dumps(asdict(cell), sort_keys=True), seed) in ready:
                continue
            done.append(judge(cell, seed))
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
            print(
                f"{cell.kind} {cell.rows} {cell.task} seed {seed}: {done[-1]['verdict']} ({done[-1]['seconds']:.1f} s)",
                flush=True,
            )
    target = TABLE if asked.publish else asked.results / f"{asked.seeds}.json"
    print(json.dumps(write_table(target, done, asked.seeds), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
