"""Column names and units from what a plant wrote in the header."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_NAME = 200
_BRACKETS = re.compile(r"^(?P<name>.+?)\s*(?:\[(?P<square>[^\[\]]*)\]|\((?P<round>[^()]*)\))$")
# Round brackets hold a unit only if it looks like one: "Temp (2)" and "Temp (upper)" number and place a sensor.
_ROUND_UNIT = re.compile(
    r"^(?:[munkMGhdc]?(?:m|g|s|A|V|W|N|Pa|J|Hz|K|bar|Nm|Ohm|VA|Wh|l|L|mol|Bar)|°?C|°F|deg\w*|%|rpm|min|h|t|ppm|mm/s|"
    r"cm\s?Hg|[^\W\d]{0,4}[/·*^²³°µμΩ℃％][^\s]{0,6}|[km]?m[23]|MPa|kgf?|psi|[Rr]aw)$"
)


@dataclass(frozen=True)
class Columns:
    """Names of the columns in order, and by name the unit and the header as written."""

    names: tuple[str, ...]
    units: dict[str, str]
    headers: dict[str, str]
    notes: tuple[str, ...]


def read_headers(cells: Sequence[str], unit_row: Sequence[str] | None = None) -> Columns:
    """Clean names from header cells: units split off, empty names numbered, repeated names told apart."""
    split = [split_unit(cell) for cell in cells]
    times = Counter(name for name, _ in split)
    # Units that tell two columns apart stay in the name: "Flow [l/s]" beside "Flow [kg/s]".
    names = [name if times[name] == 1 else clean_name(cell) for (name, _), cell in zip(split, cells, strict=True)]
    names, notes = _distinct([name or f"column_{i + 1}" for i, name in enumerate(names)])
    units = {name: unit for name, (_, unit) in zip(names, split, strict=True) if unit}
    if unit_row is not None:
        given = {name: clean_name(unit).strip("[]()") for name, unit in zip(names, unit_row, strict=False)}
        units = {name: unit for name, unit in given.items() if unit} | units
    return Columns(tuple(names), units, dict(zip(names, cells, strict=True)), tuple(notes))


def numbered(count: int) -> Columns:
    """Names for a table without a header: column_1, column_2, ..."""
    return Columns(tuple(f"column_{i + 1}" for i in range(count)), {}, {}, ())


def clean_name(cell: str) -> str:
    """One line, single blanks, no control characters; full-width letters become plain ones; cut at 200."""
    text = unicodedata.normalize("NFKC", cell).replace("\ufeff", "").replace("\x00", "")
    name = " ".join(text.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def split_unit(cell: str) -> tuple[str, str]:
    """("Air temperature", "K") from "Air temperature [K]"; the unit is "" where none is written."""
    text = clean_name(cell)
    match = _BRACKETS.match(text)
    if match is None:
        return text, ""
    square, rounded = match["square"], match["round"]
    if square is not None and square.strip():
        return match["name"].strip(), square.strip()
    if rounded is not None and _ROUND_UNIT.match(rounded.strip()):
        return match["name"].strip(), rounded.strip()
    return text, ""


def _distinct(names: Sequence[str]) -> tuple[list[str], list[str]]:
    taken: set[str] = set()
    written = set(names)
    result, repeated = [], []
    for name in names:
        candidate, number = name, 1
        while candidate in taken or (number > 1 and candidate in written):
            number += 1
            candidate = f"{name}_{number}"
        if candidate != name:
            repeated.append(name)
        taken.add(candidate)
        result.append(candidate)
    notes = [
        f'The header names "{name}" more than once; the later ones got a number.' for name in dict.fromkeys(repeated)
    ]
    return result, notes
