"""What each column holds, in numbers a plant engineer reads."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.lake.manifest import kind_of


@dataclass(frozen=True)
class ColumnProfile:
    """One column. kind: "number", "whole number", "time" or "text".

    missing: rows without a value. distinct: different values. constant: at most one of them. minimum, maximum, mean,
    median, deviation: nan where the column holds no numbers. outliers: values further from the median than 6 times the
    distance between the quartiles. most_frequent, most_frequent_rows: the value seen most often, and how often.
    first, last: of a time column, as text.
    """

    name: str
    kind: str
    unit: str
    rows: int
    missing: int
    distinct: int
    constant: bool
    minimum: float
    maximum: float
    mean: float
    median: float
    deviation: float
    outliers: int
    most_frequent: str
    most_frequent_rows: int
    first: str
    last: str


def profile(frame: pd.DataFrame, units: dict[str, str] | None = None) -> list[ColumnProfile]:
    """A profile of every column of `frame` (D, columns), in its order; `units` by column, where known."""
    return [_profile(str(name), values, (units or {}).get(str(name), "")) for name, values in frame.items()]


def _profile(name: str, values: pd.Series, unit: str) -> ColumnProfile:
    kind = kind_of(values)
    filled = values.dropna()
    counts = filled.value_counts()
    numbers = filled.to_numpy(dtype=np.float64) if kind in ("number", "whole number") else np.empty(0)
    ends = (str(filled.min()), str(filled.max())) if kind == "time" and len(filled) else ("", "")
    return ColumnProfile(
        name=name,
        kind=kind,
        unit=unit,
        rows=len(values),
        missing=len(values) - len(filled),
        distinct=len(counts),
        constant=len(counts) <= 1,
        minimum=_of(numbers, np.min),
        maximum=_of(numbers, np.max),
        mean=_of(numbers, np.mean),
        median=_of(numbers, np.median),
        deviation=_of(numbers, np.std),
        outliers=_outliers(numbers),
        most_frequent=_word(counts.index[0]) if len(counts) else "",
        most_frequent_rows=int(counts.iloc[0]) if len(counts) else 0,
        first=ends[0],
        last=ends[1],
    )


def _word(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float | np.floating) else str(value)


def _of(numbers: NDArray[np.float64], statistic: object) -> float:
    return float(statistic(numbers)) if numbers.size and callable(statistic) else float("nan")


def _outliers(numbers: NDArray[np.float64]) -> int:
    if numbers.size < 8:
        return 0
    low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
    if not high > low:
        return 0
    return int((np.abs(numbers - middle) > 6 * (high - low)).sum())
