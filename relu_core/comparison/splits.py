"""Who may learn from which row: folds by chance, by group or by time, inner folds for tuning, and rows nobody touches.

`split_rows` decides on row numbers alone, so that columns can be fitted inside each fold afterwards; `make_split` does
the same for a table of numbers. Untouched rows leave as `TestRows`, which open once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.promise import EvaluationProtocol
from relu_core.errors import ArgumentError, UntouchedRowsError
from relu_core.training import Fold, MatrixFold

Indices = NDArray[np.int64]
# An inner split keeps this share of a fold's training rows for choosing a recipe: one in four.
INNER_PARTS = 4
# By time, the first fold learns from this share: with much less it would measure another problem than the last fold
# does.
FIRST_TRAINING_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class RowSplit:
    """Row numbers, all counted in the D rows that were split, ascending.

    development: rows that may be learned from or judged on before Confirm. untouched: the others (rows in the gap of a
    time split belong to neither). folds: one a fold of the protocol. inner: for each fold, splits of its training rows
    alone, on which recipe and threshold may be chosen.
    """

    development: Indices
    untouched: Indices
    folds: tuple[Fold, ...]
    inner: tuple[tuple[Fold, ...], ...]

    def within_development(self) -> "RowSplit":
        """The same folds with rows counted inside `development`, for use once the untouched rows lie elsewhere."""
        places = np.full(int(self.development.max()) + 1, -1)
        places[self.development] = np.arange(len(self.development))
        count = np.arange(len(self.development))
        inner = tuple(tuple(_moved(fold, places) for fold in some) for some in self.inner)
        return RowSplit(count, self.untouched, tuple(_moved(fold, places) for fold in self.folds), inner)


class TestRows:
    """The untouched rows: no arrays until `open`, which works once and keeps the reason it was opened for."""

    # pytest must not take the name for a test class.
    __test__ = False

    def __init__(self, X: Floats, y: Floats) -> None:
        self._sealed: tuple[Floats, Floats] | None = (X, y)
        self.rows = len(y)
        self.readings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"TestRows({self.rows} rows, {'sealed' if self._sealed else 'read for ' + repr(self.readings[0])})"

    def open(self, reason: str) -> tuple[Floats, Floats]:
        """X (D, n) and y (D,) of the untouched rows, once; `reason` is kept in `readings`. Refuses a second time."""
        if not reason.strip():
            raise ArgumentError(
                "reason is empty; say what the untouched rows are read for, such as 'confirm finalists'"
            )
        if self._sealed is None:
            raise UntouchedRowsError(
                f"the untouched rows were already read for {self.readings[0]!r} and are asked for again "
                f"for {reason!r}; keep what the first reading gave, rows that are read twice are no test"
            )
        opened, self._sealed, self.readings = self._sealed, None, (reason,)
        return opened


@dataclass(frozen=True, eq=False)
class Split:
    """Development rows X (D, n), y (D,) with folds that count inside them, and the untouched rows, sealed."""

    X: Floats
    y: Floats
    folds: tuple[Fold, ...]
    inner: tuple[tuple[Fold, ...], ...]
    test: TestRows = field(repr=False)

    def matrix_folds(self) -> tuple[MatrixFold, ...]:
        """The folds with their own matrices."""
        return matrix_folds(self.X, self.y, self.folds)

    def inner_matrix_folds(self) -> tuple[tuple[MatrixFold, ...], ...]:
        """The inner folds with their own matrices, one tuple a fold."""
        return tuple(matrix_folds(self.X, self.y, some) for some in self.inner)


def make_split(
    X: ArrayLike,
    y: ArrayLike,
    protocol: EvaluationProtocol,
    *,
    task: str,
    groups: ArrayLike | None = None,
    times: ArrayLike | None = None,
) -> Split:
    """Development folds and sealed untouched rows of X (D, n), y (D,), as the protocol promises. See `split_rows`."""
    table = arguments.rows(X)
    target = arguments.targets(y, len(table))
    split = split_rows(len(table), target, protocol, task=task, groups=groups, times=times)
    inside = split.within_development()
    test = TestRows(table[split.untouched], target[split.untouched])
    return Split(table[split.development], target[split.development], inside.folds, inside.inner, test)


def matrix_folds(X: ArrayLike, y: ArrayLike, folds: Sequence[Fold]) -> tuple[MatrixFold, ...]:
    """Folds with their own matrices, where no column has to be fitted. X (D, n), y (D,)."""
    table = arguments.rows(X)
    target = arguments.targets(y, len(table))
    return tuple(
        MatrixFold(table[f.training], target[f.training], table[f.validation], target[f.validation]) for f in folds
    )


def split_rows(
    D: int,
    y: ArrayLike,
    protocol: EvaluationProtocol,
    *,
    task: str,
    groups: ArrayLike | None = None,
    times: ArrayLike | None = None,
    inner_folds: int = 1,
) -> RowSplit:
    """Row numbers for every purpose. y (D,): classes are kept in proportion. The same arguments give the same rows.

    Rule "chance": every row for itself. "group": groups (D,) of any kind; no group lies on both sides of a split.
    "time": times (D,) sortable (without them the rows' order is the time); later rows judge earlier ones, `gap_rows`
    rows between, and rows of one instant stay together.
    Refuses: fewer rows or groups than folds, one class only, a class too rare to be in every fold, a missing split
    column.
    """
    target = arguments.targets(y, D)
    _check_rows(D, target, protocol, task)
    rule = _Rule(target, protocol, task, _column(groups, D, "groups"), _column(times, D, "times"))
    everything = np.arange(D)
    development, untouched = rule.set_aside(everything)
    folds = tuple(Fold(training, held) for training, held in rule.parts(development, protocol.folds, level=1))
    inner = tuple(
        tuple(Fold(*pair) for pair in rule.inner_parts(fold.training, inner_folds, number))
        for number, fold in enumerate(folds)
    )
    if task != "regression":
        _check_classes(target, folds)
    return RowSplit(development, untouched, folds, inner)


class _Rule:
    """One split rule, applied to any subset of the rows."""

    def __init__(
        self, y: Floats, protocol: EvaluationProtocol, task: str, groups: Indices | None, times: Indices | None
    ) -> None:
        self.y, self.protocol, self.by_class = y, protocol, task != "regression"
        self.groups, self.times = groups, times if times is not None else np.arange(len(y))
        if protocol.split_rule == "group" and groups is None:
            raise ArgumentError(
                "groups is missing where split_rule is 'group'; pass the column that names the unit of each row"
            )

    def set_aside(self, rows: Indices) -> tuple[Indices, Indices]:
        """Development rows and untouched rows."""
        share = self.protocol.untouched_share
        if self.protocol.split_rule == "time":
            ordered = self._in_time(rows)
            edge = self._edge(ordered, round(len(ordered) * (1 - share)))
            return np.sort(self._before(ordered, edge)), np.sort(ordered[edge:])
        parts = max(2, round(1 / share))
        # A share such as 0.4 is no whole part: two of five parts are set aside then.
        taken = 1 if share <= 0.5 and abs(parts * share - 1) < 0.1 else None
        if taken is None:
            parts, taken = 10, round(10 * share)
        held = [part for _, part in self.parts(rows, parts, level=0)][: max(1, taken)]
        untouched = np.sort(np.concatenate(held))
        return np.setdiff1d(rows, untouched), untouched

    def parts(self, rows: Indices, count: int, *, level: int) -> Iterator[tuple[Indices, Indices]]:
        """Training and held-out rows of `count` splits of `rows`."""
        if self.protocol.split_rule == "time":
            yield from self._time_parts(rows, count, start=FIRST_TRAINING_SHARE)
            return
        random_state = int(np.random.SeedSequence([self.protocol.seed, level, len(rows)]).generate_state(1)[0])
        for training, held in self._splitter(count, random_state, rows):
            yield rows[np.sort(training)], rows[np.sort(held)]

    def inner_parts(self, rows: Indices, count: int, number: int) -> list[tuple[Indices, Indices]]:
        """The first `count` of INNER_PARTS splits of a fold's training rows; by time, the last ones."""
        parts = max(INNER_PARTS, count + 1)
        if self.protocol.split_rule == "time":
            return list(self._time_parts(rows, count, start=1 - count / parts))
        return list(self.parts(rows, parts, level=2 + number))[:count]

    def _splitter(self, count: int, random_state: int, rows: Indices) -> Iterator[tuple[Indices, Indices]]:
        y = self.y[rows]
        if self.protocol.split_rule == "chance":
            chance = StratifiedKFold if self.by_class else KFold
            return chance(count, shuffle=True, random_state=random_state).split(y, y)
        groups = self.groups[rows]  # type: ignore[index]
        if len(np.unique(groups)) < count:
            raise ArgumentError(
                f"groups holds {len(np.unique(groups))} groups where {count} parts are needed; "
                "use fewer folds or another split column"
            )
        grouped = StratifiedGroupKFold if self.by_class else GroupKFold
        return grouped(count, shuffle=True, random_state=random_state).split(y, y, groups)

    def _time_parts(self, rows: Indices, count: int, start: float) -> Iterator[tuple[Indices, Indices]]:
        ordered = self._in_time(rows)
        shares = start + (1 - start) * np.arange(count) / count
        edges = [self._edge(ordered, round(len(ordered) * share)) for share in shares]
        for edge, end in zip(edges, [*edges[1:], len(ordered)], strict=True):
            training = self._before(ordered, edge)
            if not len(training) or edge == end:
                raise ArgumentError(
                    f"times leaves a fold without rows ({len(np.unique(self.times[rows]))} different instants, "
                    f"gap_rows {self.protocol.gap_rows}); use fewer folds or a smaller gap"
                )
            yield np.sort(training), np.sort(ordered[edge:end])

    def _in_time(self, rows: Indices) -> Indices:
        return rows[np.argsort(self.times[rows], kind="stable")]

    def _edge(self, ordered: Indices, place: int) -> int:
        # An instant belongs wholly to the later side: no row may judge another of its own instant.
        instants = self.times[ordered]
        return int(np.searchsorted(instants, instants[min(place, len(ordered) - 1)], side="left"))

    def _before(self, ordered: Indices, edge: int) -> Indices:
        return ordered[: max(0, edge - self.protocol.gap_rows)]


def _column(values: ArrayLike | None, D: int, name: str) -> Indices | None:
    if values is None:
        return None
    column = np.asarray(values)
    if column.shape != (D,):
        raise ArgumentError(f"{name} has shape {column.shape} where there are {D} rows; pass one entry a row")
    if column.dtype.kind == "O" or column.dtype.kind in "US":
        column = column.astype(str)
    # Ranks stand for any sortable kind; equal entries share a rank.
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def _check_rows(D: int, y: Floats, protocol: EvaluationProtocol, task: str) -> None:
    if 4 * protocol.folds > D:
        raise ArgumentError(
            f"there are {D} rows where {protocol.folds} folds need at least {4 * protocol.folds}; "
            "collect more rows or use fewer folds"
        )
    values, counts = np.unique(y, return_counts=True)
    if len(values) < 2:
        raise ArgumentError(f"y holds one value only ({values[0]:g}); there is nothing to learn, choose another target")
    if task == "regression":
        return
    if (values != np.floor(values)).any() or (values < 0).any() or (task == "binary" and len(values) > 2):
        raise ArgumentError(
            f"y is no {task} target (values such as {values[-1]:g}); number the classes from 0 or change the task"
        )
    if counts.min() < 2 * protocol.folds:
        rare = values[int(np.argmin(counts))]
        raise ArgumentError(
            f"class {rare:g} has {counts.min()} rows where {protocol.folds} folds and the untouched rows need at least "
            f"{2 * protocol.folds}; collect more of them, merge rare classes or use fewer folds"
        )


def _check_classes(y: Floats, folds: tuple[Fold, ...]) -> None:
    for number, fold in enumerate(folds):
        for rows, side in ((fold.training, "training"), (fold.validation, "validation")):
            if len(np.unique(y[rows])) < 2:
                raise ArgumentError(
                    f"the {side} rows of fold {number} hold one class only ({y[rows[0]]:g}); "
                    "use fewer folds or another split rule"
                )


def _moved(fold: Fold, places: Indices) -> Fold:
    return Fold(places[fold.training], places[fold.validation])
