"""Evaluations on real servers, as a person starts them: one charter in, one finished run out."""

from typing import Any

from flows.charter import Charter, make_charter
from flows.operations import runs, services
from flows.operations.servers import FlowRun, PrefectServer, read_result
from flows.settings import Settings

PRESS = {
    "poc_name": "small-press", "dataset": "small-press", "data_file": "small-press", "target": "Burr", "task": "yes/no",
    "metric": "roc_auc", "target_value": 0.9, "kill_value": 0.4, "cost_of_miss": 40, "cost_of_false_alarm": 4,
    "units_per_year": 1000, "minutes": 0.3, "hidden_layers": [1, 2], "ask_between_stages": False,
}  # fmt: skip


def charter_of(**changes: Any) -> Charter:
    return make_charter({**PRESS, **changes})


def evaluate(settings: Settings, charter: Charter) -> FlowRun:
    parameters = {"charter": charter.model_dump(mode="json")}
    return runs.follow(settings, runs.submit(settings, "Evaluate PoC", "evaluate", parameters), print)


def ingest(settings: Settings, path: str, name: str) -> FlowRun:
    """Bring a raw file into the lake."""
    asked = {"request": {"path": path, "name": name}}
    return runs.follow(settings, runs.submit(settings, "Ingest data", "ingest", asked), print)


def ended(settings: Settings, run: str) -> FlowRun:
    """The run of this id, as it ended."""
    return runs.follow(settings, PrefectServer(settings.prefect_api_url).flow_run(run), print)


def result_of(settings: Settings, run: FlowRun) -> dict[str, Any]:
    assert run.state == "COMPLETED", run.message
    return read_result(run, services.result_storage(settings)) or {}


def task_states(settings: Settings, run: FlowRun) -> dict[str, str]:
    found = PrefectServer(settings.prefect_api_url).task_runs(run.identity)
    return {task.name: task.state_name for task in found}


def artifacts(settings: Settings, run: FlowRun) -> dict[str, dict[str, Any]]:
    body = {"flow_runs": {"id": {"any_": [run.identity]}}}
    found = PrefectServer(settings.prefect_api_url).request("POST", "artifacts/filter", body)
    # The names of a PoC's own artifacts end with its name.
    poc = (PrefectServer(settings.prefect_api_url).request("GET", f"flow_runs/{run.identity}")["parameters"] or {}).get(
        "charter", {}
    )
    ending = f"-{poc.get('poc_name', '')}"
    return {(entry["key"] or "").removesuffix(ending): entry for entry in found}
