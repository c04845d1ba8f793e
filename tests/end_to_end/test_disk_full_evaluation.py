"""The data disk of a plant is full, or read-only, in the middle of an evaluation: a sentence, nothing broken, and with
space again the same run goes on to the verdict that it would have had.
"""

import time
from pathlib import Path

import pytest

from flows.charter import make_charter
from flows.lake import dataset
from flows.operations import runs
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.disks import NO_SPACE, READ_ONLY, SmallDisk, small_disk
from tests.evaluations import ended, ingest, result_of, task_states
from tests.services.test_reevaluation import write_rows

pytestmark = [pytest.mark.services, pytest.mark.long, pytest.mark.timeout(1800)]

CHARTER = {
    "poc_name": "filled", "dataset": "filled", "target": "Scrap", "task": "yes/no", "metric": "roc_auc",
    "target_value": 0.9999, "minutes": 0.2, "hidden_layers": [1], "ask_between_stages": True, "retrain": True,
}  # fmt: skip
ANSWER = {"decision": "approve", "person": "Sato", "reason": "go on", "minutes": 0}


@pytest.mark.parametrize("reason", [NO_SPACE, READ_ONLY])
def test_an_evaluation_outlives_its_disk(deployed_services: Settings, reason: str) -> None:
    plant, server = deployed_services, PrefectServer(deployed_services.prefect_api_url)
    with small_disk(plant.data, 16 << 20) as disk:
        write_rows(plant.raw / "filled.csv", 160)
        assert ingest(plant, "filled.csv", "filled").state == "COMPLETED"
        version = dataset.latest(plant.lake, "filled").version

        run = asked(plant)
        hurt(disk, reason)
        # What Compare finds cannot be kept, and the run goes on with what it has in hand; Confirm must write.
        answer(plant, run)
        waits(plant, run)
        answer(plant, run)
        failed = ended(plant, run.identity)
        assert failed.state == "FAILED"
        assert reason in runs.reason(failed) and str(plant.data) in runs.reason(failed), failed.message
        heal(disk, reason)
        assert dataset.latest(plant.lake, "filled").version == version and len(dataset.read(plant.lake, "filled")[0])
        before = task_states(plant, run)

        again = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        server.request("POST", f"flow_runs/{run.identity}/set_state", again)
        continued = result_of(plant, ended(plant, run.identity))
        assert not disk.left_behind()
        assert Path(continued["report_path"]).is_file()
        swept = "Screen · Coarse sweep, 1 hidden layer"
        assert before[swept] in ("Completed", "Cached") and task_states(plant, run)[swept] == "Cached"

        undisturbed = asked(plant)
        answer(plant, undisturbed)
        waits(plant, undisturbed)
        answer(plant, undisturbed)
        assert result_of(plant, ended(plant, undisturbed.identity)) == continued


def hurt(disk: SmallDisk, reason: str) -> None:
    disk.fill() if reason == NO_SPACE else disk.make_read_only()


def heal(disk: SmallDisk, reason: str) -> None:
    disk.free() if reason == NO_SPACE else disk.make_writable()


def asked(plant: Settings) -> FlowRun:
    """A run that waits before Compare."""
    charter = make_charter(CHARTER).model_dump(mode="json")
    return waits(plant, runs.submit(plant, "Evaluate PoC", "evaluate", {"charter": charter}))


def waits(plant: Settings, run: FlowRun) -> FlowRun:
    server, limit = PrefectServer(plant.prefect_api_url), time.monotonic() + 300
    while (current := server.flow_run(run.identity)).state != "PAUSED":
        assert not current.ended and time.monotonic() < limit, f"{current.state_name}: {current.message}"
        time.sleep(0.5)
    return current


def answer(plant: Settings, run: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)
    said = server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": ANSWER})
    assert said["status"] == "ACCEPT", said
