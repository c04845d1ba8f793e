"""Both flows on real servers: from raw files to a verdict, again, anew, and every way to be refused."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markupsafe import Markup
from mlflow import MlflowClient

from flows.charter import Charter, make_charter
from flows.demo_plant import write_raw_files
from flows.operations import runs, services
from flows.operations.servers import FlowRun, PrefectServer, read_result
from flows.settings import Settings, process_environment

pytestmark = pytest.mark.services

PRESS = {
    "poc_name": "small-press", "dataset": "small-press", "data_file": "small-press", "target": "Burr", "task": "yes/no",
    "metric": "roc_auc", "target_value": 0.9, "kill_value": 0.4, "cost_of_miss": 40, "cost_of_false_alarm": 4,
    "units_per_year": 1000, "minutes": 1, "hidden_layers": [1, 2], "ask_between_stages": False,
}  # fmt: skip


def charter_of(**changes: Any) -> Charter:
    return make_charter({**PRESS, **changes})


def evaluate(settings: Settings, charter: Charter) -> FlowRun:
    parameters = {"charter": charter.model_dump(mode="json")}
    return runs.follow(settings, runs.submit(settings, "Evaluate PoC", "evaluate", parameters), print)


def result_of(settings: Settings, run: FlowRun) -> dict[str, Any]:
    assert run.state == "COMPLETED", run.message
    return read_result(run, services.result_storage(settings)) or {}


def task_states(settings: Settings, run: FlowRun) -> dict[str, str]:
    found = PrefectServer(settings.prefect_api_url).task_runs(run.identity)
    return {task.name: task.state_name for task in found}


def artifacts(settings: Settings, run: FlowRun) -> dict[str, dict[str, Any]]:
    body = {"flow_runs": {"id": {"any_": [run.identity]}}}
    found = PrefectServer(settings.prefect_api_url).request("POST", "artifacts/filter", body)
    return {entry["key"]: entry for entry in found}


@pytest.fixture(scope="module")
def plant(deployed_services: Settings) -> Settings:
    write_raw_files(deployed_services.raw / "small-press", rows=1200)
    return deployed_services


@pytest.fixture(scope="module")
def first(plant: Settings) -> FlowRun:
    return evaluate(plant, charter_of())


def test_raw_files_become_a_verdict_with_its_page_and_its_record(plant: Settings, first: FlowRun) -> None:
    result = result_of(plant, first)
    assert set(result) == {"verdict", "sentence", "mlflow_url", "report_path", "comparison_hash"}
    page = Path(result["report_path"]).read_text(encoding="utf-8")
    assert result["sentence"] in Markup(page).striptags()
    assert "<svg" in page and "http://" not in page.split("<body")[0]
    shown = artifacts(plant, first)
    assert {"progress", "verdict", "mlflow"} <= set(shown)
    assert shown["progress"]["data"] == 100.0
    client = MlflowClient(plant.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name("small-press")
    recorded = client.search_runs([experiment.experiment_id])
    verdicts = [run for run in recorded if run.data.tags.get("role") == "verdict"]
    assert len(verdicts) == 1
    files = {item.path for item in client.list_artifacts(verdicts[0].info.run_id)}
    assert {"charter.yaml", "comparison.json", "report.html"} <= files
    assert {run.data.tags.get("role") for run in recorded} >= {"verdict", "curve", "model"}


def test_the_same_again_trains_nothing_and_says_so(plant: Settings, first: FlowRun) -> None:
    again = evaluate(plant, charter_of())
    states = task_states(plant, again)
    stages = [name for name in states if name.split(" · ")[0] in ("Screen", "Compare", "Confirm")]
    uncached = {"Screen · Find the data set", "Screen · Is the answer sure already?"}
    assert {states[name] for name in stages if name not in uncached} == {"Cached"}
    assert result_of(plant, again) == result_of(plant, first)


def test_training_anew_with_one_worker_gives_the_same_bits(plant: Settings, first: FlowRun) -> None:
    script = (
        "import json, sys\n"
        "from prefect.task_runners import ThreadPoolTaskRunner\n"
        "from flows.charter import make_charter\n"
        "from flows.evaluate import evaluate_poc\n"
        "alone = evaluate_poc.with_options(task_runner=ThreadPoolTaskRunner(max_workers=1))\n"
        "print('RESULT', json.dumps(alone(make_charter(json.loads(sys.argv[1])))))\n"
    )
    given = charter_of(retrain=True).model_dump_json()
    done = subprocess.run(
        [sys.executable, "-c", script, given],
        env=process_environment(plant), capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    assert json.loads(line.removeprefix("RESULT "))["comparison_hash"] == result_of(plant, first)["comparison_hash"]


def test_one_changed_byte_runs_everything_anew(plant: Settings, first: FlowRun) -> None:
    source, changed = plant.raw / "small-press", plant.raw / "changed-press"
    shutil.copytree(source, changed)
    file = sorted(changed.iterdir())[0]
    data = file.read_bytes()
    place = data.index(b"\r\n", data.index(b"\r\n") + 2) - 5
    file.write_bytes(data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :])
    anew = evaluate(plant, charter_of(data_file="changed-press", minutes=1))
    states = task_states(plant, anew)
    trained = [name for name in states if name.startswith(("Screen · Coarse", "Screen · Try"))]
    assert trained and all(states[name] == "Completed" for name in trained)


def test_a_person_lets_the_next_stage_begin_and_stops_the_one_after(plant: Settings, first: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)
    parameters = {"charter": charter_of(ask_between_stages=True).model_dump(mode="json")}
    run = runs.submit(plant, "Evaluate PoC", "evaluate", parameters)
    wait_for_question(server, run)
    answer = {"decision": "approve", "person": "Sato", "reason": "trees are not enough", "minutes": 0}
    answered = server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": answer})
    assert answered["status"] == "ACCEPT", answered
    wait_for_question(server, run)
    said = {"decision": "stop", "person": "Sato", "reason": "the budget of this year is spent", "minutes": 0}
    assert server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": said})["status"] == "ACCEPT"
    ended = runs.follow(plant, run, print)
    result = result_of(plant, ended)
    assert result["verdict"] == "INCONCLUSIVE"
    page = Markup(Path(result["report_path"]).read_text(encoding="utf-8")).striptags()
    assert "Sato" in page and "the budget of this year is spent" in page and "trees are not enough" in page


def test_an_approval_without_a_name_is_refused(plant: Settings, first: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)
    parameters = {"charter": charter_of(ask_between_stages=True).model_dump(mode="json")}
    run = runs.submit(plant, "Evaluate PoC", "evaluate", parameters)
    wait_for_question(server, run)
    answer = {"decision": "approve", "person": " ", "reason": "", "minutes": -5}
    server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": answer})
    ended = runs.follow(plant, run, print)
    assert ended.state == "FAILED"
    assert "the decision on compare has no name or no reason; run again and give both" in ended.message


def wait_for_question(server: PrefectServer, run: FlowRun, *, seconds: float = 240) -> None:
    """Until the run waits for a person."""
    end = time.monotonic() + seconds
    while (current := server.flow_run(run.identity)).state != "PAUSED":
        assert not current.ended and time.monotonic() < end, f"{current.state_name}: {current.message}"
        time.sleep(1)


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


def test_whatever_is_wrong_is_told_in_one_sentence(plant: Settings) -> None:
    plain = {"poc_name": "refused", "dataset": "refused", "data_file": "good.csv", "target": "defect", "kill_value": 0}
    for name, changes, sentence in bad_tables(plant.raw):
        run = evaluate(plant, charter_of(**{**plain, **changes}))
        assert run.state == "FAILED", name
        assert sentence in run.message, (name, run.message)
        told = {**artifacts(plant, run), **_artifacts_of_children(plant, run)}
        assert sentence in told["error"]["data"], name
        assert "Failed" in {*task_states(plant, run).values(), *_states_of_children(plant, run)}, name
    left = [path for path in plant.data.rglob(".*") if path.is_file() and path.name.startswith((".writing", ".latest"))]
    assert not left


def _children(settings: Settings, run: FlowRun) -> list[FlowRun]:
    server = PrefectServer(settings.prefect_api_url)
    body = {"flow_runs": {"parent_flow_run_id": {"any_": [run.identity]}}}
    return [server.flow_run(entry["id"]) for entry in server.request("POST", "flow_runs/filter", body)]


def _artifacts_of_children(settings: Settings, run: FlowRun) -> dict[str, dict[str, Any]]:
    return {key: value for child in _children(settings, run) for key, value in artifacts(settings, child).items()}


def _states_of_children(settings: Settings, run: FlowRun) -> list[str]:
    return [state for child in _children(settings, run) for state in task_states(settings, child).values()]
