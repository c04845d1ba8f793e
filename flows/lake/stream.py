"""Text tables larger than memory: read, judged and written block by block, with the accounts of every other source.

A block goes through Arrow's reader at full speed; where that stumbles, the block is halved until the piece with the bad
line is small, and the piece takes the careful way of all other files. Where rows may repeat earlier ones, the file is
read a second time, and they are set aside.
"""

import codecs
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from flows.errors import DatasetError, SourceError
from flows.lake.dataset import MANIFEST, DatasetVersion, folder_of, point_to, writing_into
from flows.lake.manifest import ColumnRecord, Manifest
from flows.lake.parts import ROWS_PER_PART, PartsWriter, QuarantineWriter
from flows.lake.pieces import Layout, Rows, line_end, look_at_layout, read_carefully, read_fast, where_written
from flows.lake.quarantine import QUARANTINE_COLUMNS, repeated
from flows.lake.repeats import Repeats, RowNumbers
from flows.places import Place
from flows.sources.unpack import refuse_changed
from flows.whole_files import publish_folder

_BLOCK_BYTES = 32 << 20
_CAREFUL_BYTES = 64 << 10
_ROWS_PER_PART = ROWS_PER_PART
_MOST_QUARANTINED = 0.2
_ROWS_BEFORE_DOUBT = 100_000


@dataclass(frozen=True)
class Progress:
    """How far a stream is: bytes read of bytes in all, and the seconds since it began; again: for the second time."""

    done: int
    total: int
    seconds: float
    again: bool = False

    @property
    def seconds_left(self) -> float:
        """At the rate so far."""
        return self.seconds * (self.total - self.done) / self.done if self.done else float("inf")


@dataclass
class _Account:
    """What was counted on the way. repeated: rows that fit, and were set aside because they repeat an earlier one."""

    quarantine: QuarantineWriter
    stored: int = 0
    repeated: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    ends: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def fitting(self) -> int:
        return self.stored + self.repeated


