"""A Dask cluster on loopback, started as an administrator starts one: without a word of depthcase."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.operations import processes
from flows.operations.processes import ProcessRecord
from flows.operations.servers import answers


@dataclass
class DaskCluster:
    """A scheduler and its workers."""

    address: str
    folder: Path
    scheduler: ProcessRecord
    workers: list[ProcessRecord]

    @property
    def living(self) -> list[ProcessRecord]:
        """The workers that run."""
        return [record for record in self.workers if processes.is_alive(record)]

    def add_worker(self) -> ProcessRecord:
        """Start one more worker with one thread; a worker that is killed stays dead."""
        options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--no-dashboard", "--preload", "flows.tasks"]
        self.workers.append(_start(self.folder, f"worker-{len(self.workers)}", "worker", self.address, *options))
        return self.workers[-1]


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    """A scheduler with `workers` workers, which keep their logs in `folder`; all are stopped at the end."""
    port, dashboard = processes.any_free_port(), processes.any_free_port()
    options = f"--host 127.0.0.1 --port {port} --dashboard-address 127.0.0.1:{dashboard}".split()
    scheduler = _start(folder, "scheduler", "scheduler", *options)
    cluster = DaskCluster(f"tcp://127.0.0.1:{port}", folder, scheduler, [])
    try:
        while not answers(f"http://127.0.0.1:{dashboard}/health"):
            time.sleep(0.2)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for record in (*cluster.workers, scheduler):
            processes.stop(record, time_limit=5)


def _start(folder: Path, name: str, *command: str) -> ProcessRecord:
    environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(folder / "dask")}
    return processes.start_detached(
        name, [sys.executable, "-m", "dask", *command], environment=environment, log=folder / f"{name}.log"
    )
