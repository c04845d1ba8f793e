"""A piece of a text table into rows: by Arrow's reader at full speed, or the careful way of all other files.

Kinds of columns come from the first 8 MiB.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from flows.lake.cells import DAYS_OF_MONTHS, LARGEST_NUMBER, MISSING_WORDS, ParsedColumn, parse_as, parse_column
from flows.lake.quarantine import QUARANTINE_COLUMNS, check_as, reads_decimal_comma
from flows.sources.delimited import DELIMITER_NAMES, read_delimited, read_further
from flows.sources.table import SourceFile, Table

_SAMPLE_BYTES = 8 << 20
_NULLS = sorted({form for word in MISSING_WORDS for form in (word, word.upper(), word.title(), word.capitalize())})
_ARROW_TYPES = {"number": pa.float64(), "time": pa.timestamp("us"), "text": pa.string()}
_NONE_LEFT = pd.DataFrame({name: pd.Series(dtype="int64" if name == "line" else "str") for name in QUARANTINE_COLUMNS})


@dataclass(frozen=True, eq=False)
class Layout:
    """What the first rows say. first_line: of the data, from 1."""

    source: SourceFile
    table: Table
    kinds: dict[str, ParsedColumn]
    first_line: int

    @property
    def schema(self) -> pa.Schema:
        units = self.table.units
        return pa.schema(
            pa.field(name, _ARROW_TYPES[kind.kind], metadata={"unit": units[name]} if name in units else None)
            for name, kind in self.kinds.items()
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Good rows (D, columns), the lines and texts they stand in, D each, and the other rows with their reasons."""

    table: pa.Table
    lines: NDArray[np.int64]
    texts: Sequence[bytes]
    quarantined: pd.DataFrame = field(default_factory=_NONE_LEFT.copy)


def look_at_layout(file: Path) -> Layout:
    """What the first rows of `file` say. Raises SourceError."""
    table = read_first_rows(file, _SAMPLE_BYTES)
    decimal_comma = reads_decimal_comma(table.sources)
    kinds = {str(name): parse_column(cells, decimal_comma=decimal_comma) for name, cells in table.frame.items()}
    # Without a month, a time can be read only from the first row on, and blocks are read by themselves.
    kinds = {
        name: replace(kind, kind="text") if kind.time_format == DAYS_OF_MONTHS else kind for name, kind in kinds.items()
    }
    lines = [int(table.line_numbers.min()), *(row.line for row in table.rejected)]
    return Layout(table.sources[0], table, kinds, min(lines))


def read_first_rows(file: Path, size: int) -> Table:
    """The rows of the first `size` bytes of `file`. Raises SourceError."""
    with file.open("rb") as stream:
        sample = stream.read(size)
    if len(sample) == size:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    return read_delimited(sample, file.name)


def line_end(block: bytes, near: int) -> int:
    """The end of the last line before `near` outside quotation marks; 0 where there is none."""
    first = cut = block.rfind(b"\n", 0, near) + 1
    marks = block.count(b'"', 0, cut)
    for _ in range(50):
        if cut == 0 or marks % 2 == 0:
            return cut
        earlier = block.rfind(b"\n", 0, cut - 1) + 1
        marks -= block.count(b'"', earlier, cut)
        cut = earlier
    return first


def where_written(piece: bytes, line: int, table: pa.Table) -> Rows | None:
    """The rows of a piece that begins at `line`, with their lines; None where a row may not be one line."""
    texts = piece.replace(b"\r\n", b"\n").split(b"\n")[:-1]
    return (
        Rows(table, np.arange(line, line + len(texts)), texts)
        if len(texts) == len(table) and b'"' not in piece
        else None
    )


def read_carefully(piece: bytes, line: int, layout: Layout) -> Rows:
    """The rows of a piece that begins at `line`, each judged by itself."""
    read = read_further(piece.decode("utf-8", "surrogateescape"), list(layout.kinds), layout.source, line)
    checked = check_as(read, layout.kinds)
    table = pa.Table.from_pandas(checked.frame, schema=layout.schema, preserve_index=False)
    good = np.flatnonzero(np.isin(read.line_numbers, checked.quarantined["line"], invert=True))
    texts = [read.raw_lines[int(i)].encode("utf-8", "surrogateescape") for i in good]
    return Rows(table, read.line_numbers[good], texts, checked.quarantined)


def read_fast(piece: bytes, layout: Layout) -> pa.Table | None:
    """The piece by Arrow's reader; None where any row needs a closer look."""
    delimiter = next(sign for sign, word in DELIMITER_NAMES.items() if word == layout.source.delimiter)
    if delimiter in ("", " ") or b"\x00" in piece or not piece.strip():
        return None
    decimal_comma = reads_decimal_comma([layout.source])
    try:
        found = arrow_csv.read_csv(
            pa.BufferReader(piece),
            read_options=arrow_csv.ReadOptions(column_names=list(layout.kinds)),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in piece),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: _reading_type(kind) for name, kind in layout.kinds.items()},
                null_values=_NULLS,
                strings_can_be_null=True,
                decimal_point="," if decimal_comma and b"," in piece else ".",
            ),
        )
        columns = [_finished(found.column(name), kind) for name, kind in layout.kinds.items()]
    except pa.ArrowException:
        return None
    if any(column is None for column in columns) or _has_empty_row(columns):
        return None
    return pa.table(columns, schema=layout.schema)


def _reading_type(kind: ParsedColumn) -> pa.DataType:
    if kind.kind == "time" and kind.time_format != "ISO8601":
        return pa.string()
    return _ARROW_TYPES[kind.kind]


def _finished(column: pa.ChunkedArray, kind: ParsedColumn) -> pa.ChunkedArray | pa.Array | None:
    """The column as it is stored; None where a cell is out of range or of another kind."""
    if kind.kind == "number":
        ends = pc.min_max(column).as_py()
        fits = ends["min"] is None or (ends["min"] >= -LARGEST_NUMBER and ends["max"] <= LARGEST_NUMBER)
        return column if fits else None
    if kind.kind == "time" and kind.time_format == "ISO8601":
        return column
    parsed = parse_as(column.to_pandas(), kind, decimal_comma=False)
    return None if parsed.bad.any() else pa.array(parsed.values, type=_ARROW_TYPES[kind.kind], from_pandas=True)


def _has_empty_row(columns: list[pa.ChunkedArray | pa.Array | None]) -> bool:
    if any(column is not None and column.null_count == 0 for column in columns):
        return False
    empty = pc.is_null(columns[0])
    for column in columns[1:]:
        empty = pc.and_(empty, pc.is_null(column))
    return bool(pc.any(empty).as_py())
