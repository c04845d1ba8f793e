"""Data sets of the lake: Parquet parts, a manifest and a quarantine file under a name and a content hash.

    <lake>/<name>/latest                     the version that was ingested last
    <lake>/<name>/<version>/rows/part-00000.parquet ...
                           /quarantine.parquet
                           /manifest.json

A version is there whole, or not at all: its folder is renamed into its place; in an object store, the manifest is last.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.lake.manifest import Manifest, describe
from flows.lake.parts import ROWS_PER_PART
from flows.lake.quarantine import Checked
from flows.places import Place, files_below
from flows.sources.growing import Watermark
from flows.whole_files import draft_folder, publish_folder, reason_of, write_whole

MANIFEST = "manifest.json"
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,79}$")
_LAYOUT = b"depthcase lake 1"


@dataclass(frozen=True)
class DatasetVersion:
    """One version of a data set. created: False where the same content was there already."""

    name: str
    version: str
    path: Place
    rows: int
    quarantined: int
    created: bool


def write(checked: Checked, *, name: str, lake: Place, watermark: Watermark | None = None) -> DatasetVersion:
    """`checked` as a version of the data set `name` (a-z, 0-9, -, _) in `lake`; the same content is written once.

    watermark: kept in the manifest, so that the next time only newer rows are read.
    """
    folder = folder_of(lake, name)
    table = pa.Table.from_pandas(checked.frame, schema=checked.schema, preserve_index=False)
    quarantined = pa.Table.from_pandas(checked.quarantined, preserve_index=False).replace_schema_metadata(None)
    version = _content_hash(checked, watermark, table, quarantined)
    place = folder / version
    created = not (place / MANIFEST).exists()
    if created:
        with writing_into(lake, name) as draft:
            _write_parts(table, quarantined, describe(checked, name, version, watermark), draft)
            publish_folder(draft, place, seal=MANIFEST)
    point_to(place)
    return DatasetVersion(name, version, place, len(checked.frame), len(checked.quarantined), created)


def read(
    lake: Place, name: str, version: str = "latest", columns: Sequence[str] | None = None, newest: int = 0
) -> tuple[pd.DataFrame, Manifest]:
    """Rows (in the order of the source) and manifest of a version.

    columns: the only ones that are loaded. newest: only the last so many rows, 0 for all. Raises DatasetError.
    """
    place = _place(lake, name, version)
    manifest = read_manifest(lake, name, version)
    wanted = None if columns is None else [manifest.column(column) for column in columns]
    rows = min(newest or manifest.rows_stored, manifest.rows_stored)
    try:
        table = _last_rows([part for _, part in files_below(place / "rows")], rows, wanted)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f'the data set "{name}" is damaged ({error}); ingest its source again') from error
    return table.to_pandas(), manifest


def _last_rows(parts: Sequence[Place], rows: int, columns: Sequence[str] | None) -> pa.Table:
    taken: list[pa.Table] = []
    for part in reversed(parts):
        taken.insert(0, _read_parquet(part, columns))
        if sum(map(len, taken)) >= rows:
            break
    table = pa.concat_tables(taken)
    return table.slice(len(table) - rows)


def read_stretches(lake: Place, name: str, version: str, rows: int) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """About `rows` rows, as stretches of neighbours from all over the data set, and each row's stretch."""
    parts = [part for _, part in files_below(_place(lake, name, version) / "rows")]
    length = max(100, rows // max(1, sum(_row_groups(part) for part in parts)))
    taken = []
    for part in parts:
        with part.open("rb") as stream:
            file = pq.ParquetFile(stream)
            groups = range(file.num_row_groups)
            taken += [next(file.iter_batches(batch_size=length, row_groups=[i])) for i in groups]
    numbers = np.repeat(np.arange(len(taken)), [batch.num_rows for batch in taken])
    return pa.Table.from_batches(taken).to_pandas(), numbers


def _row_groups(part: Place) -> int:
    with part.open("rb") as stream:
        return int(pq.ParquetFile(stream).num_row_groups)


def read_manifest(lake: Place, name: str, version: str = "latest") -> Manifest:
    """The manifest of a version."""
    file = _place(lake, name, version) / MANIFEST
    try:
        return Manifest.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f'the manifest of the data set "{name}" is damaged; ingest its source again') from error


