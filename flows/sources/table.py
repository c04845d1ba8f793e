"""What every reader gives: the cells as they were written, and where each row came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class SourceFile:
    """One file, sheet or query that was read.

    sha256: of the bytes as they lay on disk. rows: rows read, including those that could not become a table row.
    """

    name: str
    sha256: str
    encoding: str
    delimiter: str
    rows: int


@dataclass(frozen=True)
class RejectedRow:
    """A row that is no row of the table: its text, where it stood, and why."""

    file: str
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Table:
    """Rows as text, before any cell is judged.

    frame: (D, columns) every cell a string, "" where nothing was written. file_numbers, line_numbers: (D,) for each row
    the index into `sources` and the line (from 1). raw_lines: D texts. units, headers: by column, only where known.
    rejected: rows read that are not in `frame`. notes: plain sentences about what the reader decided.
    """

    frame: pd.DataFrame
    sources: tuple[SourceFile, ...]
    file_numbers: NDArray[np.int64]
    line_numbers: NDArray[np.int64]
    raw_lines: Sequence[str]
    units: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    rejected: tuple[RejectedRow, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows_read(self) -> int:
        """Rows of all sources: those in `frame` and those rejected."""
        return len(self.frame) + len(self.rejected)


def single_source(
    frame: pd.DataFrame,
    source: SourceFile,
    line_numbers: Sequence[int],
    raw_lines: Sequence[str],
    *,
    units: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    rejected: Sequence[RejectedRow] = (),
    notes: Sequence[str] = (),
) -> Table:
    """A Table whose rows all come from one source."""
    return Table(
        frame=frame,
        sources=(source,),
        file_numbers=np.zeros(len(frame), dtype=np.int64),
        line_numbers=np.asarray(line_numbers, dtype=np.int64),
        raw_lines=raw_lines,
        units=units or {},
        headers=headers or {},
        rejected=tuple(rejected),
        notes=tuple(notes),
    )


def stack(tables: Sequence[Table], labels: Sequence[str], column: str) -> Table:
    """All rows of `tables` under one another, with a new column `column` that holds each table's label.

    Columns are the union in order of appearance; a cell that a table does not have is empty.
    """
    frames = [table.frame.assign(**{column: label}) for table, label in zip(tables, labels, strict=True)]
    frame = pd.concat(frames, ignore_index=True).fillna("")
    offsets = np.cumsum([0, *(len(table.sources) for table in tables)])
    units: dict[str, str] = {}
    headers: dict[str, str] = {}
    for table in reversed(tables):
        units.update(table.units)
        headers.update(table.headers)
    notes = [note for table in tables for note in table.notes]
    return Table(
        frame=frame[[*(name for name in frame.columns if name != column), column]],
        sources=tuple(source for table in tables for source in table.sources),
        file_numbers=np.concatenate(
            [table.file_numbers + offset for table, offset in zip(tables, offsets, strict=False)]
        ),
        line_numbers=np.concatenate([table.line_numbers for table in tables]),
        raw_lines=[line for table in tables for line in table.raw_lines],
        units=units,
        headers=headers,
        rejected=tuple(row for table in tables for row in table.rejected),
        notes=tuple(dict.fromkeys(notes)),
    )


def with_notes(table: Table, notes: Sequence[str]) -> Table:
    """The same table with further notes in front."""
    return replace(table, notes=(*notes, *table.notes))
