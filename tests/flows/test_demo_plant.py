"""The demo plant keeps its promises: seeded bytes, known bad lines, and a truth that its docstring states."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from flows.demo_plant import TARGET, margin, write_raw_files
from flows.features.columns import fit_columns, numeric_target
from flows.lake.quarantine import Checked, check
from flows.quality.finding import suspected_columns
from flows.quality.leaks import find_leaks
from flows.sources.read import read_source


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = tmp_path_factory.mktemp("raw")
    write_raw_files(folder)
    return check(read_source(folder))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_raw_files(tmp_path / "a", rows=200, seed=3)]
    assert first == [path.read_bytes() for path in write_raw_files(tmp_path / "b", rows=200, seed=3)]
    assert first != [path.read_bytes() for path in write_raw_files(tmp_path / "c", rows=200, seed=4)]


def test_every_good_row_is_stored_and_every_bad_line_has_its_reason(plant: Checked) -> None:
    assert len(plant.frame) == 5000
    assert plant.quarantined["reason"].tolist() == [
        'column "Force left" holds "ERR" where a number is needed',
        "the row repeats line 502, with the same time",
        'column "Force right" holds "#####" where a number is needed',
        'column "Vibration front" holds "4.1 mm/s" where a number is needed',
        "the row has 15 cells where the table has 14 columns",
        "no cell of the row has a value",
        "the row has 4 cells where the table has 14 columns",
    ]
    assert plant.units["Force left"] == "kN" and plant.units["Vibration rear"] == "mm/s"
    assert 5 < plant.frame["Oil temperature"].isna().sum() < 60
    assert plant.sources[0].encoding == "utf-8-sig"


def test_the_leaks_are_found_and_the_sensors_stay(plant: Checked) -> None:
    findings = find_leaks(plant.frame, TARGET, "binary")
    assert {(one.column, one.code) for one in findings} == {
        ("Timestamp", "time"),
        ("Stroke", "identifier"),
        ("Deburring time", "written_afterwards"),
        ("source_file", "file_name"),
    }
    assert all(one.severity == "leak" for one in findings)


def test_simple_models_fail_as_the_docstring_says(plant: Checked) -> None:
    frame = plant.frame
    suspected = suspected_columns(find_leaks(frame, TARGET, "binary"))
    inputs = [name for name in frame.columns if name not in (*suspected, TARGET)]
    X, y = fit_columns(frame, inputs).apply(frame), numeric_target(frame, TARGET, "binary").y
    assert X.shape == (5000, 10)
    order = np.random.default_rng(0).permutation(5000)
    fit, test = order[:3200], order[3200:]
    standard = (X - X[fit].mean(axis=0)) / X[fit].std(axis=0)
    linear = LogisticRegression().fit(standard[fit], y[fit]).predict_proba(standard[test])[:, 1]
    trees = HistGradientBoostingClassifier(random_state=0).fit(X[fit], y[fit]).predict_proba(X[test])[:, 1]
    wear = (frame["Tool wear"].to_numpy() - 22.5) / (45 / np.sqrt(12))
    best = margin(standard[:, :8] - standard[:, :8].mean(axis=0), wear)[test]
    assert 0.45 < roc_auc_score(y[test], linear) < 0.55
    assert 0.60 < roc_auc_score(y[test], trees) < 0.80
    assert 0.98 < roc_auc_score(y[test], best) < 1.0
