"""A planted problem on the way that a user's data takes: a raw file as a plant writes it, and its charter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from pyarrow import csv

from flows.charter import Charter, make_charter
from flows.settings import Settings
from flows.whole_files import whole_file
from relu_core.planted import PlantedProblem

TARGET, MACHINE, TIME = "outcome", "machine", "timestamp"
FIRST_DAY = datetime(2026, 1, 5, 6)
# One row a minute: what a line records.
STEP = timedelta(minutes=1)
TASKS = {"binary": "yes/no", "regression": "a number"}
SPLITS = {"chance": ("by chance", ""), "group": ("by group", MACHINE), "time": ("by time", TIME)}


@dataclass(frozen=True)
class PlantedFile:
    """path: the raw file, inside data/1_raw. charter: asks the question whose right answer is known."""

    path: str
    charter: Charter


def write_planted(problem: PlantedProblem, name: str, settings: Settings) -> PlantedFile:
    """Write the rows as CSV among the raw files, and the promise under which their verdict is known as a charter.

    name: of the file and of the data set, small letters, digits and hyphens. A file of that name is replaced.
    """
    columns = dict(zip(problem.columns, problem.X.T, strict=True)) | {TARGET: _outcome(problem)}
    if problem.groups is not None:
        columns[MACHINE] = np.array([f"M{group + 1}" for group in problem.groups])
    if problem.times is not None:
        columns[TIME] = np.array([(FIRST_DAY + i * STEP).isoformat(sep=" ") for i in range(len(problem.y))])
    path = settings.raw / f"{name}.csv"
    with whole_file(path) as beside:
        csv.write_csv(pa.table(columns), beside)
    return PlantedFile(str(path), _charter(problem, name, path.name, columns))


def _outcome(problem: PlantedProblem) -> np.ndarray:
    return problem.y.astype(np.int64) if problem.task == "binary" else problem.y


def _charter(problem: PlantedProblem, name: str, file: str, columns: dict[str, np.ndarray]) -> Charter:
    rule, column = SPLITS[problem.split_rule]
    kill = problem.criteria.kill
    return make_charter(
        {
            "poc_name": name,
            "dataset": name,
            "data_file": file,
            "target": TARGET,
            "task": TASKS[problem.task],
            "metric": problem.criteria.metric,
            "target_value": problem.criteria.target,
            "kill_value": 0.0 if np.isnan(kill) else kill,
            "split_rule": rule,
            "split_column": column,
            "excluded_columns": [other for other in (MACHINE, TIME) if other in columns and other != column],
            "ask_between_stages": False,
        }
    )
