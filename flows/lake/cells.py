"""Text cells into values: what counts as missing, as a number, as a time."""

import re
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
# A format of its own: such cells can be read only in their order, from the first row on.
DAYS_OF_MONTHS = "day of a month and clock"
_FIRST_MONTH = "2001-01-01"
_LEADING_ZERO = r"^0\d+$"
_LIKE_A_TIME = r"\d[-/.:年T ]"
_MISSING_SET = pa.array(MISSING_WORDS, type=pa.string())
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

    values: (D,) float64, datetime64 or text with missing cells. missing: (D,) cells that mean nothing was measured.
    bad: (D,) cells that are filled and no value of this kind. kind: "number", "whole number", "time" or "text".
    note: what was decided, "" for nothing. time_format: as pandas writes it, "" for no time.
    """

    values: pd.Series
    missing: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    kind: str
    note: str = ""
    time_format: str = ""

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
    missing = _flags(pc.is_in(pc.utf8_lower(text), value_set=_MISSING_SET))
    filled = len(text) - int(missing.sum())
    if filled == 0:
        return ParsedColumn(pd.Series(np.full(len(text), np.nan)), missing, ~missing, "number")
    found = _as_numbers(text, missing, filled, decimal_comma) or _as_times(text, missing, filled)
    return found or ParsedColumn(_as_series(text, missing), missing, np.zeros(len(text), dtype=bool), "text")


def parse_as(cells: pd.Series, like: ParsedColumn, *, decimal_comma: bool) -> ParsedColumn:
    """Cells of further rows as the kind of `like`, whatever most of them are; whole numbers become numbers."""
    text = _plain_text(cells)
    missing = _flags(pc.is_in(pc.utf8_lower(text), value_set=_MISSING_SET))
    if like.kind == "text":
        return ParsedColumn(_as_series(text, missing), missing, np.zeros(len(text), dtype=bool), "text")
    if like.kind == "time":
        times = _parse_times(_as_series(text, missing), like.time_format)
        return ParsedColumn(times, missing, times.isna().to_numpy() & ~missing, "time", "", like.time_format)
    plain = _flags(pc.match_substring_regex(text, _PLAIN)) & ~missing
    commas = _flags(pc.match_substring_regex(text, _DECIMAL_COMMA if decimal_comma else _THOUSANDS)) & ~missing
    if (commas & ~plain).any():
        text = pc.if_else(pa.array(commas & ~plain), _without_commas(text, decimal_comma), text)
        plain = plain | commas
    return _numbers(text, plain, missing, "")


def kind_when_kept(column: ParsedColumn, kept: NDArray[np.bool_]) -> str:
    """The column's kind by the rows that stay alone: whole numbers are whole whatever a bad row held."""
    if column.kind not in ("number", "whole number"):
        return column.kind
    values = column.values.to_numpy(dtype=np.float64)[kept]
    return "whole number" if not np.isnan(values).any() and _are_whole(values) else "number"


def _plain_text(cells: pd.Series) -> pa.StringArray:
    text = pa.array(cells, type=pa.string(), from_pandas=True)
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    text = pc.utf8_trim_whitespace(pc.fill_null(text, ""))
    # Full-width digits and signs are ordinary in Japanese plants.
    if not pc.all(pc.string_is_ascii(text)).as_py():
        text = pc.utf8_trim_whitespace(pc.utf8_normalize(text, "NFKC"))
    return text


def _flags(mask: pa.Array) -> NDArray[np.bool_]:
    return mask.to_numpy(zero_copy_only=False)


def _as_series(text: pa.StringArray, missing: NDArray[np.bool_]) -> pd.Series:
    return pd.Series(pc.if_else(pa.array(~missing), text, None), dtype="str")


def _as_numbers(
    text: pa.StringArray, missing: NDArray[np.bool_], filled: int, decimal_comma: bool
) -> ParsedColumn | None:
    plain = _flags(pc.match_substring_regex(text, _PLAIN)) & ~missing
    note = ""
    if plain.sum() < filled:
        text, plain, note = _with_commas(text, plain, missing, decimal_comma)
    if plain.sum() < _SHARE * filled or _are_codes(text, plain):
        return None
    return _numbers(text, plain, missing, note)


def _numbers(text: pa.StringArray, plain: NDArray[np.bool_], missing: NDArray[np.bool_], note: str) -> ParsedColumn:
    values = _cast(text, plain)
    too_large = plain & ~(np.abs(np.where(plain, values, 0.0)) <= LARGEST_NUMBER)
    values[too_large] = np.nan
    return ParsedColumn(pd.Series(values), missing, (~plain & ~missing) | too_large, "number", note)


