"""Parquet parts of a data set, written behind the back of whoever reads: one table is packed while the next is read."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

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
