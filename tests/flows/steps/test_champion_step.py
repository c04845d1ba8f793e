"""A champion that was registered scores a plant's file with the numbers it had in the evaluation."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from flows.charter import Charter
from flows.errors import DatasetError, ServiceError
from flows.features.columns import FittedColumns, fit_columns
from flows.features.pipeline import FeaturePipeline
from flows.features.plan import RowPlan
from flows.settings import Settings, read_settings
from flows.steps.champion import predict, register
from flows.steps.networks import StoredNetwork, store_network
from flows.steps.rows import RowsFile, write_rows
from flows.tracking import writer
from flows.tracking.reader import latest_evaluation
from flows.tracking.registry import fetch_champion
from relu_core import ReluNetwork
from relu_core.comparison import decide
from tests.comparisons import simple_suffices

PLAN = RowPlan(("force", "temperature"), ())
KIND = RowsFile("", "", 0, ("force", "temperature"), "binary", ("good", "defect"), 0, PLAN)


@pytest.fixture(scope="module")
def settings_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("champion")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        plain = read_settings({"DEPTHCASE_HOME": str(folder / "home"), "DEPTHCASE_DATA": str(folder / "data")})
        yield replace(plain, mlflow_tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(8)
    return pd.DataFrame({"force": random.normal(5, 1, 200).round(3), "temperature": random.normal(60, 9, 200).round(1)})


@pytest.fixture(scope="module")
def network(settings_: Settings) -> ReluNetwork:
    random = np.random.default_rng(9)
    return ReluNetwork([random.normal(size=(4, 2)), random.normal(size=(1, 4))], [random.normal(size=4), np.zeros(1)])


@pytest.fixture(scope="module")
def registered(settings_: Settings, table: pd.DataFrame, network: ReluNetwork) -> FittedColumns:
    """The champion "press" is in the registry; gives the columns it was fitted on."""
    client = MlflowClient(settings_.mlflow_tracking_uri)
    run = client.create_run(client.create_experiment("press")).info.run_id
    columns = fit_columns(table, ("force", "temperature"))
    rows = write_rows(table, np.zeros(len(table)), settings_.features, KIND)
    stored = (store_network(network, settings_.results), StoredNetwork(2, "nowhere", ""))
    charter = Charter(
        poc_name="press", dataset="press", target="state", task="yes/no", metric="roc_auc", target_value=0.9
    )  # fmt: skip
    assert register(charter, "trees", rows, stored, FeaturePipeline(PLAN, columns).to_json(), run, "k", settings_) == ""
    register(charter, "1 hidden layer", rows, stored, FeaturePipeline(PLAN, columns).to_json(), run, "k", settings_)
    return columns


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("source", [".csv", ".parquet"])
def test_a_file_is_scored_with_the_numbers_of_the_evaluation(
    settings_: Settings, table: pd.DataFrame, network: ReluNetwork, registered: FittedColumns, tmp_path: Path,
    source: str, ending: str,
) -> None:  # fmt: skip
    path, output = tmp_path / f"new{source}", tmp_path / f"scored{ending}"
    table.to_csv(path, index=False) if source == ".csv" else table.to_parquet(path, index=False)
    done = predict(path, "press", output, settings_)
    assert (done.rows, done.skipped, done.path) == (200, 0, str(output))
    scored = pd.read_csv(output) if ending == ".csv" else pd.read_parquet(output)
    wanted = 1 / (1 + np.exp(-network(registered.apply(table))[:, 0]))
    np.testing.assert_allclose(scored["share of defect"], wanted, atol=1e-6)
    assert list(scored["predicted state"]) == ["defect" if share > 0.5 else "good" for share in wanted]
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_table_without_a_column_that_the_champion_needs_is_refused(
    settings_: Settings, table: pd.DataFrame, registered: FittedColumns, tmp_path: Path
) -> None:
    table.drop(columns="force").to_parquet(tmp_path / "new.parquet", index=False)
    with pytest.raises(DatasetError, match="force"):
        predict(tmp_path / "new.parquet", "press", tmp_path / "scored.csv", settings_)
    assert not (tmp_path / "scored.csv").exists()


def test_windows_are_made_of_a_new_file_as_they_were_in_the_evaluation(settings_: Settings, tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    table = pd.DataFrame({"force": chance.normal(5, 1, 60).round(3), "unit": np.repeat(["a", "b", "c"], 20)})
    plan = RowPlan(
        ("force",), (), borders=("unit",), window_rows=6, window_step=3, statistics=("mean", "slope"), lags=(2,)
    )
    made = plan.make(table)
    names = tuple(made.frame.columns)
    pipeline = FeaturePipeline(plan, fit_columns(made.frame, names))
    rows = write_rows(
        made.frame, np.zeros(len(made.rows)), settings_.features, RowsFile("", "", 0, names, "regression", (), 0, plan)
    )
    network = ReluNetwork([chance.normal(size=(4, 3)), chance.normal(size=(1, 4))], [np.zeros(4), np.zeros(1)])
    client = MlflowClient(settings_.mlflow_tracking_uri)
    run = client.create_run(client.create_experiment("windowed")).info.run_id
    charter = Charter(
        poc_name="windowed", dataset="windowed", target="wear", task="a number", metric="rmse", target_value=1
    )  # fmt: skip
    stored = (store_network(network, settings_.results),)
    register(charter, "1 hidden layer", rows, stored, pipeline.to_json(), run, "k", settings_)
    # A row that cannot be read and rows of the units in turn: the features do not notice.
    mixed = table.iloc[np.argsort(np.tile(np.arange(20), 3), kind="stable")]
    mixed.to_csv(tmp_path / "new.csv", index=False)
    done = predict(tmp_path / "new.csv", "windowed", tmp_path / "scored.csv", settings_)
    assert (done.rows, done.skipped, done.early) == (45, 0, 15)
    scored = pd.read_csv(tmp_path / "scored.csv")
    assert scored["unit"].tolist() == ["a", "b", "c"] * 15
    wanted = network(pipeline.columns.apply(made.frame))[:, 0]
    found = scored[scored["unit"] == "b"]["predicted wear"].to_numpy()[::3]
    np.testing.assert_allclose(found, wanted[table["unit"].to_numpy()[made.rows] == "b"], atol=1e-9)


def test_an_ending_that_says_nothing_is_refused(settings_: Settings, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as refused:
        predict(tmp_path / "new.csv", "press", tmp_path / "scored.txt", settings_)
    assert str(refused.value) == "scored.txt has the ending '.txt'; write to a .csv or a .parquet file"


def test_where_a_simple_model_wins_predict_says_so_and_the_older_network_is_no_champion_any_more(
    settings_: Settings, table: pd.DataFrame, network: ReluNetwork, tmp_path: Path
) -> None:
    rows = write_rows(table, np.zeros(len(table)), settings_.features, KIND)
    stored, uri = (store_network(network, settings_.results),), settings_.mlflow_tracking_uri
    columns = FeaturePipeline(PLAN, fit_columns(table, ("force", "temperature"))).to_json()
    client = MlflowClient(uri)
    charter = Charter(
        poc_name="simple-one", dataset="press", target="state", task="yes/no", metric="roc_auc", target_value=0.9
    )  # fmt: skip
    run = client.create_run(client.create_experiment("simple-one")).info.run_id
    register(charter, "trees", rows, stored, columns, run, "k", settings_)
    register(charter, "1 hidden layer", rows, stored, columns, run, "k", settings_)
    fetch_champion(uri, "simple-one")
    register(charter, "trees", rows, stored, columns, run, "k2", settings_)
    with pytest.raises(ServiceError, match='no model "simple-one" with the alias "champion"'):
        fetch_champion(uri, "simple-one")
    assert [version.version for version in client.search_model_versions("name = 'simple-one'")] == [1]

    found = replace(simple_suffices(), poc="simple-one")
    writer.record(found, decide(found), tracking_uri=uri, charter_yaml="poc_name: simple-one\n", key="k2")
    when = latest_evaluation(uri, "simple-one")
    assert when is not None
    table.to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(DatasetError) as refused:
        predict(tmp_path / "new.csv", "simple-one", tmp_path / "scored.csv", settings_)
    assert str(refused.value) == (
        f'the newest evaluation of "simple-one", of {when.when}, recommends no network but boosted trees, and '
        "depthcase keeps networks only; fit that model to the data set with any statistics program"
    )
