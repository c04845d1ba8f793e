"""The worker ends the attempt that it began, and no later one: on a real server, with real states."""

import json
import subprocess
import sys

import psutil
import pytest

from flows.operations import processes, services
from flows.operations.launch import WORKER_PROCESS
from flows.settings import Settings, process_environment

pytestmark = pytest.mark.services

SCRIPT = """
import asyncio, json
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.states import AwaitingRetry, Crashed, Pending, Running, Scheduled
from flows.operations.worker import Worker

@flow(name="Reported late")
def nothing():
    pass

async def ended_as(*later):
    async with get_client() as client:
        taken = await client.create_flow_run(nothing, state=Scheduled())
        for state in (Pending(), Running(), *later):
            await client.set_flow_run_state(taken.id, state, force=True)
        worker = Worker(work_pool_name="depthcase", name="late")
        await worker._propose_crashed_state(taken, "Flow run infrastructure exited", client)
        return (await client.read_flow_run(taken.id)).state.name

async def main():
    continued = [Crashed(message="first report"), AwaitingRetry(), Pending(), Running()]
    print("ENDED", json.dumps([
        await ended_as(), await ended_as(*continued[:1]), await ended_as(*continued[:2]), await ended_as(*continued),
    ]))

asyncio.run(main())
"""


def test_a_late_report_ends_its_own_attempt_and_no_later_one(running_services: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=process_environment(running_services), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("ENDED "))
    assert json.loads(line.removeprefix("ENDED ")) == ["Crashed", "Crashed", "AwaitingRetry", "Running"]


def test_the_worker_that_runs_is_the_corrected_one(running_services: Settings) -> None:
    record = processes.read_record(running_services.home / "run", WORKER_PROCESS)
    assert record is not None and processes.is_alive(record)
    assert "flows.operations.worker" in psutil.Process(record.pid).cmdline()
    log = services.log_path(running_services, WORKER_PROCESS).read_text(errors="replace")
    # What it says until it works; later its runs write here too, and how it bears a server that is killed.
    start, works, _ = log.partition(" started!")
    assert works and "Warning" not in start and "Traceback" not in start
