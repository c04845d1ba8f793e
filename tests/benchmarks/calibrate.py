"""How often the verdict is wrong: planted problems whose right verdict is known, judged by the whole protocol.

    python -m tests.benchmarks.calibrate [--problems 204] [--minutes M] [--processes N] [--seeds published|tuning]
                                         [--results FOLDER] [--publish]

Every problem is one line of a file, appended when it is done: started again, the command goes on where it stopped. The
table is written as JSON beside the lines and, with --publish, to where the report reads it; it names the commits that
the lines were made from. Rules and thresholds may be changed looking at the "tuning" seeds only; the published ones
are other problems, and the truths that intervals must hold come from a third set ("reference").
"""

import argparse
import functools
import json
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from relu_core.comparison import (
    Comparison,
    DatasetRecord,
    Effort,
    EvaluationProtocol,
    FamilyResult,
    Question,
    Split,
    compare,
    decide,
    fit_baselines,
    full_grid,
    learning_curve,
    make_question,
    make_split,
    metric_of,
    plan_effort,
    size_grid,
    smallest_size,
    tune_recipe,
)
from relu_core.comparison.evidence import everything_measured, falls_short_of, has_reached, simple_model
from relu_core.planted import PlantedProblem, planted_problem
from relu_core.training import Recipe
from tests.benchmarks.calibration_table import table

# Problems 50,000 and 70,000 and following were published before; they have been looked at.
FIRST_SEED = {"tuning": 10_000, "published": 90_000, "reference": 200_000}
# Problems a cell for the truths, and seeds a fold: a mean needs many problems, not many seeds.
REFERENCE_PROBLEMS, REFERENCE_SEEDS = 16, 2
TABLE = Path(__file__).parents[2] / "flows" / "report" / "templates" / "verdict_error_rates.json"
# Smaller than the product's defaults, so that hundreds of problems are affordable; the rules are the same.
LARGEST, MINUTES = 512, 1.0
LAYERS = (1, 2)
# Problems handed to the processes at once; the clock is looked at in between.
BATCH = 16
# Kinds whose verdict is about sizes of networks.
ABOUT_SIZES = ("depth_helps", "shallow_teacher")


@dataclass(frozen=True)
class Cell:
    """One kind of planted problem under one set of circumstances. share: of the problems asked for."""

    kind: str
    rows: int
    task: str = "regression"
    positive_share: float = 0.5
    noise: float = 0.1
    share: float = 0.25


