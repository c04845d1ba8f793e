"""A version of a data set and rows that came after it: one table, as if judged at once by the version's columns."""

from dataclasses import replace

import numpy as np
import pandas as pd

from flows.errors import DatasetError
from flows.lake.cells import ParsedColumn
from flows.lake.derive import LIFE_COLUMN, UNIT_COLUMN
from flows.lake.manifest import Manifest
from flows.lake.quarantine import Checked, check_as, schema_of
from flows.sources.table import Table

_NOTHING = np.zeros(0, dtype=bool)


def grown(frame: pd.DataFrame, manifest: Manifest, quarantined: pd.DataFrame, table: Table) -> Checked:
    """The version's rows and, under them, those of `table` whose cells are of the version's kinds.

    frame, manifest, quarantined: of the version. Raises DatasetError where `table` has other columns.
    """
    derived = [n for n in (UNIT_COLUMN, LIFE_COLUMN) if n in frame.columns and n not in table.frame.columns]
    frame = frame.drop(columns=derived)
    if set(frame.columns) != set(table.frame.columns):
        changed = ", ".join(f'"{name}"' for name in sorted(set(frame.columns) ^ set(table.frame.columns)))
        raise DatasetError(
            f'the columns of the data set "{manifest.name}" have changed ({changed}); ingest under another name'
        )
    like = {column.name: _like(column.kind) for column in manifest.columns if column.name not in derived}
    added = check_as(table, like)
    rows = pd.concat([frame, added.frame[list(frame.columns)]], ignore_index=True)
    rows = rows.astype({name: "int64" for name in frame if _stay_whole(frame[name], rows[name])})
    return replace(
        added,
        frame=rows,
        schema=schema_of(rows, manifest.units | table.units),
        quarantined=pd.concat([quarantined, added.quarantined], ignore_index=True),
        sources=(*manifest.sources, *table.sources),
        file_numbers=np.zeros(len(rows), dtype=np.int64),
        units=manifest.units | table.units,
        headers={column.name: column.header for column in manifest.columns if column.header},
        notes=tuple(dict.fromkeys((*(note for note in manifest.notes if LIFE_COLUMN not in note), *added.notes))),
    )


def _like(kind: str) -> ParsedColumn:
    return ParsedColumn(pd.Series(dtype=object), _NOTHING, _NOTHING, kind, time_format="ISO8601")


def _stay_whole(before: pd.Series, after: pd.Series) -> bool:
    """Whole numbers stay whole where every later one is."""
    if not pd.api.types.is_integer_dtype(before) or after.isna().any():
        return False
    values = after.to_numpy(dtype=np.float64)
    return bool(np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53))
