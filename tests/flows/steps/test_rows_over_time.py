"""Windows from the charter to the rows that learn and judge: no row of the table lies on both sides of any split."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from flows.charter import Charter, make_charter
from flows.errors import CharterError, DatasetError
from flows.lake import dataset
from flows.lake.quarantine import check
from flows.settings import Settings, read_settings
from flows.sources.delimited import read_delimited
from flows.steps.rows import Rows, open_rows
from flows.steps.screen import PreparedRows, Question, make_rows
from flows.steps.screen import check as check_question

BASE = {
    "poc_name": "pump", "dataset": "pump", "target": "wear", "task": "a number", "metric": "rmse", "target_value": 1,
    "window_rows": 8, "window_step": 2, "window_features": ["last value", "minimum"],
}  # fmt: skip


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """600 rows of 12 pumps; "row" is the place of the row, so that the rows a window looks at can be read from it."""
    folder = tmp_path_factory.mktemp("pump")
    settings = read_settings({"DEPTHCASE_HOME": str(folder / "home"), "DEPTHCASE_DATA": str(folder / "data")})
    chance = np.random.default_rng(5)
    frame = pd.DataFrame({"row": np.arange(600) + 0.25, "heat": chance.normal(size=600).round(3)})
    frame["pump"] = [f"P{i // 50}" for i in range(600)]
    frame["when"] = pd.date_range("2026-03-02", periods=600, freq="min")
    frame["wear"] = (frame["row"] % 50 + chance.normal(0, 3, 600)).round(2)
    table = check(read_delimited(frame.to_csv(index=False).encode(), "pump.csv"))
    dataset.write(table, name="pump", lake=settings.lake)
    yield settings


def prepared(settings: Settings, **changes: object) -> tuple[Charter, Question, PreparedRows]:
    charter = make_charter({**BASE, "insisted_columns": ["row"], **changes})
    charter.check()
    question = check_question(charter, dataset.latest(settings.lake, "pump").version, settings)
    return charter, question, make_rows(charter, question, settings)


def looked_at(rows: Rows, chosen: np.ndarray) -> set[int]:
    """Rows of the table that the windows of the chosen feature rows look at."""
    first = rows.frame["row · minimum"].to_numpy()[chosen].astype(int)
    last = rows.frame["row · last value"].to_numpy()[chosen].astype(int)
    assert np.all(last - first == 7)
    return {row for a, b in zip(first, last, strict=True) for row in range(a, b + 1)}


@pytest.mark.parametrize(
    "rule",
    [
        {"split_rule": "by group", "split_column": "pump"},
        {"split_rule": "by time", "split_column": "when"},
        {"split_rule": "by time", "split_column": "when", "unit_column": "pump"},
        {"block_rows": 25, "unit_column": "pump"},
    ],
    ids=["group", "time", "time of units", "blocks"],
)
def test_no_row_of_the_table_is_learned_from_and_judged_on(plant: Settings, rule: dict[str, str]) -> None:
    _, _, made = prepared(plant, **rule)
    development, untouched = open_rows(made.development), open_rows(made.untouched)
    everything = np.arange(len(development.y))
    assert not looked_at(development, everything) & looked_at(untouched, np.arange(len(untouched.y)))
    for fold, inner in zip(development.folds, development.inner_folds, strict=True):
        judged = looked_at(development, fold.validation)
        assert len(fold.training) > len(inner.training) > 20 and len(fold.validation) > 5
        assert not judged & looked_at(development, fold.training)
        assert not judged & looked_at(development, np.concatenate([inner.training, inner.validation]))
        assert not looked_at(development, inner.training) & looked_at(development, inner.validation)
    if "unit_column" in rule or rule.get("split_rule") == "by group":
        first, last = development.frame["row · minimum"], development.frame["row · last value"]
        assert ((first // 50) == (last // 50)).all()


def test_a_window_has_the_target_of_its_last_row_capped(plant: Settings) -> None:
    _, question, made = prepared(plant, split_rule="by group", split_column="pump", target_cap=20)
    rows = open_rows(made.development)
    table, _ = dataset.read(plant.lake, "pump")
    at = rows.frame["row · last value"].to_numpy().astype(int)
    np.testing.assert_array_equal(rows.y, np.minimum(table["wear"].to_numpy()[at], 20))
    assert question.plan.borders == ("pump",) and rows.file.plan == question.plan


def test_products_are_two_input_columns(plant: Settings) -> None:
    _, question, _ = prepared(plant, split_rule="by group", split_column="pump", products=["row * heat"])
    assert question.plan.products == (("row", "heat"),)
    with pytest.raises(CharterError) as refused:
        prepared(plant, split_rule="by group", split_column="pump", products=["row * pump"])
    assert str(refused.value) == "products holds 'row * pump'; write two input columns of numbers as 'Torque * Speed'"


def test_the_unit_and_time_columns_are_no_inputs_and_rows_without_windows_stay(plant: Settings) -> None:
    plain = {"window_rows": 0, "window_step": 0}
    _, question, made = prepared(plant, **plain, unit_column="pump", time_column="when", block_rows=25)
    assert question.plan.channels == ("row", "heat") and question.plan.others == ()
    assert made.development.rows + made.untouched.rows == 600


def test_only_the_newest_rows_are_used_where_the_charter_says_so_and_a_finding_says_it(plant: Settings) -> None:
    plain = {"window_rows": 0, "window_step": 0}
    _, question, made = prepared(plant, **plain, unit_column="pump", newest_rows=250)
    assert question.dataset.rows == made.development.rows + made.untouched.rows == 250
    assert open_rows(made.development).frame["row"].min() >= 350
    (said,) = [one.evidence for one in question.findings if one.code == "newest_rows_only"]
    assert said == "Of 600 rows of the data set the newest 250 are used."


def test_an_evaluation_that_memory_would_not_hold_is_refused_and_the_rows_can_still_be_read(
    plant: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.lake.memory.free_memory", lambda: 50_000)
    with pytest.raises(DatasetError, match="set newest_rows in the charter to 67 or less"):
        prepared(plant, split_rule="by group", split_column="pump")
    assert len(dataset.read(plant.lake, "pump")[0]) == 600
