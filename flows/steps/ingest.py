"""The stage before all others: whatever the plant handed over becomes a version of a Parquet data set."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flows.errors import SourceError
from flows.features.images import measure_images
from flows.lake import dataset, quarantine
from flows.lake.derive import stopped_units, with_remaining_life
from flows.lake.grow import grown
from flows.lake.manifest import describe
from flows.lake.periods import with_labelled_periods
from flows.lake.quarantine import Checked
from flows.lake.stream import Progress, stream_delimited
from flows.places import Place, files_below, local_copy, place_of
from flows.quality.page import quality_page, write_quality_page
from flows.settings import Settings
from flows.sources.arrival import find_in
from flows.sources.growing import Watermark, read_new_rows
from flows.sources.images import is_image_folder, read_images
from flows.sources.read import read_source
from flows.sources.unpack import LargeText, large_text

# Enough for the middle of every column, and read in seconds.
_ROWS_OF_A_PAGE = 200_000


@dataclass(frozen=True)
class SourceFingerprint:
    """What lies at a path now. sha256: over the names and bytes of all its files, in the order of their names."""

    path: str
    files: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Wanted:
    """What is read of a source, and under which name it is stored; "" for what is not used.

    sheet: of a workbook, or table of a database. watermark: the column of a database that grows: only rows above its
    highest value so far are read. secret: the secret that holds the database's password. label_file, life_file,
    stopped_file, picture_side: what is read beside the source, as the charter's fields of the same names say.
    """

    name: str
    sheet: str = ""
    watermark: str = ""
    secret: str = ""
    label_file: str = ""
    life_file: str = ""
    stopped_file: str = ""
    picture_side: int = 0


@dataclass(frozen=True)
class StoredDataset:
    """A version of a data set in the lake. created: False where the same content was there already.

    added: rows that came to those of the version before; -1 where the source was read whole.
    """

    name: str
    version: str
    rows: int
    quarantined: int
    created: bool
    added: int = -1


class Secrets(Protocol):
    """Gives the secret of a name. Raises ServiceError where there is none."""

    def __call__(self, name: str) -> str: ...


class Listener(Protocol):
    """Is told how far a large file was read."""

    def __call__(self, progress: Progress) -> None: ...


def look_at_source(path: str, root: str) -> SourceFingerprint:
    """Hash the files at `path`. root: the folder it must stay inside. Raises SourceError."""
    place = find_in(place_of(root), path)
    digest, size, files = hashlib.sha256(), 0, files_below(place)
    for name, file in files:
        digest.update(name.encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
    return SourceFingerprint(str(place), len(files), size, digest.hexdigest())


def store_dataset(
    source: SourceFingerprint, wanted: Wanted, settings: Settings, secrets: Secrets, listener: Listener
) -> StoredDataset:
    """Read, check and store the source as a version of a data set, and write its data-quality page.

    Raises SourceError, DatasetError, ServiceError.
    """
    password = secrets(wanted.secret) if wanted.secret else ""
    with local_copy(place_of(source.path)) as place:
        if wanted.watermark:
            return _store_new_rows(place, wanted, password, settings)
        large = large_text(place)
        if large is not None:
            return _store_large(large, wanted, settings, listener)
        checked = read_whole(place, wanted, settings.raw, password=password)
    return _store(checked, wanted.name, settings)


def _store_large(large: LargeText, wanted: Wanted, settings: Settings, listener: Listener) -> StoredDataset:
    _refuse_beside(wanted, "a file that is read in pieces", "cut the file into several")
    with dataset.writing_into(settings.lake, wanted.name) as folder:
        text = large.unpacked(folder)
        stored = stream_delimited(text, name=wanted.name, lake=settings.lake, report=listener)
    _write_page_of_large(stored, settings)
    return StoredDataset(stored.name, stored.version, stored.rows, stored.quarantined, stored.created)


def read_whole(place: Path, wanted: Wanted, raw: Place | None = None, *, password: str = "") -> Checked:
    """The file or folder at `place` as a checked table, with what is measured on pictures and what is read beside it.

    raw: the folder that the files beside must lie in, None for any. Raises SourceError, DatasetError.
    """
    if place.is_dir() and is_image_folder(place):
        table = measure_images(read_images(place), place, side=wanted.picture_side)
    else:
        table = read_source(place, sheet=wanted.sheet, password=password)
    stopped = None
    if wanted.life_file:
        stopped = stopped_units(_read_beside(wanted.life_file, raw), wanted.stopped_file)
    checked = with_remaining_life(quarantine.check(table), stopped)
    return with_labelled_periods(checked, _read_beside(wanted.label_file, raw)) if wanted.label_file else checked


def _read_beside(path: str, raw: Place | None) -> Checked:
    with local_copy(Path(path) if raw is None else find_in(raw, path)) as place:
        return quarantine.check(read_source(place))


def _refuse_beside(wanted: Wanted, source: str, remedy: str) -> None:
    if wanted.label_file or wanted.life_file:
        raise SourceError(f"labelled periods and remaining lives cannot be read beside {source}; {remedy}")


def _write_page_of_large(stored: dataset.DatasetVersion, settings: Settings) -> None:
    """The data-quality page of a data set that does not fit into memory: counts of all rows, a picture of some."""
    lake, name = settings.lake, stored.name
    frame, stretches = dataset.read_stretches(lake, name, stored.version, _ROWS_OF_A_PAGE)
    manifest = dataset.read_manifest(lake, name, stored.version)
    aside = dataset.read_quarantine_parts(lake, name, stored.version)
    page = quality_page(manifest, frame, aside, stretches=stretches)
    write_quality_page(settings.reports / f"{name}-data-quality.html", page)


def _store_new_rows(file: Path, wanted: Wanted, password: str, settings: Settings) -> StoredDataset:
    """Rows above the watermark of the newest version, stored together with that version's."""
    _refuse_beside(wanted, "a source that grows", "leave the watermark out")
    lake, name = settings.lake, wanted.name
    before = dataset.read_manifest(lake, name) if name in dataset.list_names(lake) else None
    last = before.watermark if before else None
    found = read_new_rows(file, wanted.watermark, table=wanted.sheet, password=password, last=last)
    if before is None or found.anew:
        return _store(with_remaining_life(quarantine.check(found.table)), name, settings, found.watermark)
    if len(found.table.frame) == 0:
        return StoredDataset(name, before.version, before.rows_stored, before.rows_quarantined, False, 0)
    frame, _ = dataset.read(lake, name, before.version)
    whole = grown(frame, before, dataset.read_quarantine(lake, name, before.version), found.table)
    checked = with_remaining_life(whole)
    return _store(checked, name, settings, found.watermark, added=len(checked.frame) - len(frame))


def _store(
    checked: Checked, name: str, settings: Settings, watermark: Watermark | None = None, added: int = -1
) -> StoredDataset:
    stored = dataset.write(checked, name=name, lake=settings.lake, watermark=watermark)
    page = quality_page(describe(checked, name, stored.version), checked.frame, [checked.quarantined])
    write_quality_page(settings.reports / f"{name}-data-quality.html", page)
    return StoredDataset(stored.name, stored.version, stored.rows, stored.quarantined, stored.created, added)
