"""A stamping line whose truth is known: raw files as a plant writes them, and the verdict they must lead to.

The plant. A press cuts blanks; a sensor record is kept for every 20th stroke, one CSV file a day. Three tilts of the
slide eat up the clearance between punch and die:

    across = off-centre load  = (force left - force right + cushion force) / sqrt(3)    each in deviations from its mean
    along  = rocking          = (vibration front - vibration rear + ram angle) / sqrt(3)
    twist  = torsion          = (strain left - strain right) / sqrt(2)
    used   = |across| + |along| + |twist| + 0.2 * wear                                  tilts add up in the die's corner

Below a band of `used` the punch cuts cleanly. Within the band (2.0 +- 0.45) it scrapes along the die, and the part has
a burr. Above it the hydraulic overload valve opens and lets the slide centre itself: the cut is clean again. Burrs
follow with probability 1 / (1 + exp(-14 margin / spread)), margin = 0.45 - |used - 2.0|. Oil temperature has no part.

The truth. No single sensor tells anything, nor does any weighted sum (AUC about 0.5); the folds lie oblique to the
axes, which trees cut badly (about 0.7). The margin is a fold of a sum of folds: two hidden layers write it with 6 + 2
units. One hidden layer adds up ridges, and the corners of the band are none, so it needs many times as many parameters,
and rows to learn them from. Measured with 3,200 rows to learn from, mean of 3 seeds: two hidden layers of 9 (199
parameters) reach AUC 0.984; one hidden layer 0.825 with 157 parameters and at best 0.936 (1,225 parameters); the best
possible is 0.99. Expected verdict at a target of 0.95: DEPTH_PAYS.

The traps. "Deburring time" is written after the burr was seen (a leak), "Stroke" counts rows, and the files hold what
files of a plant hold: text in number columns, empty cells, a line written twice, a line with a cell too many, and a
last line that was torn off.
"""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER = (
    "Timestamp", "Stroke", "Force left [kN]", "Force right [kN]", "Cushion force [kN]", "Vibration front [mm/s]",
    "Vibration rear [mm/s]", "Ram angle [mrad]", "Strain left [µm/m]", "Strain right [µm/m]", "Tool wear [k strokes]",
    "Oil temperature [°C]", "Burr", "Deburring time [s]",
)  # fmt: skip
TARGET = "Burr"
# Mean, deviation and decimals of the eight sensors, in the order of the header.
_SENSORS = (
    (1510, 42, 1),
    (1495, 42, 1),
    (180, 9, 2),
    (4.2, 0.55, 3),
    (4.0, 0.55, 3),
    (0.0, 0.12, 4),
    (310, 25, 1),
    (305, 25, 1),
)
_REGRIND_EVERY = 45.0
_FILES = 5


def write_raw_files(folder: Path, *, rows: int = 5000, seed: int = 0) -> list[Path]:
    """Five daily CSV files with `rows` good records in all, and a few bad lines; the same seed writes the same bytes.

    Seven lines are no good record: three with text in a number column, one with a cell too many, one written twice, one
    torn off, one that holds only delimiters. About one cell in 200 of the oil temperature is empty.
    """
    records = _records(rows, np.random.default_rng([seed, 7]))
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for day, part in enumerate(np.array_split(np.arange(rows), _FILES)):
        lines = [records[i] for i in part]
        path = folder / f"press_line_7_{datetime(2026, 3, 2) + timedelta(days=day):%Y-%m-%d}.csv"
        text = "\r\n".join([",".join(HEADER), *_spoiled(lines, day)])
        # Loggers on Windows begin with a byte order mark; a file that was torn off has no last line end.
        path.write_bytes(("\ufeff" + text + ("" if day == _FILES - 1 else "\r\n")).encode("utf-8"))
        paths.append(path)
    return paths


def margin(sensors: NDArray[np.float64], wear: NDArray[np.float64]) -> NDArray[np.float64]:
    """(D,) distance into the band, positive inside; sensors (D, 8) and wear (D,) in deviations from their means."""
    across = np.abs(sensors[:, 0] - sensors[:, 1] + sensors[:, 2]) / np.sqrt(3)
    along = np.abs(sensors[:, 3] - sensors[:, 4] + sensors[:, 5]) / np.sqrt(3)
    twist = np.abs(sensors[:, 6] - sensors[:, 7]) / np.sqrt(2)
    return 0.45 - np.abs(across + along + twist + 0.2 * wear - 2.0)


def _records(rows: int, chance: np.random.Generator) -> list[str]:
    sensors = chance.standard_normal((rows, len(_SENSORS)))
    strokes = 20 * np.arange(1, rows + 1) + 184_000
    wear = (strokes / 1000 * 6 + 11) % _REGRIND_EVERY
    inside = margin(sensors, (wear - _REGRIND_EVERY / 2) / (_REGRIND_EVERY / np.sqrt(12)))
    burr = chance.random(rows) < 1 / (1 + np.exp(-14 * inside / inside.std()))
    deburring = np.where(burr, 8 + chance.gamma(4.0, 3.0, rows), 0.0)
    oil = 46 + 6 * np.sin(np.arange(rows) / 300) + chance.standard_normal(rows)
    unknown_oil = chance.random(rows) < 0.005
    cells = [_decimals(mean + spread * sensors[:, j], digits) for j, (mean, spread, digits) in enumerate(_SENSORS)]
    columns = [
        _times(rows),
        [str(stroke) for stroke in strokes],
        *cells,
        _decimals(wear, 2),
        ["" if unknown else value for unknown, value in zip(unknown_oil, _decimals(oil, 1), strict=True)],
        ["1" if one else "0" for one in burr],
        _decimals(deburring, 1),
    ]
    return [",".join(record) for record in zip(*columns, strict=True)]


def _times(rows: int) -> list[str]:
    """Every 40 seconds from 6 o'clock, on five days."""
    times = []
    for day, part in enumerate(np.array_split(np.arange(rows), _FILES)):
        start = datetime(2026, 3, 2 + day, 6, 0, 0)
        times += [f"{start + timedelta(seconds=40 * i):%Y-%m-%d %H:%M:%S}" for i in range(len(part))]
    return times


def _decimals(values: NDArray[np.float64], digits: int) -> list[str]:
    return [f"{value:.{digits}f}" for value in values]


def _spoiled(lines: list[str], day: int) -> list[str]:
    """The lines of a day with that day's bad ones added."""
    middle = len(lines) // 2
    if day == 0:
        return _with_text(lines, middle, 2, "ERR")
    if day == 1:
        return [*lines[: middle + 1], lines[middle], *lines[middle + 1 :]]
    if day == 2:
        return _with_text(_with_text(lines, middle, 5, "4.1 mm/s"), middle // 2, 3, "#####")
    if day == 3:
        return [*lines[:middle], lines[middle] + ",0", "," * (len(HEADER) - 1), *lines[middle:]]
    return [*lines, lines[-1][: len(lines[-1]) // 2].rsplit(",", 1)[0]]


def _with_text(lines: list[str], place: int, column: int, text: str) -> list[str]:
    """A copy of the line at `place`, one cell replaced, stands before it."""
    cells = lines[place].split(",")
    cells[column] = text
    return [*lines[:place], ",".join(cells), *lines[place:]]
