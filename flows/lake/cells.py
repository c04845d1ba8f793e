"""Text cells into values: what counts as missing, as a number, as a time."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MISSING_WORDS = (
    "", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "---", "?", ".", "missing", "#null!",
    "欠測", "なし",
)  # fmt: skip
# Larger magnitudes are no measurement: their square is already infinite, and no network survives that.
LARGEST_NUMBER = 1e150
_PLAIN = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
_DECIMAL_COMMA = r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d*)?(?:[eE][+-]?\d+)?$"
_LEADING_ZERO = r"^0\d+$"
_TIME_FORMATS = (
    "ISO8601",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d %H%M%S",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p",
    "%d-%b-%Y %H:%M:%S", "%d-%b-%Y", "%d %b %Y %H:%M:%S",
    "%Y年%m月%d日 %H時%M分%S秒", "%Y年%m月%d日 %H時%M分", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日",
)  # fmt: skip
# A column is of a kind when this share of its filled cells is; the other cells are then errors of the plant.
_SHARE = 0.8


@dataclass(frozen=True)
class ParsedColumn:
    """One column as values.

    values: (D,) float64, datetime64 or text with missing cells. bad: (D,) cells that are filled and no value of this
    kind. kind: "number", "whole number", "time" or "text". note: what was decided, "" for nothing.
    """

    values: pd.Series
    bad: NDArray[np.bool_]
    kind: str
    note: str = ""

    def refusal(self, cell: str) -> str:
        """Why a bad cell is none of this column's values."""
        if self.kind == "time":
            return f'"{cell[:40]}" where a time is needed'
        if re.match(_PLAIN, cell.strip()):
            return f'"{cell[:40]}", too large a number for a measurement'
        return f'"{cell[:40]}" where a number is needed'


def parse_column(cells: pd.Series, *, decimal_comma: bool = False) -> ParsedColumn:
    """The kind that at least 80 % of the filled cells have, and the values; `decimal_comma`: "1,234" is about one."""
    text = _plain_text(cells)
    missing = is_missing(text)
    filled = int((~missing).sum())
    if filled == 0:
        return ParsedColumn(pd.Series(np.full(len(text), np.nan)), np.zeros(len(text), bool), "number")
    for attempt in (_as_numbers(text, missing, filled, decimal_comma), _as_times(text, missing, filled)):
        if attempt is not None:
            return attempt
    return ParsedColumn(text.mask(missing, None), np.zeros(len(text), bool), "text")


def is_missing(text: pd.Series) -> NDArray[np.bool_]:
    """(D,) which cells mean that nothing was measured."""
    return text.str.lower().isin(MISSING_WORDS).to_numpy(dtype=bool)


def _plain_text(cells: pd.Series) -> pd.Series:
    text = cells.astype("str").str.strip()
    joined = text.str.cat()
    # Full-width digits and signs are ordinary in Japanese plants.
    if not joined.isascii():
        text = text.map(lambda cell: cell if cell.isascii() else unicodedata.normalize("NFKC", cell).strip())
    return text.reset_index(drop=True)


def _matches(text: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False)


def _as_numbers(text: pd.Series, missing: NDArray[np.bool_], filled: int, decimal_comma: bool) -> ParsedColumn | None:
    array = pa.array(text.to_numpy(dtype=object), type=pa.string())
    plain = _matches(array, _PLAIN) & ~missing
    note = ""
    if plain.sum() < filled:
        with_comma = _matches(array, _DECIMAL_COMMA if decimal_comma else _THOUSANDS) & ~missing
        if not decimal_comma and (plain | with_comma).sum() < _SHARE * filled:
            decimal_comma = True
            with_comma = _matches(array, _DECIMAL_COMMA) & ~missing
        commas = with_comma & ~plain if not decimal_comma else with_comma
        if commas.any() and (plain | commas).sum() >= _SHARE * filled:
            array, note = _without_commas(array, commas, decimal_comma)
            plain = plain | commas
    if plain.sum() < _SHARE * filled or _are_codes(array, plain):
        return None
    values = _cast(array, plain)
    too_large = plain & ~(np.abs(np.where(plain, values, 0.0)) <= LARGEST_NUMBER)
    values[too_large] = np.nan
    bad = (~plain & ~missing) | too_large
    whole = bool(plain.any() and not missing.any() and _are_whole(values[plain & ~too_large]))
    kind = "whole number" if whole else "number"
    return ParsedColumn(pd.Series(values), bad, kind, note)


def _without_commas(array: pa.Array, commas: NDArray[np.bool_], decimal_comma: bool) -> tuple[pa.Array, str]:
    mask = pa.array(commas)
    if decimal_comma:
        changed = pc.replace_substring(pc.replace_substring(array, ".", ""), ",", ".")
        note = "a comma was read as the decimal sign"
    else:
        changed = pc.replace_substring(array, ",", "")
        note = "a comma was read as the thousands separator"
    return pc.if_else(mask, changed, array), note


def _are_codes(array: pa.Array, plain: NDArray[np.bool_]) -> bool:
    """Leading zeros mean a code such as 00123, whose zeros would be lost in a number."""
    coded = _matches(array, _LEADING_ZERO) & plain
    return bool(coded.sum() > 0.05 * plain.sum())


def _cast(array: pa.Array, good: NDArray[np.bool_]) -> NDArray[np.float64]:
    bare = pc.replace_substring_regex(array, r"^\+", "")
    return pc.cast(pc.if_else(pa.array(good), bare, None), pa.float64()).to_numpy(zero_copy_only=False).copy()


def _are_whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53))


def _as_times(text: pd.Series, missing: NDArray[np.bool_], filled: int) -> ParsedColumn | None:
    candidates = text.mask(missing, None)
    sample = candidates.dropna().iloc[:2000]
    if sample.str.contains(r"\d", regex=True).mean() < _SHARE:
        return None
    fitting = [form for form in _TIME_FORMATS if _parse_times(sample, form).notna().mean() >= _SHARE]
    if not fitting:
        return None
    parsed = {form: _parse_times(candidates, form) for form in fitting}
    # The format that explains most cells; of equals the first, so that 03/04 is the third of April.
    best = max(fitting, key=lambda form: int(parsed[form].notna().sum()))
    values = parsed[best]
    note = _time_note(best, fitting, candidates)
    return ParsedColumn(values, (values.isna().to_numpy() & ~missing), "time", note)


def _parse_times(text: pd.Series, form: str) -> pd.Series:
    times = pd.to_datetime(text, format=form, errors="coerce", utc=True)
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _time_note(best: str, fitting: Sequence[str], text: pd.Series) -> str:
    if best.startswith("%d/") and any(form.startswith("%m/") for form in fitting):
        return "day and month can be told apart in no cell; the day was read first"
    if best == "ISO8601" and text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True, na=False).iloc[:2000].any():
        return "times with a zone were turned into UTC"
    return ""
