"""A charter to start from: the most likely question a table can answer, and a split that is honest and can be made."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.charter import Charter, make_charter
from flows.choices import MetricName, SplitRule, Task
from flows.errors import DatasetError, SourceError
from flows.features.plan import RowPlan
from flows.lake.derive import LIFE_COLUMN, LOOK_ALIKE, UNIT_COLUMN
from flows.lake.target import Target, numeric_target, rows_with_target
from flows.quality.traps import group_of, likeness_of_neighbours
from relu_core.comparison import split_rows
from relu_core.errors import ReluCoreError

_READ_OFF = ("source_file", "file_label", "sheet", "label_from", UNIT_COLUMN, LOOK_ALIKE)
_NAMED_SO = re.compile(r"^(y|target|label|class|output|result|quality|defect|failure|fault|anomaly|yield)\b", re.I)
_FEW_CLASSES = 20
_ROWS_A_CLASS = 15
# Blocks of neighbours: enough of them for every fold, and long enough to keep neighbours together.
_BLOCKS = 100
_SHORTEST_BLOCK = 10
_ALIKE = 0.5
_TASKS = {Task.YES_NO: "binary", Task.CLASSES: "multiclass", Task.NUMBER: "regression"}
_PROBE = {"poc_name": "draft", "dataset": "draft", "target": "draft", "target_value": 0.9}
_METRICS = {Task.YES_NO: MetricName.ROC_AUC, Task.CLASSES: MetricName.ACCURACY, Task.NUMBER: MetricName.R2}


def draft_charter(name: str, data_file: str, frame: pd.DataFrame) -> Charter:
    """A charter about the table `frame` (D, columns) of the file or folder `name`.

    The column to predict: remaining life, a picture's class, a column of two values, one that is named as if, what the
    files are called, else the last column of numbers. Rows are kept apart by unit, by time or in blocks where
    neighbours are alike, as far as the rows allow. Raises SourceError where no column can be predicted.
    """
    found = _target(frame)
    if found is None:
        raise SourceError(f"no column of {name} holds numbers or two values, so none can be predicted")
    target, task = found
    question: dict[str, object] = {
        "poc_name": slug(name), "dataset": slug(name), "data_file": data_file, "target": target, "task": task.value,
        "metric": _METRICS[task].value, "target_value": 0.9,
    }  # fmt: skip
    return make_charter(question | _split(frame, target, task))


def slug(name: str) -> str:
    """A name in small letters, digits and hyphens, for a data set and a charter."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-") or "my-poc"


def _target(frame: pd.DataFrame) -> tuple[str, Task] | None:
    columns = {str(name): values for name, values in frame.items() if not _is_time(values)}
    own = {name: values for name, values in columns.items() if name not in _READ_OFF}
    numbers = [name for name, values in own.items() if pd.api.types.is_numeric_dtype(values) and values.nunique() > 1]
    if LIFE_COLUMN in own:
        return LIFE_COLUMN, Task.NUMBER
    if "label_from" in columns and _are_classes(frame["label"]):
        return "label", Task.YES_NO if frame["label"].nunique() == 2 else Task.CLASSES
    if marks := [name for name, values in own.items() if values.nunique() == 2]:
        return marks[0], Task.YES_NO
    if named := [name for name in own if _NAMED_SO.match(name) and (name in numbers or _are_classes(own[name]))]:
        return named[0], Task.NUMBER if named[0] in numbers else Task.CLASSES
    if "file_label" in columns and _are_classes(columns["file_label"]):
        return "file_label", Task.YES_NO if columns["file_label"].nunique() == 2 else Task.CLASSES
    return (numbers[-1], Task.NUMBER) if numbers else None


def _are_classes(values: pd.Series) -> bool:
    counts = values.value_counts()
    return 2 <= len(counts) <= _FEW_CLASSES and int(counts.min()) >= _ROWS_A_CLASS


def _split(frame: pd.DataFrame, target: str, task: Task) -> dict[str, object]:
    """Fields of the first split rule that suits the rows and can be carried out."""
    known, _ = rows_with_target(frame, target)
    try:
        y = numeric_target(known, target, _TASKS[task])
    except DatasetError:
        return {}
    for fields in _candidates(known, target, task, y):
        charter = make_charter({**_PROBE, "task": task.value, "metric": _METRICS[task].value, **fields})
        if _can_be_made(charter, known, y.y):
            return fields
    return {}


def _candidates(known: pd.DataFrame, target: str, task: Task, y: Target) -> list[dict[str, object]]:
    apart = [name for name in (UNIT_COLUMN, LOOK_ALIKE) if name in known.columns]
    group = group_of(known.drop(columns=target), "")
    fields: list[dict[str, object]] = [
        {"split_rule": SplitRule.GROUP.value, "split_column": name} for name in (*apart, group) if name
    ]
    if likeness_of_neighbours(y.y, _TASKS[task]) > _ALIKE:
        times = [str(name) for name, values in known.items() if _is_time(values) and values.notna().all()]
        fields += [{"split_rule": SplitRule.TIME.value, "split_column": name} for name in times[:1]]
        size = len(known) // _BLOCKS
        fields += [{"block_rows": size}] if size >= _SHORTEST_BLOCK else []
    return fields


def _can_be_made(charter: Charter, known: pd.DataFrame, y: NDArray[np.float64]) -> bool:
    values = known[charter.split_column].to_numpy() if charter.split_column else None
    if charter.block_rows:
        values = RowPlan((), ()).make(known).blocks(charter.block_rows)
    times, groups = (values, None) if charter.split_rule is SplitRule.TIME else (None, values)
    try:
        split_rows(len(y), y, charter.protocol(), task=_TASKS[charter.task], groups=groups, times=times)
    except ReluCoreError:
        return False
    return True


def _is_time(values: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(values))
