"""up, down and status with real servers: started once, found again, repaired, stopped."""

import contextlib
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import psutil
import pytest

from flows.errors import ServiceError
from flows.operations import processes, runs, services
from flows.operations.deployments import PlannedDeployment
from flows.operations.servers import PrefectServer, answers
from flows.settings import Settings, process_environment, read_settings

SLEEPER = PlannedDeployment("sleeper", "sample_flows", "sleep", ())

pytestmark = pytest.mark.services


def _pids(settings: Settings) -> dict[str, int | None]:
    return {service.name: service.pid for service in services.status(settings)}


def _up_again(settings: Settings) -> list[str]:
    said: list[str] = []
    services.up(settings, said.append, planned=())
    return said


def test_every_service_runs_after_up(running_services: Settings) -> None:
    assert [(service.title, service.state) for service in services.status(running_services)] == [
        ("Prefect server", "running"),
        ("MLflow server", "running"),
        ("Worker", "running"),
    ]
    assert answers(f"{running_services.prefect_api_url}/health")
    assert answers(f"{running_services.mlflow_tracking_uri}/health")


def test_a_second_up_changes_nothing_and_says_so(running_services: Settings) -> None:
    before = _pids(running_services)
    assert _up_again(running_services) == [
        f"Prefect server   already running  {running_services.prefect_ui_url}",
        f"MLflow server    already running  {running_services.mlflow_tracking_uri}",
        "Worker           already running",
        "Deployments      0 up to date",
    ]
    assert _pids(running_services) == before


@pytest.mark.parametrize("name", [services.PREFECT, services.MLFLOW])
def test_a_killed_server_is_repaired_and_the_others_are_left_alone(running_services: Settings, name: str) -> None:
    before = _pids(running_services)
    victim = before[name]
    assert victim is not None
    # Only the first process is killed: what it started still holds the port, as after a crash.
    os.kill(victim, signal.SIGKILL)
    while _is_running(victim):
        time.sleep(0.05)
    said = _up_again(running_services)
    after = _pids(running_services)
    assert [line for line in said if "ready after" in line and line.startswith(services.TITLES[name])]
    assert after[name] not in (None, victim)
    assert {**after, name: 0} == {**before, name: 0}


def test_a_service_that_is_only_busy_is_given_time_and_kept(running_services: Settings) -> None:
    before = _pids(running_services)
    busy = before[services.MLFLOW]
    assert busy is not None
    os.killpg(busy, signal.SIGSTOP)
    try:
        assert services.status(running_services)[1].state == "not answering"
        threading.Timer(6.0, os.killpg, (busy, signal.SIGCONT)).start()
        said = _up_again(running_services)
    finally:
        os.killpg(busy, signal.SIGCONT)
    assert said[1] == "MLflow server    not answering; it is given 60 s before it is restarted"
    assert _pids(running_services) == before


def test_a_service_that_hangs_is_restarted(running_services: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", 0.5)
    monkeypatch.setattr(services, "STOP_LIMIT", 1.0)
    hanging = _pids(running_services)[services.MLFLOW]
    assert hanging is not None
    os.killpg(hanging, signal.SIGSTOP)
    _up_again(running_services)
    assert _pids(running_services)[services.MLFLOW] not in (None, hanging)
    assert not _is_running(hanging)


def test_a_command_without_the_ports_finds_the_running_services(running_services: Settings) -> None:
    environment = {"DEPTHCASE_HOME": str(running_services.home)}
    found = services.running_settings(read_settings(environment))
    assert found == running_services


def test_nothing_listens_beyond_the_loopback_and_nobody_outside_is_called(running_services: Settings) -> None:
    assert services.open_doors(running_services) == ([], [])


def test_nothing_is_written_outside_the_installation(running_services: Settings, home_of_the_user: Path) -> None:
    left = sorted(path.name for path in home_of_the_user.rglob("*") if path.is_file())
    assert left == []
    assert (running_services.home / "prefect" / "prefect.db").is_file()
    assert (running_services.home / "mlflow" / "mlflow.db").is_file()


def test_an_external_server_that_answers_is_used_and_not_started(running_services: Settings, tmp_path: Path) -> None:
    other = services.isolated_settings(tmp_path)
    environment = {
        "DEPTHCASE_HOME": str(other.home),
        "PREFECT_API_URL": running_services.prefect_api_url,
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    }
    settings = read_settings(environment)
    assert services.status(settings)[0].state == "external"
    with pytest.raises(ServiceError) as refused:
        services.up(settings, lambda _: None)
    assert str(refused.value) == (
        "The MLflow server at http://127.0.0.1:9, named by the environment, does not answer; start it, or unset "
        "MLFLOW_TRACKING_URI to have one started here."
    )
    assert not (other.home / "run").exists()


def test_the_work_pool_is_made_once(running_services: Settings) -> None:
    server = PrefectServer(running_services.prefect_api_url)
    server.create_process_pool("depthcase")
    pools = server.request("POST", "work_pools/filter", {})
    assert [(pool["name"], pool["type"]) for pool in pools] == [("depthcase", "process")]


def test_results_are_json_and_no_ephemeral_server_is_possible(running_services: Settings) -> None:
    environment = process_environment(running_services)
    assert environment["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"
    assert environment["PREFECT_SERVER_EPHEMERAL_ENABLED"] == "false"
    assert Path(environment["PREFECT_HOME"]).is_relative_to(running_services.home)


def test_down_stops_all_of_it_and_nothing_else(tmp_path: Path, home_of_the_user: Path) -> None:
    settings = services.isolated_settings(tmp_path / "with a space, ä and 線")
    note, said = tmp_path / "pid", list[str]()
    running = services.up(settings, said.append, planned=[SLEEPER])
    run = runs.submit(running, "Sample sleeper", "sleeper", {"note": str(note), "seconds": 600})
    while not note.exists() or not note.read_text():
        time.sleep(0.2)
    pids = [int(note.read_text()), *(pid for pid in _pids(running).values() if pid is not None)]
    bystander = processes.start_detached(
        "bystander", ["sleep", "60"], environment=dict(os.environ), log=tmp_path / "bystander.log"
    )
    name = PrefectServer(running.prefect_api_url).flow_run(run.identity).name
    said.clear()
    try:
        assert services.down(settings, said.append) == ["Worker", "MLflow server", "Prefect server"]
        assert processes.is_alive(bystander)
    finally:
        processes.stop(bystander, time_limit=5)
    assert said[:2] == [
        "Worker           stopped",
        f"Interrupted: {name}; after the next depthcase up, Retry on its page continues it",
    ]
    with contextlib.closing(sqlite3.connect(settings.home / "prefect" / "prefect.db")) as database:
        assert database.execute("select state_type from flow_run").fetchall() == [("CRASHED",)]
    assert [pid for pid in pids if _is_running(pid)] == []
    assert processes.port_is_free(running.prefect_port)
    assert processes.port_is_free(running.mlflow_port)
    assert services.down(settings, said.append) == []


def test_a_home_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    settings = services.isolated_settings(tmp_path)
    settings.home.write_text("in the way")
    with pytest.raises(ServiceError) as refused:
        services.up(settings, print)
    assert str(refused.value) == (
        f"{settings.home} cannot be written (File exists); free it, or choose another with DEPTHCASE_HOME."
    )


def _is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
