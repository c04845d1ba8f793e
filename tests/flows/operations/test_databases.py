"""Tables of an older program are brought to the installed version, and only they."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from mlflow import MlflowClient
from mlflow.store.db.utils import _get_alembic_config

from flows.errors import ServiceError
from flows.operations import databases, services
from flows.settings import Settings, mlflow_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return services.isolated_settings(tmp_path)


def mlflow_file(settings: Settings, version: str) -> Path:
    """A database of MLflow that says it is of `version`."""
    file = settings.home / "mlflow" / "mlflow.db"
    file.parent.mkdir(parents=True)
    MlflowClient(mlflow_database(settings)).search_experiments()
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", [version])
        database.commit()
    return file


def test_databases_that_do_not_exist_yet_have_no_version(settings: Settings) -> None:
    found = databases.revisions(settings)
    assert [(entry.title, entry.found) for entry in found] == [("Prefect", ""), ("MLflow", "")]
    assert all(len(entry.installed) == 12 for entry in found)
    assert not settings.home.exists()


def test_the_tables_of_an_older_program_are_brought_to_the_installed_version(settings: Settings) -> None:
    installed = databases.revisions(settings)[1].installed
    mlflow_file(settings, installed)
    config = _get_alembic_config(mlflow_database(settings))
    command.downgrade(config, "-1")
    older = databases.revisions(settings)[1].found
    assert older not in ("", installed)
    said: list[str] = []
    databases.migrate(settings, said.append)
    databases.migrate(settings, said.append)
    assert said == [
        "Prefect          no tables yet",
        f"MLflow           migrated from {older} to {installed}",
        "Prefect          no tables yet",
        "MLflow           up to date",
    ]
    assert databases.revisions(settings)[1].found == installed


def test_what_cannot_be_migrated_is_told(settings: Settings) -> None:
    mlflow_file(settings, "no-such-version")
    with pytest.raises(ServiceError) as refused:
        databases.migrate(settings, print)
    assert str(refused.value).startswith("The database of MLflow was not migrated: ")
    assert "no-such-version" in str(refused.value)


def test_a_database_that_does_not_answer_is_told_without_its_password(settings: Settings) -> None:
    gone = replace(settings, mlflow_database="postgresql+psycopg://m:secret-1@127.0.0.1:1/mlflow")
    with pytest.raises(ServiceError) as refused:
        databases.revisions(gone)
    assert str(refused.value) == (
        "the database of MLflow cannot be asked (OperationalError); see that it runs and the settings name it."
    )
