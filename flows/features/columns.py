"""Table columns into a matrix: what is fitted on training rows only, kept as JSON, and applied unchanged ever after.

Scaling is not done here: the trainer folds it into the first layer, so that networks speak plant units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.lake.target import Target, numeric_target, rows_with_target

__all__ = [
    "FittedColumns",
    "NumberColumn",
    "CategoryColumn",
    "Target",
    "fit_columns",
    "numeric_target",
    "rows_with_target",
]

_MOST_CATEGORIES = 20
# Below this share of empty cells an indicator is a column of zeros in most folds, and only costs parameters.
_INDICATOR_SHARE = 0.05
_SAME = 1 - 1e-10


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers or times (as seconds); empty cells become `median`; `indicator`: 1 where it was empty."""

    name: str
    median: float
    indicator: bool


@dataclass(frozen=True)
class CategoryColumn:
    """A column of few texts: one feature a value of `values`; `reference` and unseen values are zeros in all."""

    name: str
    reference: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class FittedColumns:
    """How columns become features. numbers, categories: what is used. dropped: column -> reason, in plain words."""

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]
    dropped: dict[str, str]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """n names, in the order of the matrix."""
        return tuple(self.trace)

    @property
    def trace(self) -> dict[str, tuple[str, ...]]:
        """Feature -> the columns it is made of."""
        names: dict[str, tuple[str, ...]] = {column.name: (column.name,) for column in self.numbers}
        names |= {f"{column.name} is empty": (column.name,) for column in self.numbers if column.indicator}
        return names | {f"{one.name} = {value}": (one.name,) for one in self.categories for value in one.values}

    def apply(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """(D, n) features of `frame`, none missing. Raises DatasetError where a column is absent or turned to text."""
        values = [_numbers(frame, column.name) for column in self.numbers]
        filled = [np.where(np.isnan(x), one.median, x) for one, x in zip(self.numbers, values, strict=True)]
        empty = [np.isnan(x) for one, x in zip(self.numbers, values, strict=True) if one.indicator]
        hot = [_texts(frame, one.name) == value for one in self.categories for value in one.values]
        features = [*filled, *empty, *hot]
        if not features:
            return np.empty((len(frame), 0))
        return np.ascontiguousarray(np.column_stack(features), dtype=np.float64)


def fit_columns(frame: pd.DataFrame, columns: Sequence[str], *, like: FittedColumns | None = None) -> FittedColumns:
    """Medians, categories and indicators of `columns`, from the training rows `frame` (D, all columns) alone.

    Constant and empty columns, texts with more than 20 frequent values and exact copies (up to scale) of an earlier
    column are dropped. like: keep the features of an earlier fit and take only the medians anew, so that every fold has
    the same inputs. Raises DatasetError where no column is left.
    """
    if like is not None:
        numbers = tuple(
            NumberColumn(one.name, _median(_numbers(frame, one.name), one.median), one.indicator)
            for one in like.numbers
        )
        return FittedColumns(numbers, like.categories, like.dropped)
    dropped = {name: reason for name in columns if (reason := _reason_to_drop(frame, name))}
    kept = [name for name in columns if name not in dropped]
    numeric = [name for name in kept if _is_number(frame[name])]
    dropped |= _copies(frame, numeric)
    fitted = FittedColumns(
        numbers=_with_indicators(frame, [name for name in numeric if name not in dropped]),
        categories=tuple(_category(frame, name) for name in kept if name not in numeric),
        dropped=dropped,
    )
    if not fitted.feature_names:
        raise DatasetError(
            f"none of the {len(columns)} columns can be an input (all constant, empty or names); "
            "give the data set columns that change"
        )
    return fitted


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise DatasetError(
            f'the column "{name}" is missing from these rows; give the columns that were used in training'
        )
    return frame[name]


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values = _column(frame, name)
    if pd.api.types.is_datetime64_any_dtype(values):
        seconds = values.astype("datetime64[us]").astype("int64").to_numpy(dtype=np.float64) / 1e6
        return np.where(values.isna(), np.nan, seconds)
    if not pd.api.types.is_numeric_dtype(values) and values.notna().any():
        raise DatasetError(
            f'the column "{name}" holds text where numbers were learned; correct the source of these rows'
        )
    return values.astype("float64").to_numpy(dtype=np.float64, na_value=np.nan)


def _texts(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    values = _column(frame, name)
    return values.astype("object").where(values.notna(), "(empty)").astype("str").to_numpy(dtype=object)


def _median(values: NDArray[np.float64], otherwise: float) -> float:
    filled = values[~np.isnan(values)]
    return float(np.median(filled)) if filled.size else otherwise


def _reason_to_drop(frame: pd.DataFrame, name: str) -> str:
    values = _column(frame, name)
    if values.isna().all():
        return "it is empty in every row"
    if values.nunique(dropna=_is_number(values)) < 2:
        return "it has one value in every row"
    if not _is_number(values) and values.nunique() > 0.5 * values.notna().sum() and values.nunique() > _MOST_CATEGORIES:
        return "nearly every row has a text of its own"
    return ""


def _copies(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Columns that are an earlier one up to scale and shift, row by row."""
    if len(names) < 2:
        return {}
    standard = []
    for name in names:
        values = _numbers(frame, name)
        filled = np.where(np.isnan(values), _median(values, 0.0), values)
        centred = filled - filled.mean()
        standard.append(centred / (np.linalg.norm(centred) or 1.0))
    alike = np.abs(np.array(standard) @ np.array(standard).T) > _SAME
    found: dict[str, str] = {}
    for i, name in enumerate(names):
        twin = next((names[j] for j in range(i) if alike[i, j] and names[j] not in found), None)
        if twin is not None:
            found[name] = f'it is "{twin}" in another scale'
    return found


def _with_indicators(frame: pd.DataFrame, names: Sequence[str]) -> tuple[NumberColumn, ...]:
    """Columns that are empty in the same rows share the first one's indicator."""
    seen: set[bytes] = set()
    result = []
    for name in names:
        values = _numbers(frame, name)
        empty = np.isnan(values)
        mask = np.packbits(empty).tobytes()
        indicator = bool(empty.mean() >= _INDICATOR_SHARE) and mask not in seen
        if indicator:
            seen.add(mask)
        result.append(NumberColumn(name, _median(values, 0.0), indicator))
    return tuple(result)


def _category(frame: pd.DataFrame, name: str) -> CategoryColumn:
    counts = pd.Series(_texts(frame, name)).value_counts()
    # By frequency, then by name: the same rows in another order give the same features.
    ordered = sorted(counts.index, key=lambda value: (-int(counts[value]), value))[:_MOST_CATEGORIES]
    return CategoryColumn(name, ordered[0], tuple(ordered[1:]))
