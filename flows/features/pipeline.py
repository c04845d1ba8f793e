"""From a table to the inputs of a network: the same way in the evaluation and for any file that comes later."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.features.columns import FittedColumns
from flows.features.plan import RowPlan
from relu_core.comparison.json_codec import from_plain, to_plain


@dataclass(frozen=True)
class FeaturePipeline:
    """plan: how rows are made, which nothing is fitted for. columns: what was fitted on training rows."""

    plan: RowPlan
    columns: FittedColumns

    def apply(self, table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """X (W, n) and the row of `table` (D, columns) that each belongs to, ascending: every row with enough before.

        Raises DatasetError where a column is missing or turned to text, or no unit has the rows of one window.
        """
        made = self.plan.make(table, every_row=True)
        ascending = np.argsort(made.rows)
        return self.columns.apply(made.frame.iloc[ascending]), made.rows[ascending]

    def to_json(self) -> str:
        """JSON, the same bytes for the same pipeline."""
        return json.dumps(to_plain(self), ensure_ascii=False, indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> "FeaturePipeline":
        """What `to_json` wrote. Raises ArgumentError where another version wrote it."""
        return from_plain(FeaturePipeline, json.loads(text))
