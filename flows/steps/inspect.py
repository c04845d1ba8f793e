"""The stage before any data set: a file is looked at, nothing is stored; what it holds, and a charter to start from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from flows.charter import CORE_SPLIT, Charter
from flows.errors import DatasetError
from flows.lake.pieces import read_first_rows
from flows.lake.quarantine import Checked, check
from flows.places import local_copy, place_of
from flows.quality.finding import sort_findings, suspected_columns
from flows.quality.leaks import find_leaks
from flows.quality.profile import ColumnProfile, profile
from flows.quality.traps import find_traps
from flows.sources.arrival import find_in, name_in
from flows.sources.read import resolve_inside
from flows.sources.unpack import LargeText, large_text
from flows.steps.draft import draft_charter, slug
from flows.steps.ingest import Wanted, read_whole

_HEAD_BYTES = 64 << 20
_NUMBERS = ("number", "whole number")


@dataclass(frozen=True)
class FileAccount:
    """What a file or folder holds. rows_read = rows_good + rows_bad.

    reasons: the commonest reasons of bad rows, with their counts. notes: sentences about what the reader decided.
    findings: about leaks and traps, as an evaluation of the draft would report them. charter: the draft as the text of
    a YAML file, its essential fields only.
    """

    name: str
    rows_read: int
    rows_good: int
    rows_bad: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]
    findings: tuple[str, ...]
    charter: str

    @property
    def slug(self) -> str:
        """The file's name in small letters, digits and hyphens: a name for the data set and the charter."""
        return slug(self.name)


def look_at_file(path: str, root: str) -> FileAccount:
    """The account of the file or folder at `path`. root: the folder it must stay inside, "" for none.

    Raises SourceError or DatasetError where it cannot be read or holds no table.
    """
    found = find_in(place_of(root), path) if root else resolve_inside(path)
    with local_copy(found) as place:
        large = large_text(place)
        checked = read_whole(place, Wanted("")) if large is None else _first_rows(large)
    columns = profile(checked.frame, checked.units)
    reasons = Counter(checked.quarantined["reason"]).most_common(5)
    data_file = name_in(place_of(root), found) if root else str(place)
    charter = draft_charter(place.name, data_file, checked.frame)
    draft = charter.model_dump(mode="json", exclude_unset=True)
    return FileAccount(
        name=place.name,
        rows_read=checked.rows_read,
        rows_good=len(checked.frame),
        rows_bad=len(checked.quarantined),
        reasons=tuple(f"{count:,} x {reason}" for reason, count in reasons),
        notes=tuple(checked.notes),
        columns=tuple(columns),
        findings=_findings(checked.frame, charter, checked.notes),
        charter=yaml.safe_dump(draft, sort_keys=False, allow_unicode=True, width=1000),
    )


def _first_rows(large: LargeText) -> Checked:
    """What the first rows of a table larger than memory hold."""
    with TemporaryDirectory() as folder:
        checked = check(read_first_rows(large.unpacked(Path(folder), most=_HEAD_BYTES), _HEAD_BYTES))
    gigabytes = large.file.stat().st_size / 1e9
    note = f"The file has {gigabytes:.1f} GB; only its first {checked.rows_read:,} rows were looked at."
    return replace(checked, notes=(note, *checked.notes))


def _findings(frame: pd.DataFrame, charter: Charter, notes: Sequence[str]) -> tuple[str, ...]:
    """What an evaluation of the draft would say about the data, the gravest first."""
    target, task = charter.target, charter.criteria().task
    split = "block" if charter.block_rows else CORE_SPLIT[charter.split_rule]
    group = charter.split_column if split == "group" else ""
    try:
        leaks = find_leaks(frame, target, task, group=group)
        columns = [str(name) for name in frame.columns if name not in {target, *suspected_columns(leaks)}]
        traps = find_traps(
            frame, target, task, split=split, split_column=charter.split_column, columns=columns, notes=notes
        )
    except DatasetError as error:
        return (str(error),)
    return tuple(f"{one.evidence} {one.action}" for one in sort_findings([*leaks, *traps]))


def content(column: ColumnProfile) -> str:
    """What a column holds, in a few words."""
    if column.kind in _NUMBERS:
        return f"{column.minimum:g} to {column.maximum:g}, mean {column.mean:g}"
    if column.kind == "time":
        return f"{column.first} to {column.last}"
    return f"most often {column.most_frequent!r} ({column.most_frequent_rows:,})"
