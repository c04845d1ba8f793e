"""How rows of a table become rows of features: products, windows, earlier values. One record, as JSON; nothing fitted.

Letters: D rows of the table, W rows of features. Each feature row belongs to one row of the table, the last of those it
looks at, and is given that row's target. The same plan makes the same features of any further table.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.features.signals import (
    SignalFeatures,
    difference_features,
    lag_features,
    product_features,
    window_features,
)

BANDS = "energy in bands"
_BANDS = 4
MADE_BY_READER = ("source_file", "file_label", "sheet")
_RUN = "depthcase:run"
# A step of the clock longer than so many usual ones is a gap, and no window crosses it.
_GAP = 5.0


@dataclass(frozen=True, eq=False)
class MadeRows:
    """Features made from a table.

    frame: (W, features). rows: (W,) the row of the table each belongs to. first, last: (W,) the rows it looks at, as
    places in the order of time. runs: (W,) the number of its unit's run without a gap. trace: feature -> the columns of
    the table it is made of.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    runs: NDArray[np.int64]
    trace: dict[str, tuple[str, ...]]

    def blocks(self, size: int) -> NDArray[np.int64]:
        """(W,) numbers of blocks of at most `size` neighbouring rows of one run."""
        return np.unique(np.column_stack([self.runs, self.last // size]), axis=0, return_inverse=True)[1].ravel()


@dataclass(frozen=True)
class RowPlan:
    """Which features are made of which columns of a table.

    channels: columns of numbers, of which windows and earlier values are made. others: columns that stay as they are.
    borders: columns whose change no window and no earlier value crosses. time: the column that puts rows in order, ""
    where they stand in order. window_rows, window_step: 0 for no windows, 0 for windows side by side. statistics: names
    of `signals.STATISTICS`, or BANDS. lags, differences: in rows. products: pairs of channels, which become channels.
    """

    channels: tuple[str, ...]
    others: tuple[str, ...]
    borders: tuple[str, ...] = ()
    time: str = ""
    window_rows: int = 0
    window_step: int = 0
    statistics: tuple[str, ...] = ()
    lags: tuple[int, ...] = ()
    differences: tuple[int, ...] = ()
    products: tuple[tuple[str, ...], ...] = ()

    @property
    def span(self) -> int:
        """How many rows a feature row looks at, itself included."""
        return max(1, self.window_rows, 1 + max((*self.lags, *self.differences), default=0))

    def make(
        self, frame: pd.DataFrame, *, wanted: NDArray[np.bool_] | None = None, every_row: bool = False
    ) -> MadeRows:
        """The feature rows of `frame` (D, columns).

        wanted: (D,) rows that may be given a feature row, None for all. every_row: one for every row that has enough
        rows before it, whatever the plan's step. Raises DatasetError: a channel is missing or holds text, no unit has
        the rows of one window.
        """
        _require(frame, [*self.channels, *self.others])
        order, runs = self._in_order(frame)
        ordered = frame.iloc[order].reset_index(drop=True).assign(**{_RUN: runs})
        allowed = np.ones(len(frame), dtype=bool) if wanted is None else wanted[order]
        multiplied = product_features(ordered, [(a, b) for a, b in self.products])
        ordered = pd.concat([ordered, multiplied.frame], axis=1)
        channels = [*self.channels, *multiplied.frame.columns]
        parts = self._parts(ordered, channels, allowed, 1 if every_row else self.window_step)
        last = parts[0].rows
        frames = [parts[0].frame, *(part.frame.iloc[last] for part in parts[1:])]
        made = pd.concat([one.reset_index(drop=True) for one in frames], axis=1)
        trace = {name: _unfolded(columns, multiplied.trace) for part in parts for name, columns in part.trace.items()}
        begins = np.flatnonzero(np.diff(runs, prepend=-1))[runs[last]] if len(last) else last
        return MadeRows(made, order[last], np.maximum(last - self.span + 1, begins), last, runs[last], trace)

    def _parts(
        self, ordered: pd.DataFrame, channels: list[str], allowed: NDArray[np.bool_], step: int
    ) -> list[SignalFeatures]:
        """Features over the rows in order; the first part says at which rows there are any."""
        kept = [*self.others] if self.window_rows else [*channels, *self.others]
        present = SignalFeatures(ordered[kept], np.arange(len(ordered)), {name: (name,) for name in kept})
        earlier = []
        if self.lags:
            earlier.append(lag_features(ordered, channels, self.lags, group=_RUN))
        if self.differences:
            earlier.append(difference_features(ordered, channels, self.differences, group=_RUN))
        if self.window_rows:
            windows = window_features(
                ordered,
                channels,
                length=self.window_rows,
                step=step,
                group=_RUN,
                statistics=[word for word in self.statistics if word != BANDS],
                bands=_BANDS if BANDS in self.statistics else 0,
                wanted=allowed,
            )
            return [windows, present, *earlier]
        rows = np.flatnonzero(allowed)
        return [SignalFeatures(present.frame.iloc[rows], rows, present.trace), *earlier]

    def _in_order(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the table in the order of units and time, and the number of the run each of them is in."""
        runs = np.zeros(len(frame), dtype=np.int64)
        # The reader adds a file's name where it reads several; a single further file is one unit.
        borders = [name for name in self.borders if name in frame.columns or name not in MADE_BY_READER]
        if borders:
            _require(frame, borders)
            runs = frame.groupby(borders, sort=False, dropna=False).ngroup().to_numpy(dtype=np.int64)
        if not self.time:
            order = np.argsort(runs, kind="stable")
            return order, runs[order]
        _require(frame, [self.time])
        moments = _moments(frame[self.time])
        order = np.lexsort((moments, runs))
        steps, changes = np.diff(moments[order]), np.diff(runs[order]) != 0
        inside = steps[~changes & (steps > 0)]
        # Where rows count instead of telling time, the usual step is 1 and a gap is a row that was left out.
        gaps = ~(steps <= _GAP * np.median(inside)) if inside.size else np.zeros(len(steps), dtype=bool)
        return order, np.cumsum(np.concatenate([[0], changes | gaps]), dtype=np.int64)[: len(frame)]


def _require(frame: pd.DataFrame, names: list[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise DatasetError(
                f'the column "{name}" is missing from these rows; give the columns that were used in training'
            )


def _moments(values: pd.Series) -> NDArray[np.float64]:
    """Times as seconds, numbers as they are, texts by their order."""
    if pd.api.types.is_datetime64_any_dtype(values):
        seconds = values.astype("datetime64[us]").astype("int64").to_numpy(dtype=np.float64) / 1e6
        return np.where(values.isna(), np.inf, seconds)
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.inf)
    return values.rank(method="dense", na_option="bottom").to_numpy(dtype=np.float64)


def _unfolded(columns: tuple[str, ...], products: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for column in columns for name in products.get(column, (column,))))
