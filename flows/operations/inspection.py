"""A file looked at before anything is stored: what its columns hold, which rows are bad, a charter to start from."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from flows.charter import Charter, make_charter
from flows.errors import SourceError
from flows.lake.quarantine import Checked, check
from flows.quality.profile import ColumnProfile, profile
from flows.sources.read import read_source

_NUMBERS = ("number", "whole number")


def inspect(path: Path) -> Iterator[str]:
    """The account of a file or folder, line by line. Raises SourceError or DatasetError where it cannot be read."""
    checked = check(read_source(path))
    columns = profile(checked.frame, checked.units)
    yield from _account_of_rows(path, checked)
    yield ""
    yield from _table_of_columns(columns)
    yield ""
    yield f"A charter to start from: correct it, save it as {_slug(path)}.yaml, then depthcase run {_slug(path)}.yaml"
    yield ""
    yield from _essential_lines(draft_charter(path, columns))


def draft_charter(path: Path, columns: list[ColumnProfile]) -> Charter:
    """A charter about the most likely target: the first column of two values, else the last of numbers.

    Raises SourceError where no column can be predicted.
    """
    marks = [column for column in columns if column.distinct == 2 and column.kind != "time"]
    numbers = [column for column in columns if column.kind in _NUMBERS and not column.constant]
    if not marks and not numbers:
        raise SourceError(f"no column of {path.name} holds numbers or two values, so none can be predicted")
    target, task, metric = (marks[0], "yes/no", "roc_auc") if marks else (numbers[-1], "a number", "r2")
    return make_charter(
        {
            "poc_name": _slug(path),
            "dataset": _slug(path),
            "data_file": str(path.resolve()),
            "target": target.name,
            "task": task,
            "metric": metric,
            "target_value": 0.9,
        }
    )


def _account_of_rows(path: Path, checked: Checked) -> Iterator[str]:
    yield f"{path.name}: {checked.rows_read:,} rows read, {len(checked.frame):,} good, {len(checked.quarantined):,} bad"
    for reason, count in Counter(checked.quarantined["reason"]).most_common(5):
        yield f"  {count:,} x {reason}"
    for note in checked.notes:
        yield f"  {note}"


def _table_of_columns(columns: list[ColumnProfile]) -> Iterator[str]:
    rows = [("column", "unit", "kind", "missing", "different", "holds")]
    rows += [
        (column.name, column.unit, column.kind, f"{column.missing:,}", f"{column.distinct:,}", _content(column))
        for column in columns
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _content(column: ColumnProfile) -> str:
    if column.kind in _NUMBERS:
        return f"{column.minimum:g} to {column.maximum:g}, mean {column.mean:g}"
    if column.kind == "time":
        return f"{column.first} to {column.last}"
    return f"most often {column.most_frequent!r} ({column.most_frequent_rows:,})"


def _essential_lines(charter: Charter) -> Iterator[str]:
    fields = charter.model_dump(mode="json", exclude_unset=True)
    yield from yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000).splitlines()


def _slug(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "my-poc"
