"""Is all well? Every promise of the installation is tried for real; each line says ok or failed, with the remedy."""

import importlib.metadata
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flows.errors import DepthcaseError
from flows.operations import deployments, processes, services, upkeep
from flows.operations.mlflow_check import write_and_read_back
from flows.operations.servers import PrefectServer, TaskRun, prefect_server, read_result
from flows.places import Place
from flows.settings import Settings

Say = Callable[[str], None]

# Packages whose versions decide whether the servers work at all: a wrong one fails without a word.
DECISIVE = ("prefect", "fastapi", "SQLAlchemy", "mlflow", "pydantic", "torch", "numpy", "numba")

# Seconds.
_RUN_LIMIT = 60.0
_SCHEDULE_LIMIT = 30.0
_TASKS_LIMIT = 10.0


class _Unwell(DepthcaseError):
    """What a check found wrong, with the remedy."""


@dataclass
class _Report:
    say: Say
    failed: int = 0

    def line(self, title: str, check: Callable[[], str]) -> None:
        """Run one check and say how it went; a check returns what it saw or raises with the remedy."""
        begin = time.monotonic()
        try:
            seen = check()
        except DepthcaseError as error:
            self.failed += 1
            self.say(f"failed  {title}: {error}")
        else:
            self.say(f"ok      {title}: {seen} ({time.monotonic() - begin:.1f} s)")


def examine(settings: Settings, say: Say) -> bool:
    """Try everything and clean up after it; whether all was well.

    Services that run are examined themselves. Where none runs, a set is started in a folder of its own and thrown away.
    """
    report = _Report(say)
    report.line("Python and packages", check_versions)
    report.line("Folders", lambda: check_folders(settings))
    report.line("Disk", lambda: upkeep.check_disk(settings))
    report.line("Backups", lambda: upkeep.check_backups(settings))
    found = services.status(settings)
    if all(service.state == "stopped" for service in found):
        report.line("Ports", lambda: check_free_ports(settings))
        say("        No service runs here: a set is started for the examination and removed afterwards.")
        with throw_away_set(report) as temporary:
            if temporary is not None:
                _examine_services(temporary, report)
    else:
        for service in found:
            report.line(service.title, lambda service=service: check_service(service))  # type: ignore[misc]
        _examine_services(services.running_settings(settings), report)
    say("All is well." if not report.failed else f"{report.failed} of the checks failed; each names its remedy.")
    return report.failed == 0


def check_versions() -> str:
    """Python and the decisive packages against the declared bounds and, in a checkout, the pinned set."""
    pins = declared_pins()
    for name in DECISIVE:
        found = importlib.metadata.version(name)
        wanted = pins.get(name.lower(), SpecifierSet())
        # A local build mark such as +cpu does not change what was tested.
        if not wanted.contains(found.split("+")[0], prereleases=True):
            raise _Unwell(f"{name} is {found} but must be {wanted}; install with pip install -c constraints.txt.")
    shown = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in DECISIVE[:4])
    return f"Python {sys.version.split()[0]}, {shown}"


def declared_pins() -> dict[str, SpecifierSet]:
    """Bounds of the installed distribution, narrowed by constraints.txt where the source tree is at hand."""
    lines = [line for line in importlib.metadata.requires("depthcase") or [] if "extra ==" not in line]
    constraints = Path(__file__).resolve().parents[2] / "constraints.txt"
    if constraints.is_file():
        lines += [line for line in constraints.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)]
    pins: dict[str, SpecifierSet] = {}
    for line in lines:
        requirement = Requirement(line)
        # "2.13.0+cpu" in the constraints stands for the same release as "2.13.0".
        specifier = SpecifierSet(re.sub(r"\+[a-z0-9.]+", "", str(requirement.specifier)))
        pins[requirement.name.lower()] = pins.get(requirement.name.lower(), SpecifierSet()) & specifier
    return pins


