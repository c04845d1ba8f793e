"""One door for whatever a plant hands over: a path goes in, a Table comes out."""

import gzip
import hashlib
import io
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.errors import SourceError
from flows.sources.delimited import read_delimited
from flows.sources.excel import read_excel
from flows.sources.headers import read_headers
from flows.sources.table import SourceFile, Table, single_source, stack, with_notes
from flows.sources.typed import text_frame

FILE_COLUMN = "source_file"
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".gz", ".zip", ".xlsx", ".xlsm", ".parquet")
_LARGEST_EXPANSION = 1 << 31


def read_source(path: str | Path, *, sheet: str = "", root: Path | None = None) -> Table:
    """The table in a file, or in all files of a folder.

    path: CSV or another text table (also .gz or .zip), Excel, Parquet, or a folder of such files, which become one
    table with the file's name in column "source_file". sheet: which sheet of a workbook; "" compares them all.
    root: the data folder; a path outside it is refused. Raises SourceError with one sentence.
    """
    place = resolve_inside(path, root)
    if place.is_dir():
        return _read_folder(place, sheet)
    return _read_bytes(_bytes_of(place), place.name, sheet)


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
    try:
        data = place.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise SourceError(f'the file "{place.name}" cannot be opened ({reason}); check its rights') from error
    if not data:
        raise SourceError(f'the file "{place.name}" is empty; export it again with at least a header and one row')
    return data


def _read_folder(folder: Path, sheet: str) -> Table:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and file.suffix.lower() in _TEXT_SUFFIXES and not file.name.startswith(".")
    )
    tables, names, passed_over = [], [], []
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            tables.append(_read_bytes(_bytes_of(file), name, sheet))
            names.append(name)
        except SourceError as error:
            passed_over.append(f"Passed over: {error}.")
    if not tables:
        why = f" ({passed_over[0].removeprefix('Passed over: ').rstrip('.')})" if passed_over else ""
        raise SourceError(f'the folder "{folder.name}" holds no readable table{why}; put CSV or Excel files into it')
    return with_notes(stack(tables, names, FILE_COLUMN), passed_over)


def _read_bytes(data: bytes, name: str, sheet: str) -> Table:
    if data[:2] == b"\x1f\x8b":
        return _read_bytes(_expand_gzip(data, name), name.removesuffix(".gz"), sheet)
    if data[:4] == b"PAR1":
        return _read_parquet(data, name)
    if data[:4] == b"PK\x03\x04":
        return read_excel(data, name, sheet=sheet) if _is_workbook(data) else _read_zip(data, name, sheet)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SourceError(f'the file "{name}" is an old Excel file or has a password; save it as .xlsx without one')
    return read_delimited(data, name)


def _expand_gzip(data: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            text = stream.read(_LARGEST_EXPANSION + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f'the file "{name}" is a damaged or cut-off gz file; copy it again') from error
    if len(text) > _LARGEST_EXPANSION:
        raise SourceError(f'the file "{name}" expands to more than 2 GiB; unpack it yourself and check what it holds')
    return text


def _is_workbook(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _read_zip(data: bytes, name: str, sheet: str) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _LARGEST_EXPANSION:
                raise SourceError(
                    f'the file "{name}" expands to more than 2 GiB; unpack it yourself and check what it holds'
                )
            contents = [(member.filename, archive.read(member)) for member in members]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, NotImplementedError) as error:
        raise SourceError(
            f'the file "{name}" is a damaged or locked zip file; copy it again without a password'
        ) from error
    tables = [_read_bytes(content, member, sheet) for member, content in contents if content]
    if not tables:
        raise SourceError(f'the zip file "{name}" holds no file with rows; pack the data again')
    return (
        tables[0]
        if len(tables) == 1
        else stack(tables, [member for member, content in contents if content], FILE_COLUMN)
    )


def _read_parquet(data: bytes, name: str) -> Table:
    try:
        found = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(f'the Parquet file "{name}" is damaged or cut off; copy it again') from error
    if found.num_rows == 0 or found.num_columns == 0:
        raise SourceError(f'the Parquet file "{name}" has no rows; export it again with its data')
    columns = read_headers(found.column_names)
    frame = text_frame(list(zip(*(column.to_pylist() for column in found.columns), strict=True)), columns.names)
    return single_source(
        frame,
        SourceFile(name, hashlib.sha256(data).hexdigest(), "Parquet", "cells", len(frame)),
        list(range(1, len(frame) + 1)),
        ["\t".join(row) for row in frame.to_numpy()],
        units=columns.units,
        headers=columns.headers,
        notes=columns.notes,
    )
