"""The column to predict, as numbers: 0 and 1, class numbers, or values."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.errors import DatasetError

TASKS = ("binary", "multiclass", "regression")
_MOST_CLASSES = 100
_YES = ("1", "1.0", "true", "yes", "y", "ng", "bad", "fail", "failed", "failure", "defect", "anomaly", "異常", "不良")
_NO = ("0", "0.0", "false", "no", "n", "ok", "good", "pass", "passed", "normal", "正常", "良")
# Words of a class of parts or moments with which all is well.
_WELL = re.compile(
    r"^(?:0|n|no|false)$|(?:^|[\W\d_])(?:ok|good|pass|passed|normal|healthy|intact|none)(?:[\W\d_]|$)"
    r"|no[\W_]*(?:defect|fault|failure|error|anomal)|(?<!不)良|正常|なし|無し",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Target:
    """y (D,): 0/1, class numbers 0..k-1, or values. class_names: by class number, empty for a number."""

    y: NDArray[np.float64]
    class_names: tuple[str, ...]


def numeric_target(frame: pd.DataFrame, target: str, task: str) -> Target:
    """The column `target` of `frame` (D, columns) as numbers for `task` ("binary", "multiclass", "regression").

    Class 1 of a binary target is the one that says yes (1, true, NG, fail, ...), else the rarer one. Raises
    DatasetError where the column is missing, has empty cells, one value only, or does not fit the task.
    """
    values = _column(frame, target)
    empty = int(values.isna().sum())
    if empty:
        raise DatasetError(
            f'the column to predict "{target}" is empty in {empty} of {len(values)} rows; leave those rows out first'
        )
    if values.nunique() < 2:
        raise DatasetError(
            f'the column to predict "{target}" holds "{values.iloc[0]}" in every row; choose a column that changes'
        )
    if task == "regression":
        return Target(_numbers(values, target), ())
    if task not in TASKS:
        raise DatasetError(f'there is no task "{task}"; choose one of {", ".join(TASKS)}')
    return _classes(values, target, task)


def bad_classes_alone(values: pd.Series) -> list[str]:
    """The classes of `values` where they are texts, three at least, and none is called good, normal or the like."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return []
    names = sorted(str(name) for name in values.dropna().unique())
    if not 3 <= len(names) <= _MOST_CLASSES:
        return []
    return [] if any(_WELL.search(name) for name in names) else names


def rows_with_target(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, int]:
    """Rows of `frame` whose target is known, renumbered from 0, and how many were left out."""
    values = _column(frame, target)
    known = values.notna().to_numpy()
    if not known.any():
        raise DatasetError(f'the column to predict "{target}" is empty in every row; choose a column that was recorded')
    return frame[known].reset_index(drop=True), int((~known).sum())


def _column(frame: pd.DataFrame, target: str) -> pd.Series:
    if target not in frame.columns:
        known = ", ".join(f'"{name}"' for name in list(frame.columns)[:20])
        raise DatasetError(f'there is no column "{target}" to predict; the data set has {known}')
    if len(frame) == 0:
        raise DatasetError("the data set has no rows; ingest its source again")
    return frame[target]


def _numbers(values: pd.Series, target: str) -> NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(values):
        raise DatasetError(
            f'the column to predict "{target}" holds text such as "{values.iloc[0]}"; '
            "choose the task 'several classes' or a column of numbers"
        )
    return values.to_numpy(dtype=np.float64)


def _classes(values: pd.Series, target: str, task: str) -> Target:
    counts = values.value_counts()
    if task == "binary" and len(counts) != 2:
        raise DatasetError(
            f'the column to predict "{target}" holds {len(counts)} different values where yes/no needs 2; '
            "choose the task 'several classes' or 'a number'"
        )
    if len(counts) > _MOST_CLASSES:
        raise DatasetError(
            f'the column to predict "{target}" holds {len(counts)} different values; '
            f"more than {_MOST_CLASSES} are no classes: choose the task 'a number' or another column"
        )
    labels = sorted(counts.index) if task == "multiclass" else _no_then_yes(counts)
    numbers = {label: float(i) for i, label in enumerate(labels)}
    return Target(values.map(numbers).to_numpy(dtype=np.float64), tuple(_word(label) for label in labels))


def _no_then_yes(counts: pd.Series) -> list[object]:
    common, rare = counts.index[0], counts.index[1]
    words = {label: _word(label).lower() for label in counts.index}
    if words[common] in _YES or words[rare] in _NO:
        return [rare, common]
    if words[rare] in _YES or words[common] in _NO or counts.iloc[0] != counts.iloc[1]:
        return [common, rare]
    return sorted(counts.index)


def _word(label: object) -> str:
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)