# Few rows and many, balanced and not. A place is part of a problem's seed: new ones come last.
CELLS = (
    Cell("depth_helps", 1500, share=1 / 6),
    Cell("depth_helps", 4000, share=1 / 6),
    Cell("depth_helps", 3000, "binary", 0.5, share=1 / 6),
    Cell("depth_helps", 4000, "binary", 0.2, share=1 / 6),
    Cell("shallow_teacher", 800, share=1 / 6),
    Cell("shallow_teacher", 3000, share=1 / 6),
    Cell("shallow_teacher", 3000, "binary", 0.5, share=1 / 6),
    Cell("shallow_teacher", 4000, "binary", 0.2, share=1 / 6),
    Cell("linear", 600),
    Cell("linear", 2000, "binary", 0.1),
    Cell("additive", 1500, share=0.06),
    Cell("no_signal", 1000),
    Cell("no_signal", 2000, "binary", 0.1),
    Cell("drift", 1500, share=0.5),
    Cell("drift", 6000, share=0.5),
    Cell("depth_helps", 2000, "binary", 0.5, share=1 / 6),
    Cell("depth_helps", 8000, "binary", 0.2, share=1 / 6),
    Cell("shallow_teacher", 1500, "binary", 0.5, share=1 / 6),
    Cell("shallow_teacher", 8000, "binary", 0.2, share=1 / 6),
    Cell("linear", 600, "binary", 0.5),
    Cell("linear", 4000, "binary", 0.2),
    Cell("no_signal", 4000),
    Cell("no_signal", 4000, "binary", 0.5),
    Cell("additive", 3000, "binary", 0.2, share=0.06),
)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A planted problem with its folds, and how networks are trained on them."""

    problem: PlantedProblem
    protocol: EvaluationProtocol
    split: Split
    effort: Effort

    def question(self, hidden_layers: int, seeds: int) -> tuple[Question, Recipe]:
        """What every size of a family is asked, with the recipes that inner folds chose; the recipe for all rows."""
        task, criteria = self.problem.task, self.problem.criteria
        tuned = tune_recipe(
            self.split.inner_matrix_folds(),
            hidden_layers=hidden_layers,
            task=task,
            metric=metric_of(criteria),
            epochs=self.effort.epochs,
            batch_size=self.effort.batch_size,
            seeds=2,
        )
        asked = make_question(
            self.split.matrix_folds(),
            task=task,
            metric=metric_of(criteria),
            target=criteria.target,
            recipe=tuned.per_fold,
            seeds=seeds,
        )
        return asked, tuned.overall


def prepare(problem: PlantedProblem, seed: int) -> Prepared:
    """Rows set aside, folds and effort, as the product would choose them."""
    protocol = EvaluationProtocol(hidden_layers=LAYERS, split_rule=problem.split_rule, seed=seed)
    split = make_split(problem.X, problem.y, protocol, task=problem.task, groups=problem.groups, times=problem.times)
    rows = int(np.mean([len(fold.training) for fold in split.folds]))
    return Prepared(problem, protocol, split, plan_effort(MINUTES, rows=rows, protocol=protocol))


def evaluate(problem: PlantedProblem, seed: int) -> Comparison:
    """A planted problem through the whole protocol but for the untouched rows, the yardstick and the money."""
    ready, criteria, metric = prepare(problem, seed), problem.criteria, metric_of(problem.criteria)
    split, families = ready.split, list[FamilyResult]()
    baselines = fit_baselines(split.matrix_folds(), task=problem.task, metric=metric, seed=seed)
    curve = None
    if simple_model(baselines, criteria, surely=True) is None:
        for layers in LAYERS:
            question, overall = ready.question(layers, ready.protocol.seeds)
            found = smallest_size(question, hidden_layers=layers, largest=LARGEST)
            families.append(replace(found, representable=problem.representable(layers)))
        best = everything_measured(families, baselines, criteria)[0][1]
        if not any(map(has_reached, families)) and not falls_short_of(best, criteria.kill, criteria):
            curve = learning_curve(
                split.matrix_folds(),
                model=families[-1].finalist,
                task=problem.task,
                metric=metric,
                target=criteria.target,
                recipe=overall,
                seed=seed,
            )
    dataset = DatasetRecord(problem.kind, str(seed), (), len(problem.y), 0, len(split.y), split.test.rows)
    return compare(
        families,
        baselines,
        criteria=criteria,
        protocol=ready.protocol,
        dataset=dataset,
        poc=problem.kind,
        learning_curve=curve,
    )


def plant(cell: Cell, seed: int) -> PlantedProblem:
    """The problem of a cell."""
    return planted_problem(
        cell.kind, rows=cell.rows, seed=seed, noise=cell.noise, task=cell.task, positive_share=cell.positive_share
    )


def judge(cell: Cell, seed: int) -> dict[str, Any]:
    """One line of the results: the verdict beside the right one, and every interval that the table needs."""
    begun = time.process_time()
    problem = plant(cell, seed)
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
                "representable": family.representable,
                "points": [[p.parameters, p.metric.value, p.metric.low, p.metric.high] for p in family.points],
            }
            for family in comparison.families
        ],
        "seconds": time.process_time() - begun,
    }


def measure_truth(cell: Cell, seed: int) -> dict[str, Any]:
    """One line of the reference: the metric of every size of both families, for the truth as a mean over many lines."""
    begun = time.process_time()
    ready, curves = prepare(plant(cell, seed), seed), []
    for layers in LAYERS:
        question, _ = ready.question(layers, REFERENCE_SEEDS)
        sizes = size_grid(question.n, question.m, layers, largest=LARGEST)
        points = full_grid(question, hidden_layers=layers, sizes=sizes).points
        curves.append([[point.parameters, point.metric.value] for point in points])
    return {
        "cell": asdict(cell),
        "seed": seed,
        "curves": curves,
        "seconds": time.process_time() - begun,
    }


def planned(problems: int, seeds: str) -> list[tuple[Cell, int]]:
    """Cells and seeds in turn, so that a run cut short has all cells alike."""
    counts = [round(cell.share * problems) for cell in CELLS]
    if seeds == "reference":
        counts = [REFERENCE_PROBLEMS if cell.kind in ABOUT_SIZES else 0 for cell in CELLS]
    return [
        (cell, FIRST_SEED[seeds] + 1000 * place + number)
        for number in range(max(counts))
        for place, cell in enumerate(CELLS)
        if number < counts[place]
    ]


@functools.cache
def commit() -> str:
    """The commit of the working tree, "unknown" outside one."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def run(
    job: Callable[[Cell, int], dict[str, Any]], asked: list[tuple[Cell, int]], path: Path, end: float, processes: int
) -> list[dict[str, Any]]:
    """The lines of `path` that were asked for, after adding those that are missing until the clock says `end`."""
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {_name(line["cell"], line["seed"]): line for line in done}
    names = [_name(asdict(cell), seed) for cell, seed in asked]
    missing = [pair for pair, name in zip(asked, names, strict=True) if name not in known]
    # Asked once: the code that runs is the code of now, whatever is committed meanwhile.
    made_from = commit()
    with path.open("a") as file, ProcessPoolExecutor(processes) as workers:
        while missing and time.monotonic() < end:
            batch, missing = missing[:BATCH], missing[BATCH:]
            for line in workers.map(job, *zip(*batch, strict=True)):
                line["commit"] = made_from
                file.write(json.dumps(line) + "\n")
                file.flush()
                known[_name(line["cell"], line["seed"])] = line
                print(
                    line["cell"]["kind"], line["seed"], line.get("verdict", ""), f"{line['seconds']:.1f} s", flush=True
                )
    return [known[name] for name in names if name in known]


