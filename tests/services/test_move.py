"""From a file to a real PostgreSQL: every record of MLflow comes along, or nothing is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from flows.errors import ServiceError
from flows.operations.move import move_records
from flows.tracking import writer
from relu_core.comparison.verdict import decide
from tests.comparisons import press_line
from tests.postgres import cluster, only_where_installed

pytestmark = [pytest.mark.services, only_where_installed]


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database file of an installation with one evaluation."""
    folder = tmp_path_factory.mktemp("laptop")
    comparison = press_line()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        address = f"sqlite:///{folder / 'mlflow.db'}"
        writer.record(comparison, decide(comparison), tracking_uri=address, charter_yaml="poc_name: press\n", key="one")
    return folder / "mlflow.db"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A database with MLflow's tables, as a new server makes them."""
    with cluster("plant", "secret-7") as found:
        address = found.address("psycopg")
        MlflowClient(address).search_experiments()
        yield address


def all_of(address: str) -> dict[str, Any]:
    client = MlflowClient(address)
    experiments = client.search_experiments()
    runs = client.search_runs([entry.experiment_id for entry in experiments])
    return {entry.name: dict(entry.tags) for entry in experiments} | {
        run.info.run_id: (
            run.info.artifact_uri,
            run.data.params,
            run.data.tags,
            {
                key: [(p.step, p.value, p.timestamp) for p in client.get_metric_history(run.info.run_id, key)]
                for key in run.data.metrics
            },
        )
        for run in runs
    }


def test_tables_of_another_version_are_refused(laptop: Path, server: str, tmp_path: Path) -> None:
    older = tmp_path / "mlflow.db"
    older.write_bytes(laptop.read_bytes())
    with closing(sqlite3.connect(older)) as database:
        [[installed]] = database.execute("SELECT version_num FROM alembic_version").fetchall()
        database.execute("UPDATE alembic_version SET version_num = 'older'")
        database.commit()
    with pytest.raises(ServiceError) as refused:
        move_records(older, server)
    assert str(refused.value) == (
        f"the tables of {older} are of version older, those of the server {installed}; "
        "bring both to the installed version first, with depthcase migrate."
    )


def test_a_file_that_cannot_be_moved_whole_is_not_moved_at_all(laptop: Path, server: str, tmp_path: Path) -> None:
    broken = tmp_path / "mlflow.db"
    broken.write_bytes(laptop.read_bytes())
    with closing(sqlite3.connect(broken)) as database:
        database.execute("DELETE FROM experiments WHERE experiment_id = 1")
        database.commit()
    before = all_of(server)
    with pytest.raises(ServiceError) as refused:
        move_records(broken, server)
    assert str(refused.value).startswith(
        f"the records of {broken} were not moved, nothing was written: insert or update"
    )
    assert all_of(server) == before and len(before) == 1


def test_every_record_comes_along_and_new_ones_get_new_numbers(laptop: Path, server: str) -> None:
    rows = move_records(laptop, server)
    moved = all_of(server)
    assert moved == all_of(f"sqlite:///{laptop}")
    assert rows["runs"] == sum(1 for record in moved.values() if isinstance(record, tuple)) > 10
    assert rows["metrics"] > rows["runs"]
    client = MlflowClient(server)
    numbers = {entry.experiment_id for entry in client.search_experiments()}
    assert client.create_experiment("the next one") not in numbers


def test_a_database_with_runs_is_not_overwritten(laptop: Path, server: str) -> None:
    with pytest.raises(ServiceError) as refused:
        move_records(laptop, server)
    assert "runs already; move into an empty one." in str(refused.value)


def test_no_file_is_told(server: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as refused:
        move_records(tmp_path / "mlflow.db", server)
    assert str(refused.value) == (
        f"there is no file {tmp_path / 'mlflow.db'}; name the mlflow.db of the installation that is moved."
    )