def _with_commas(
    text: pa.StringArray, plain: NDArray[np.bool_], missing: NDArray[np.bool_], decimal_comma: bool
) -> tuple[pa.StringArray, NDArray[np.bool_], str]:
    """The cells with commas made plain numbers, where that explains the column; else all as it was."""
    needed = _SHARE * int((~missing).sum())
    thousands = _flags(pc.match_substring_regex(text, _THOUSANDS)) & ~missing
    decimals = _flags(pc.match_substring_regex(text, _DECIMAL_COMMA)) & ~missing
    if not decimal_comma and thousands.any() and (plain | thousands).sum() >= needed:
        changed = pc.if_else(pa.array(thousands), _without_commas(text, False), text)
        return changed, plain | thousands, "a comma was read as the thousands separator"
    if (decimals & ~plain).any() and (plain | decimals).sum() >= needed:
        mixed = pa.array(decimals if decimal_comma else decimals & ~plain)
        changed = pc.if_else(mixed, _without_commas(text, True), text)
        return changed, plain | decimals, "a comma was read as the decimal sign"
    return text, plain, ""


def _without_commas(text: pa.StringArray, decimal_comma: bool) -> pa.StringArray:
    if decimal_comma:
        return pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    return pc.replace_substring(text, ",", "")


def _are_codes(text: pa.StringArray, plain: NDArray[np.bool_]) -> bool:
    """Leading zeros mean a code such as 00123, whose zeros would be lost in a number."""
    coded = _flags(pc.match_substring_regex(text, _LEADING_ZERO)) & plain
    return bool(coded.sum() > 0.05 * plain.sum())


def _cast(text: pa.StringArray, good: NDArray[np.bool_]) -> NDArray[np.float64]:
    bare = pc.replace_substring_regex(text, r"^\+", "")
    return pc.cast(pc.if_else(pa.array(good), bare, None), pa.float64()).to_numpy(zero_copy_only=False).copy()


def _are_whole(values: NDArray[np.float64]) -> bool:
    return bool(values.size and np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53))


def _as_times(text: pa.StringArray, missing: NDArray[np.bool_], filled: int) -> ParsedColumn | None:
    if _flags(pc.match_substring_regex(text, _LIKE_A_TIME)).sum() < _SHARE * filled:
        return None
    candidates = _as_series(text, missing)
    sample = candidates.dropna().iloc[:2000]
    fitting = [form for form in _TIME_FORMATS if _parse_times(sample, form).notna().mean() >= _SHARE]
    if not fitting:
        return _as_days_of_months(candidates, missing, filled)
    # The format that explains most cells; of equals the first, so that 03/04 is the third of April.
    parsed = {form: _parse_times(candidates, form) for form in fitting}
    best = max(fitting, key=lambda form: int(parsed[form].notna().sum()))
    bad = parsed[best].isna().to_numpy() & ~missing
    return ParsedColumn(parsed[best], missing, bad, "time", _time_note(best, fitting, sample), best)


def _as_days_of_months(text: pd.Series, missing: NDArray[np.bool_], filled: int) -> ParsedColumn | None:
    """ "31-23:00", "1-00:00": day of a month and clock. Where the day falls, the next month has begun."""
    parts = text.str.extract(r"^(\d{1,2})[-/ ](\d{1,2}):(\d{2})(?::(\d{2}))?$").astype("float64")
    day, hour, minute = (parts[i].to_numpy() for i in range(3))
    good = (day >= 1) & (day <= 31) & (hour < 24) & (minute < 60)
    if good.sum() < _SHARE * filled:
        return None
    known = np.flatnonzero(good)
    falls = np.diff(day[known], prepend=day[known[0]]) < 0
    before = np.concatenate([[0.0], day[known][:-1]])
    # A month that was left before its 28th day was not recorded to its end.
    lengths = np.where(falls, np.where(before >= 28, before, 31.0), 0.0)
    seconds = 86400.0 * (np.cumsum(lengths) + day[known] - 1) + 3600 * hour[known] + 60 * minute[known]
    seconds += np.nan_to_num(parts[3].to_numpy()[known])
    moments = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]")
    moments[known] = np.datetime64(_FIRST_MONTH, "us") + (1e6 * seconds).astype("timedelta64[us]")
    note = (
        f"days and clock times without month or year were counted on from {_FIRST_MONTH}: a day that "
        "falls begins the next month; only the distances between them mean something"
    )
    return ParsedColumn(pd.Series(moments), missing, ~good & ~missing, "time", note, DAYS_OF_MONTHS)


def _parse_times(text: pd.Series, form: str) -> pd.Series:
    times = pd.to_datetime(text, format=form, errors="coerce", utc=True)
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _time_note(best: str, fitting: Sequence[str], sample: pd.Series) -> str:
    if best.startswith("%d/") and any(form.startswith("%m/") for form in fitting):
        return "day and month can be told apart in no cell; the day was read first"
    if best == "ISO8601" and sample.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True, na=False).any():
        return "times with a zone were turned into UTC"
    return ""
