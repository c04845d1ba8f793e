"""Evaluations an hour against Dask workers on this machine, what each costs in processor time, and memory a process.

    python -m tests.benchmarks.bench_scale [--workers 1 2] [--evaluations 4]

Wall-clock figures mean something on an idle machine only; seconds of processor time are counted by process and hold on
a busy one too.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from flows.demo_plant import write_raw_files
from flows.operations import processes, services
from flows.operations.processes import ProcessRecord
from flows.settings import Settings, process_environment
from tests.chaos.installation import CHARTER
from tests.dask_clusters import DaskCluster, dask_cluster

# Several evaluations at once, of different seeds, from one process; each is told when it has ended.
SCRIPT = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from flows.charter import make_charter
from flows.evaluate import evaluate_poc

def one(seed):
    evaluate_poc(make_charter({**json.loads(sys.argv[1]), "seed": seed}))

one(0)  # imports and compiled code are there from now on
print("WARM", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(int(sys.argv[2])) as together:
    list(together.map(one, range(1, 1 + int(sys.argv[3]))))
print("DONE", time.process_time(), flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--evaluations", type=int, default=4)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = services.up(services.isolated_settings(Path(folder)), print, planned=())
        try:
            write_raw_files(settings.raw / "chaos", rows=800)
            print("workers  evaluations/h  s a worker  s orchestrating  MB a worker  MB scheduler  MB servers")
            for workers in chosen.workers:
                print(_measure(settings, Path(folder, f"dask-{workers}"), workers, chosen.evaluations), flush=True)
        finally:
            services.down(settings, print)


def _measure(settings: Settings, folder: Path, workers: int, evaluations: int) -> str:
    with dask_cluster(folder, workers) as cluster:
        driver = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, json.dumps(CHARTER), str(workers), str(evaluations)],
            env=process_environment(replace(settings, dask_address=cluster.address)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert driver.stdout is not None and driver.stdin is not None
        _wait_for(driver, "WARM")
        seconds, own, begun = _seconds(cluster.workers), _seconds(_servers(settings, cluster)), time.monotonic()
        own += sum(psutil.Process(driver.pid).cpu_times()[:2])
        driver.stdin.write("\n")
        driver.stdin.flush()
        _wait_for(driver, "DONE")
        wall = time.monotonic() - begun
        orchestrating = _seconds(_servers(settings, cluster)) + sum(psutil.Process(driver.pid).cpu_times()[:2]) - own
        working = _seconds(cluster.workers) - seconds
        memory = [_megabytes(records) for records in ([cluster.workers[0]], [cluster.scheduler], _own(settings))]
        driver.wait()
    return (
        f"{workers:>7}  {3600 * evaluations / wall:>13.0f}  {working / evaluations:>10.1f}  "
        f"{orchestrating / evaluations:>15.1f}  {memory[0]:>11.0f}  {memory[1]:>12.0f}  {memory[2]:>10.0f}"
    )


def _wait_for(driver: subprocess.Popen[str], word: str) -> None:
    for line in driver.stdout or ():
        if line.startswith(word):
            return
    raise SystemExit(f"the evaluations ended before {word}; try one with depthcase run")


def _own(settings: Settings) -> list[ProcessRecord]:
    found = [processes.read_record(settings.home / "run", name) for name in (services.PREFECT, services.MLFLOW)]
    return [record for record in found if record is not None]


def _servers(settings: Settings, cluster: DaskCluster) -> list[ProcessRecord]:
    return [*_own(settings), cluster.scheduler]


def _family(record: ProcessRecord) -> list[psutil.Process]:
    leader = psutil.Process(record.pid)
    return [leader, *leader.children(recursive=True)]


def _seconds(records: list[ProcessRecord]) -> float:
    return sum(sum(process.cpu_times()[:2]) for record in records for process in _family(record))


def _megabytes(records: list[ProcessRecord]) -> float:
    return sum(process.memory_info().rss for record in records for process in _family(record)) / 1e6


if __name__ == "__main__":
    main()
