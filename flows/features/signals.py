"""Rows over time into features: windows, lags and differences. Nothing is fitted here; every feature names its column.

Letters: D rows, c channels (columns), W windows, L rows a window. A window never crosses from one group (unit, batch,
experiment) into another, and the features of a row use that row and earlier ones only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from flows.errors import DatasetError

Floats = NDArray[np.float64]
_ROWS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class SignalFeatures:
    """Features made from rows over time.

    frame: (W, features), nan where the window holds a missing cell. rows: (W,) the row of the table at which each
    window ends, and whose target it may be given. trace: feature -> the columns it is made of.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    trace: dict[str, tuple[str, ...]]


def _mean(x: Floats) -> Floats:
    return x.mean(axis=-1)


def _deviation(x: Floats) -> Floats:
    return x.std(axis=-1)


def _slope(x: Floats) -> Floats:
    """Of the least-squares line, in units a row."""
    place = np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    return x @ (place / (place @ place))


def _smallest(x: Floats) -> Floats:
    return x.min(axis=-1)


def _largest(x: Floats) -> Floats:
    return x.max(axis=-1)


def _last(x: Floats) -> Floats:
    return x[..., -1]


def _kurtosis(x: Floats) -> Floats:
    """Fourth standardised moment less 3: knocks and spikes; 0 for a constant window."""
    squares = (x - x.mean(axis=-1, keepdims=True)) ** 2
    variance = squares.mean(axis=-1)
    return _ratio((squares * squares).mean(axis=-1), variance * variance, 3.0) - 3.0


def _crest_factor(x: Floats) -> Floats:
    """Largest magnitude over the root mean square; 0 for a window of zeros."""
    return _ratio(np.abs(x).max(axis=-1), np.sqrt((x * x).mean(axis=-1)), 0.0)


