"""What the layout of a table says and no column holds: how long each unit still ran."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.lake.quarantine import Checked

LIFE_COLUMN = "remaining_life"
UNIT_COLUMN = "unit_run"
LOOK_ALIKE = "look_alike"


@dataclass(frozen=True, eq=False)
class StoppedUnits:
    """What was left of units that were stopped before they failed.

    lives: (k,) one number a unit, in the units' order. name: of the file that says so. file: the end of the name of the
    data file that holds the units, "" for the only one.
    """

    lives: NDArray[np.float64]
    name: str
    file: str = ""


def stopped_units(checked: Checked, file: str) -> StoppedUnits:
    """The lives in the last column of numbers of a table. Raises DatasetError: there is none, or a cell is empty."""
    numbers = [str(name) for name, values in checked.frame.items() if pd.api.types.is_numeric_dtype(values)]
    name = checked.sources[0].name
    if not numbers or checked.frame[numbers[-1]].isna().any() or len(checked.quarantined):
        raise DatasetError(f'the file of remaining lives "{name}" must hold one number a unit; correct it')
    return StoppedUnits(checked.frame[numbers[-1]].to_numpy(dtype=np.float64), name, file)


def with_remaining_life(checked: Checked, stopped: StoppedUnits | None = None) -> Checked:
    """The table with "unit_run" and "remaining_life" where it holds units that ran for a while, else as it is.

    Such a table has a column that numbers units (stays or climbs by one) and one that counts within each unit, from the
    same start. Remaining life is the unit's last count less the present one, and what `stopped` adds to it. It is a
    life only if every other unit ran until it failed, which the table cannot say and the note asks. Rows of several
    files are told apart by their file. Raises DatasetError where `stopped` does not fit the table.
    """
    found = _unit_and_counter(checked)
    if found is None or LIFE_COLUMN in checked.frame.columns:
        if stopped is not None:
            raise DatasetError(
                f'"{stopped.name}" gives remaining lives, but the table has no column that numbers units and one that '
                "counts within each; leave the file of remaining lives out"
            )
        return checked
    unit, counter, runs = found
    counts, borders = checked.frame[counter], np.flatnonzero(np.diff(runs, prepend=-1))
    names = _run_names(checked, unit, borders)
    added, note = np.zeros(len(borders)), "use it only if every unit ran until it failed."
    if stopped is not None:
        chosen = _stopped_runs(checked, borders, stopped)
        added[chosen] = stopped.lives
        note = f'"{stopped.name}" adds what was left of {len(chosen)} units; every other one must have run to its end.'
    life = (counts.groupby(runs).transform("max") - counts).to_numpy() + added[runs]
    whole = bool((life == np.floor(life)).all())
    text = (
        f'"{unit}" numbers units and "{counter}" counts within each: "{UNIT_COLUMN}" names the {len(borders)} units, '
        f'and "{LIFE_COLUMN}" was added, what was left of every unit\'s count; {note}'
    )
    columns = {
        UNIT_COLUMN: pd.Series(names[runs], dtype="str"),
        LIFE_COLUMN: life.astype("int64" if whole else "float64"),
    }
    kinds = [pa.field(UNIT_COLUMN, pa.string()), pa.field(LIFE_COLUMN, pa.int64() if whole else pa.float64())]
    return replace(
        checked,
        frame=checked.frame.assign(**columns),
        schema=pa.schema([*checked.schema, *kinds]),
        notes=(*checked.notes, text),
    )


def _run_names(checked: Checked, unit: str, borders: NDArray[np.int64]) -> NDArray[np.object_]:
    """A name a run: the unit's number, with its file before it where there are several."""
    numbers = checked.frame[unit].to_numpy()[borders]
    if len(np.unique(checked.file_numbers)) == 1:
        return np.array([str(number) for number in numbers], dtype=object)
    files = checked.file_numbers[borders]
    return np.array([f"{checked.sources[f].name} · {n}" for f, n in zip(files, numbers, strict=True)], dtype=object)


def _stopped_runs(checked: Checked, borders: NDArray[np.int64], stopped: StoppedUnits) -> NDArray[np.int64]:
    """Numbers of the runs that the lives are about."""
    files = [i for i, source in enumerate(checked.sources) if source.name.endswith(stopped.file)]
    held = np.unique(checked.file_numbers)
    files = [i for i in files if i in held]
    if len(files) != 1:
        known = ", ".join(f'"{checked.sources[i].name}"' for i in held[:10])
        raise DatasetError(
            f'"{stopped.file}" names {len(files)} of the files with the stopped units; name one of {known}'
        )
    runs = np.flatnonzero(checked.file_numbers[borders] == files[0])
    if len(runs) != len(stopped.lives):
        raise DatasetError(
            f'"{stopped.name}" holds {len(stopped.lives)} remaining lives where '
            f'"{checked.sources[files[0]].name}" holds {len(runs)} units; give one number a unit'
        )
    return runs


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
