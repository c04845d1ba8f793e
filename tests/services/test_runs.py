"""Runs handed to a real worker and followed from the command line."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.errors import ServiceError
from flows.operations import deployments, runs, services
from flows.operations.deployments import PlannedDeployment
from flows.operations.servers import FlowRun, PrefectServer, read_result
from flows.settings import Settings

pytestmark = pytest.mark.services

SAMPLE = PlannedDeployment("followed", "sample_flows", "answer", ())
SLEEPER = PlannedDeployment("sleeper", "sample_flows", "sleep", ())


@pytest.fixture(scope="module")
def settings(running_services: Settings) -> Iterator[Settings]:
    deployments.apply(running_services, [SAMPLE, SLEEPER], log=services.log_path(running_services, "test"))
    yield running_services
    server = PrefectServer(running_services.prefect_api_url)
    deployments.remove(server, "Sample question", "followed")
    deployments.remove(server, "Sample sleeper", "sleeper")


def _ask(settings: Settings, name: str) -> tuple[FlowRun, list[str]]:
    said: list[str] = []
    run = runs.submit(settings, "Sample question", "followed", {"question": {"name": name}})
    return runs.follow(settings, run, said.append), said


def test_a_run_is_followed_to_its_result(settings: Settings) -> None:
    ended, said = _ask(settings, "press")
    assert ended.state == "COMPLETED"
    assert read_result(ended, services.result_storage(settings)) == {"verdict": "press"}
    assert said == ["  Look at the file: done in 0 s"]


def test_a_failed_run_tells_its_sentence_without_class_names(settings: Settings) -> None:
    ended, said = _ask(settings, "broken")
    assert ended.state == "FAILED"
    assert said == ["  Look at the file: failed"]
    assert runs.reason(ended) == "the file broken.csv is empty; export it again"


def test_a_file_is_inspected_by_a_worker(deployed_services: Settings) -> None:
    raw = deployed_services.raw
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "looked-at.csv").write_text("x,scrap\n" + "".join(f"{i / 2},{i % 2}\n" for i in range(20)))
    run = runs.submit(deployed_services, "Inspect a file", "inspect", {"request": {"path": "looked-at.csv"}})
    ended = runs.follow(deployed_services, run, lambda _: None)
    result = read_result(ended, services.result_storage(deployed_services))
    assert result is not None, ended.message
    assert (result["rows"], result["quarantined"]) == (20, 0)
    artifacts = PrefectServer(deployed_services.prefect_api_url).request(
        "POST", "artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run.identity]}}}
    )
    assert {artifact["key"] for artifact in artifacts if artifact["key"]} == {"columns", "charter"}


def test_a_flow_that_is_not_deployed_is_one_sentence(settings: Settings) -> None:
    with pytest.raises(ServiceError) as refused:
        runs.submit(settings, "Sample question", "missing", {})
    assert str(refused.value) == (
        "The Prefect server does not know the flow 'Sample question'; create it with depthcase up."
    )


def test_a_server_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    nowhere = services.isolated_settings(tmp_path)
    with pytest.raises(ServiceError) as refused:
        runs.submit(nowhere, "Sample question", "followed", {})
    assert str(refused.value) == (
        f"The Prefect server at {nowhere.prefect_api_url} does not answer (ConnectError); start it with depthcase up."
    )


def _sleeping(settings: Settings, note: Path) -> tuple[FlowRun, int]:
    """A run of ten minutes that has begun, and the id of its process."""
    run = runs.submit(settings, "Sample sleeper", "sleeper", {"note": str(note), "seconds": 600})
    while not note.exists() or not note.read_text():
        time.sleep(0.5)
    return run, int(note.read_text())


def _kill_worker_and(settings: Settings, process: int) -> None:
    worker = next(service.pid for service in services.status(settings) if service.name == services.WORKER_PROCESS)
    assert worker is not None
    for pid in (worker, process):
        os.kill(pid, signal.SIGKILL)
    while psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.1)


def test_a_run_that_died_with_its_worker_is_ended_by_the_next_up(settings: Settings, tmp_path: Path) -> None:
    run, process = _sleeping(settings, tmp_path / "pid")
    _kill_worker_and(settings, process)
    said: list[str] = []
    services.up(settings, said.append, planned=())
    ended = PrefectServer(settings.prefect_api_url).flow_run(run.identity)
    assert (ended.state, ended.message) == ("CRASHED", "Its worker was stopped. Retry continues the run.")
    assert f"Interrupted: {ended.name}; Retry on its page continues it" in said


@pytest.mark.long
def test_a_run_whose_worker_and_process_were_killed_ends_within_two_minutes(settings: Settings, tmp_path: Path) -> None:
    run, process = _sleeping(settings, tmp_path / "pid")
    time.sleep(3)  # the first heartbeat: a machine that dies before it has never been seen alive
    _kill_worker_and(settings, process)
    killed = time.monotonic()
    server = PrefectServer(settings.prefect_api_url)
    while not server.flow_run(run.identity).ended:
        assert time.monotonic() - killed < 120
        time.sleep(1)
    assert server.flow_run(run.identity).state == "CRASHED"
    services.up(settings, print, planned=())
