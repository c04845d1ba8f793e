"""Both flows on real servers: from raw files to a verdict, again, anew, and with a person between the stages."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from markupsafe import Markup
from mlflow import MlflowClient

from flows.demo_plant import write_raw_files
from flows.operations import runs
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings, process_environment
from relu_core import Comparison
from tests.evaluations import artifacts, charter_of, evaluate, result_of, task_states

pytestmark = pytest.mark.services


UNCACHED = {
    "Screen · Find the data set", "Screen · Is it answered already?", "Screen · Is the answer sure already?",
}  # fmt: skip


@pytest.fixture(scope="module")
def plant(deployed_services: Settings) -> Settings:
    write_raw_files(deployed_services.raw / "small-press", rows=1200)
    return deployed_services


@pytest.fixture(scope="module")
def first(plant: Settings) -> FlowRun:
    return evaluate(plant, charter_of())


def test_raw_files_become_a_verdict_with_its_page_and_its_record(
    plant: Settings, first: FlowRun, tmp_path: Path
) -> None:
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
    path = client.download_artifacts(verdicts[0].info.run_id, "comparison.json", str(tmp_path))
    record = Comparison.from_json(Path(path).read_text(encoding="utf-8"))
    worked = {(task.name, task.hidden_layers): task.seconds for task in record.tasks}
    assert {("Screen · Try simple models", 0), ("Compare · Find the smallest network", 2)} <= set(worked)
    assert all(0 < seconds < 600 for seconds in worked.values())


def test_the_same_again_does_nothing_and_says_so(plant: Settings, first: FlowRun) -> None:
    again = evaluate(plant, charter_of())
    assert again.name.endswith(" · nothing new")
    assert set(task_states(plant, again)) <= {*UNCACHED, "Ingest data"}
    assert result_of(plant, again) == result_of(plant, first)


def test_a_page_that_was_lost_is_made_again_from_what_is_kept(plant: Settings, first: FlowRun) -> None:
    page = Path(result_of(plant, first)["report_path"])
    page.unlink()
    times = page.with_name("time.svg").read_bytes()
    again = evaluate(plant, charter_of())
    states = task_states(plant, again)
    stages = [name for name in states if name.split(" · ")[0] in ("Screen", "Compare", "Confirm")]
    uncached = UNCACHED | {"Screen · Which training counts"}
    assert {states[name] for name in stages if name not in uncached} == {"Cached"}
    assert result_of(plant, again) == result_of(plant, first)
    assert page.with_name("time.svg").read_bytes() == times, "the time of the run that did the work is lost"


@pytest.mark.long
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


@pytest.mark.long
def test_one_changed_byte_runs_everything_anew(plant: Settings, first: FlowRun) -> None:
    source, changed = plant.raw / "small-press", plant.raw / "changed-press"
    shutil.copytree(source, changed)
    file = sorted(changed.iterdir())[0]
    data = file.read_bytes()
    place = data.index(b"\r\n", data.index(b"\r\n") + 2) - 5
    file.write_bytes(data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :])
    anew = evaluate(plant, charter_of(data_file="changed-press"))
    states = task_states(plant, anew)
    trained = [name for name in states if name.startswith(("Screen · Coarse", "Screen · Try"))]
    assert trained and all(states[name] == "Completed" for name in trained)


# No model reaches this target, so that a person must be asked.
ASKED = {
    "poc_name": "asked-press",
    "target_value": 0.9999,
    "hidden_layers": [1],
    "minutes": 0.1,
    "ask_between_stages": True,
}


def test_a_person_lets_the_next_stage_begin_and_stops_the_one_after(plant: Settings, first: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)
    parameters = {"charter": charter_of(**ASKED).model_dump(mode="json")}
    run = runs.submit(plant, "Evaluate PoC", "evaluate", parameters)
    wait_for_question(server, run)
    known = artifacts(plant, server.flow_run(run.identity))["before-compare"]["data"]
    assert known.startswith("## ") and "the target is" in known, known
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


@pytest.mark.long
def test_an_answer_that_cannot_be_taken_is_asked_for_again(plant: Settings, first: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)
    parameters = {"charter": charter_of(**ASKED, seed=1).model_dump(mode="json")}
    run = runs.submit(plant, "Evaluate PoC", "evaluate", parameters)
    wait_for_question(server, run)
    answer = {"decision": "approve", "person": " ", "reason": "", "minutes": -5}
    server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": answer})
    wait_for_question(server, run)
    told = artifacts(plant, server.flow_run(run.identity))["before-compare-2"]["data"]
    assert "the decision on compare has no name or no reason; give both" in told
    said = {"decision": "stop", "person": "Sato", "reason": "enough", "minutes": 0}
    server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": said})
    assert result_of(plant, runs.follow(plant, run, print))["verdict"] == "INCONCLUSIVE"


def wait_for_question(server: PrefectServer, run: FlowRun, *, seconds: float = 240) -> None:
    """Until the run waits for a person."""
    end = time.monotonic() + seconds
    while (current := server.flow_run(run.identity)).state != "PAUSED":
        assert not current.ended and time.monotonic() < end, f"{current.state_name}: {current.message}"
        time.sleep(1)
