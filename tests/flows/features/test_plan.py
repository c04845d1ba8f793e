"""A plan makes the same feature rows of any table: from a row's own unit, from the past, and from nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import DatasetError
from flows.features.columns import fit_columns
from flows.features.pipeline import FeaturePipeline
from flows.features.plan import BANDS, RowPlan

WINDOWS = RowPlan(
    channels=("force", "speed"), others=("type",), borders=("unit",), time="when", window_rows=4, window_step=2,
    statistics=("last value", "mean", BANDS), lags=(1,), differences=(2,), products=(("force", "speed"),),
)  # fmt: skip


@pytest.fixture
def plant() -> pd.DataFrame:
    chance = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "force": chance.normal(5, 2, 40), "speed": chance.normal(size=40), "type": list("ab") * 20,
            "unit": [7] * 15 + [9] * 25, "when": pd.date_range("2026-03-02", periods=40, freq="min"),
        }
    )  # fmt: skip


def test_a_plan_without_windows_takes_the_columns_as_they_are(plant: pd.DataFrame) -> None:
    made = RowPlan(("force",), ("type",)).make(plant)
    pd.testing.assert_frame_equal(made.frame, plant[["force", "type"]])
    assert made.rows.tolist() == made.first.tolist() == made.last.tolist() == list(range(40))


def test_windows_earlier_values_and_products_stand_in_one_row(plant: pd.DataFrame) -> None:
    made = WINDOWS.make(plant)
    row = made.frame.iloc[1]
    x = plant["force"].to_numpy()
    assert made.rows[1] == 5 and WINDOWS.span == 4
    assert row["force · mean"] == pytest.approx(x[2:6].mean())
    assert row["force · 1 rows ago"] == x[4] and row["force · gain in 2 rows"] == pytest.approx(x[5] - x[3])
    assert row["force × speed · last value"] == pytest.approx(x[5] * plant["speed"][5])
    assert row["type"] == plant["type"][5]
    assert made.trace["force × speed · mean"] == ("force", "speed") and made.trace["type"] == ("type",)
    assert list(made.trace) == list(made.frame.columns)


def test_no_row_looks_beyond_its_unit_or_a_gap_of_the_clock(plant: pd.DataFrame) -> None:
    assert WINDOWS.make(plant).rows.tolist() == [3, 5, 7, 9, 11, 13, *range(18, 40, 2)]
    plant.loc[30:, "when"] += pd.Timedelta("1h")
    assert WINDOWS.make(plant).rows.tolist() == [3, 5, 7, 9, 11, 13, 18, 20, 22, 24, 26, 28, 33, 35, 37, 39]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(0, 2**20))
def test_the_order_of_the_rows_in_the_file_changes_nothing(seed: int) -> None:
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame({"force": chance.normal(size=30), "speed": 1.0, "type": "a"})
    frame["unit"], frame["when"] = chance.integers(0, 3, 30), np.arange(30)
    order = chance.permutation(30)
    straight, mixed = WINDOWS.make(frame), WINDOWS.make(frame.iloc[order].reset_index(drop=True))
    a = straight.frame.set_index(straight.rows).sort_index()
    b = mixed.frame.set_index(order[mixed.rows]).sort_index()
    pd.testing.assert_frame_equal(a, b)


def test_only_wanted_rows_end_a_window_and_every_row_does_when_asked(plant: pd.DataFrame) -> None:
    wanted = np.zeros(40, dtype=bool)
    wanted[[2, 10, 11, 30]] = True
    assert WINDOWS.make(plant, wanted=wanted).rows.tolist() == [10, 30]
    assert WINDOWS.make(plant, every_row=True).rows.tolist() == [*range(3, 15), *range(18, 40)]


def test_blocks_hold_neighbours_of_one_run_only(plant: pd.DataFrame) -> None:
    blocks = RowPlan(("force",), (), borders=("unit",)).make(plant).blocks(10)
    assert np.unique(blocks, return_counts=True)[1].tolist() == [10, 5, 5, 10, 10]


def test_a_single_further_file_needs_no_file_names_but_units_it_does(plant: pd.DataFrame) -> None:
    plan = RowPlan(("force",), (), borders=("source_file",), window_rows=3, statistics=("mean",))
    assert len(plan.make(plant).rows) == 13
    with pytest.raises(DatasetError) as refused:
        WINDOWS.make(plant.drop(columns="unit"))
    sentence = 'the column "unit" is missing from these rows; give the columns that were used in training'
    assert str(refused.value) == sentence


def test_the_pipeline_gives_the_same_inputs_after_a_round_through_json(plant: pd.DataFrame) -> None:
    made = WINDOWS.make(plant)
    fitted = FeaturePipeline(WINDOWS, fit_columns(made.frame, list(made.frame.columns)))
    again = FeaturePipeline.from_json(fitted.to_json())
    assert again == fitted and json.loads(fitted.to_json())["plan"]["window_rows"] == 4
    X, rows = again.apply(plant)
    chosen = np.isin(rows, made.rows)
    np.testing.assert_array_equal(X[chosen], fitted.columns.apply(made.frame))
    assert rows.tolist() == [*range(3, 15), *range(18, 40)]
