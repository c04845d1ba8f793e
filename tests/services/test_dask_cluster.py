"""The same evaluation on a Dask cluster that was started on its own: the same bits, although a worker is killed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flows.demo_plant import write_raw_files
from flows.operations import processes
from flows.settings import Settings, process_environment
from tests.dask_clusters import dask_cluster
from tests.evaluations import charter_of

pytestmark = [pytest.mark.services, pytest.mark.long]

ROWS = 800
# An evaluation of the smallest size that still goes through every stage, trained anew each time.
SMALL = {
    "poc_name": "on-dask", "dataset": "on-dask", "data_file": "on-dask", "metric": "accuracy", "target_value": 0.9,
    "kill_value": 0.3, "minutes": 0.2, "retrain": True,
}  # fmt: skip

# Here and on the cluster, and how long the longest list is that each task is sent with.
SCRIPT = """
import json, sys
from prefect.task_runners import ThreadPoolTaskRunner
from flows import dask_cluster
from flows.charter import make_charter
from flows.evaluate import evaluate_poc

def longest(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return max([len(value) if isinstance(value, list) else 0, *map(longest, inside)])

class Weighed(dask_cluster.ClusterRunner):
    def submit(self, task, parameters, *rest, **more):
        print("SENT", task.name, longest(json.loads(json.dumps(parameters))), flush=True)
        return super().submit(task, parameters, *rest, **more)

dask_cluster.ClusterRunner = Weighed
charter = make_charter(json.loads(sys.argv[1]))
here = evaluate_poc.with_options(task_runner=ThreadPoolTaskRunner(max_workers=2))(charter)
there = evaluate_poc(charter)
print("RESULT", json.dumps([here, there]))
"""


def test_a_cluster_gives_the_same_bits_although_a_worker_is_killed(deployed_services: Settings, tmp_path: Path) -> None:
    write_raw_files(deployed_services.raw / "on-dask", rows=ROWS)
    with dask_cluster(tmp_path, workers=2) as cluster:
        run = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, charter_of(**SMALL).model_dump_json()],
            env=process_environment(replace(deployed_services, dask_address=cluster.address)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        lines = []
        for line in run.stdout or ():
            lines.append(line)
            if line.startswith("SENT Screen · Coarse sweep") and processes.is_alive(cluster.workers[0]):
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
        assert run.wait() == 0, "".join(lines)[-3000:]
        assert [processes.is_alive(worker) for worker in cluster.workers] == [False, True]
    here, there = json.loads(next(line for line in lines if line.startswith("RESULT ")).removeprefix("RESULT "))
    assert here["comparison_hash"] == there["comparison_hash"]
    sent = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in lines if line.startswith("SENT ")}
    assert len(sent) > 9
    # Records, hashes and paths: nothing that is as long as the rows.
    assert max(sent.values()) < 100 < ROWS, sent
