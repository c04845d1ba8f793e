"""Copies, order, groups, drift and empty columns are found and put into plain sentences."""

import numpy as np
import pandas as pd
import pytest

from flows.quality.finding import Finding
from flows.quality.profile import profile
from flows.quality.traps import find_traps


@pytest.fixture
def plant() -> pd.DataFrame:
    chance = np.random.default_rng(1)
    frame = pd.DataFrame(chance.normal(size=(900, 3)), columns=["a", "b", "c"])
    frame["defect"] = (frame["a"] + chance.normal(size=900) > 0).astype(int)
    return frame


def by_code(frame: pd.DataFrame, **options: object) -> dict[str, Finding]:
    return {one.code: one for one in find_traps(frame, "defect", "binary", **options)}  # type: ignore[arg-type]


def test_an_honest_table_has_no_traps(plant: pd.DataFrame) -> None:
    assert find_traps(plant, "defect", "binary") == []


def test_rows_that_repeat_and_rows_without_target(plant: pd.DataFrame) -> None:
    frame = pd.concat([plant, plant[:5]], ignore_index=True).astype({"defect": "float64"})
    frame.loc[10:12, "defect"] = np.nan
    found = by_code(frame)
    assert found["duplicate_rows"].evidence == "5 of 902 rows repeat an earlier row in every input and the target."
    assert found["rows_without_target"].evidence == '3 of 905 rows have no value of "defect".'


def test_empty_constant_and_half_empty_columns(plant: pd.DataFrame) -> None:
    plant["dead"], plant["fixed"] = np.nan, 3
    plant.loc[:400, "b"] = np.nan
    found = by_code(plant)
    assert found["empty_column"].evidence == '"dead" is empty in all 900 rows.'
    assert found["constant_column"].evidence == '"fixed" is 3 in every row.'
    assert found["many_missing"].evidence == '"b" is empty in 401 of 900 rows.'


def test_rows_sorted_by_class(plant: pd.DataFrame) -> None:
    found = by_code(plant.sort_values("defect", ignore_index=True))
    assert (
        found["order_tells_target"].evidence == "The place of a row in the table alone gives AUC 1.00 on unseen rows."
    )
    assert "neighbours_alike" in found


def test_groups_that_a_split_by_chance_tears_apart(plant: pd.DataFrame) -> None:
    plant["batch"] = np.arange(900) // 90 + 1
    assert (
        by_code(plant)["groups_cross_folds"].evidence == '"batch" holds 10 groups of rows, and the split is by chance.'
    )
    assert "groups_cross_folds" not in by_code(plant, split="group", split_column="batch")


def test_drift_between_the_first_and_the_last_rows(plant: pd.DataFrame) -> None:
    plant["c"] += np.linspace(0, 4, 900)
    finding = by_code(plant)["drift"]
    assert finding.evidence.startswith('1 column(s) differ between the first and the last third of the rows: "c" (0.')


def test_kinds_of_defects_without_a_good_class_are_said(plant: pd.DataFrame) -> None:
    kinds = plant.assign(kind=np.array(["crack", "scratch", "rolled-in_scale"])[np.arange(900) % 3]).drop(
        columns="defect"
    )
    found = {one.code: one for one in find_traps(kinds, "kind", "multiclass")}
    assert found["no_good_class"].evidence == (
        'None of the 3 classes of "kind" is called good or normal (crack, rolled-in_scale, scratch).'
    )
    for word in ("OK", "no defect", "Normal", "None", "fault_free_0 (good)", "良品", "異常なし"):
        with_good = kinds.replace({"kind": {"crack": word}})
        assert "no_good_class" not in {one.code for one in find_traps(with_good, "kind", "multiclass")}
    for word in ("abnormal", "non-metallic", "不良", "broken"):
        with_bad = kinds.replace({"kind": {"crack": word}})
        assert "no_good_class" in {one.code for one in find_traps(with_bad, "kind", "multiclass")}


def test_a_rare_class_is_said(plant: pd.DataFrame) -> None:
    plant["defect"] = (np.arange(900) % 50 == 0).astype(int)
    assert by_code(plant)["rare_class"].evidence == (
        "One class has 98.0 % of the rows; always guessing it is that accurate."
    )


def test_a_profile_says_what_a_column_holds() -> None:
    frame = pd.DataFrame(
        {
            "force": [*np.tile([1.0, 2.0, 3.0, 4.0], 5), 1000.0, np.nan],
            "type": ["a"] * 12 + ["b"] * 10,
            "time": pd.date_range("2026-03-02", periods=22, freq="s"),
            "dead": np.nan,
        }
    )
    force, kind, time, dead = profile(frame, {"force": "kN"})
    assert (force.kind, force.unit, force.missing, force.outliers, force.maximum) == ("number", "kN", 1, 1, 1000.0)
    assert (kind.kind, kind.distinct, kind.most_frequent, kind.most_frequent_rows) == ("text", 2, "a", 12)
    assert (time.kind, time.first, time.last) == ("time", "2026-03-02 00:00:00", "2026-03-02 00:00:21")
    assert dead.constant and dead.distinct == 0 and np.isnan(dead.mean)
