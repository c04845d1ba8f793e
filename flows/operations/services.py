"""The three services of one installation: started on loopback, found again, repaired, stopped."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.errors import ServiceError
from flows.operations import deployments, processes
from flows.operations.deployments import PLANNED, POOL, PlannedDeployment
from flows.operations.servers import PrefectServer, answers
from flows.settings import Settings, process_environment

WORKER = "depthcase-worker"

# Names of records and logs, in the order of starting; they are stopped in the reverse order.
PREFECT, MLFLOW, WORKER_PROCESS = "prefect-server", "mlflow-server", "worker"
TITLES = {PREFECT: "Prefect server", MLFLOW: "MLflow server", WORKER_PROCESS: "Worker"}

# Seconds. A first start writes its database; measured up to 42 s on a busy machine.
START_LIMIT = 180.0
STOP_LIMIT = 20.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class ServiceStatus:
    """One line of `depthcase status`. state: running, not answering, stopped, or external (used, not started by us)."""

    name: str
    title: str
    state: str
    address: str
    pid: int | None
    log: Path | None

    @property
    def well(self) -> bool:
        """Whether the service can be used."""
        return self.state in ("running", "external")


def up(settings: Settings, say: Say, *, planned: Sequence[PlannedDeployment] = PLANNED) -> Settings:
    """Start what does not run, repair what is half dead, create what Prefect must know; the settings that now hold.

    planned: the flows that a person can run.
    Refuses with a ServiceError: a port in use, a service that ends or does not answer in time.
    """
    with processes.only_one_at_a_time(settings.home / "services.lock"):
        running = running_settings(settings)
        started = [_start_prefect(running, say), _start_mlflow(running, say)]
        for wait in started:
            wait()
        started_worker = _start_worker(running, say)
        changed = deployments.apply(running, planned, log=log_path(running, "deployments"))
        started_worker()
        say(f"Deployments      {changed}")
    return running


def down(settings: Settings, say: Say) -> list[str]:
    """Stop what `up` started here, worker first; the titles of what was stopped."""
    stopped: list[str] = []
    if not _records(settings).is_dir():
        return stopped
    with processes.only_one_at_a_time(settings.home / "services.lock"):
        for name in (WORKER_PROCESS, MLFLOW, PREFECT):
            record = processes.read_record(_records(settings), name)
            if record is not None and processes.stop(record, time_limit=STOP_LIMIT):
                say(f"{TITLES[name]:<16} stopped")
                stopped.append(TITLES[name])
            processes.remove_record(_records(settings), name)
    return stopped


def status(settings: Settings) -> list[ServiceStatus]:
    """What runs now, one entry a service, in the order of starting."""
    running = running_settings(settings)
    return [_status_of(running, name) for name in (PREFECT, MLFLOW, WORKER_PROCESS)]


def all_well(settings: Settings) -> bool:
    """Whether every service can be used now."""
    return all(service.well for service in status(settings))


def running_settings(settings: Settings) -> Settings:
    """`settings` with the ports and addresses at which our services really run, when they were started with others."""
    prefect = processes.read_record(_records(settings), PREFECT)
    if not settings.prefect_is_external and prefect is not None and processes.is_alive(prefect):
        settings = replace(settings, prefect_api_url=f"{prefect.address}/api", prefect_port=_port_of(prefect.address))
    mlflow = processes.read_record(_records(settings), MLFLOW)
    if not settings.mlflow_is_external and mlflow is not None and processes.is_alive(mlflow):
        settings = replace(settings, mlflow_tracking_uri=mlflow.address, mlflow_port=_port_of(mlflow.address))
    return settings


def open_doors(settings: Settings) -> tuple[list[str], list[str]]:
    """Where our processes listen beyond the loopback address, and whom they are connected to beyond it."""
    listening: set[str] = set()
    connected: set[str] = set()
    for name in TITLES:
        record = processes.read_record(_records(settings), name)
        if record is not None:
            found = processes.connections(record)
            listening |= found[0]
            connected |= found[1]
    return sorted(listening), sorted(connected)


def log_path(settings: Settings, name: str) -> Path:
    """The file that holds what the service `name` printed."""
    return settings.home / "logs" / f"{name}.log"


def result_storage(settings: Settings) -> Path:
    """The folder of the results that flow runs persisted."""
    return Path(process_environment(settings)["PREFECT_RESULTS_LOCAL_STORAGE_PATH"])


def _start_prefect(settings: Settings, say: Say) -> Callable[[], None]:
    port = str(settings.prefect_port)
    return _start(
        settings,
        PREFECT,
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port],
        external=settings.prefect_is_external,
        say=say,
    )


def _start_mlflow(settings: Settings, say: Say) -> Callable[[], None]:
    folder = settings.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(settings.mlflow_port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    return _start(settings, MLFLOW, command, external=settings.mlflow_is_external, say=say)


def _start_worker(settings: Settings, say: Say) -> Callable[[], None]:
    PrefectServer(settings.prefect_api_url).create_process_pool(POOL)
    command = [
        sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", WORKER,
        "--install-policy", "never",
    ]  # fmt: skip
    return _start(settings, WORKER_PROCESS, command, external=False, say=say)


def _start(settings: Settings, name: str, command: list[str], *, external: bool, say: Say) -> Callable[[], None]:
    """Start a service where it does not run well; what comes back waits until it does."""
    title, address, log = TITLES[name], _address(settings, name), log_path(settings, name)
    state = _status_of(settings, name)
    if external and not state.well:
        raise ServiceError(
            f"The {title} at {address}, named by the environment, does not answer; start it or unset its variable."
        )
    if state.well:
        say(f"{title:<16} already running  {address}".rstrip())
        return lambda: None
    _clear_away(settings, name)
    if name != WORKER_PROCESS:
        variable = "DEPTHCASE_PREFECT_PORT" if name == PREFECT else "DEPTHCASE_MLFLOW_PORT"
        processes.require_free_port(_port_of(address), service=title, variable=variable)
    record = processes.start_detached(
        name, command, environment=process_environment(settings), log=log, address=address, serves=_serves(settings)
    )
    processes.write_record(_records(settings), record)

    def wait() -> None:
        processes.wait_until(lambda: _healthy(settings, record), record, service=title, log=log, time_limit=START_LIMIT)
        say(f"{title:<16} ready after {time.time() - record.started:.0f} s  {address}".rstrip())

    return wait


def _clear_away(settings: Settings, name: str) -> None:
    record = processes.read_record(_records(settings), name)
    if record is not None:
        processes.stop(record, time_limit=STOP_LIMIT)
        processes.remove_record(_records(settings), name)


def _status_of(settings: Settings, name: str) -> ServiceStatus:
    title, address = TITLES[name], _address(settings, name)
    external = {PREFECT: settings.prefect_is_external, MLFLOW: settings.mlflow_is_external}.get(name, False)
    if external:
        state = "external" if answers(_health_address(settings, name)) else "not answering"
        return ServiceStatus(name, title, state, address, None, None)
    record = processes.read_record(_records(settings), name)
    if record is None or not processes.is_alive(record):
        return ServiceStatus(name, title, "stopped", address, None, log_path(settings, name))
    state = "running" if _healthy(settings, record) else "not answering"
    return ServiceStatus(name, title, state, address, record.pid, log_path(settings, name))


def _healthy(settings: Settings, record: processes.ProcessRecord) -> bool:
    if record.name != WORKER_PROCESS:
        return answers(_health_address(settings, record.name))
    if record.serves != _serves(settings):
        return False
    try:
        server = PrefectServer(settings.prefect_api_url)
        # A worker reports every 30 s; one that was silent for three times as long hangs.
        return server.worker_reported_since(POOL, WORKER, max(record.started, time.time() - 90.0))
    except ServiceError:
        return False


def _health_address(settings: Settings, name: str) -> str:
    return f"{settings.prefect_api_url}/health" if name == PREFECT else f"{settings.mlflow_tracking_uri}/health"


def _address(settings: Settings, name: str) -> str:
    return {PREFECT: settings.prefect_ui_url, MLFLOW: settings.mlflow_tracking_uri}.get(name, "")


def _serves(settings: Settings) -> tuple[str, ...]:
    return settings.prefect_api_url, settings.mlflow_tracking_uri, str(settings.data)


def _port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def _records(settings: Settings) -> Path:
    return settings.home / "run"