def _name(cell: dict[str, Any], seed: int) -> tuple[str, int]:
    """What a line is known by; how many problems of its kind were asked for is no part of the problem."""
    return json.dumps({**cell, "share": None}, sort_keys=True), seed


def write_table(path: Path, lines: list[dict[str, Any]], truths: list[dict[str, Any]], seeds: str) -> dict[str, Any]:
    """The table beside what it was made with; written beside, then renamed."""
    found = {
        "made_with": {
            "commits": sorted({line["commit"] for line in [*lines, *truths]}),
            "seeds": seeds,
            "reference_problems": len(truths),
            "largest_parameters": LARGEST,
            "minutes": MINUTES,
        },
        **table(lines, truths),
    }
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return found


def main() -> None:
    """Judge what is missing, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--problems", type=int, default=204, help="of each kind but additive, all circumstances together"
    )
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop after this long; start again to go on"
    )
    parser.add_argument("--processes", type=int, default=1, help="problems judged at the same time")
    parser.add_argument("--seeds", choices=("tuning", "published"), default="published")
    parser.add_argument("--results", type=Path, default=Path("data/4_results/calibration"))
    parser.add_argument("--publish", action="store_true", help="write the table that the report shows")
    asked = parser.parse_args()
    if asked.publish and asked.seeds != "published":
        parser.error("--publish takes the published seeds; the others were looked at while the rules were made")
    asked.results.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * asked.minutes
    truths, lines = (
        run(job, planned(asked.problems, seeds), asked.results / f"{seeds}.jsonl", end, asked.processes)
        for job, seeds in ((measure_truth, "reference"), (judge, asked.seeds))
    )
    target = TABLE if asked.publish else asked.results / f"{asked.seeds}.json"
    print(json.dumps(write_table(target, lines, truths, asked.seeds), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