def _autocorrelation(x: Floats) -> Floats:
    """Correlation of each value with the one before; 0 for a constant window."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return _ratio((centred[..., 1:] * centred[..., :-1]).sum(axis=-1), (centred * centred).sum(axis=-1), 0.0)


def _ratio(above: Floats, below: Floats, otherwise: float) -> Floats:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), otherwise)


STATISTICS: dict[str, Callable[[Floats], Floats]] = {
    "last value": _last,
    "mean": _mean,
    "deviation": _deviation,
    "slope": _slope,
    "minimum": _smallest,
    "maximum": _largest,
    "kurtosis": _kurtosis,
    "crest factor": _crest_factor,
    "autocorrelation": _autocorrelation,
}


def window_features(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    length: int,
    step: int = 0,
    group: str = "",
    statistics: Sequence[str] = tuple(STATISTICS),
    bands: int = 4,
    wanted: NDArray[np.bool_] | None = None,
) -> SignalFeatures:
    """Statistics and band energies of `columns` over windows of `length` rows, one every `step` rows.

    step: 0 for windows that do not overlap. group: a column whose change ends a window, "" for none. bands: energies of
    the spectrum without its mean, in so many equal bands up to half the sampling rate; 0 for none. wanted: (D,) rows at
    which a window may end, None for all; where few are, the next one is taken that is `step` rows or more further on.
    Raises DatasetError: a column is no number, the windows are longer than every group.
    """
    if length < 3 or step < 0 or bands < 0:
        raise DatasetError(f"windows of {length} rows every {step} with {bands} bands cannot be; give at least 3 rows")
    channels = _channels(frame, columns)
    names = [f"{name} · {word}" for word in (*statistics, *_band_names(bands)) for name in columns]
    starts = _starts(_runs(frame, group), length, step or length, wanted)
    if starts.size == 0:
        raise DatasetError(f"no group has the {length} rows that one window needs; choose a shorter window")
    values = np.empty((len(starts), len(names)))
    windows = sliding_window_view(channels, length, axis=0)
    block = max(1, _ROWS_AT_ONCE // (length * len(columns)))
    for first in range(0, len(starts), block):
        x = windows[starts[first : first + block]]
        measured = [STATISTICS[word](x) for word in statistics] + _band_energies(x, bands)
        values[first : first + block] = np.concatenate(measured, axis=1)
    trace: dict[str, tuple[str, ...]] = {name: (columns[i % len(columns)],) for i, name in enumerate(names)}
    return SignalFeatures(pd.DataFrame(values, columns=names), starts + length - 1, trace)


def lag_features(
    frame: pd.DataFrame, columns: Sequence[str], lags: Sequence[int], *, group: str = ""
) -> SignalFeatures:
    """Values of `columns` so many rows ago, nan where the group is younger. lags: numbers of rows, at least 1."""
    return _shifted(frame, columns, lags, group, "{} · {} rows ago", lambda now, before: before)


def difference_features(
    frame: pd.DataFrame, columns: Sequence[str], lags: Sequence[int], *, group: str = ""
) -> SignalFeatures:
    """What `columns` gained since so many rows ago, nan where the group is younger. lags: at least 1."""
    return _shifted(frame, columns, lags, group, "{} · gain in {} rows", lambda now, before: now - before)


def product_features(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> SignalFeatures:
    """Products of pairs of columns, for interactions a plant engineer expects: speed times torque is power."""
    values = {f"{a} × {b}": np.prod(_channels(frame, [a, b]), axis=1) for a, b in pairs}
    trace: dict[str, tuple[str, ...]] = {f"{a} × {b}": (a, b) for a, b in pairs}
    return SignalFeatures(pd.DataFrame(values), np.arange(len(frame)), trace)


def _channels(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    for name in columns:
        if name not in frame.columns or not pd.api.types.is_numeric_dtype(frame[name]):
            raise DatasetError(f'"{name}" is no column of numbers; windows and lags need numbers')
    return np.ascontiguousarray(frame[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan))


def _runs(frame: pd.DataFrame, group: str) -> list[tuple[int, int]]:
    """First row and end of every run of rows with the same group."""
    if not group:
        return [(0, len(frame))]
    values = frame[group]
    borders = np.flatnonzero((values != values.shift()).to_numpy(dtype=bool))
    return list(zip(borders.tolist(), [*borders[1:].tolist(), len(frame)], strict=True))


def _starts(
    runs: Sequence[tuple[int, int]], length: int, step: int, wanted: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    parts = [np.arange(first, end - length + 1, step, dtype=np.int64) for first, end in runs]
    if wanted is not None and not wanted.all():
        last = np.flatnonzero(wanted)
        parts = [_spaced(last[(last >= first + length - 1) & (last < end)], step) - length + 1 for first, end in runs]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _spaced(places: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """Those of the ascending places that lie `step` or more behind the one taken before, beginning with the first."""
    taken, i = [], 0
    while i < len(places):
        taken.append(places[i])
        i = int(np.searchsorted(places, places[i] + step))
    return np.array(taken, dtype=np.int64)


def _band_names(bands: int) -> list[str]:
    return [f"energy in band {i + 1} of {bands}" for i in range(bands)]


def _band_energies(x: Floats, bands: int) -> list[Floats]:
    """`bands` arrays (W, c): sums of squared magnitudes, scaled so that together they are the window's variance."""
    if bands == 0:
        return []
    length = x.shape[-1]
    power = np.abs(np.fft.rfft(x, axis=-1)[..., 1:]) ** 2 * (2.0 / length**2)
    if length % 2 == 0:
        power[..., -1] /= 2
    edges = np.linspace(0, power.shape[-1], bands + 1).round().astype(int)
    return [power[..., low:high].sum(axis=-1) for low, high in pairwise(edges.tolist())]


def _shifted(
    frame: pd.DataFrame,
    columns: Sequence[str],
    lags: Sequence[int],
    group: str,
    wording: str,
    combine: Callable[[Floats, Floats], Floats],
) -> SignalFeatures:
    channels = _channels(frame, columns)
    runs = _runs(frame, group)
    values: dict[str, Floats] = {}
    trace: dict[str, tuple[str, ...]] = {}
    for lag in lags:
        if lag < 1:
            raise DatasetError(f"a lag of {lag} rows looks into the future or at now; give 1 or more")
        before = np.full_like(channels, np.nan)
        for first, end in runs:
            before[first + lag : end] = channels[first : max(first, end - lag)]
        for i, name in enumerate(columns):
            feature = wording.format(name, lag)
            values[feature] = combine(channels[:, i], before[:, i])
            trace[feature] = (name,)
    return SignalFeatures(pd.DataFrame(values), np.arange(len(frame)), trace)
