"""The stage before all others: whatever the plant handed over becomes a version of a Parquet data set."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flows.features.images import measure_images
from flows.lake import dataset, quarantine
from flows.lake.derive import with_remaining_life
from flows.lake.manifest import describe
from flows.lake.stream import is_large_text, stream_delimited
from flows.quality.page import quality_page, write_quality_page
from flows.settings import Settings
from flows.sources.images import is_image_folder, read_images
from flows.sources.read import read_source, resolve_inside


@dataclass(frozen=True)
class SourceFingerprint:
    """What lies at a path now. sha256: over the names and bytes of all its files, in the order of their names."""

    path: str
    files: int
    size: int
    sha256: str


@dataclass(frozen=True)
class StoredDataset:
    """A version of a data set in the lake. created: False where the same content was there already."""

    name: str
    version: str
    rows: int
    quarantined: int
    created: bool


def look_at_source(path: str, root: str) -> SourceFingerprint:
    """Hash the files at `path`. root: the folder it must stay inside. Raises SourceError."""
    place = resolve_inside(path, Path(root))
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    digest, size = hashlib.sha256(), 0
    for file in files:
        digest.update(file.relative_to(place.parent).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
    return SourceFingerprint(str(place), len(files), size, digest.hexdigest())


def store_dataset(source: SourceFingerprint, name: str, sheet: str, settings: Settings) -> StoredDataset:
    """Read, check and store the source as a version of data set `name`, and write its data-quality page.

    Raises SourceError, DatasetError.
    """
    place = Path(source.path)
    if is_large_text(place):
        stored = stream_delimited(place, name=name, lake=settings.lake)
        return StoredDataset(stored.name, stored.version, stored.rows, stored.quarantined, stored.created)
    pictures = place.is_dir() and is_image_folder(place)
    table = measure_images(read_images(place), place) if pictures else read_source(place, sheet=sheet)
    checked = with_remaining_life(quarantine.check(table))
    stored = dataset.write(checked, name=name, lake=settings.lake)
    page = quality_page(describe(checked, name, stored.version), checked.frame, checked.quarantined)
    write_quality_page(settings.reports / f"{name}-data-quality.html", page)
    return StoredDataset(stored.name, stored.version, stored.rows, stored.quarantined, stored.created)