def check_folders(settings: Settings) -> str:
    """The home and data folders take a file."""
    for folder in (settings.home, settings.data):
        try:
            _try_to_write(folder)
        except OSError as error:
            raise _Unwell(
                f"{folder} cannot be written ({error.strerror or error}); free it, or choose another with "
                f"{'DEPTHCASE_HOME' if folder == settings.home else 'DEPTHCASE_DATA'}."
            ) from error
    return f"{settings.home} and {settings.data} can be written"


def _try_to_write(folder: Place) -> None:
    if not isinstance(folder, Path):
        with tempfile.NamedTemporaryFile() as file:
            (folder / "depthcase-doctor").put(Path(file.name))
        (folder / "depthcase-doctor").unlink()
        return
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"depthcase")
    if made:
        folder.rmdir()


def check_free_ports(settings: Settings) -> str:
    """The ports that `depthcase up` would use are free."""
    processes.require_free_port(settings.prefect_port, service="Prefect server", variable="DEPTHCASE_PREFECT_PORT")
    processes.require_free_port(settings.mlflow_port, service="MLflow server", variable="DEPTHCASE_MLFLOW_PORT")
    return f"{settings.prefect_port} and {settings.mlflow_port} are free"


def check_service(service: services.ServiceStatus) -> str:
    """A service runs and answers."""
    if not service.well:
        raise _Unwell(f"{service.state}; repair it with depthcase up, its log is {service.log}.")
    return f"{service.state} {service.address}".rstrip()


def check_loopback(settings: Settings) -> str:
    """Our processes listen on the loopback address only and hold no connection to elsewhere."""
    listening, away = services.open_doors(settings)
    if listening:
        raise _Unwell(f"something listens beyond this machine at {listening[0]}; run depthcase down and depthcase up.")
    if away:
        raise _Unwell(
            f"a service is connected to {away[0]} outside this machine; look into the logs in {settings.home}."
        )
    return "nothing listens beyond 127.0.0.1, nobody outside is called"


def check_deployments(server: PrefectServer, settings: Settings) -> str:
    """The server offers every flow, with the form of the installed code."""
    version = deployments.form_version(settings)
    stale = [entry.name for entry in deployments.PLANNED if not deployments.is_up_to_date(server, entry, version)]
    if stale:
        raise _Unwell(f"{', '.join(stale)} missing or older than the installed code; renew with depthcase up.")
    return ", ".join(entry.name for entry in deployments.PLANNED)


def check_flow_run(settings: Settings) -> str:
    """A worker takes a run, a task runs, the result is kept."""
    server = prefect_server(settings)
    deployment = _self_check_deployment(server)
    run = server.submit(deployment, {"numbers": [1, 2, 3]})
    limit = time.monotonic() + _RUN_LIMIT
    while not run.ended:
        if time.monotonic() > limit:
            raise _Unwell(
                f"still {run.state_name} after {_RUN_LIMIT:.0f} s; is the worker busy or gone? See depthcase status."
            )
        time.sleep(0.3)
        run = server.flow_run(run.identity)
    storage = services.result_storage(settings)
    result = read_result(run, storage)
    for task in _ended_tasks(server, run.identity):
        _forget_result(task.data, storage)
    _forget_result(run.data, storage)
    if run.state != "COMPLETED" or result != {"sum": 6}:
        raise _Unwell(f"ended as {run.state_name} with {result}: {run.message or 'no message'}; see the worker's log.")
    return "a worker took it, its result was kept and read"


def _ended_tasks(server: PrefectServer, run: str) -> list[TaskRun]:
    """The tasks of a run that has ended; the server hears of them by events, on a busy machine after the run's end."""
    limit = time.monotonic() + _TASKS_LIMIT
    while True:
        tasks = server.task_runs(run)
        if (tasks and all(task.ended for task in tasks)) or time.monotonic() > limit:
            return tasks
        time.sleep(0.3)


