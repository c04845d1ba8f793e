"""An evaluation asked again on real servers: nothing new, new rows by themselves, and a question nobody answers."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from mlflow import MlflowClient

from flows import cli
from flows.charter import Charter, make_charter
from flows.operations import automations, runs
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.evaluations import artifacts, ended, evaluate, ingest, result_of, task_states

pytestmark = pytest.mark.services

WATCHED = {
    "poc_name": "watched", "dataset": "watched", "target": "Scrap", "task": "yes/no", "metric": "roc_auc",
    "target_value": 0.8, "minutes": 0.1, "hidden_layers": [1], "ask_between_stages": False,
    "evaluate_on_new_rows": True,
}  # fmt: skip


def charter_of(**changes: Any) -> Charter:
    return make_charter({**WATCHED, **changes})


def write_rows(place: Path, rows: int) -> None:
    random = np.random.default_rng(7)
    force = random.normal(size=rows)
    scrap = random.random(rows) < 1 / (1 + np.exp(-5 * force))
    place.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"Force [kN]": force, "Scrap": scrap.astype(int)}).to_csv(place, index=False)


@pytest.fixture(scope="module")
def plant(deployed_services: Settings) -> Settings:
    write_rows(deployed_services.raw / "watched.csv", 120)
    ingest(deployed_services, "watched.csv", "watched")
    return deployed_services


@pytest.fixture(scope="module")
def first(plant: Settings) -> FlowRun:
    return evaluate(plant, charter_of())


def runs_of_the_poc(plant: Settings, poc: str) -> list[FlowRun]:
    server = PrefectServer(plant.prefect_api_url)
    body = {"deployments": {"name": {"any_": ["evaluate"]}}, "sort": "EXPECTED_START_TIME_ASC"}
    found = [
        entry for entry in server.request("POST", "flow_runs/filter", body)
        if entry["parameters"]["charter"]["poc_name"] == poc
    ]  # fmt: skip
    return [server.flow_run(entry["id"]) for entry in found]


def test_the_form_offers_a_data_set_from_its_ingest_on(plant: Settings) -> None:
    found = PrefectServer(plant.prefect_api_url).deployment("Evaluate PoC", "evaluate")
    assert found is not None
    form = found["parameter_openapi_schema"]
    offered = form["definitions"]["Charter"]["properties"]["dataset"]["enum"]
    assert offered[0] == "named like the PoC" and "watched" in offered
    assert form["properties"]["charter"]["title"] == "Charter"


def test_the_same_question_is_not_answered_twice_and_run_and_command_say_so(
    plant: Settings, first: FlowRun, capsys: pytest.CaptureFixture[str]
) -> None:
    before = result_of(plant, first)
    assert cli._evaluate(charter_of(), plant, Path(), wait=True) == 0
    again = runs_of_the_poc(plant, "watched")[-1]
    said = capsys.readouterr().out.splitlines()
    assert said[said.index(f"Verdict: {before['verdict']}") - 2] == again.message.removesuffix(
        f" {before['verdict']}: {before['sentence']}"
    )
    assert again.name.endswith(" · nothing new")
    assert again.message.startswith("Data, charter and program are the same as on ")
    assert set(task_states(plant, again)) == {"Screen · Find the data set", "Screen · Is it answered already?"}
    assert result_of(plant, again) == before
    shown = artifacts(plant, again)["verdict"]
    assert "Nothing new: the verdict stands" in shown["data"]
    assert before["mlflow_url"] in shown["data"]


@pytest.mark.long
def test_new_rows_start_the_evaluation_and_it_says_what_has_changed(plant: Settings, first: FlowRun) -> None:
    before = len(runs_of_the_poc(plant, "watched"))
    write_rows(plant.raw / "watched.csv", 160)
    ingest(plant, "watched.csv", "watched")
    limit = time.monotonic() + 240
    while len(started := runs_of_the_poc(plant, "watched")) == before:
        assert time.monotonic() < limit, "the ingest of new rows started no evaluation"
        time.sleep(1)
    run = ended(plant, started[-1].identity)
    result = result_of(plant, run)
    shown = artifacts(plant, run)["verdict"]["data"]
    assert "There are 160 rows instead of 120." in shown, shown
    turned = result["verdict"] != result_of(plant, first)["verdict"]
    assert ("; now it is “" if turned else "the verdict was the same.") in shown, shown
    page = Markup(Path(result["report_path"]).read_text(encoding="utf-8")).striptags()
    assert "Since the last evaluation" in page and "There are 160 rows instead of 120." in page
    client = MlflowClient(plant.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name("watched")
    newest = client.search_runs([experiment.experiment_id], "tags.role = 'verdict'", max_results=1)[0]
    assert newest.data.tags["depthcase.verdict_before"] == result_of(plant, first)["verdict"]
    assert newest.data.tags["depthcase.changed"] == "rows"
    assert newest.data.metrics["rows_before"] == 120


@pytest.mark.long
def test_an_ingest_that_the_evaluation_itself_asked_for_starts_it_once(plant: Settings, first: FlowRun) -> None:
    before = len(runs_of_the_poc(plant, "watched"))
    write_rows(plant.raw / "watched.csv", 170)
    assert evaluate(plant, charter_of(data_file="watched.csv")).state == "COMPLETED"
    time.sleep(5)
    assert len(runs_of_the_poc(plant, "watched")) == before + 1


def test_a_charter_that_no_longer_waits_takes_its_automation_away(plant: Settings, first: FlowRun) -> None:
    server = PrefectServer(plant.prefect_api_url)

    def waiting() -> list[str]:
        return [
            entry["name"] for entry in server.request("POST", "automations/filter", {}) if "watched" in entry["name"]
        ]

    assert waiting() == ["depthcase: evaluate watched again when new rows arrive"]
    evaluate(plant, charter_of(evaluate_on_new_rows=False))
    assert waiting() == []


@pytest.mark.long
def test_a_question_that_nobody_answers_ends_as_stopped(plant: Settings) -> None:
    server = PrefectServer(plant.prefect_api_url)
    found = server.deployment("Evaluate PoC", "evaluate") or {}
    # No model reaches this, so that a person must be asked; a worker that waits some seconds instead of a week.
    charter = charter_of(poc_name="unanswered", target_value=0.9999, ask_between_stages=True)
    body = {
        "parameters": {"charter": charter.model_dump(mode="json")},
        "state": {"type": "SCHEDULED"},
        "job_variables": {"env": {"DEPTHCASE_APPROVAL_DAYS": "0.00002"}},
    }
    asked = server.request("POST", f"deployments/{found['id']}/create_flow_run", body)
    run = _ended_for_good(plant, asked["id"])
    result = result_of(plant, run)
    assert result["verdict"] == "INCONCLUSIVE"
    assert result["sentence"] == "Nobody approved the stage “Compare” in time."
    page = Markup(Path(result["report_path"]).read_text(encoding="utf-8")).striptags()
    assert "nobody answered in time" in page


def _ended_for_good(settings: Settings, run: str) -> FlowRun:
    """The end of a run that the server fails first, for its question was not answered, and then starts again."""
    server, limit = PrefectServer(settings.prefect_api_url), time.monotonic() + 240
    while (current := server.flow_run(run)).state != "COMPLETED":
        assert time.monotonic() < limit, f"{current.state_name}: {current.message}"
        waits = current.message == "The flow was paused and never resumed."
        assert waits or current.state != "FAILED", runs.reason(current)
        time.sleep(1)
    return current


def test_a_run_that_waits_for_a_person_is_not_taken_for_dead() -> None:
    trigger = automations.zombie()["trigger"]
    assert {"prefect.flow-run.Suspended", "prefect.flow-run.Paused"} <= set(trigger["expect"])


@pytest.mark.long
def test_a_person_may_take_longer_than_the_limit_for_signs_of_life(plant: Settings) -> None:
    server = PrefectServer(plant.prefect_api_url)
    charter = charter_of(poc_name="patient", target_value=0.9999, ask_between_stages=True)
    run = runs.submit(plant, "Evaluate PoC", "evaluate", {"charter": charter.model_dump(mode="json")})
    while (current := server.flow_run(run.identity)).state != "PAUSED":
        assert not current.ended, current.message
        time.sleep(1)
    time.sleep(automations.SILENCE + 30)
    assert server.flow_run(run.identity).state == "PAUSED"
    said = {"decision": "stop", "person": "Sato", "reason": "late", "minutes": 0}
    server.request("POST", f"flow_runs/{run.identity}/resume", {"run_input": said})
    assert ended(plant, run.identity).state == "COMPLETED"
