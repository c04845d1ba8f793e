"""The stage before any data set: a file is looked at, nothing is stored; what it holds, and a charter to start from."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from flows.charter import Charter, make_charter
from flows.errors import SourceError
from flows.lake.quarantine import check
from flows.places import local_copy, place_of
from flows.quality.profile import ColumnProfile, profile
from flows.sources.arrival import find_in, name_in
from flows.sources.read import read_source, resolve_inside

_NUMBERS = ("number", "whole number")


@dataclass(frozen=True)
class FileAccount:
    """What a file or folder holds. rows_read = rows_good + rows_bad.

    reasons: the commonest reasons of bad rows, with their counts. notes: sentences about what the reader decided.
    charter: the draft as the text of a YAML file, its essential fields only.
    """

    name: str
    rows_read: int
    rows_good: int
    rows_bad: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]
    charter: str

    @property
    def slug(self) -> str:
        """The file's name in small letters, digits and hyphens: a name for the data set and the charter."""
        return _slug(self.name)


def look_at_file(path: str, root: str) -> FileAccount:
    """The account of the file or folder at `path`. root: the folder it must stay inside, "" for none.

    Raises SourceError or DatasetError where it cannot be read or holds no table.
    """
    found = find_in(place_of(root), path) if root else resolve_inside(path)
    with local_copy(found) as place:
        checked = check(read_source(place))
    columns = profile(checked.frame, checked.units)
    reasons = Counter(checked.quarantined["reason"]).most_common(5)
    data_file = name_in(place_of(root), found) if root else str(place)
    draft = draft_charter(place.name, data_file, columns).model_dump(mode="json", exclude_unset=True)
    return FileAccount(
        name=place.name,
        rows_read=checked.rows_read,
        rows_good=len(checked.frame),
        rows_bad=len(checked.quarantined),
        reasons=tuple(f"{count:,} x {reason}" for reason, count in reasons),
        notes=tuple(checked.notes),
        columns=tuple(columns),
        charter=yaml.safe_dump(draft, sort_keys=False, allow_unicode=True, width=1000),
    )


def draft_charter(name: str, data_file: str, columns: list[ColumnProfile]) -> Charter:
    """A charter about the most likely target: the first column of two values, else the last of numbers.

    Raises SourceError where no column can be predicted.
    """
    marks = [column for column in columns if column.distinct == 2 and column.kind != "time"]
    numbers = [column for column in columns if column.kind in _NUMBERS and not column.constant]
    if not marks and not numbers:
        raise SourceError(f"no column of {name} holds numbers or two values, so none can be predicted")
    target, task, metric = (marks[0], "yes/no", "roc_auc") if marks else (numbers[-1], "a number", "r2")
    return make_charter(
        {
            "poc_name": _slug(name),
            "dataset": _slug(name),
            "data_file": data_file,
            "target": target.name,
            "task": task,
            "metric": metric,
            "target_value": 0.9,
        }
    )


def content(column: ColumnProfile) -> str:
    """What a column holds, in a few words."""
    if column.kind in _NUMBERS:
        return f"{column.minimum:g} to {column.maximum:g}, mean {column.mean:g}"
    if column.kind == "time":
        return f"{column.first} to {column.last}"
    return f"most often {column.most_frequent!r} ({column.most_frequent_rows:,})"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:60] or "my-poc"
