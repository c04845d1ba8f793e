"""The question between two stages as a person answers it in both UIs: refused, asked again, more budget, stopped."""

import time
from pathlib import Path

import pytest
from markupsafe import Markup
from mlflow import MlflowClient

from flows.charter import make_charter
from flows.operations import runs
from flows.operations.servers import FlowRun, PrefectServer
from flows.settings import Settings
from tests.browser.prefect_pages import PrefectPages
from tests.evaluations import ended, result_of

pytestmark = [pytest.mark.browser, pytest.mark.services, pytest.mark.long, pytest.mark.timeout(1800)]

# No model reaches this target, so that a person must be asked.
ASKED = {
    "dataset": "formed", "target": "Scrap", "task": "yes/no", "metric": "roc_auc", "target_value": 0.9999,
    "minutes": 0.1, "hidden_layers": [1], "ask_between_stages": True,
}  # fmt: skip


def asked(plant: Settings, name: str) -> FlowRun:
    """A run that waits for the first answer."""
    charter = make_charter({**ASKED, "poc_name": name})
    run = runs.submit(plant, "Evaluate PoC", "evaluate", {"charter": charter.model_dump(mode="json")})
    return waits(plant, run, 1)


def waits(plant: Settings, run: FlowRun, questions: int) -> FlowRun:
    """The run when it waits for the answer to its question number `questions`."""
    server, limit = PrefectServer(plant.prefect_api_url), time.monotonic() + 300
    while True:
        current = server.flow_run(run.identity)
        states = server.request("GET", f"flow_run_states/?flow_run_id={run.identity}")
        if current.state == "PAUSED" and sum(state["type"] == "PAUSED" for state in states) == questions:
            return current
        assert not current.ended and time.monotonic() < limit, f"{current.state_name}: {current.message}"
        time.sleep(0.5)


def test_a_person_is_told_what_is_known_and_refused_until_the_answer_can_be_taken(
    person: PrefectPages, plant: Settings, shots: Path
) -> None:
    run = asked(plant, f"answered-{person.ui}")
    person.answer(run.identity, {})
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_text("Not settled yet").wait_for()
    person.picture(shots / f"question_{person.ui}.png")
    person.send()
    person.page.get_by_text("'decision' is a required property").first.wait_for()
    person.picture(shots / f"question_empty_{person.ui}.png")

    nobody = {"Decision": "approve", "Your name": " ", "Reason": "the line needs it"}
    person.fill(nobody)
    person.send()
    waits(plant, run, 2)
    too_little = {"Decision": "approve with another time budget", "Your name": "Sato", "Reason": "the line needs it"}
    person.answer(run.identity, {**too_little, "Another time budget": -5})
    dialog.get_by_text("the decision on compare has no name or no reason; give both").wait_for()
    person.send()
    waits(plant, run, 3)

    person.answer(run.identity, {**too_little, "Another time budget": 0.2})
    dialog.get_by_text("the time budget -5 is impossible; give minutes of 0 or more").wait_for()
    person.picture(shots / f"question_again_{person.ui}.png")
    person.send()
    waits(plant, run, 4)
    tasks = PrefectServer(plant.prefect_api_url).task_runs(run.identity)
    assert "Compare · Find the smallest network, 1 hidden layer" in {task.name for task in tasks}

    person.answer(run.identity, {"Decision": "stop", "Your name": "Tanaka", "Reason": "the press is sold"})
    person.send()
    result = result_of(plant, ended(plant, run.identity))
    assert result["verdict"] == "INCONCLUSIVE"
    person.open_run(run.identity)
    person.page.get_by_text("INCONCLUSIVE").first.wait_for()
    person.picture(shots / f"stopped_{person.ui}.png")

    page = Markup(Path(result["report_path"]).read_text(encoding="utf-8")).striptags()
    assert all(said in page for said in ("Sato", "the line needs it", "Tanaka", "the press is sold"))
    client = MlflowClient(plant.mlflow_tracking_uri)
    experiment = client.get_experiment_by_name(f"answered-{person.ui}")
    [recorded] = client.search_runs([experiment.experiment_id], "tags.role = 'verdict'")
    kept = Path(client.download_artifacts(recorded.info.run_id, "comparison.json")).read_text(encoding="utf-8")
    assert '"minutes": 0.2' in kept and '"decision": "stopped"' in kept and "Tanaka" in kept
