"""One door for whatever a plant hands over: a path goes in, a Table comes out."""

import hashlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.errors import SourceError
from flows.sources.delimited import read_delimited
from flows.sources.excel import read_excel
from flows.sources.headers import read_headers
from flows.sources.sql import SQLITE_MARK, is_database, read_database
from flows.sources.table import SourceFile, Table, single_source, stack, with_notes
from flows.sources.typed import text_frame
from flows.sources.unpack import (
    GZIP,
    PARQUET,
    ZIP_ERRORS,
    damaged_parquet,
    damaged_zip,
    flattened,
    gzip_blocks,
    refuse_bomb,
)

FILE_COLUMN = "source_file"
LABEL_COLUMN = "file_label"
_COUNTER = re.compile(r"(?:[ _-]+(?:\d+|te|tr|test|train|val))+$", re.IGNORECASE)
_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".gz", ".zip", ".xlsx", ".xlsm", ".parquet")
# What lies in memory as a whole must not fill it.
_LARGEST_EXPANSION = 1 << 31
# An archive can be made to hold itself.
_MOST_PACKED = 3


def read_source(path: str | Path, *, sheet: str = "", password: str = "", root: Path | None = None) -> Table:
    """The table in a file, or in all files of a folder.

    path: CSV or another text table (also .gz or .zip), Excel, Parquet, an SQLite file, a question in a .sql file (see
    `flows.sources.sql`), or a folder of files, which become one table with the file's name in column "source_file" and,
    where file names share a beginning such as d01.dat and d01_te.dat, that in column "file_label". sheet: which sheet
    of a workbook or table of a database; "" compares all sheets. password: for the server that a .sql file names.
    root: the data folder; a path outside it is refused. Raises SourceError with one sentence.
    """
    place = resolve_inside(path, root)
    if place.is_dir():
        return _read_folder(place, sheet)
    data = _bytes_of(place)
    if is_database(place, data[:16]):
        return read_database(place, table=sheet, password=password)
    return _read_bytes(data, place.name, sheet)


def resolve_inside(path: str | Path, root: Path | None = None) -> Path:
    """The existing file or folder that `path` names; relative paths start at `root`. Refuses what leaves `root`."""
    if not str(path).strip() or "\x00" in str(path):
        raise SourceError("the path is empty; give the file or folder to read")
    try:
        place = (Path(path) if root is None else root / path).resolve()
        inside = root is None or place.is_relative_to(root.resolve())
        exists = inside and place.exists()
    except (OSError, RuntimeError):
        raise SourceError(f'the path "{path}" cannot be followed; check its links and its length') from None
    if not inside:
        raise SourceError(f'the path "{path}" lies outside the data folder; put the file into the data folder first')
    if not exists:
        raise SourceError(f'there is no file or folder "{path}"; check the name and that the file was copied')
    return place


def _bytes_of(place: Path) -> bytes:
    if not place.is_file():
        raise SourceError(f'"{place.name}" is a pipe or a device, not a file; copy its data into a file first')
    try:
        data = place.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise SourceError(f'the file "{place.name}" cannot be opened ({reason}); check its rights') from error
    if not data:
        raise SourceError(f'the file "{place.name}" is empty; export it again with at least a header and one row')
    return data


def _read_folder(folder: Path, sheet: str) -> Table:
    inside = sorted(folder.rglob("*"))
    files = [file for file in inside if file.is_file() and _is_table_name(file)]
    tables: dict[str, Table] = {}
    dead = [one.relative_to(folder).as_posix() for one in inside if one.is_symlink() and not one.exists()]
    passed_over = [f'Passed over: the link "{name}" leads nowhere; copy the file itself.' for name in dead]
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            tables[name] = _read_bytes(_bytes_of(resolve_inside(file, folder)), name, sheet)
        except SourceError as error:
            passed_over.append(f"Passed over: {error}.")
    if not tables:
        why = f" ({passed_over[0].removeprefix('Passed over: ').rstrip('.')})" if passed_over else ""
        raise SourceError(f'the folder "{folder.name}" holds no readable table{why}; put CSV or Excel files into it')
    tables, strangers = _of_one_kind(tables)
    table = stack(list(tables.values()), list(tables), FILE_COLUMN)
    return with_notes(_with_label(table, list(tables)), [*passed_over, *strangers])


def _is_table_name(file: Path) -> bool:
    return file.suffix.lower() in _SUFFIXES and not file.name.startswith((".", "~$"))


