"""Cells that arrive as values (Excel, Parquet, SQL) written as text, so that one check judges every source alike."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd


def cell_text(value: object) -> str:
    """A value as text that reads back to the same value; "" for none. Numbers keep all their digits."""
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        if number != number:
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    if isinstance(value, datetime | date | time):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value).strip()


def text_frame(rows: Sequence[Sequence[object]], names: Sequence[str]) -> pd.DataFrame:
    """Rows of values as a frame of text."""
    return pd.DataFrame([[cell_text(value) for value in row] for row in rows], columns=list(names), dtype="str")
