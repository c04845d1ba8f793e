"""Text tables larger than memory: read, judged and written block by block, with the accounts of every other source.

Kinds of columns come from the first 8 MiB. A block goes through Arrow's reader at full speed; where that stumbles, the
block is halved until the piece with the bad line is small, and the piece takes the careful way of all other files.
"""

import codecs
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from flows.errors import DatasetError, SourceError
from flows.lake.cells import DAYS_OF_MONTHS, LARGEST_NUMBER, MISSING_WORDS, ParsedColumn, parse_as, parse_column
from flows.lake.dataset import MANIFEST, DatasetVersion, folder_of, point_to, writing_into
from flows.lake.manifest import ColumnRecord, Manifest
from flows.lake.parts import ROWS_PER_PART, PartsWriter
from flows.lake.quarantine import QUARANTINE_COLUMNS, Checked, check_as, reads_decimal_comma
from flows.places import Place
from flows.sources.delimited import DELIMITER_NAMES, read_delimited, read_further
from flows.sources.table import SourceFile, Table
from flows.whole_files import publish_folder

LARGE_BYTES = 256 << 20
_SAMPLE_BYTES = 8 << 20
_BLOCK_BYTES = 32 << 20
_CAREFUL_BYTES = 64 << 10
_ROWS_PER_PART = ROWS_PER_PART
_MOST_QUARANTINED = 0.2
_ROWS_BEFORE_DOUBT = 100_000
_NULLS = sorted({form for word in MISSING_WORDS for form in (word, word.upper(), word.title(), word.capitalize())})
_ARROW_TYPES = {"number": pa.float64(), "time": pa.timestamp("us"), "text": pa.string()}


@dataclass(frozen=True)
class Progress:
    """How far a stream is: bytes read of bytes in all, and the seconds since it began."""

    done: int
    total: int
    seconds: float

    @property
    def seconds_left(self) -> float:
        """At the rate so far."""
        return self.seconds * (self.total - self.done) / self.done if self.done else float("inf")


@dataclass
class _Layout:
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


@dataclass
class _Account:
    """What was counted on the way."""

    stored: int = 0
    quarantined: list[pd.DataFrame] = field(default_factory=list)
    left: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    ends: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def is_large_text(file: Path) -> bool:
    """Whether `file` is a text table that had better not lie in memory as a whole."""
    if not file.is_file() or file.stat().st_size < LARGE_BYTES:
        return False
    with file.open("rb") as stream:
        head = stream.read(16)
    return not head.startswith((b"PK", b"PAR1", b"\x1f\x8b", b"SQLite", b"\xd0\xcf\x11\xe0"))


