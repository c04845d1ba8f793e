"""What the layout of a table says and no column holds: how long each unit still ran."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from flows.lake.quarantine import Checked

LIFE_COLUMN = "remaining_life"


def with_remaining_life(checked: Checked) -> Checked:
    """The table with a column "remaining_life" where it holds units that ran for a while, else the table as it is.

    Such a table has a column that numbers units (stays or climbs by one) and one that counts within each unit, from the
    same start. Remaining life is the unit's last count less the present one; it is a life only if every unit ran until
    it failed, which the table cannot say and the note asks. Rows of several files are told apart by their file.
    """
    found = _unit_and_counter(checked)
    if found is None or LIFE_COLUMN in checked.frame.columns:
        return checked
    unit, counter, runs = found
    counts = checked.frame[counter]
    life = (counts.groupby(runs).transform("max") - counts).astype("int64")
    note = (
        f'"{unit}" numbers units and "{counter}" counts within each: "{LIFE_COLUMN}" was added, what was left of every '
        "unit's count; use it only if every unit ran until it failed."
    )
    return replace(
        checked,
        frame=checked.frame.assign(**{LIFE_COLUMN: life}),
        schema=checked.schema.append(pa.field(LIFE_COLUMN, pa.int64())),
        notes=(*checked.notes, note),
    )


def _unit_and_counter(checked: Checked) -> tuple[str, str, NDArray[np.int64]] | None:
    """Names of the two columns, and for each row the number of its unit's run."""
    frame = checked.frame
    whole = [str(name) for name, values in frame.items() if pd.api.types.is_integer_dtype(values)]
    for unit in whole:
        runs = _runs(frame[unit].to_numpy(), checked.file_numbers)
        if runs is None:
            continue
        for counter in whole:
            if counter != unit and _counts_within(frame[counter].to_numpy(), runs):
                return unit, counter, runs
    return None


def _runs(units: NDArray[np.int64], files: NDArray[np.int64]) -> NDArray[np.int64] | None:
    steps = np.diff(units)
    new_file = np.diff(files) != 0
    if len(units) < 100 or not (np.isin(steps, (0, 1)) | new_file).all():
        return None
    borders = (steps != 0) | new_file
    runs = np.concatenate([[0], np.cumsum(borders)])
    # Five units at least, and long ones: a number that climbs every few rows is no unit.
    return runs if runs[-1] >= 4 and len(units) >= 10 * (runs[-1] + 1) else None


def _counts_within(counts: NDArray[np.int64], runs: NDArray[np.int64]) -> bool:
    inside = np.diff(runs) == 0
    first = counts[np.concatenate([[True], ~inside])]
    steps = np.diff(counts)[inside]
    return bool((steps >= 1).all() and (steps == 1).mean() > 0.9 and (first == counts.min()).mean() > 0.9)
