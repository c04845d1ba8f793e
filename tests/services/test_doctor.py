"""The doctor on a real installation: it sees what is well and what is not, and leaves nothing behind."""

import sqlite3

import pytest

from flows.operations import doctor, services
from flows.operations.servers import PrefectServer
from flows.settings import Settings

pytestmark = pytest.mark.services


def _examine(settings: Settings) -> tuple[bool, list[str]]:
    said: list[str] = []
    return doctor.examine(settings, said.append), said


def _traces(settings: Settings) -> dict[str, int]:
    server = PrefectServer(settings.prefect_api_url)
    with sqlite3.connect(settings.home / "mlflow" / "mlflow.db") as database:
        experiments = database.execute("select count(*) from experiments").fetchone()[0]
    return {
        "deployments": server.request("POST", "deployments/count", {}),
        "flow runs": server.request("POST", "flow_runs/count", {}),
        "flows": server.request("POST", "flows/count", {}),
        "results": len(list(services.result_storage(settings).glob("*"))),
        "experiments": experiments,
        "artifacts": len(list((settings.home / "mlflow" / "artifacts").rglob("doctor.txt"))),
    }


def test_all_is_well_and_nothing_is_left_behind(running_services: Settings) -> None:
    before = _traces(running_services)
    well, said = _examine(running_services)
    assert [line.split(":")[0] for line in said] == [
        "ok      Python and packages",
        "ok      Folders",
        "ok      Prefect server",
        "ok      MLflow server",
        "ok      Worker",
        "ok      Prefect server answers",
        "ok      Self-check deployed",
        "ok      A flow runs",
        "ok      A scheduled run appears",
        "ok      Cleaned up",
        "ok      MLflow writes and reads",
        "ok      Loopback only",
        "All is well.",
    ]
    assert well
    assert _traces(running_services) == before