def _of_one_kind(tables: dict[str, Table]) -> tuple[dict[str, Table], list[str]]:
    """Files without header belong together only where they have the same number of columns."""
    rows: dict[int, int] = {}
    for table in tables.values():
        if not table.headers:
            rows[table.frame.shape[1]] = rows.get(table.frame.shape[1], 0) + len(table.frame)
    if len(rows) < 2:
        return tables, []
    width = max(rows, key=lambda one: rows[one])
    strangers = [name for name, table in tables.items() if not table.headers and table.frame.shape[1] != width]
    notes = [
        f'Passed over: "{name}" has no header and {tables[name].frame.shape[1]} column(s) where most rows have {width}.'
        for name in strangers
    ]
    return {name: table for name, table in tables.items() if name not in strangers}, notes


def _with_label(table: Table, names: list[str]) -> Table:
    """A column with what several files share in their names: "d00" of d00.dat and d00_te.dat; else nothing is added."""
    labels = {name: label_of(name) for name in names}
    if not 2 <= len(set(labels.values())) < len(names):
        return table
    column = table.frame[FILE_COLUMN].map(labels)
    return replace(table, frame=table.frame.assign(**{LABEL_COLUMN: column}))


def label_of(name: str) -> str:
    """A file's name without folder, ending, running number and the words test and train."""
    stem = name.rsplit("/", 1)[-1].split(".", 1)[0]
    return _COUNTER.sub("", stem) or stem


def _read_bytes(data: bytes, name: str, sheet: str, packed: int = 0) -> Table:
    """packed: how many archives the bytes were taken out of."""
    if packed > _MOST_PACKED:
        raise SourceError(f'the file "{name}" is packed more than {_MOST_PACKED} times; unpack it yourself')
    if data[:16] == SQLITE_MARK:
        raise SourceError(f'the database "{name}" lies inside another file or folder; name its own path')
    if data.startswith(GZIP):
        return _read_bytes(
            b"".join(gzip_blocks(io.BytesIO(data), len(data), name, _LARGEST_EXPANSION)),
            name.removesuffix(".gz"),
            sheet,
            packed + 1,
        )
    if data.startswith(PARQUET):
        return _read_parquet(data, name)
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return read_excel(data, name, sheet=sheet) if _is_workbook(data) else _read_zip(data, name, sheet, packed)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SourceError(f'the file "{name}" is an old Excel file or has a password; save it as .xlsx without one')
    return read_delimited(data, name)


def _is_workbook(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except ZIP_ERRORS:
        return False


def _read_zip(data: bytes, name: str, sheet: str, packed: int) -> Table:
    if name.lower().endswith((".xlsx", ".xlsm")):
        raise SourceError(f'the workbook "{name}" is damaged or cut off; copy it again')
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            refuse_bomb(len(data), sum(member.file_size for member in members), name, _LARGEST_EXPANSION)
            contents = {member.filename: archive.read(member) for member in members}
    except ZIP_ERRORS as error:
        raise damaged_zip(name) from error
    tables = {
        member: _read_bytes(content, member, sheet, packed + 1) for member, content in contents.items() if content
    }
    if not tables:
        raise SourceError(f'the zip file "{name}" holds no file with rows; pack the data again')
    if len(tables) == 1:
        return next(iter(tables.values()))
    return stack(list(tables.values()), list(tables), FILE_COLUMN)


def _read_parquet(data: bytes, name: str) -> Table:
    try:
        found = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged_parquet(name) from error
    if found.num_rows == 0 or found.num_columns == 0:
        raise SourceError(f'the Parquet file "{name}" has no rows; export it again with its data')
    found = flattened(found)
    columns = read_headers(found.column_names)
    frame = text_frame(list(zip(*(column.to_pylist() for column in found.columns), strict=True)), columns.names)
    return single_source(
        frame,
        SourceFile(name, hashlib.sha256(data).hexdigest(), "Parquet", "cells", len(frame)),
        list(range(1, len(frame) + 1)),
        ["\t".join(row) for row in frame.to_numpy()],
        units=columns.units,
        headers=columns.headers,
        notes=(*columns.notes, *(_about_lists(one.name) for one in found.schema if pa.types.is_nested(one.type))),
    )


def _about_lists(name: str) -> str:
    return f'The cells of "{name}" hold lists and are read as text; where they matter, give every place its own column.'
