"""The three services of one installation: started on loopback, found again, repaired, stopped."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flows.errors import ServiceError
from flows.operations import deployments, launch, processes
from flows.operations.deployments import PLANNED, POOL, PlannedDeployment
from flows.operations.launch import MLFLOW, PREFECT, TITLES, WORKER, WORKER_PROCESS
from flows.operations.pages import mend_pages
from flows.operations.servers import FlowRun, answers, prefect_server
from flows.places import place_of
from flows.settings import LOOPBACK, Settings

# Seconds. A first start writes its database; measured up to 42 s on a busy machine.
START_LIMIT = 180.0
STOP_LIMIT = 20.0
# A process that lives may only be busy; it is given this long before it is restarted, for runs end with their worker.
PATIENCE = 60.0
# A worker reports every 30 s, later on a machine that is busy; after this long it hangs.
WORKER_SILENCE = 300.0

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
    with _alone(settings, say):
        running = running_settings(settings)
        for record in _start_where_missing(running, (PREFECT, MLFLOW), say):
            _wait_for(running, record, say)
        mend_pages(running)
        prefect_server(running).create_process_pool(POOL)
        # Only now: a worker outlives its server's restart, and with it the runs it has in hand.
        workers = _start_where_missing(running, (WORKER_PROCESS,), say)
        changed = deployments.apply(running, planned, log=log_path(running, "deployments"))
        for record in workers:
            _wait_for(running, record, say)
        say(f"{'Deployments':<16} {changed}")
    return running


def ensure_up(settings: Settings, say: Say) -> Settings:
    """As `up`, but without a word where all is well."""
    if not all(service.well for service in status(settings)):
        return up(settings, say)
    running = running_settings(settings)
    deployments.apply(running, log=log_path(running, "deployments"))
    return running


def down(settings: Settings, say: Say) -> list[str]:
    """Stop what `up` started here, worker first; the titles of what was stopped."""
    stopped: list[str] = []
    if not _records(settings).is_dir():
        return stopped
    with _alone(settings, say):
        running = running_settings(settings)
        interrupted = _runs_of_our_worker(running)
        for name in (WORKER_PROCESS, MLFLOW, PREFECT):
            record = processes.read_record(_records(settings), name)
            if record is not None and processes.stop(record, time_limit=STOP_LIMIT):
                say(f"{TITLES[name]:<16} stopped")
                stopped.append(TITLES[name])
            processes.remove_record(_records(settings), name)
            if name == WORKER_PROCESS:
                _end_runs(running, interrupted, "after the next depthcase up, ", say)
    return stopped


def status(settings: Settings) -> list[ServiceStatus]:
    """What runs now, one entry a service, in the order of starting."""
    running = running_settings(settings)
    return [_status_of(running, name) for name in (PREFECT, MLFLOW, WORKER_PROCESS)]


def running_settings(settings: Settings) -> Settings:
    """`settings` with the ports, addresses and data folder with which our services really run, where they do.

    A cluster that the environment names now goes before the one that the worker was started with.
    """
    prefect = processes.read_record(_records(settings), PREFECT)
    if not settings.prefect_is_external and prefect is not None and processes.is_alive(prefect):
        settings = replace(settings, prefect_api_url=f"{prefect.address}/api", prefect_port=_port_of(prefect.address))
    mlflow = processes.read_record(_records(settings), MLFLOW)
    if not settings.mlflow_is_external and mlflow is not None and processes.is_alive(mlflow):
        settings = replace(settings, mlflow_tracking_uri=mlflow.address, mlflow_port=_port_of(mlflow.address))
    worker = processes.read_record(_records(settings), WORKER_PROCESS)
    if worker is not None and processes.is_alive(worker):
        cluster = settings.dask_address or "".join(worker.serves[2:])
        settings = replace(settings, data=place_of(worker.data), dask_address=cluster)
    return settings


def isolated_settings(folder: Path) -> Settings:
    """Settings of an installation of its own in `folder`, on ports that are free now."""
    prefect_port, mlflow_port = processes.any_free_port(), processes.any_free_port()
    return Settings(
        home=folder / "home",
        data=folder / "data",
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        prefect_api_url=f"http://{LOOPBACK}:{prefect_port}/api",
        mlflow_tracking_uri=f"http://{LOOPBACK}:{mlflow_port}",
    )


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
    return settings.task_results


@contextmanager
def _alone(settings: Settings, say: Say) -> Iterator[None]:
    lock = settings.home / "services.lock"
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock.touch()
    except OSError as error:
        raise ServiceError(
            f"{settings.home} cannot be written ({error.strerror}); free it, or choose another with DEPTHCASE_HOME."
        ) from error
    with processes.only_one_at_a_time(lock, say, time_limit=START_LIMIT):
        yield


def _runs_of_our_worker(settings: Settings) -> list[FlowRun]:
    worker = processes.read_record(_records(settings), WORKER_PROCESS)
    if worker is None or not processes.is_alive(worker) or not _status_of(settings, PREFECT).well:
        return []
    return prefect_server(settings).runs_in_hand(POOL)


def _end_orphaned_runs(settings: Settings, say: Say) -> None:
    server = prefect_server(settings)
    # Without any worker, as after a power cut, what was in hand is in nobody's hands.
    if not server.worker_reported_since(POOL, time.time() - WORKER_SILENCE, other_than=WORKER):
        _end_runs(settings, server.runs_in_hand(POOL), "", say)


def _end_runs(settings: Settings, interrupted: Sequence[FlowRun], when: str, say: Say) -> None:
    # A worker that is told to stop ends its runs but does not report it: they would be "Running" for ever.
    server = prefect_server(settings)
    for run in interrupted:
        try:
            server.crash(run.identity, "Its worker was stopped. Retry continues the run.")
        except ServiceError as error:
            say(f"{run.name} could not be marked as interrupted: {error}")
        else:
            say(f"Interrupted: {run.name}; {when}Retry on its page continues it")


def _start_where_missing(settings: Settings, names: Sequence[str], say: Say) -> list[processes.ProcessRecord]:
    missing = [name for name in names if not _is_there(settings, name, say)]
    for name in missing:
        _clear_away(settings, name)
    _require_free_ports(settings, missing)
    if WORKER_PROCESS in missing:
        _end_orphaned_runs(settings, say)
    return [_start(settings, name) for name in missing]


def _is_there(settings: Settings, name: str, say: Say) -> bool:
    """Whether the service can be used as it is. Raises ServiceError for an external one that cannot: it is not ours."""
    service = _status_of(settings, name)
    if service.state == "not answering" and service.pid is not None:
        service = _given_time(settings, service, say)
    if service.state == "external":
        say(f"{service.title:<16} external         {service.address}")
    elif _is_external(settings, name):
        raise ServiceError(_not_ours(settings, service))
    elif service.well:
        say(f"{service.title:<16} already running  {service.address}".rstrip())
    return service.well


def _not_ours(settings: Settings, service: ServiceStatus) -> str:
    if not settings.starts_services:
        where = f" at {service.address}" if service.address else ""
        return f"The {service.title}{where} does not answer; systemd or compose runs it: start it there."
    variable = "PREFECT_API_URL" if service.name == PREFECT else "MLFLOW_TRACKING_URI"
    return (
        f"The {service.title} at {service.address}, named by the environment, does not answer; start it, or unset "
        f"{variable} to have one started here."
    )


def _given_time(settings: Settings, service: ServiceStatus, say: Say) -> ServiceStatus:
    record = processes.read_record(_records(settings), service.name)
    if record is None or (service.name == WORKER_PROCESS and record.serves != _serves(settings)):
        return service
    say(f"{service.title:<16} not answering; it is given {PATIENCE:.0f} s before it is restarted")
    limit = time.monotonic() + PATIENCE
    while not service.well and time.monotonic() < limit:
        time.sleep(1.0)
        service = _status_of(settings, service.name)
    return service


def _require_free_ports(settings: Settings, names: Sequence[str]) -> None:
    if PREFECT in names:
        processes.require_free_port(settings.prefect_port, service=TITLES[PREFECT], variable="DEPTHCASE_PREFECT_PORT")
    if MLFLOW in names:
        processes.require_free_port(settings.mlflow_port, service=TITLES[MLFLOW], variable="DEPTHCASE_MLFLOW_PORT")


def _start(settings: Settings, name: str) -> processes.ProcessRecord:
    launch.require_password(settings, name)
    started = processes.start_detached(
        name,
        launch.command(settings, name),
        environment=launch.environment(settings, name),
        log=log_path(settings, name),
    )
    record = replace(started, address=_address(settings, name), serves=_serves(settings), data=str(settings.data))
    processes.write_record(_records(settings), record)
    return record


def _wait_for(settings: Settings, record: processes.ProcessRecord, say: Say) -> None:
    title, log = TITLES[record.name], log_path(settings, record.name)
    processes.wait_until(lambda: _healthy(settings, record), record, service=title, log=log, time_limit=START_LIMIT)
    say(f"{title:<16} ready after {time.time() - record.started:.0f} s  {record.address}".rstrip())


def _clear_away(settings: Settings, name: str) -> None:
    record = processes.read_record(_records(settings), name)
    if record is not None:
        processes.stop(record, time_limit=STOP_LIMIT)
        processes.remove_record(_records(settings), name)


def _status_of(settings: Settings, name: str) -> ServiceStatus:
    title, address = TITLES[name], _address(settings, name)
    if _is_external(settings, name):
        state = "external" if _external_answers(settings, name) else "not answering"
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
        server = prefect_server(settings)
        return server.worker_reported_since(POOL, max(record.started, time.time() - WORKER_SILENCE), name=WORKER)
    except ServiceError:
        return False


def _is_external(settings: Settings, name: str) -> bool:
    external = {PREFECT: settings.prefect_is_external, MLFLOW: settings.mlflow_is_external}
    return external.get(name, not settings.starts_services)


def _external_answers(settings: Settings, name: str) -> bool:
    if name != WORKER_PROCESS:
        return answers(_health_address(settings, name))
    try:
        return prefect_server(settings).worker_reported_since(POOL, time.time() - WORKER_SILENCE)
    except ServiceError:
        return False


def _health_address(settings: Settings, name: str) -> str:
    return f"{settings.prefect_api_url}/health" if name == PREFECT else f"{settings.mlflow_tracking_uri}/health"


def _address(settings: Settings, name: str) -> str:
    return {PREFECT: settings.prefect_api_url.removesuffix("/api"), MLFLOW: settings.mlflow_tracking_uri}.get(name, "")


def _serves(settings: Settings) -> tuple[str, ...]:
    return settings.prefect_api_url, settings.mlflow_tracking_uri, *filter(None, [settings.dask_address])


def _port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def _records(settings: Settings) -> Path:
    return settings.home / "run"
