"""Parquet parts of a data set, written behind the back of whoever reads: one table is packed while the next is read."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.lake.quarantine import QUARANTINE_COLUMNS

ROWS_PER_PART = 1_000_000


class PartsWriter:
    """Writes tables of one schema one after the other to part-00000.parquet and so on; ends with its `with` block.

    At most one table waits, so that memory does not grow. An error of the disk is raised by the next call or the end.
    """

    def __init__(self, folder: Path, schema: pa.Schema, rows_per_part: int = ROWS_PER_PART) -> None:
        self._folder, self._schema, self._rows_per_part = folder, schema, rows_per_part
        self._behind = ThreadPoolExecutor(1)
        self._waiting: Future[None] | None = None
        self._writer: pq.ParquetWriter | None = None
        self._part = self._rows = 0

    def __enter__(self) -> "PartsWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self._wait()
        finally:
            self._behind.shutdown()
            self._close()

    def write(self, table: pa.Table) -> None:
        """Take `table`; returns as soon as the one before is written. Raises OSError."""
        self._wait()
        self._waiting = self._behind.submit(self._write, table)

    def _wait(self) -> None:
        if self._waiting is not None:
            self._waiting.result()

    def _write(self, table: pa.Table) -> None:
        if self._writer is None:
            place = self._folder / f"part-{self._part:05d}.parquet"
            self._writer = pq.ParquetWriter(place, self._schema, compression="zstd")
        self._writer.write_table(table)
        self._rows += len(table)
        if self._rows >= (self._part + 1) * self._rows_per_part:
            self._close()
            self._part += 1

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class QuarantineWriter:
    """Writes rows that were set aside to one Parquet file as they come; ends with its `with` block. Raises OSError.

    rows: how many so far. first_reason: why the first of them left, "" before it.
    """

    _ROWS_AT_ONCE = 5_000

    def __init__(self, place: Path) -> None:
        types = [pa.int64() if name == "line" else pa.large_string() for name in QUARANTINE_COLUMNS]
        self._schema = pa.schema(list(zip(QUARANTINE_COLUMNS, types, strict=True)))
        self._writer = pq.ParquetWriter(place, self._schema, compression="zstd")
        self._waiting: list[pd.DataFrame] = []
        self.rows, self.first_reason = 0, ""

    def __enter__(self) -> "QuarantineWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self._write()
        finally:
            self._writer.close()

    def add(self, rows: pd.DataFrame) -> None:
        """Take rows with the columns file, line, text, reason."""
        if rows.empty:
            return
        self.first_reason = self.first_reason or str(rows["reason"].iloc[0])
        self.rows += len(rows)
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= self._ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            rows = pd.concat(self._waiting, ignore_index=True)
            self._writer.write_table(pa.Table.from_pandas(rows, schema=self._schema, preserve_index=False))
            self._waiting = []
