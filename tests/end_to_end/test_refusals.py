"""Every way to be refused: a failed task, an artifact with one sentence, and nothing half-written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.evaluations import artifacts, charter_of, evaluate, task_states

pytestmark = pytest.mark.services


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
    for name, changes, sentence in bad_tables(deployed_services.raw):
        run = evaluate(deployed_services, charter_of(**{**plain, **changes}))
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


def _children(settings: Settings, run: FlowRun) -> list[FlowRun]:
    server = PrefectServer(settings.prefect_api_url)
    body = {"flow_runs": {"parent_flow_run_id": {"any_": [run.identity]}}}
    return [server.flow_run(entry["id"]) for entry in server.request("POST", "flow_runs/filter", body)]


def _artifacts_of_children(settings: Settings, run: FlowRun) -> dict[str, dict[str, Any]]:
    return {key: value for child in _children(settings, run) for key, value in artifacts(settings, child).items()}


def _states_of_children(settings: Settings, run: FlowRun) -> list[str]:
    return [state for child in _children(settings, run) for state in task_states(settings, child).values()]
