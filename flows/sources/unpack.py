"""Tables too large for memory as a text file that can be read in pieces: themselves, out of a gz or zip file, or out of
a Parquet file.
"""

import gzip
import io
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from flows.errors import SourceError
from flows.whole_files import reason_of

LARGE_BYTES = 256 << 20
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK", b"PAR1"
# What zipfile raises on damaged directories, streams and passwords, found by fuzzing.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, OverflowError, struct.error)
_NO_TEXT = (GZIP, ZIP, PARQUET, b"SQLite", b"\xd0\xcf\x11\xe0")
_BLOCK_BYTES = 4 << 20
_BATCH_ROWS = 50_000
# A cell of a Parquet file as text, about.
_CELL_BYTES = 10
_HARMLESS_EXPANSION = 1 << 26


@dataclass(frozen=True)
class LargeText:
    """A text table too large for memory. name: what people call it. blocks: opens what is packed, None where it lies in
    `file` as it is.
    """

    file: Path
    name: str
    blocks: Callable[[], Generator[bytes]] | None = None

    def unpacked(self, folder: Path, *, most: int = sys.maxsize) -> Path:
        """Where it can be read: its own file, or a new one in `folder`. most: bytes after which a look is enough.

        Raises SourceError: damaged, changed on the way, or no space in `folder`.
        """
        if self.blocks is None:
            return self.file
        before, target = self.file.stat(), folder / self.name
        _write(self.blocks(), target, self.file, most)
        refuse_changed(self.file, before)
        return target


def large_text(file: Path) -> LargeText | None:
    """The text table in `file` where it has LARGE_BYTES or more when unpacked, else None."""
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        head = stream.read(16)
    if not head.startswith(_NO_TEXT):
        return LargeText(file, file.name) if file.stat().st_size >= LARGE_BYTES else None
    openers = {GZIP: _of_gzip, ZIP: _of_zip, PARQUET: _of_parquet}
    return next((opener(file) for mark, opener in openers.items() if head.startswith(mark)), None)


def gzip_blocks(stream: IO[bytes], packed: int, name: str, most: int = sys.maxsize) -> Generator[bytes]:
    """What a gz file of `packed` bytes holds. Raises SourceError: damaged, or more than `most` bytes."""
    size = 0
    try:
        with gzip.open(stream) as content:
            while block := content.read(_BLOCK_BYTES):
                size += len(block)
                refuse_bomb(packed, size, name, most)
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f'the file "{name}" is a damaged or cut-off gz file; copy it again') from error


def refuse_changed(file: Path, before: os.stat_result, *, same: bool = True) -> None:
    """Raises SourceError where `file` is not as it was `before`, or what was read of it was not the `same` twice."""
    after = file.stat()
    if not same or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceError(f'the file "{file.name}" was changed while it was read; copy it first, and read the copy')


def damaged_zip(name: str) -> SourceError:
    """What is said of a zip file that cannot be unpacked."""
    return SourceError(f'the file "{name}" is a damaged or locked zip file; copy it again without a password')


def damaged_parquet(name: str) -> SourceError:
    """What is said of a Parquet file that cannot be read."""
    return SourceError(f'the Parquet file "{name}" is damaged or cut off; copy it again')


def refuse_bomb(packed: int, expanded: int, name: str, most: int = sys.maxsize) -> None:
    """Sensor tables shrink to a tenth or so; what grows several hundred times holds nothing. Raises SourceError."""
    if expanded > most or (expanded > _HARMLESS_EXPANSION and expanded > 300 * packed):
        raise SourceError(
            f'the file "{name}" grows to {expanded >> 20} MiB or more when unpacked; '
            "unpack it yourself and check what it holds"
        )


def flattened(table: pa.Table) -> pa.Table:
    """The table with columns within columns as columns of their own, "a.b" for b in a."""
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _of_gzip(file: Path) -> LargeText | None:
    packed = file.stat().st_size
    with file.open("rb") as stream:
        stream.seek(-4, io.SEEK_END)
        # The last member's size, of which the file knows 32 bits.
        said = struct.unpack("<I", stream.read(4))[0]
    if max(said, packed) < LARGE_BYTES:
        return None
    with file.open("rb") as stream, gzip.open(stream) as content:
        try:
            first = content.read(16)
        except (OSError, EOFError, zlib.error):
            return None
    if first.startswith(_NO_TEXT):
        return None
    return LargeText(file, file.name.removesuffix(".gz"), partial(_opened_gzip, file, packed))


def _opened_gzip(file: Path, packed: int) -> Generator[bytes]:
    with file.open("rb") as stream:
        yield from gzip_blocks(stream, packed, file.name)


def _of_zip(file: Path) -> LargeText | None:
    """Only of one file: several files are one table each, and lie in memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1 or members[0].file_size < LARGE_BYTES:
                return None
            with archive.open(members[0]) as content:
                first = content.read(16)
    except ZIP_ERRORS:
        return None
    if first.startswith(_NO_TEXT):
        return None
    return LargeText(file, Path(members[0].filename).name, partial(_opened_zip, file, members[0]))


def _opened_zip(file: Path, member: zipfile.ZipInfo) -> Generator[bytes]:
    refuse_bomb(file.stat().st_size, member.file_size, file.name)
    try:
        with zipfile.ZipFile(file) as archive, archive.open(member) as content:
            while block := content.read(_BLOCK_BYTES):
                yield block
    except ZIP_ERRORS as error:
        raise damaged_zip(file.name) from error


def _of_parquet(file: Path) -> LargeText | None:
    try:
        with pq.ParquetFile(file) as found:
            cells = found.metadata.num_rows * found.metadata.num_columns
    except (pa.ArrowException, OSError, ValueError):
        return None
    return LargeText(file, file.name, partial(_opened_parquet, file)) if cells * _CELL_BYTES >= LARGE_BYTES else None


def _opened_parquet(file: Path) -> Generator[bytes]:
    try:
        with pq.ParquetFile(file) as found:
            for i, batch in enumerate(found.iter_batches(batch_size=_BATCH_ROWS)):
                sink = pa.BufferOutputStream()
                rows = _plain(flattened(pa.Table.from_batches([batch])))
                arrow_csv.write_csv(rows, sink, arrow_csv.WriteOptions(include_header=i == 0, quoting_style="needed"))
                yield sink.getvalue().to_pybytes()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged_parquet(file.name) from error


def _plain(table: pa.Table) -> pa.Table:
    """The table without kinds of columns that cannot be written as text."""
    columns = [_plain_column(column) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], pa.string())
    return column


def _write(blocks: Generator[bytes], target: Path, file: Path, most: int) -> None:
    written = 0
    try:
        with target.open("wb") as sink, closing(blocks):
            for block in blocks:
                written += sink.write(block)
                if written >= most:
                    break
    except OSError as error:
        raise SourceError(
            f'the file "{file.name}" cannot be unpacked into {target.parent} ({reason_of(error)}); '
            "check its space and rights"
        ) from error