def stream_delimited(
    file: Path, *, name: str, lake: Place, report: Callable[[Progress], None] = lambda progress: None
) -> DatasetVersion:
    """The text table `file` as a version of data set `name`, in memory that does not grow with the file.

    report: called after every block. Unlike with smaller files, whole numbers are kept as numbers and rows that repeat
    are not looked for. Raises SourceError and DatasetError; nothing half-written stays.
    """
    layout = _look(file)
    with writing_into(lake, name) as draft:
        (draft / "rows").mkdir()
        account, digest = _write(file, layout, draft, report)
        version = hashlib.sha256(f"stream 1\0{file.name}\0{digest}\0{layout.schema}".encode()).hexdigest()[:16]
        manifest = _manifest(layout, account, digest, name, version)
        (draft / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        place = folder_of(lake, name) / version
        created = not (place / MANIFEST).exists()
        publish_folder(draft, place, seal=MANIFEST)
    point_to(place)
    return DatasetVersion(name, version, place, account.stored, account.left, created)


def _look(file: Path) -> _Layout:
    with file.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    if len(sample) == _SAMPLE_BYTES:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    table = read_delimited(sample, file.name)
    decimal_comma = reads_decimal_comma(table.sources)
    kinds = {str(name): parse_column(cells, decimal_comma=decimal_comma) for name, cells in table.frame.items()}
    # Without a month, a time can be read only from the first row on, and blocks are read by themselves.
    kinds = {
        name: replace(kind, kind="text") if kind.time_format == DAYS_OF_MONTHS else kind for name, kind in kinds.items()
    }
    lines = [int(table.line_numbers.min()), *(row.line for row in table.rejected)]
    return _Layout(table.sources[0], table, kinds, min(lines))


def _write(file: Path, layout: _Layout, draft: Path, report: Callable[[Progress], None]) -> tuple[_Account, str]:
    account, digest = _Account(), hashlib.sha256()
    started, line, total = time.monotonic(), 1, file.stat().st_size
    with PartsWriter(draft / "rows", layout.schema, _ROWS_PER_PART) as parts:
        for block, done in _blocks(file, layout.source.encoding, digest):
            skipped = layout.first_line - line if line < layout.first_line else 0
            lines = block.split(b"\n", skipped)[:skipped]
            block, line = block[sum(map(len, lines)) + len(lines) :], line + len(lines)
            for rows in _judged(block, line, layout, account):
                parts.write(rows)
                _count(rows, account)
            line += block.count(b"\n")
            _refuse_flood(account, file.name)
            report(Progress(done, total, time.monotonic() - started))
    if account.stored == 0:
        raise DatasetError(f'no row of "{file.name}" can be used; correct the file and read it again')
    _write_quarantine(account, draft)
    return account, digest.hexdigest()


def _blocks(file: Path, encoding: str, digest: "hashlib._Hash") -> Iterator[tuple[bytes, int]]:
    """UTF-8 blocks that end with a line, and how many bytes of the file they came from."""
    plain = encoding in ("utf-8", "utf-8-sig", "ascii")
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    rest, done = b"", 0
    with file.open("rb") as stream:
        while data := stream.read(_BLOCK_BYTES):
            digest.update(data)
            if done == 0 and encoding == "utf-8-sig":
                data = data.removeprefix(codecs.BOM_UTF8)
            done = stream.tell()
            block = rest + (data if plain else decoder.decode(data).encode("utf-8", "surrogateescape"))
            cut = _line_end(block, len(block))
            if cut == 0 and len(block) > 4 * _BLOCK_BYTES:
                raise SourceError(f'the file "{file.name}" has a line of more than 100 MiB; it is no table')
            rest = block[cut:]
            if cut:
                yield block[:cut], done
    if rest:
        yield rest + b"\n", done


def _line_end(block: bytes, near: int) -> int:
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


def _judged(piece: bytes, line: int, layout: _Layout, account: _Account) -> Iterator[pa.Table]:
    """Good rows of a piece of whole lines that begins at `line`, in order; bad ones go into the account."""
    if not piece:
        return
    rows = _fast(piece, layout)
    if rows is not None:
        yield rows
        return
    cut = _line_end(piece, len(piece) // 2) if len(piece) > _CAREFUL_BYTES else 0
    if cut:
        yield from _judged(piece[:cut], line, layout, account)
        yield from _judged(piece[cut:], line + piece.count(b"\n", 0, cut), layout, account)
        return
    text = piece.decode("utf-8", "surrogateescape")
    checked = check_as(read_further(text, list(layout.kinds), layout.source, line), layout.kinds)
    _set_aside(checked, account)
    if len(checked.frame):
        yield pa.Table.from_pandas(checked.frame, schema=layout.schema, preserve_index=False)


def _fast(piece: bytes, layout: _Layout) -> pa.Table | None:
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


def _set_aside(checked: Checked, account: _Account) -> None:
    if len(checked.quarantined):
        account.quarantined.append(checked.quarantined)
        account.left += len(checked.quarantined)


def _count(rows: pa.Table, account: _Account) -> None:
    account.stored += len(rows)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        account.missing[name] = account.missing.get(name, 0) + column.null_count
        if not pa.types.is_string(column.type):
            low, high = pc.min_max(column).as_py().values()
            known = [end for end in (*account.ends.get(name, (None, None)), low, high) if end is not None]
            account.ends[name] = (min(known), max(known)) if known else (None, None)


def _refuse_flood(account: _Account, name: str) -> None:
    rows = account.stored + account.left
    if rows > _ROWS_BEFORE_DOUBT and account.left > _MOST_QUARANTINED * rows:
        reason = account.quarantined[0]["reason"].iloc[0]
        raise DatasetError(
            f'{account.left} of {rows} rows of "{name}" do not fit its first rows (such as: {reason}); '
            "split the file where its layout changes"
        )


def _write_quarantine(account: _Account, draft: Path) -> None:
    empty = pd.DataFrame({name: pd.Series(dtype="int64" if name == "line" else "str") for name in QUARANTINE_COLUMNS})
    frame = pd.concat(account.quarantined, ignore_index=True) if account.quarantined else empty
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, draft / "quarantine.parquet", compression="zstd")


def _manifest(layout: _Layout, account: _Account, digest: str, name: str, version: str) -> Manifest:
    rows = account.stored + account.left
    columns = tuple(
        ColumnRecord(
            name=column,
            kind=kind.kind,
            unit=layout.table.units.get(column, ""),
            header=layout.table.headers.get(column, ""),
            missing=account.missing.get(column, 0),
            distinct=-1,
            minimum=_text(account.ends.get(column, (None, None))[0]),
            maximum=_text(account.ends.get(column, (None, None))[1]),
        )
        for column, kind in layout.kinds.items()
    )
    source = replace(layout.source, sha256=digest, rows=rows)
    return Manifest(name, version, rows, account.stored, account.left, (source,), columns, layout.table.notes)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
