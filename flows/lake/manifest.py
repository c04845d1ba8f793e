"""What a data set was made of: sources, accounts, columns; as a record and as JSON."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from flows.errors import DatasetError
from flows.lake.quarantine import Checked, kind_of
from flows.sources.growing import Watermark
from flows.sources.headers import clean_name
from flows.sources.table import SourceFile


@dataclass(frozen=True)
class ColumnRecord:
    """One column: its kind ("number", "whole number", "time", "text"), unit, header as written, and what it holds.

    missing: rows without a value. distinct: different values. minimum, maximum: as text, "" for text columns.
    """

    name: str
    kind: str
    unit: str
    header: str
    missing: int
    distinct: int
    minimum: str
    maximum: str


@dataclass(frozen=True)
class Manifest:
    """The account of one data set version; rows_read = rows_stored + rows_quarantined.

    watermark: how far a table that grows was read; None where the source is read whole every time.
    """

    name: str
    version: str
    rows_read: int
    rows_stored: int
    rows_quarantined: int
    sources: tuple[SourceFile, ...]
    columns: tuple[ColumnRecord, ...]
    notes: tuple[str, ...]
    watermark: Watermark | None = None

    def column(self, wanted: str) -> str:
        """The column's name in the data set, from its name or from the header as the plant wrote it."""
        clean = clean_name(wanted)
        for column in self.columns:
            if wanted == column.name or clean in (column.name, clean_name(column.header)):
                return column.name
        known = ", ".join(f'"{column.name}"' for column in self.columns[:20])
        raise DatasetError(f'the data set "{self.name}" has no column "{wanted}"; it has {known}')

    @property
    def units(self) -> dict[str, str]:
        """Unit by column, where known."""
        return {column.name: column.unit for column in self.columns if column.unit}

    def to_json(self) -> str:
        """Readable JSON, the same bytes for the same manifest."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> "Manifest":
        """The manifest that `to_json` wrote."""
        found = json.loads(text)
        found["sources"] = tuple(SourceFile(**source) for source in found["sources"])
        found["columns"] = tuple(ColumnRecord(**column) for column in found["columns"])
        found["notes"] = tuple(found["notes"])
        reached = found.get("watermark")
        if reached is not None:
            found["watermark"] = Watermark(**reached | {"rows_at_value": tuple(reached["rows_at_value"])})
        return Manifest(**found)


def describe(checked: Checked, name: str, version: str, watermark: Watermark | None = None) -> Manifest:
    """The manifest of a checked table."""
    return Manifest(
        name=name,
        version=version,
        rows_read=checked.rows_read,
        rows_stored=len(checked.frame),
        rows_quarantined=len(checked.quarantined),
        sources=checked.sources,
        columns=tuple(_column(str(column), values, checked) for column, values in checked.frame.items()),
        notes=checked.notes,
        watermark=watermark,
    )


def _column(name: str, values: pd.Series, checked: Checked) -> ColumnRecord:
    filled = values.dropna()
    ordered = len(filled) > 0 and not pd.api.types.is_string_dtype(values)
    return ColumnRecord(
        name=name,
        kind=kind_of(values),
        unit=checked.units.get(name, ""),
        header=checked.headers.get(name, ""),
        missing=int(values.isna().sum()),
        distinct=int(filled.nunique()),
        minimum=_text(filled.min()) if ordered else "",
        maximum=_text(filled.max()) if ordered else "",
    )


def _text(value: object) -> str:
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)