def stream_delimited(
    file: Path, *, name: str, lake: Place, report: Callable[[Progress], None] = lambda progress: None
) -> DatasetVersion:
    """The text table `file` as a version of data set `name`, in memory that does not grow with the file.

    report: called after every block. Unlike with smaller files, whole numbers are kept as numbers. Raises SourceError
    and DatasetError; nothing half-written stays.
    """
    layout, before = look_at_layout(file), file.stat()
    with writing_into(lake, name) as draft:
        account, digest, repeats = _write(file, layout, draft, report)
        if len(repeats):
            account, again, _ = _write(file, layout, draft, report, repeats)
            digest = digest if digest == again else ""
        refuse_changed(file, before, same=digest != "")
        version = hashlib.sha256(f"stream 2\0{file.name}\0{digest}\0{layout.schema}".encode()).hexdigest()[:16]
        manifest = _manifest(layout, account, digest, name, version)
        (draft / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        place = folder_of(lake, name) / version
        created = not (place / MANIFEST).exists()
        publish_folder(draft, place, seal=MANIFEST)
    point_to(place)
    return DatasetVersion(name, version, place, account.stored, account.quarantine.rows, created)


def _write(
    file: Path, layout: Layout, draft: Path, report: Callable[[Progress], None], repeats: Repeats | None = None
) -> tuple[_Account, str, Repeats]:
    """All rows and the quarantine into `draft`; gives the file's sha256, and what may repeat an earlier row.

    repeats: what an earlier reading gave: those rows are set aside where they do.
    """
    rows, numbers = draft / "rows", draft / "numbers"
    for folder in (rows, numbers):
        shutil.rmtree(folder, ignore_errors=True)
    rows.mkdir()
    # Without a time, equal rows may be two equal measurements, and stay.
    seeks = repeats is None and any(kind.kind == "time" for kind in layout.kinds.values())
    digest = hashlib.sha256()
    with (
        PartsWriter(rows, layout.schema, _ROWS_PER_PART) as parts,
        QuarantineWriter(draft / "quarantine.parquet") as quarantine,
        RowNumbers(numbers) as seen,
    ):
        account = _Account(quarantine)
        for table in _good_rows(file, layout, account, digest, report, repeats or Repeats.none()):
            parts.write(table)
            _count(table, account)
            if seeks:
                seen.add(table)
        found = seen.repeats(file.name) if seeks and _tells_time(layout, account) else Repeats.none()
    shutil.rmtree(numbers)
    if account.stored == 0:
        raise DatasetError(f'no row of "{file.name}" can be used; correct the file and read it again')
    return account, digest.hexdigest(), found


def _good_rows(
    file: Path,
    layout: Layout,
    account: _Account,
    digest: "hashlib._Hash",
    report: Callable[[Progress], None],
    repeats: Repeats,
) -> Iterator[pa.Table]:
    started, line, total = time.monotonic(), 1, file.stat().st_size
    for block, done in _blocks(file, layout.source.encoding, digest):
        skipped = layout.first_line - line if line < layout.first_line else 0
        lines = block.split(b"\n", skipped)[:skipped]
        block, line = block[sum(map(len, lines)) + len(lines) :], line + len(lines)
        yield from _judged(block, line, layout, account, repeats)
        line += block.count(b"\n")
        _refuse_flood(account, file.name)
        report(Progress(done, total, time.monotonic() - started, again=len(repeats) > 0))


def _tells_time(layout: Layout, account: _Account) -> bool:
    times = [name for name, kind in layout.kinds.items() if kind.kind == "time"]
    return any(account.missing.get(name, 0) < 0.5 * account.stored for name in times)


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
            cut = line_end(block, len(block))
            if cut == 0 and len(block) > 4 * _BLOCK_BYTES:
                raise SourceError(f'the file "{file.name}" has a line of more than 100 MiB; it is no table')
            rest = block[cut:]
            if cut:
                yield block[:cut], done
    if rest:
        yield rest + b"\n", done


def _judged(piece: bytes, line: int, layout: Layout, account: _Account, repeats: Repeats) -> Iterator[pa.Table]:
    """Good rows of a piece of whole lines that begins at `line`, in order; the others go into the account."""
    if not piece:
        return
    table = read_fast(piece, layout)
    if table is not None:
        if not repeats.touch(account.fitting, len(table)):
            yield table
            return
        rows = where_written(piece, line, table)
        if rows is not None:
            yield _sifted(rows, layout, account, repeats)
            return
    cut = line_end(piece, len(piece) // 2) if len(piece) > _CAREFUL_BYTES else 0
    if cut:
        yield from _judged(piece[:cut], line, layout, account, repeats)
        yield from _judged(piece[cut:], line + piece.count(b"\n", 0, cut), layout, account, repeats)
    else:
        yield _sifted(read_carefully(piece, line, layout), layout, account, repeats)


def _sifted(rows: Rows, layout: Layout, account: _Account, repeats: Repeats) -> pa.Table:
    """The rows without those that repeat an earlier one, which go into the account with the others that left."""
    found = repeats.sift(account.fitting, rows.lines, rows.texts)
    name = layout.source.name
    left = [(name, int(rows.lines[i]), rows.texts[i].decode("utf-8"), repeated(line)) for i, line in found.items()]
    aside = [rows.quarantined, pd.DataFrame(left, columns=list(QUARANTINE_COLUMNS))] if left else [rows.quarantined]
    account.quarantine.add(pd.concat(aside).sort_values("line"))
    account.repeated += len(found)
    kept = np.ones(len(rows.table), dtype=bool)
    kept[list(found)] = False
    return rows.table.filter(pa.array(kept)) if found else rows.table


def _count(rows: pa.Table, account: _Account) -> None:
    account.stored += len(rows)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        account.missing[name] = account.missing.get(name, 0) + column.null_count
        if not pa.types.is_string(column.type):
            low, high = pc.min_max(column).as_py().values()
            known = [end for end in (*account.ends.get(name, (None, None)), low, high) if end is not None]
            account.ends[name] = (min(known), max(known)) if known else (None, None)


def _refuse_flood(account: _Account, name: str) -> None:
    left = account.quarantine.rows - account.repeated
    rows = account.fitting + left
    if rows > _ROWS_BEFORE_DOUBT and left > _MOST_QUARANTINED * rows:
        reason = account.quarantine.first_reason
        raise DatasetError(
            f'{left} of {rows} rows of "{name}" do not fit its first rows (such as: {reason}); '
            "split the file where its layout changes"
        )


def _manifest(layout: Layout, account: _Account, digest: str, name: str, version: str) -> Manifest:
    rows = account.stored + account.quarantine.rows
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
    aside = account.quarantine.rows
    return Manifest(name, version, rows, account.stored, aside, (source,), columns, layout.table.notes)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
