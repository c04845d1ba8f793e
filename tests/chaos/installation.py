"""An installation of its own that is hurt on purpose: real services, their processes by name, kill -9, and repair."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
from mlflow import MlflowClient

from flows.demo_plant import write_raw_files
from flows.errors import ServiceError
from flows.operations import processes, runs, services
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.dask_clusters import DaskCluster

FLOW, WORKER, BOTH, PREFECT, MLFLOW = "flow process", "worker", "flow and worker", "Prefect server", "MLflow server"
DASK_WORKER = "Dask worker"
VICTIMS = (FLOW, WORKER, BOTH, PREFECT, MLFLOW)
DASK_WORKERS = 2
_RECORDS = {WORKER: services.WORKER_PROCESS, PREFECT: services.PREFECT, MLFLOW: services.MLFLOW}

T = TypeVar("T")

# An evaluation that goes through every stage in less than a minute, and trains anew: once, however often interrupted.
CHARTER = {
    "poc_name": "chaos", "dataset": "chaos", "data_file": "chaos", "target": "Burr", "task": "yes/no",
    "metric": "accuracy", "target_value": 0.9, "kill_value": 0.3, "cost_of_miss": 40, "cost_of_false_alarm": 4,
    "units_per_year": 1000, "minutes": 0.2, "hidden_layers": [1, 2], "ask_between_stages": False,
    "retrain": True,
}  # fmt: skip


class Installation:
    """Services that may be hurt. say: where their news go. cluster: where their tasks run, None for their own cores."""

    def __init__(
        self, settings: Settings, say: Callable[[str], None] = lambda _: None, cluster: DaskCluster | None = None
    ) -> None:
        self.settings, self.say, self.cluster = settings, say, cluster
        self.server = PrefectServer(settings.prefect_api_url)

    def up(self) -> None:
        """What an operator does: depthcase up; and the cluster's administrator starts what died there."""
        while self.cluster and len(self.cluster.living) < DASK_WORKERS:
            self.cluster.add_worker()
        self.settings = services.up(self.settings, self.say)
        self.server = PrefectServer(self.settings.prefect_api_url)

    def down(self) -> None:
        """Stop everything."""
        services.down(self.settings, self.say)

    def prepare(self) -> None:
        """Write the raw files, once."""
        if not (self.settings.raw / "chaos").exists():
            write_raw_files(self.settings.raw / "chaos", rows=800)

    def forget(self) -> None:
        """Throw away every result and record, so that the next run computes everything."""
        for folder in (services.result_storage(self.settings), self.settings.features, self.settings.results):
            shutil.rmtree(folder, ignore_errors=True)
        client = self.mlflow
        for run in self.recorded():
            client.delete_run(run.info.run_id)
        for model in client.search_registered_models():
            client.delete_registered_model(model.name)

    def ask(self, question: Callable[[PrefectServer], T], seconds: float = 180.0) -> T:
        """The server's answer; it is asked again while it is silent, for it may be starting or its database locked."""
        limit = time.monotonic() + seconds
        while True:
            try:
                return question(self.server)
            except ServiceError as error:
                if time.monotonic() > limit:
                    raise
                self.say(f"  {error}")
                time.sleep(2)

    def state(self, run: FlowRun) -> FlowRun:
        """The run as it stands now."""
        return self.ask(lambda server: server.flow_run(run.identity))

    @property
    def mlflow(self) -> MlflowClient:
        return MlflowClient(self.settings.mlflow_tracking_uri)

    def recorded(self) -> list:  # type: ignore[type-arg]
        """All runs that MLflow shows of the PoC."""
        experiment = self.mlflow.get_experiment_by_name(str(CHARTER["poc_name"]))
        return list(self.mlflow.search_runs([experiment.experiment_id])) if experiment else []

    def submit(self) -> FlowRun:
        return runs.submit(self.settings, "Evaluate PoC", "evaluate", {"charter": CHARTER})

    def retry(self, run: FlowRun) -> None:
        """What the button Retry on the run's page does."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the page"}
        self.ask(
            lambda server: server.request(
                "POST", f"flow_runs/{run.identity}/set_state", {"state": state, "force": True}
            )
        )

    def kill(self, victim: str, run: FlowRun) -> list[int]:
        """kill -9 every process of the victim at once; their ids."""
        names = (FLOW, WORKER) if victim == BOTH else (victim,)
        found = [process for name in names for process in self._processes(name, run)]
        for process in found:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(found, timeout=10)
        return [process.pid for process in found]

    def flow_processes(self, run: FlowRun) -> list[psutil.Process]:
        """Living processes that execute the run."""
        return [process for process in psutil.process_iter() if _flow_run_of(process) == run.identity]

    def _processes(self, name: str, run: FlowRun) -> list[psutil.Process]:
        if name == FLOW:
            return self.flow_processes(run)
        if name == DASK_WORKER:
            return [psutil.Process(record.pid) for record in self.cluster.living[:1]] if self.cluster else []
        record = processes.read_record(self.settings.home / "run", _RECORDS[name])
        if record is None or not processes.is_alive(record):
            return []
        # A server's helpers die with it, as when the system runs out of memory; a worker's flow does not.
        group = [p for p in psutil.process_iter() if _group(p) == record.pid]
        return [psutil.Process(record.pid)] if name == WORKER else group


def _flow_run_of(process: psutil.Process) -> str:
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE
        return "" if ended else process.environ().get("PREFECT__FLOW_RUN_ID", "")
    except (psutil.Error, OSError):
        return ""


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return -1


class Watch:
    """Results on disk, looked at again and again: a finished one that is written a second time was computed twice."""

    def __init__(self, storage: Path) -> None:
        self._storage = storage
        self._seen: dict[str, int] = {}
        self._kept: set[str] = set()
        self.repeated: list[str] = []

    def mark(self) -> None:
        """From now on nothing that is finished may be computed again."""
        self.look()
        self._kept = set(self._seen)

    def look(self) -> None:
        for path in self._storage.glob("?" * 64) if self._storage.is_dir() else ():
            written = path.stat().st_mtime_ns
            before = self._seen.get(path.name)
            if before is not None and before != written and path.name in self._kept:
                self.repeated.append(path.name)
            if before != written and _is_whole(path):
                self._seen[path.name] = written

    @property
    def finished(self) -> int:
        """Results that were there when last looked at."""
        return len(self._seen)


def _is_whole(path: Path) -> bool:
    return path.read_bytes().rstrip().endswith(b"}")


def wait(true: Callable[[], bool], seconds: float, pause: float = 0.25) -> bool:
    """Whether it became true in time."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(pause)
    return True