def read_quarantine(lake: Place, name: str, version: str = "latest") -> pd.DataFrame:
    """Rows that were not stored: file, line, text, reason."""
    return _read_parquet(_place(lake, name, version) / "quarantine.parquet").to_pandas()


def read_quarantine_parts(lake: Place, name: str, version: str = "latest") -> Iterator[pd.DataFrame]:
    """The same, some rows at a time: a large file may leave more than memory holds."""
    with (_place(lake, name, version) / "quarantine.parquet").open("rb") as stream:
        for batch in pq.ParquetFile(stream).iter_batches(batch_size=10_000):
            yield batch.to_pandas()


def list_names(lake: Place) -> list[str]:
    """Names of all data sets in the lake, sorted."""
    if not lake.is_dir():
        return []
    return sorted(folder.name for folder in lake.iterdir() if (folder / "latest").is_file())


def latest(lake: Place, name: str) -> DatasetVersion:
    """The version of `name` that was ingested last."""
    manifest = read_manifest(lake, name)
    place = _place(lake, name, manifest.version)
    return DatasetVersion(name, manifest.version, place, manifest.rows_stored, manifest.rows_quarantined, False)


def folder_of(lake: Place, name: str) -> Place:
    """Where the versions of the data set `name` lie. Refuses a name that is none."""
    if not _NAME.match(name):
        raise DatasetError(
            f'"{name}" cannot name a data set; use small letters, digits, - and _, beginning with a letter or digit'
        )
    return lake / name


def _place(lake: Place, name: str, version: str) -> Place:
    folder = folder_of(lake, name)
    if version == "latest":
        pointer = folder / "latest"
        if not pointer.is_file():
            known = ", ".join(f'"{one}"' for one in list_names(lake)) or "none yet"
            raise DatasetError(f'the lake has no data set "{name}" (it has: {known}); ingest its source first')
        version = pointer.read_text(encoding="ascii").strip()
    if not re.fullmatch(r"[0-9a-f]{16}", version) or not (folder / version).is_dir():
        raise DatasetError(f'the data set "{name}" has no version "{version}"; ingest its source again')
    return folder / version


def _read_parquet(file: Place, columns: Sequence[str] | None = None) -> pa.Table:
    with file.open("rb") as stream:
        return pq.read_table(stream, columns=columns)


def _content_hash(checked: Checked, watermark: Watermark | None, *tables: pa.Table) -> str:
    """Of the sources' bytes and of every stored value: the same file read in another way is another version."""
    digest = hashlib.sha256(_LAYOUT)
    for source in checked.sources:
        digest.update(f"{source.name}\0{source.sha256}\0".encode())
    if watermark is not None:
        digest.update(repr(watermark).encode())
    for table in tables:
        sink = pa.BufferOutputStream()
        whole = table.combine_chunks()
        with pa.ipc.new_stream(sink, whole.schema) as stream:
            stream.write_table(whole)
        digest.update(sink.getvalue())
    return digest.hexdigest()[:16]


def _write_parts(table: pa.Table, quarantined: pa.Table, manifest: Manifest, folder: Path) -> None:
    (folder / "rows").mkdir()
    for i, start in enumerate(range(0, max(len(table), 1), ROWS_PER_PART)):
        part = table.slice(start, ROWS_PER_PART)
        pq.write_table(part, folder / "rows" / f"part-{i:05d}.parquet", compression="zstd")
    pq.write_table(quarantined, folder / "quarantine.parquet", compression="zstd")
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")


@contextmanager
def writing_into(lake: Place, name: str) -> Iterator[Path]:
    """A draft of a version of `name`, gone when the block ends. Raises DatasetError where disk or store refuse."""
    try:
        with draft_folder(folder_of(lake, name)) as draft:
            yield draft
    except OSError as error:
        raise DatasetError(
            f'the data set "{name}" cannot be written ({reason_of(error)}); check the space and rights of {lake}'
        ) from error


def point_to(place: Place) -> None:
    """Make the version at `place` the newest one. Where it is that already, a full disk is no hindrance."""
    pointer, content = place.parent / "latest", place.name + "\n"
    if not pointer.is_file() or pointer.read_bytes() != content.encode():
        write_whole(pointer, content)
