"""What gives the answer away is suspected with evidence; what merely measures well is not."""

import numpy as np
import pandas as pd
import pytest

from flows.quality.finding import Finding, sort_findings, suspected_columns
from flows.quality.leaks import find_leaks


@pytest.fixture
def plant() -> pd.DataFrame:
    chance = np.random.default_rng(1)
    sensor = chance.normal(size=2000)
    frame = pd.DataFrame({"sensor": sensor, "other": chance.normal(size=2000), "defect": (sensor > 1.2).astype(int)})
    frame["speed"] = chance.integers(1000, 1500, 2000)
    return frame


def found(frame: pd.DataFrame, target: str = "defect", task: str = "binary", group: str = "") -> dict[str, str]:
    return {one.column: one.code for one in find_leaks(frame, target, task, group=group) if one.severity == "leak"}


def test_a_sensor_that_separates_the_classes_perfectly_stays_with_a_warning(plant: pd.DataFrame) -> None:
    findings = find_leaks(plant, "defect", "binary")
    assert [(one.code, one.severity, one.column) for one in findings] == [("strong_alone", "warning", "sensor")]
    assert findings[0].evidence.startswith('"sensor" alone gives AUC 0.99') or '"sensor" alone gives AUC 1.0' in (
        findings[0].evidence
    )


def test_flags_and_words_that_stand_for_the_target(plant: pd.DataFrame) -> None:
    plant["flag"] = np.where(plant["defect"] == 1, np.arange(2000) % 2, 0)
    plant["bin"] = np.where(plant["defect"] == 1, "scrap", "good")
    plant["shift"] = np.tile(["A", "B", "C", "D"], 500)
    assert found(plant) == {"flag": "stands_for_target", "bin": "stands_for_target"}
    evidence = next(one.evidence for one in find_leaks(plant, "defect", "binary") if one.column == "flag")
    hits = int(plant["flag"].sum())
    share = 100 * plant["defect"].mean()
    assert (
        evidence == f'Where "flag" is 1, {hits} of {hits} rows belong to one class that has {share:.1f} % of all rows.'
    )


def test_what_is_written_after_the_answer(plant: pd.DataFrame) -> None:
    chance = np.random.default_rng(2)
    plant["rework"] = np.where(plant["defect"] == 1, chance.gamma(2, 3, 2000), 0.0)
    plant["size"] = np.where(plant["defect"] == 1, chance.normal(size=2000), np.nan)
    assert found(plant) == {"rework": "written_afterwards", "size": "written_afterwards"}


def test_columns_that_count_or_name_rows_groups_and_moments(plant: pd.DataFrame) -> None:
    plant["id"] = np.random.default_rng(0).permutation(2000) + 7000
    plant["stroke"] = 20 * np.arange(2000)
    plant["serial"] = [f"S{i * 7919 % 10007}" for i in range(2000)]
    plant["unit"] = np.arange(2000) // 100 + 1
    plant["cycle"] = np.arange(2000) % 100 + 1
    plant["when"] = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(2000), unit="s")
    assert found(plant) == {
        "id": "identifier",
        "stroke": "identifier",
        "serial": "identifier",
        "unit": "group_number",
        "when": "time",
    }
    assert found(plant, group="unit")["unit"] == "group"


def test_a_number_that_is_the_target_in_another_form(plant: pd.DataFrame) -> None:
    chance = np.random.default_rng(4)
    plant["celsius"] = plant["sensor"] * 20 + 50
    plant["fahrenheit"] = plant["celsius"] * 1.8 + 32
    plant["cubed"] = plant["celsius"] ** 3
    plant["beside"] = plant["celsius"] + chance.normal(0, 3, 2000)
    frame = plant.drop(columns=["sensor", "defect"])
    assert found(frame, "celsius", "regression") == {"fahrenheit": "copy_of_target", "cubed": "copy_of_target"}


def test_a_target_that_is_a_sum_is_said(plant: pd.DataFrame) -> None:
    plant["total"] = 2 * plant["sensor"] + plant["other"]
    findings = find_leaks(plant, "total", "regression")
    assert [one.severity for one in findings if one.code == "sum_of_columns"] == ["warning"]
    plant["total"] += np.random.default_rng(0).normal(0, 0.1, 2000)
    assert "sum_of_columns" not in {one.code for one in find_leaks(plant, "total", "regression")}


def test_rare_marks_beside_proven_ones_are_suspected_too(plant: pd.DataFrame) -> None:
    chance = np.random.default_rng(5)
    plant["M1"] = (plant["sensor"] > 1.8).astype(int)
    plant["M2"] = ((plant["sensor"] > 1.2) & (plant["sensor"] < 1.5)).astype(int)
    plant["M3"] = (chance.random(2000) < 0.01).astype(int)
    plant["alarm"] = plant["other"] > 0
    assert found(plant) == {"M1": "stands_for_target", "M2": "stands_for_target", "M3": "beside_marks"}


def test_the_gravest_come_first_and_insisted_columns_stay() -> None:
    findings = [Finding("a", "info", "x", "", ""), Finding("b", "leak", "y", "", ""), Finding("c", "leak", "z", "", "")]
    assert [one.code for one in sort_findings(findings)] == ["b", "c", "a"]
    assert suspected_columns(findings) == ["y", "z"] and suspected_columns(findings, ["y"]) == ["z"]


def test_noise_raises_no_suspicion_whatever_the_seed() -> None:
    for seed in range(20):
        chance = np.random.default_rng([9, seed])
        frame = pd.DataFrame(chance.normal(size=(300, 5)), columns=list("abcde"))
        frame["flag"] = chance.random(300) < 0.05
        frame["level"] = chance.integers(0, 5, 300)
        frame["defect"] = (chance.random(300) < 0.1).astype(int)
        assert find_leaks(frame, "defect", "binary") == []
