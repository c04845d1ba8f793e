"""Labels that stand in a file of their own: a start, an end and perhaps a label a row, such as a maintenance log."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from flows.errors import DatasetError
from flows.lake.quarantine import Checked

LABEL_COLUMN = "label"
OUTSIDE = "normal"
_STARTS = re.compile(r"^(start|begin|from|first|開始)", re.IGNORECASE)
_ENDS = re.compile(r"^(end|stop|to$|until|last|終了)", re.IGNORECASE)


@dataclass(frozen=True)
class _Layout:
    """Which columns of the periods are start and end, which say where they hold, and which is the label ("": none)."""

    start: str
    end: str
    places: tuple[str, ...]
    label: str


def with_labelled_periods(checked: Checked, periods: Checked) -> Checked:
    """The table with a column "label": of rows inside a period its label, of the others "normal" (1 and 0 without one).

    Start and end are the columns called so, else the first two times or numbers. Times are compared with the table's
    first column of times; numbers count the rows of each file from 1. Columns that both tables have, such as a unit
    or the file's name, say where a period holds. A period without an end lasts; where two overlap the later row of the
    file counts. Raises DatasetError where the two tables cannot be brought together.
    """
    name = periods.sources[0].name
    if LABEL_COLUMN in checked.frame.columns:
        raise DatasetError(f'the data has a column "{LABEL_COLUMN}" already; leave the file of labelled periods out')
    if len(periods.quarantined):
        reason = periods.quarantined["reason"].iloc[0]
        raise DatasetError(f'a row of the labelled periods "{name}" cannot be read ({reason}); correct it')
    layout = _layout(checked.frame, periods.frame, name)
    marks = _marks(checked, periods.frame, layout, name)
    labels, kind = _labels(periods.frame, layout, marks)
    note = f'"{name}" labels {int((marks >= 0).sum())} of {len(marks)} rows by {len(periods.frame)} periods.'
    return replace(
        checked,
        frame=checked.frame.assign(**{LABEL_COLUMN: labels}),
        schema=checked.schema.append(pa.field(LABEL_COLUMN, kind)),
        notes=(*checked.notes, note),
    )


def _layout(frame: pd.DataFrame, periods: pd.DataFrame, name: str) -> _Layout:
    places = tuple(str(one) for one in periods.columns if one in frame.columns and not _is_time(periods[one]))
    own = [str(one) for one in periods.columns if one not in places]
    ordered = [one for one in own if _is_time(periods[one]) or pd.api.types.is_numeric_dtype(periods[one])]
    starts, ends = ([one for one in ordered if pattern.match(one)] for pattern in (_STARTS, _ENDS))
    if len(ordered) < 2:
        raise DatasetError(f'the labelled periods "{name}" have no two columns of times or numbers; give start and end')
    start, end = (starts[0], ends[0]) if starts and ends else (ordered[0], ordered[1])
    if _is_time(periods[start]) != _is_time(periods[end]) and periods[end].notna().any():
        raise DatasetError(f'in the labelled periods "{name}" one of "{start}" and "{end}" is no time; correct it')
    rest = [one for one in own if one not in (start, end)]
    return _Layout(start, end, places, rest[0] if rest else "")


def _marks(checked: Checked, periods: pd.DataFrame, layout: _Layout, name: str) -> NDArray[np.int64]:
    """(D,) the number of each row's period, -1 where there is none."""
    frame, marks = checked.frame, np.full(len(checked.frame), -1, dtype=np.int64)
    if _is_time(periods[layout.start]):
        times = [str(one) for one in frame.columns if _is_time(frame[one])]
        if not times:
            raise DatasetError(f'the labelled periods "{name}" hold times and the data has none; count rows instead')
        moments = frame[times[0]].to_numpy()
    else:
        moments = frame.groupby(checked.file_numbers).cumcount().to_numpy() + 1
    unknown = 0
    for number, period in enumerate(periods.to_dict("records")):
        here = np.ones(len(frame), dtype=bool)
        for place in layout.places:
            here &= (frame[place] == period[place]).to_numpy(dtype=bool)
        unknown += not here.any()
        inside = here & (moments >= np.array(period[layout.start], dtype=moments.dtype))
        if not pd.isna(period[layout.end]):
            inside &= moments <= np.array(period[layout.end], dtype=moments.dtype)
        marks[inside] = number
    if unknown == len(periods):
        raise DatasetError(
            f'no row of the data has the {" and ".join(layout.places)} of any period in "{name}"; write them alike'
        )
    return marks


def _labels(periods: pd.DataFrame, layout: _Layout, marks: NDArray[np.int64]) -> tuple[pd.Series, pa.DataType]:
    if not layout.label:
        return pd.Series((marks >= 0).astype("int64")), pa.int64()
    words = [*periods[layout.label].astype("object").map(_word), OUTSIDE]
    return pd.Series(np.array(words, dtype=object)[marks], dtype="str"), pa.string()


def _word(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_time(values: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(values))
