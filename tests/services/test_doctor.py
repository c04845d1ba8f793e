"""The doctor on a real installation: it sees what is well and what is not, and leaves nothing behind."""

import contextlib
import sqlite3
import time
from typing import Any

import pytest

from flows.errors import DepthcaseError
from flows.operations import automations, deployments, doctor, mlflow_check, processes, services, upkeep
from flows.operations.servers import PrefectServer
from flows.settings import Settings

pytestmark = pytest.mark.services


def _examine(settings: Settings) -> tuple[bool, list[str]]:
    said: list[str] = []
    return doctor.examine(settings, said.append), said


def _traces(settings: Settings) -> dict[str, int]:
    server = PrefectServer(settings.prefect_api_url)
    with contextlib.closing(sqlite3.connect(settings.home / "mlflow" / "mlflow.db")) as database:
        experiments = database.execute("select count(*) from experiments").fetchone()[0]
    return {
        "deployments": server.request("POST", "deployments/count", {}),
        "flow runs": server.request("POST", "flow_runs/count", {}),
        "flows": server.request("POST", "flows/count", {}),
        "results": len(list(services.result_storage(settings).glob("*"))),
        "experiments": experiments,
        "artifacts": len(list((settings.home / "mlflow" / "artifacts").rglob("doctor.txt"))),
    }


def test_all_is_well_and_nothing_is_left_behind(deployed_services: Settings) -> None:
    before = _traces(deployed_services)
    well, said = _examine(deployed_services)
    assert [line.split(":")[0] for line in said] == [
        "ok      Python and packages",
        "ok      Folders",
        "ok      Disk",
        "ok      Backups",
        "ok      Prefect server",
        "ok      MLflow server",
        "ok      Worker",
        "ok      Prefect server answers",
        "ok      Flows deployed",
        "ok      Self-check deployed",
        "ok      A flow runs",
        "ok      A scheduled run appears",
        "ok      Cleaned up",
        "ok      MLflow writes and reads",
        "ok      Loopback only",
        "ok      Passwords",
        "ok      Certificate",
        "ok      Databases",
        "ok      Clock",
        "ok      Runs",
        "All is well.",
    ]
    assert well
    assert _traces(deployed_services) == before


def test_a_part_that_is_dead_is_named_with_its_remedy(running_services: Settings) -> None:
    worker = processes.read_record(running_services.home / "run", services.WORKER_PROCESS)
    assert worker is not None
    processes.stop(worker, time_limit=20)
    [status] = [entry for entry in services.status(running_services) if entry.name == services.WORKER_PROCESS]
    try:
        with pytest.raises(DepthcaseError) as found:
            doctor.check_service(status)
    finally:
        services.up(running_services, print, planned=())
    log = services.log_path(running_services, services.WORKER_PROCESS)
    assert str(found.value) == f"stopped; repair it with depthcase up, its log is {log}."


def test_an_mlflow_that_loses_a_number_is_found_out(
    running_services: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = mlflow_check._call

    def forgetful(settings: Settings, method: str, path: str, *body: Any) -> dict[str, Any]:
        return {} if path.endswith("log-metric") else call(settings, method, path, *body)

    monkeypatch.setattr(mlflow_check, "_call", forgetful)
    before = _traces(running_services)
    with pytest.raises(DepthcaseError) as found:
        mlflow_check.write_and_read_back(running_services)
    assert str(found.value) == "a number came back as []; look into the MLflow server's log."
    assert _traces(running_services) == before


def test_a_server_that_plans_no_runs_is_found_out(running_services: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    server = PrefectServer(running_services.prefect_api_url)
    deployments.apply(running_services, [deployments.SELF_CHECK], log=services.log_path(running_services, "test"))
    monkeypatch.setattr(doctor, "_SCHEDULE_LIMIT", 2.0)
    monkeypatch.setattr(PrefectServer, "runs_of", lambda *_: [])
    with pytest.raises(DepthcaseError) as found:
        doctor.check_schedule(running_services)
    monkeypatch.undo()
    assert str(found.value) == (
        "no run was planned; a wrong SQLAlchemy does this: pip install -c constraints.txt, then depthcase down and up."
    )
    found_deployment = server.deployment(deployments.SELF_CHECK_FLOW, deployments.SELF_CHECK.name)
    assert found_deployment is not None
    assert found_deployment["schedules"] == []
    deployments.remove(server, deployments.SELF_CHECK_FLOW, deployments.SELF_CHECK.name)


def test_a_run_that_nobody_runs_is_found_out(running_services: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    server = PrefectServer(running_services.prefect_api_url)
    assert upkeep.check_flows_alive(running_services) == "no run lasts longer than three minutes now"
    flow = server.request("POST", "flows/", {"name": "Forgotten"})["id"]
    run = server.request("POST", "flow_runs/", {"flow_id": flow, "name": "forgotten-run", "state": {"type": "RUNNING"}})
    try:
        monkeypatch.setattr(upkeep, "RUN_SILENCE", 0)
        time.sleep(1)
        with pytest.raises(DepthcaseError) as found:
            upkeep.check_flows_alive(running_services)
    finally:
        monkeypatch.undo()
        server.request("DELETE", f"flow_runs/{run['id']}")
        server.request("DELETE", f"flows/{flow}")
    assert str(found.value) == (
        "forgotten-run is called running and gives no sign of life; cancel it on its page, then press Retry."
    )


def test_a_missing_automation_is_found_out(running_services: Settings) -> None:
    server = PrefectServer(running_services.prefect_api_url)
    body = {"automations": {"name": {"any_": [automations.ZOMBIE]}}}
    [kept] = server.request("POST", "automations/filter", body)
    server.request("PATCH", f"automations/{kept['id']}", {"enabled": False})
    try:
        with pytest.raises(DepthcaseError) as found:
            upkeep.check_flows_alive(running_services)
    finally:
        server.request("PATCH", f"automations/{kept['id']}", {"enabled": True})
    assert str(found.value) == (
        'the automation "depthcase: end runs that nobody runs" is missing or off; depthcase up makes it.'
    )