def check_schedule(settings: Settings) -> str:
    """The server plans runs for a schedule: a wrong SQLAlchemy plans none, without a word."""
    server = prefect_server(settings)
    deployment = _self_check_deployment(server)
    before = {run.identity for run in server.runs_of(deployment)}
    # Half a day away: near enough to be planned at once, too far to be run.
    hour = (datetime.now(UTC) + timedelta(hours=12)).hour
    cron = {"cron": f"0 {hour} * * *", "timezone": "UTC"}
    schedule = {"schedule": cron, "active": True, "parameters": {"numbers": [1]}}
    made = server.request("POST", f"deployments/{deployment}/schedules", [schedule])
    # A changed deployment is looked at within seconds, a changed schedule alone within a minute.
    server.request("PATCH", f"deployments/{deployment}", {"paused": False})
    limit = time.monotonic() + _SCHEDULE_LIMIT
    try:
        while not any(run.identity not in before for run in server.runs_of(deployment)):
            if time.monotonic() > limit:
                raise _Unwell(
                    "no run was planned; a wrong SQLAlchemy does this: pip install -c constraints.txt, "
                    "then depthcase down and up."
                )
            time.sleep(0.5)
    finally:
        server.request("DELETE", f"deployments/{deployment}/schedules/{made[0]['id']}", missing_ok=True)
    return "a run was planned, and taken back"


@contextmanager
def throw_away_set(report: _Report) -> Iterator[Settings | None]:
    """Services in a temporary folder on free ports, stopped and deleted afterwards; None where they do not start."""
    with tempfile.TemporaryDirectory(prefix="depthcase-doctor-", ignore_cleanup_errors=True) as folder:
        temporary = services.isolated_settings(Path(folder))
        started: list[Settings] = []

        def start() -> str:
            started.append(services.up(temporary, lambda _: None))
            return "Prefect, MLflow and a worker started"

        try:
            report.line("Services", start)
            yield started[0] if started else None
        finally:
            services.down(temporary, lambda _: None)


def _examine_services(settings: Settings, report: _Report) -> None:
    server = prefect_server(settings)
    report.line("Prefect server answers", lambda: f"version {server.request('GET', 'admin/version')}")
    report.line("Flows deployed", lambda: check_deployments(server, settings))
    report.line("Self-check deployed", lambda: _deploy_self_check(settings))
    try:
        report.line("A flow runs", lambda: check_flow_run(settings))
        report.line("A scheduled run appears", lambda: check_schedule(settings))
    finally:
        report.line("Cleaned up", lambda: _remove_self_check(server))
    report.line("MLflow writes and reads", lambda: write_and_read_back(settings))
    report.line("Loopback only", lambda: check_loopback(settings))
    report.line("Passwords", lambda: upkeep.check_passwords(settings))
    report.line("Certificate", lambda: upkeep.check_certificate(settings))
    report.line("Databases", lambda: upkeep.check_databases(settings))
    report.line("Clock", lambda: upkeep.check_clock(settings))
    report.line("Runs", lambda: upkeep.check_flows_alive(settings))


def _deploy_self_check(settings: Settings) -> str:
    log = services.log_path(settings, "doctor")
    return deployments.apply(settings, [deployments.SELF_CHECK], log=log)


def _self_check_deployment(server: PrefectServer) -> str:
    found = server.deployment(deployments.SELF_CHECK_FLOW, deployments.SELF_CHECK.name)
    if found is None:
        raise _Unwell("the self-check is not deployed; see the line above.")
    return str(found["id"])


def _remove_self_check(server: PrefectServer) -> str:
    deployments.remove(server, deployments.SELF_CHECK_FLOW, deployments.SELF_CHECK.name)
    return "the self-check, its runs and its schedule are gone"


def _forget_result(data: Mapping[str, Any] | None, storage: Path) -> None:
    key = (data or {}).get("storage_key")
    path = (storage / key).resolve() if key else None
    if path is not None and path.is_relative_to(storage.resolve()):
        path.unlink(missing_ok=True)
