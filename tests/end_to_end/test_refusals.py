"""Every way to be refused: a failed task, an artifact with one sentence, and nothing half-written."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.charter import Charter
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings, process_environment
from tests.evaluations import artifacts, charter_of, task_states

pytestmark = pytest.mark.services

SCRIPT = """
import json, sys
from flows.charter import make_charter
from flows.evaluate import evaluate_poc
ended = [evaluate_poc(make_charter(given), return_state=True) for given in json.loads(sys.argv[1])]
print("RUNS", json.dumps([str(state.state_details.flow_run_id) for state in ended]))
"""


def bad_tables(folder: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(name, changes of the charter, sentence) of every way to be refused; the files are written into `folder`."""
    rows = pd.DataFrame({"force": range(200), "defect": [0, 1] * 100, "same": 7, "nothing": [None] * 200})
    rows["force"] = (rows["force"] * 7919) % 199 / 3
    rows.to_csv(folder / "good.csv", index=False)
    rows.head(12).to_csv(folder / "few.csv", index=False)
    (folder / "empty.csv").write_bytes(b"")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    yield "missing", {"data_file": "nowhere.csv"}, 'there is no file or folder "nowhere.csv"; check the name'
    yield "outside", {"data_file": "../../etc/passwd"}, "lies outside the data folder"
    yield "empty", {"data_file": "empty.csv"}, 'the file "empty.csv" is empty'
    yield "unreadable", {"data_file": "broken.xlsx"}, "damaged"
    yield "target", {"target": "colour"}, 'target: the data set "refused" has no column "colour"'
    yield "constant", {"target": "same"}, 'the column to predict "same" holds "7" in every row'
    yield "nothing", {"target": "nothing"}, 'the column to predict "nothing" is empty in every row'
    yield "few", {"data_file": "few.csv", "dataset": "few"}, "12 rows where 5 folds need at least 20"
    yield "task", {"metric": "rmse"}, "metric rmse does not measure yes/no"
    yield "no-data", {"data_file": "", "dataset": "unknown"}, 'the lake has no data set "unknown"'


def test_whatever_is_wrong_is_told_in_one_sentence(deployed_services: Settings) -> None:
    deployed_services.raw.mkdir(parents=True, exist_ok=True)
    plain = {"poc_name": "refused", "dataset": "refused", "data_file": "good.csv", "target": "defect", "kill_value": 0}
    bad = list(bad_tables(deployed_services.raw))
    ended = one_after_the_other(deployed_services, [charter_of(**{**plain, **changes}) for _, changes, _ in bad])
    for (name, _, sentence), run in zip(bad, ended, strict=True):
        assert run.state == "FAILED", name
        assert sentence in run.message, (name, run.message)
        told = {**artifacts(deployed_services, run), **_artifacts_of_children(deployed_services, run)}
        assert sentence in told["error"]["data"], name
        assert "Failed" in {
            *task_states(deployed_services, run).values(),
            *_states_of_children(deployed_services, run),
        }, name
    left = [
        path
        for path in deployed_services.data.rglob(".*")
        if path.is_file() and path.name.startswith((".writing", ".latest"))
    ]
    assert not left


def one_after_the_other(settings: Settings, charters: list[Charter]) -> list[FlowRun]:
    """The flow of every charter in one process beside the worker: each process takes seconds until it has begun."""
    given = json.dumps([charter.model_dump(mode="json") for charter in charters])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, given], env=process_environment(settings), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RUNS ")]
    server = PrefectServer(settings.prefect_api_url)
    return [server.flow_run(run) for run in json.loads(line.removeprefix("RUNS "))]


def _children(settings: Settings, run: FlowRun) -> list[FlowRun]:
    server = PrefectServer(settings.prefect_api_url)
    body = {"flow_runs": {"parent_flow_run_id": {"any_": [run.identity]}}}
    return [server.flow_run(entry["id"]) for entry in server.request("POST", "flow_runs/filter", body)]


def _artifacts_of_children(settings: Settings, run: FlowRun) -> dict[str, dict[str, Any]]:
    return {key: value for child in _children(settings, run) for key, value in artifacts(settings, child).items()}


def _states_of_children(settings: Settings, run: FlowRun) -> list[str]:
    return [state for child in _children(settings, run) for state in task_states(settings, child).values()]
