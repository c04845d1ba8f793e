"""An evaluation cancelled on its page while networks are being trained: what is left, and the next run."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from mlflow import MlflowClient

from flows.charter import make_charter
from flows.operations import runs
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.evaluations import ended, evaluate, ingest, result_of, task_states

pytestmark = [pytest.mark.services, pytest.mark.long, pytest.mark.timeout(1800)]

CHARTER = make_charter({
    "poc_name": "cancelled", "dataset": "cancelled", "target": "Load [N]", "task": "a number", "metric": "r2",
    "target_value": 0.95, "minutes": 0.5, "hidden_layers": [1, 2], "ask_between_stages": False,
})  # fmt: skip
SEARCH = "Compare · Find the smallest network"


def write_rows(place: Path) -> None:
    random = np.random.default_rng(11)
    X = random.normal(size=(900, 4))
    load = np.abs(np.abs(X).sum(axis=1) - 3.2) + 0.05 * random.normal(size=900)
    place.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({**{f"Sensor {i + 1} [V]": X[:, i] for i in range(4)}, "Load [N]": load}).to_csv(place, index=False)


def cancelled_while(settings: Settings, task: str) -> tuple[FlowRun, dict[str, str]]:
    """The evaluation, cancelled as the button of its page does when a task of this name runs; the tasks of then."""
    asked: dict[str, Any] = {"charter": CHARTER.model_dump(mode="json")}
    run = runs.submit(settings, "Evaluate PoC", "evaluate", asked)
    limit = time.monotonic() + 240
    while not any(name.startswith(task) and state == "Running" for name, state in task_states(settings, run).items()):
        assert time.monotonic() < limit, f"{task} never ran: {task_states(settings, run)}"
        time.sleep(0.3)
    before = task_states(settings, run)
    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    PrefectServer(settings.prefect_api_url).request("POST", f"flow_runs/{run.identity}/set_state", cancelling)
    return ended(settings, run.identity), before


def processes_of(run: FlowRun) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if run.identity in (process.environ().get("PREFECT__FLOW_RUN_ID"), *process.cmdline()):
                found.append(f"{process.pid} {process.status()} {process.name()}")
        except psutil.Error:
            continue
    return [one for one in found if psutil.STATUS_ZOMBIE not in one]


def test_a_cancelled_evaluation_leaves_nothing_running_and_the_next_one_goes_on_from_it(
    deployed_services: Settings,
) -> None:
    write_rows(deployed_services.raw / "cancelled.csv")
    ingest(deployed_services, "cancelled.csv", "cancelled")
    cancelled, before = cancelled_while(deployed_services, SEARCH)
    assert cancelled.state == "CANCELLED", cancelled.message
    time.sleep(2)
    assert processes_of(cancelled) == []
    # No task of it is called running for good.
    assert "Running" not in task_states(deployed_services, cancelled).values()
    client = MlflowClient(deployed_services.mlflow_tracking_uri)
    experiments = [one.experiment_id for one in client.search_experiments()]
    assert client.search_runs(experiments, "attributes.status = 'RUNNING'") == []
    # What was finished is used: nothing is trained twice.
    finished = {name for name, state in before.items() if state == "Completed"}
    assert any(name.startswith("Screen · Coarse sweep") for name in finished)
    again = evaluate(deployed_services, CHARTER)
    assert result_of(deployed_services, again)["verdict"]
    cached = {name for name, state in task_states(deployed_services, again).items() if state == "Cached"}
    slow = ("Screen · Try simple models", "Screen · Coarse sweep", "Compare · Tune the recipe")
    assert {name for name in finished if name.startswith(slow)} <= cached
