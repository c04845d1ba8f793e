"""Rows of one evaluation on disk: development rows for the stages, untouched rows for Confirm alone.

Between tasks travels a pointer with a hash; `open_rows` turns it into arrays and refuses a file that was changed.
A development file carries its folds: one column a fold, whose cells say what each row is for.
"""

import io
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.features.columns import FittedColumns, fit_columns
from flows.features.plan import MadeRows, RowPlan
from flows.places import Place
from flows.whole_files import read_unchanged, write_under_hash
from relu_core.comparison import RowSplit
from relu_core.training import Fold, MatrixFold

TARGET = "depthcase:target"
UNUSED, TRAINING, VALIDATION = 0, 1, 2
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RowsFile:
    """Where rows lie. columns: the inputs. classes: names by number, empty for a number. folds: 0 when untouched.

    plan: how the rows were made of the data set's.
    """

    path: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    task: str
    classes: tuple[str, ...]
    folds: int
    plan: RowPlan


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in memory: frame (D, all columns), y (D,)."""

    file: RowsFile
    frame: pd.DataFrame
    y: Floats

    @property
    def folds(self) -> list[Fold]:
        """The folds of the protocol, as row numbers."""
        return [_fold(self.frame[_fold_name(i)]) for i in range(self.file.folds)]

    @property
    def inner_folds(self) -> list[Fold]:
        """For each fold a split of its training rows alone, on which recipe and threshold may be chosen."""
        return [_fold(self.frame[_inner_name(i)]) for i in range(self.file.folds)]


def write_rows(frame: pd.DataFrame, y: Floats, folder: Place, kind: RowsFile) -> RowsFile:
    """Write `frame` and y under the content's hash, whole; give the pointer. Raises DatasetError."""
    data = frame.assign(**{TARGET: y}).to_parquet(index=False)
    place, sha256 = write_under_hash(folder, data, ".parquet")
    return replace(kind, path=str(place), sha256=sha256, rows=len(frame))


def without_shared_rows(split: RowSplit, made: MadeRows) -> RowSplit:
    """The split less every learning row that looks at a row of the table which a judging row looks at too.

    Raises DatasetError where a fold has no rows left to learn from.
    """
    development = _apart(split.development, split.untouched, made)
    folds, inner = [], []
    for fold, nested in zip(split.folds, split.inner, strict=True):
        validation = np.intersect1d(fold.validation, development)
        training = _apart(np.intersect1d(fold.training, development), validation, made)
        folds.append(Fold(training, validation))
        judged = [np.intersect1d(one.validation, training) for one in nested]
        learned = [np.intersect1d(one.training, training) for one in nested]
        inner.append(tuple(Fold(_apart(a, b, made), b) for a, b in zip(learned, judged, strict=True)))
    if any(
        min(len(fold.training), len(fold.validation)) == 0
        for fold in (*folds, *(one for some in inner for one in some))
    ):
        raise DatasetError(
            "windows that share rows with the other side of a split were left out, and a fold has none left; "
            "choose shorter windows, longer blocks, or collect more rows"
        )
    return RowSplit(development, split.untouched, tuple(folds), tuple(inner))


def _apart(learning: NDArray[np.int64], judging: NDArray[np.int64], made: MadeRows) -> NDArray[np.int64]:
    """Those of `learning` that look at no row which any of `judging` looks at."""
    steps = np.zeros(int(made.last.max()) + 2, dtype=np.int64)
    np.add.at(steps, made.first[judging], 1)
    np.add.at(steps, made.last[judging] + 1, -1)
    looked_at = np.concatenate([[0], np.cumsum(np.cumsum(steps) > 0)])
    shared = looked_at[made.last[learning] + 1] - looked_at[made.first[learning]]
    return learning[shared == 0]


def with_folds(frame: pd.DataFrame, split: RowSplit) -> pd.DataFrame:
    """The development rows of `split` with a column a fold and a column an inner fold."""
    inside = split.within_development()
    marks = {_fold_name(i): _marks(fold, len(frame)) for i, fold in enumerate(inside.folds)}
    marks |= {_inner_name(i): _marks(inner[0], len(frame)) for i, inner in enumerate(inside.inner)}
    return frame.assign(**marks)


def open_rows(file: RowsFile) -> Rows:
    """The rows that `file` points to. Raises DatasetError where they are gone or were changed since."""
    data = read_unchanged(file.path, file.sha256, "the rows of this evaluation")
    frame = pd.read_parquet(io.BytesIO(data))
    return Rows(file, frame, frame[TARGET].to_numpy(dtype=np.float64))


def fold_matrices(rows: Rows, folds: list[Fold]) -> list[MatrixFold]:
    """One fold a pair of matrices; what is fitted on columns is fitted on the training rows of each fold alone."""
    like = fit_columns(rows.frame, rows.file.columns)
    return [_matrix_fold(rows, like, fold) for fold in folds]


def _matrix_fold(rows: Rows, like: FittedColumns, fold: Fold) -> MatrixFold:
    learned, judged = rows.frame.iloc[fold.training], rows.frame.iloc[fold.validation]
    fitted = fit_columns(learned, rows.file.columns, like=like)
    return MatrixFold(fitted.apply(learned), rows.y[fold.training], fitted.apply(judged), rows.y[fold.validation])


def _marks(fold: Fold, D: int) -> NDArray[np.int8]:
    marks = np.full(D, UNUSED, dtype=np.int8)
    marks[fold.training], marks[fold.validation] = TRAINING, VALIDATION
    return marks


def _fold(marks: pd.Series) -> Fold:
    return Fold(np.flatnonzero(marks == TRAINING), np.flatnonzero(marks == VALIDATION))


def _fold_name(number: int) -> str:
    return f"depthcase:fold {number}"


def _inner_name(number: int) -> str:
    return f"depthcase:inner fold {number}"
