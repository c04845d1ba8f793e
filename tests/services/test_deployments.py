"""Deployments on a real server: the form of a flow, upserts, the automation, refusals."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.charter import make_charter
from flows.errors import ServiceError
from flows.operations import automations, demo, deployments, services
from flows.operations.deployments import PlannedDeployment, PlannedSchedule
from flows.operations.prefect_yaml import prefect_yaml
from flows.operations.servers import PrefectServer
from flows.settings import Settings, process_environment

pytestmark = pytest.mark.services

NIGHTLY = PlannedSchedule("nightly", "0 1 * * *", {"question": {"name": "press"}})
SAMPLE = PlannedDeployment("sample", "sample_flows", "answer", ("depthcase", "test"), (NIGHTLY,), limit=1)
DEPLOYED = (
    ("Evaluate PoC", "evaluate"), ("Ingest data", "ingest"), ("Inspect a file", "inspect"),
    ("Theory benchmark", "theory-benchmark"),
)  # fmt: skip
SLEEPER = PlannedDeployment("sleeper", "sample_flows", "sleep", ("test",))


@pytest.fixture(scope="module")
def server(running_services: Settings) -> Iterator[PrefectServer]:
    server = PrefectServer(running_services.prefect_api_url)
    deployments.apply(running_services, [SAMPLE], log=services.log_path(running_services, "test"))
    yield server
    deployments.remove(server, "Sample question", "sample")


def _apply(settings: Settings, *planned: PlannedDeployment) -> str:
    return deployments.apply(settings, planned, log=services.log_path(settings, "test"))


def test_a_deployment_shows_the_form_of_its_flow(server: PrefectServer) -> None:
    found = server.deployment("Sample question", "sample")
    assert found is not None
    assert found["description"] == "Answers a sample question."
    assert found["tags"] == ["depthcase", "test"]
    assert found["entrypoint"] == "sample_flows.answer"
    form = found["parameter_openapi_schema"]
    assert form["properties"]["question"] == {"$ref": "#/definitions/Question", "position": 0, "title": "Question"}
    assert form["definitions"]["Question"]["properties"]["minutes"] == {
        "default": 5.0,
        "description": "Minutes.",
        "minimum": 0,
        "title": "Time budget",
        "type": "number",
    }


def test_a_bad_value_is_refused_when_it_is_submitted(server: PrefectServer) -> None:
    found = server.deployment("Sample question", "sample")
    assert found is not None
    with pytest.raises(ServiceError, match=r"'question\.name'.*'Line 7' does not match"):
        server.submit(found["id"], {"question": {"name": "Line 7"}})


def test_schedules_are_offered_switched_off_and_stay_as_a_person_left_them(
    running_services: Settings, server: PrefectServer
) -> None:
    found = server.deployment("Sample question", "sample")
    assert found is not None
    [schedule] = found["schedules"]
    assert (schedule["slug"], schedule["active"]) == ("nightly", False)
    assert schedule["parameters"] == {"question": {"name": "press"}}
    server.request("PATCH", f"deployments/{found['id']}/schedules/{schedule['id']}", {"active": True})
    deployments.bring_up_to_date(server, [], "any")
    server.request("PATCH", f"deployments/{found['id']}", {"version": "older"})
    assert _apply(running_services, SAMPLE) == "1 created or updated"
    again = server.deployment("Sample question", "sample")
    assert again is not None
    assert [(entry["id"], entry["active"]) for entry in again["schedules"]] == [(schedule["id"], True)]
    server.request("PATCH", f"deployments/{found['id']}/schedules/{schedule['id']}", {"active": False})


def test_applying_twice_changes_nothing(running_services: Settings, server: PrefectServer) -> None:
    before = server.deployment("Sample question", "sample") or {}
    assert _apply(running_services, SAMPLE) == "1 up to date"
    # A worker asks for runs all the time.
    assert server.deployment("Sample question", "sample") == before | {
        "last_polled": (server.deployment("Sample question", "sample") or {})["last_polled"]
    }


def test_the_zombie_automation_exists_once_however_often_it_is_made(
    running_services: Settings, server: PrefectServer
) -> None:
    for _ in range(2):
        deployments.bring_up_to_date(server, [], "any")
    found = {entry["name"]: entry for entry in server.request("POST", "automations/filter", {})}
    assert {automations.ZOMBIE, automations.UNANSWERED} <= set(found)
    automation = found[automations.ZOMBIE]
    assert automation["enabled"]
    assert (automation["trigger"]["posture"], automation["trigger"]["within"]) == ("Proactive", 90)
    assert automation["actions"][0]["state"] == "CRASHED"


def test_doubles_of_the_automation_are_removed(server: PrefectServer) -> None:
    server.request("POST", "automations/", automations.zombie())
    deployments.bring_up_to_date(server, [], "any")
    names = [entry["name"] for entry in server.request("POST", "automations/filter", {})]
    assert (names.count(automations.ZOMBIE), names.count(automations.UNANSWERED)) == (1, 1)


def test_runs_beyond_the_limit_wait(server: PrefectServer) -> None:
    found = server.deployment("Sample question", "sample")
    assert found is not None
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"


def test_as_many_evaluations_run_at_once_as_the_settings_say(running_services: Settings, server: PrefectServer) -> None:
    planned = PlannedDeployment(deployments.EVALUATE.name, "sample_flows", "answer", ("test",), limit=1)
    try:
        for evaluations in (7, 9):
            _apply(replace(running_services, evaluations=evaluations), planned)
            found = server.deployment("Sample question", planned.name)
            assert found is not None and found["global_concurrency_limit"]["limit"] == evaluations
    finally:
        found = server.deployment("Sample question", planned.name)
        assert found is not None
        server.request("DELETE", f"deployments/{found['id']}")


def test_a_flow_that_cannot_be_imported_is_one_sentence(running_services: Settings, server: PrefectServer) -> None:
    broken = PlannedDeployment("broken", "no_such_module", "flow", ())
    with pytest.raises(ServiceError) as refused:
        _apply(running_services, broken)
    log = services.log_path(running_services, "test")
    assert str(refused.value) == (
        "The deployments could not be created: ModuleNotFoundError: No module named 'no_such_module'; "
        f"the whole log is {log}."
    )


def test_removing_leaves_no_trace(running_services: Settings, server: PrefectServer) -> None:
    _apply(running_services, SLEEPER)
    deployments.remove(server, "Sample sleeper", "sleeper")
    assert server.deployment("Sample sleeper", "sleeper") is None
    assert [flow for flow in server.request("POST", "flows/filter", {}) if flow["name"] == "Sample sleeper"] == []
    deployments.remove(server, "Sample sleeper", "sleeper")


def test_every_flow_is_deployed_with_its_form_and_valid_schedules(deployed_services: Settings) -> None:
    server = PrefectServer(deployed_services.prefect_api_url)
    for flow, planned, model in (
        ("Evaluate PoC", deployments.EVALUATE, "Charter"),
        ("Ingest data", deployments.INGEST, "IngestRequest"),
        ("Inspect a file", deployments.INSPECT, "InspectRequest"),
        ("Theory benchmark", deployments.THEORY, "BenchmarkRequest"),
    ):
        found = server.deployment(flow, planned.name)
        assert found is not None
        assert found["description"]
        assert found["tags"] == list(planned.tags)
        assert found["entrypoint"] == planned.entrypoint
        forms = found["parameter_openapi_schema"]["definitions"]
        fields = forms[model]["properties"]
        # A field may leave its title to the list of its values, where both have the same.
        lists = {name: forms.get(field.get("$ref", "").rpartition("/")[2], {}) for name, field in fields.items()}
        assert [name for name, field in fields.items() if not (field.get("title") or lists[name].get("title"))] == []
        assert [name for name, field in fields.items() if not field.get("description")] == []
        assert [schedule["active"] for schedule in found["schedules"]] == [False] * len(planned.schedules)


def test_the_demonstration_is_a_sound_charter() -> None:
    make_charter(demo.CHARTER).check()


def test_the_file_for_prefects_own_command_is_made_from_the_plan() -> None:
    written = (Path(__file__).parents[2] / "deploy" / "prefect.yaml").read_text(encoding="utf-8")
    assert written == prefect_yaml(), "run make prefect-yaml"


def test_prefects_own_command_deploys_what_up_deploys(deployed_services: Settings) -> None:
    server = PrefectServer(deployed_services.prefect_api_url)
    before = {name: _kept(server, flow, name) for flow, name in DEPLOYED}
    file = Path(__file__).parents[2] / "deploy" / "prefect.yaml"
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    environment = process_environment(deployed_services)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=deployed_services.home)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert {name: _kept(server, flow, name) for flow, name in DEPLOYED} == before
    # The form's list of data sets is ours; the next up adds it again.
    assert _apply(deployed_services, *deployments.PLANNED) == "4 created or updated"


def _kept(server: PrefectServer, flow: str, name: str) -> dict[str, Any]:
    """What a deployment is, without what belongs to a machine: the time zone and how many runs it bears."""
    found = server.deployment(flow, name) or {}
    schedules = [
        (entry["slug"], entry["schedule"]["cron"], entry["active"], entry["parameters"]) for entry in found["schedules"]
    ]
    names = ("entrypoint", "tags", "description", "work_pool_name", "enforce_parameter_schema", "pull_steps")
    limited = found["global_concurrency_limit"] is not None
    return {key: found[key] for key in names} | {"schedules": schedules, "limited": limited}
