"""Every row is judged once: it enters the data set with values of its columns' kinds, or leaves with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.lake.cells import ParsedColumn, kind_when_kept, parse_as, parse_column
from flows.sources.table import SourceFile, Table

QUARANTINE_COLUMNS = ("file", "line", "text", "reason")
_ARROW_TYPES = {
    "number": pa.float64(), "whole number": pa.int64(), "time": pa.timestamp("us"), "text": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """A table after judgement; rows_read = len(frame) + len(quarantined), always.

    frame: (D, columns) values: int64, float64, datetime64[us] or text. schema: the same as Arrow types. quarantined:
    one line a row that left: file, line, text, reason. file_numbers: (D,) index into `sources` of each kept row.
    """

    frame: pd.DataFrame
    schema: pa.Schema
    quarantined: pd.DataFrame
    sources: tuple[SourceFile, ...]
    file_numbers: NDArray[np.int64]
    units: dict[str, str]
    headers: dict[str, str]
    notes: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        """Rows that the readers found in all sources."""
        return len(self.frame) + len(self.quarantined)


def check(table: Table) -> Checked:
    """Values and schema of `table`, and the rows that do not fit it.

    A column is a number or a time when at least 80 % of its filled cells are, else text. A row leaves when a filled
    cell is not of its column's kind, when it is empty, or when it repeats an earlier row including its time. Raises
    DatasetError where no row is left.
    """
    decimal_comma = reads_decimal_comma(table.sources)
    parsed = {str(name): parse_column(column, decimal_comma=decimal_comma) for name, column in table.frame.items()}
    reasons = _reasons(table, parsed)
    for i, first in _written_twice(table, parsed).items():
        reasons[i] = reasons[i] or repeated(int(table.line_numbers[first]))
    if all(reasons):
        first_reason = reasons[0] if reasons else "every row was rejected"
        raise DatasetError(
            f"no row of {_names(table)} can be used (the first: {first_reason}); correct the file and read it again"
        )
    notes = [f'Column "{name}": {column.note}.' for name, column in parsed.items() if column.note]
    kept = np.array([reason == "" for reason in reasons])
    parsed = {name: replace(column, kind=kind_when_kept(column, kept)) for name, column in parsed.items()}
    return _divided(table, parsed, reasons, notes)


def repeated(line: int) -> str:
    """Why a row leaves that is written at `line` already."""
    return f"the row repeats line {line}, with the same time"


def check_as(table: Table, kinds: Mapping[str, ParsedColumn]) -> Checked:
    """Values of a further part of a table whose columns' kinds are known; rows that repeat are not looked for."""
    decimal_comma = reads_decimal_comma(table.sources)
    parsed = {name: parse_as(table.frame[name], kinds[name], decimal_comma=decimal_comma) for name in kinds}
    return _divided(table, parsed, _reasons(table, parsed), [])


def reads_decimal_comma(sources: Sequence[SourceFile]) -> bool:
    """Whether "1,234" is about one: where something else than a comma stands between the cells."""
    return all(source.delimiter in ("semicolon", "tab", "blanks") for source in sources)


def _divided(table: Table, parsed: dict[str, ParsedColumn], reasons: list[str], notes: Sequence[str]) -> Checked:
    kept = np.array([reason == "" for reason in reasons], dtype=bool)
    frame = _typed(parsed, kept)
    return Checked(
        frame=frame,
        schema=schema_of(frame, table.units),
        quarantined=_quarantined(table, reasons, kept),
        sources=table.sources,
        file_numbers=table.file_numbers[kept],
        units={name: unit for name, unit in table.units.items() if name in frame.columns},
        headers={name: header for name, header in table.headers.items() if name in frame.columns},
        notes=(*table.notes, *notes),
    )


def _names(table: Table) -> str:
    names = [f'"{source.name}"' for source in table.sources]
    return names[0] if len(names) == 1 else f"the {len(names)} files"


def _reasons(table: Table, parsed: dict[str, ParsedColumn]) -> list[str]:
    reasons = [""] * len(table.frame)
    for name, column in parsed.items():
        for i in np.flatnonzero(column.bad).tolist():
            cell = str(table.frame[name].iloc[i])
            reasons[i] = reasons[i] or f'column "{name}" holds {column.refusal(cell)}'
    for i in np.flatnonzero(_empty_rows(parsed)).tolist():
        reasons[i] = reasons[i] or "no cell of the row has a value"
    return reasons


def _empty_rows(parsed: dict[str, ParsedColumn]) -> NDArray[np.bool_]:
    own = [column.missing for name, column in parsed.items() if name not in ("source_file", "file_label", "sheet")]
    return np.logical_and.reduce(own)


def _written_twice(table: Table, parsed: dict[str, ParsedColumn]) -> dict[int, int]:
    """Row -> the earlier row it repeats. Without a time, equal rows may be two equal measurements, and stay."""
    times = [name for name, column in parsed.items() if column.kind == "time" and column.values.notna().mean() > 0.5]
    if not times:
        return {}
    repeated = np.flatnonzero(table.frame.duplicated().to_numpy())
    if repeated.size == 0:
        return {}
    first: dict[tuple[object, ...], int] = {}
    for i, row in enumerate(table.frame.itertuples(index=False, name=None)):
        first.setdefault(row, i)
    return {int(i): first[tuple(table.frame.iloc[int(i)])] for i in repeated}


def _typed(parsed: dict[str, ParsedColumn], kept: NDArray[np.bool_]) -> pd.DataFrame:
    # Arrays, not Series: ten thousand columns would each pay for an index.
    columns = {name: column.values.array[kept] for name, column in parsed.items()}
    whole = [name for name, column in parsed.items() if column.kind == "whole number"]
    return pd.DataFrame(columns | {name: columns[name].astype("int64") for name in whole})


def schema_of(frame: pd.DataFrame, units: dict[str, str]) -> pa.Schema:
    """The Arrow types in which a frame of values is stored; units, where known, lie with their columns."""
    fields = []
    for name, values in frame.items():
        arrow = _ARROW_TYPES[kind_of(values)]
        metadata = {"unit": units[str(name)]} if str(name) in units else None
        fields.append(pa.field(str(name), arrow, metadata=metadata))
    return pa.schema(fields)


def kind_of(values: pd.Series) -> str:
    """The kind of a column of values: "number", "whole number", "time" or "text"."""
    if pd.api.types.is_integer_dtype(values):
        return "whole number"
    if pd.api.types.is_float_dtype(values):
        return "number"
    return "time" if pd.api.types.is_datetime64_any_dtype(values) else "text"


def _quarantined(table: Table, reasons: list[str], kept: NDArray[np.bool_]) -> pd.DataFrame:
    left = np.flatnonzero(~kept)
    rows = [(row.file, row.line, row.text, row.reason) for row in table.rejected]
    rows += [
        (
            table.sources[int(table.file_numbers[i])].name,
            int(table.line_numbers[i]),
            table.raw_lines[int(i)],
            reasons[int(i)],
        )
        for i in left
    ]
    frame = pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS))
    return frame.astype({"file": "str", "line": "int64", "text": "str", "reason": "str"}).sort_values(
        ["file", "line"], ignore_index=True
    )
