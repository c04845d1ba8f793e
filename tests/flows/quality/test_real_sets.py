"""Seven real sets in the form in which factories hand them over: read whole, their traps found, their sensors kept."""

import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from flows.charter import make_charter
from flows.features.images import measure_images
from flows.lake import dataset
from flows.lake.quarantine import Checked, check
from flows.quality.finding import Finding, suspected_columns
from flows.quality.leaks import find_leaks
from flows.quality.traps import find_traps
from flows.settings import read_settings
from flows.sources.images import read_images
from flows.sources.read import read_source
from flows.steps import screen
from flows.steps.ingest import Wanted, read_whole
from flows.steps.inspect import look_at_file

DATA = Path(os.environ.get("DEPTHCASE_REAL_DATA") or Path(__file__).parents[4] / "shared" / "data")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data sets are not at {DATA}")


def ingest(path: str) -> Checked:
    result = check(read_source(path, root=DATA))
    assert result.rows_read == len(result.frame) + len(result.quarantined)
    return result


def codes(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(one.code, one.column) for one in findings}


def test_ai4i() -> None:
    result = ingest("ai4i2020/ai4i2020.csv")
    assert result.frame.shape == (10000, 14)
    assert result.units == {
        "Air temperature": "K",
        "Process temperature": "K",
        "Rotational speed": "rpm",
        "Torque": "Nm",
        "Tool wear": "min",
    }
    leaks = find_leaks(result.frame, "Machine failure", "binary")
    assert set(suspected_columns(leaks)) == {"UID", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"}
    assert ("rare_class", "") in codes(find_traps(result.frame, "Machine failure", "binary"))


def test_ccpp() -> None:
    result = ingest("ccpp/Folds5x2_pp.xlsx")
    assert result.frame.shape == (9568, 5)
    assert find_leaks(result.frame, "PE", "regression") == []
    traps = find_traps(result.frame, "PE", "regression", notes=result.notes)
    assert sum(one.code == "same_rows_in_sheets" for one in traps) == 4
    assert [one.evidence for one in traps if one.code == "duplicate_rows"] == [
        "41 of 9568 rows repeat an earlier row in every input and the target."
    ]


def test_skab() -> None:
    result = ingest("skab")
    assert len(result.frame) == 46806 and result.frame["source_file"].nunique() == 35
    leaks = find_leaks(result.frame, "anomaly", "binary")
    assert set(suspected_columns(leaks)) == {"datetime", "changepoint", "source_file", "file_label"}
    traps = find_traps(result.frame, "anomaly", "binary")
    expected = {
        ("rows_without_target", "anomaly"),
        ("order_tells_target", ""),
        ("neighbours_alike", ""),
        ("groups_cross_folds", "source_file"),
    }
    assert expected <= codes(traps)
    assert "AUC 0.96" in next(one.evidence for one in traps if one.code == "order_tells_target")
    by_file = find_traps(result.frame, "anomaly", "binary", split="group", split_column="source_file")
    assert not {"neighbours_alike", "groups_cross_folds"} & {one.code for one in by_file}


def test_cmapss() -> None:
    result = ingest("cmapss_fd001/train_FD001.txt")
    assert result.frame.shape == (20631, 26)
    units = result.frame.groupby("column_1")["column_2"]
    frame = result.frame.assign(life=(units.transform("max") - result.frame["column_2"]).clip(upper=125))
    assert suspected_columns(find_leaks(frame, "life", "regression")) == ["column_1"]
    traps = find_traps(frame, "life", "regression")
    constant = [one.column for one in traps if one.code == "constant_column"]
    assert constant == [f"column_{i}" for i in (5, 6, 10, 15, 21, 23, 24)]
    assert ("groups_cross_folds", "column_1") in codes(traps)


def test_cmapss_as_a_folder_passes_over_what_is_no_part_of_it() -> None:
    result = ingest("cmapss_fd001")
    assert sorted(set(result.frame["source_file"])) == ["test_FD001.txt", "train_FD001.txt"]
    assert any('"RUL_FD001.txt" has no header and 1 column(s)' in note for note in result.notes)
    assert any('"readme.txt" is not a table' in note for note in result.notes)


def test_tennessee_eastman() -> None:
    result = ingest("tennessee_eastman")
    assert result.frame.shape == (4340, 54)
    assert '"d00.dat" lies on its side (52 variables by 500 samples); it was turned.' in result.notes
    assert result.frame["file_label"].value_counts().to_dict() == {"d00": 1460, "d01": 1440, "d04": 1440}
    leaks = find_leaks(result.frame, "file_label", "multiclass", group="source_file")
    assert suspected_columns(leaks) == ["source_file"]
    training = result.frame[result.frame["source_file"].isin(["d00.dat", "d04.dat"])].reset_index(drop=True)
    strong = find_leaks(training, "file_label", "binary", group="source_file")
    assert ("strong_alone", "column_51") in codes(strong) and suspected_columns(strong) == ["source_file"]


def test_the_lives_of_stopped_engines_are_added_to_theirs() -> None:
    wanted = Wanted("cmapss", life_file="RUL_FD001.txt", stopped_file="test_FD001.txt")
    result = read_whole(DATA / "cmapss_fd001", wanted, DATA / "cmapss_fd001")
    left = result.frame.groupby("unit_run", sort=False)["remaining_life"].last()
    told = (DATA / "cmapss_fd001" / "RUL_FD001.txt").read_text().split()
    assert left.filter(like="test").tolist() == [int(text) for text in told]
    assert set(left.filter(like="train")) == {0} and len(left) == 200


def test_the_faults_of_the_tennessee_test_runs_begin_late() -> None:
    root = Path(__file__).parents[2] / "charters"
    wanted = Wanted("tennessee", label_file="tennessee-faults.csv")
    result = read_whole(DATA / "tennessee_eastman", wanted, root)
    assert result.frame["label"].value_counts().to_dict() == {
        "normal": 500 + 960 + 160 + 160, "feed ratio": 480 + 800, "cooling water": 480 + 800,
    }  # fmt: skip
    late = result.frame[result.frame["source_file"] == "d04_te.dat"]["label"].tolist()
    assert late[159:161] == ["normal", "cooling water"]


def test_kamyr() -> None:
    result = ingest("kamyr_digester/kamyr-digester.csv")
    assert set(result.frame["Observation"].diff().dropna()) == {pd.Timedelta("1h")}
    assert result.frame.shape == (301, 23) and "T-upperExt-2" in result.frame.columns
    assert suspected_columns(find_leaks(result.frame, "Y-Kappa", "regression")) == ["Observation"]
    traps = codes(find_traps(result.frame, "Y-Kappa", "regression"))
    expected = {
        ("many_missing", "AAWhiteSt-4"),
        ("many_missing", "SulphidityL-4"),
        ("neighbours_alike", ""),
        ("drift", ""),
    }
    assert expected <= traps


def test_neu_surface() -> None:
    folder = DATA / "neu_surface"
    result = check(measure_images(read_images(folder), folder))
    assert result.frame["label"].value_counts().to_dict() == dict.fromkeys(
        ["crazing", "inclusion", "patches", "pitted_surface", "rolled-in_scale", "scratches"], 60
    )
    assert set(result.frame["colour"]) == {"grey as colour"} and len(result.quarantined) == 0
    assert suspected_columns(find_leaks(result.frame, "label", "multiclass")) == ["source_file", "look_alike"]
    pieces = result.frame["look_alike"].value_counts()
    assert (pieces > 1).sum() == 30 and pieces[pieces > 1].sum() == 109
    traps = codes(find_traps(result.frame, "label", "multiclass"))
    expected = {("look_alike", "look_alike"), ("constant_column", "width"), ("constant_column", "height")}
    assert {("order_tells_target", ""), *expected} <= traps


@pytest.mark.parametrize(
    ("path", "target", "rule"),
    [
        ("ai4i2020/ai4i2020.csv", "Machine failure", "by chance"),
        ("ccpp/Folds5x2_pp.xlsx", "PE", "by chance"),
        ("cmapss_fd001/train_FD001.txt", "remaining_life", "by group unit_run"),
        ("kamyr_digester/kamyr-digester.csv", "Y-Kappa", "by time Observation"),
        ("neu_surface", "label", "by group look_alike"),
        ("skab", "anomaly", "by group source_file"),
        ("tennessee_eastman", "file_label", "by chance 43"),
    ],
)
def test_the_draft_of_a_charter_can_be_screened_as_it_is(path: str, target: str, rule: str, tmp_path: Path) -> None:
    settings = read_settings({"DEPTHCASE_HOME": str(tmp_path / "home"), "DEPTHCASE_DATA": str(tmp_path / "data")})
    account = look_at_file(path, str(DATA))
    charter = make_charter(yaml.safe_load(account.charter))
    charter.check()
    asked = f"{charter.split_rule} {charter.split_column or charter.block_rows or ''}".strip()
    assert (charter.target, asked) == (target, rule)
    dataset.write(read_whole(DATA / path, Wanted("")), name=charter.dataset, lake=settings.lake)
    question = screen.check(charter, screen.find_data(charter, settings), settings)
    prepared = screen.make_rows(charter, question, settings)
    assert prepared.development.rows > 3 * prepared.untouched.rows > 100
    assert account.findings
