"""What new rows set off: the forms offer their data set, and evaluations that wait for them begin."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.events import emit_event
from prefect.runtime import flow_run

from flows import forms
from flows.charter import Charter
from flows.settings import ASKED_BY

EVENT = "depthcase.dataset.new-rows"
NOBODY = "nobody"
DEPLOYMENT = "evaluate"


def offer(datasets: Sequence[str]) -> None:
    """Let every deployed form that asks for a data set of the lake offer these."""
    with get_client(sync_client=True) as client:
        for deployment in _deployments(client):
            schema = deployment.parameter_openapi_schema or {}
            wanted = forms.with_datasets(schema, datasets)
            # An update makes the server plan scheduled runs anew, so it is done only where it says something.
            if wanted != schema:
                _send(client, "PATCH", f"/deployments/{deployment.id}", {"parameter_openapi_schema": wanted})


def announce(dataset: str, version: str, rows: int) -> None:
    """Tell the server that a data set has a new version; whoever waits for it begins."""
    asked_by = [tag.removeprefix(ASKED_BY) for tag in flow_run.tags or [] if tag.startswith(ASKED_BY)]
    resource = {
        "prefect.resource.id": f"depthcase.dataset.{dataset}",
        "prefect.resource.name": dataset,
        # The evaluation that asked for the ingest goes on by itself and must not be started a second time.
        "depthcase.asked-by": asked_by[0] if asked_by else NOBODY,
    }
    emit_event(EVENT, resource=resource, payload={"version": version, "rows": rows})


def keep_watch(charter: Charter) -> None:
    """Have the evaluation start again whenever its data set grows, where the charter says so; otherwise no more."""
    with get_client(sync_client=True) as client:
        name = f"depthcase: evaluate {charter.poc_name} again when new rows arrive"
        standing = client.read_automations_by_name(name)
        for unwanted in standing[1 if charter.evaluate_on_new_rows else 0 :]:
            client.delete_automation(unwanted.id)
        if not charter.evaluate_on_new_rows:
            return
        wanted = _automation(name, charter, _deployments(client)[0].id)
        if standing:
            # Switched off by a person, it stays off.
            _send(client, "PUT", f"/automations/{standing[0].id}", wanted | {"enabled": standing[0].enabled})
        else:
            _send(client, "POST", "/automations/", wanted)


def _automation(name: str, charter: Charter, deployment: UUID) -> dict[str, Any]:
    asked = charter.model_copy(update={"data_file": "", "retrain": False}).model_dump(mode="json")
    return {
        "name": name,
        "description": f"Made by an evaluation of {charter.poc_name}, whose charter asks for it. Switch it off here.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "match": {
                "prefect.resource.id": f"depthcase.dataset.{charter.dataset}",
                "depthcase.asked-by": f"!{charter.poc_name}",
            },
            "expect": [EVENT],
            "for_each": ["prefect.resource.id"],
            "posture": "Reactive",
            "threshold": 1,
            "within": 0,
        },
        "actions": [
            {
                "type": "run-deployment",
                "source": "selected",
                "deployment_id": str(deployment),
                "parameters": {"charter": asked},
            }
        ],
    }


def _deployments(client: SyncPrefectClient) -> list[Any]:
    named = DeploymentFilter(name=DeploymentFilterName(any_=[DEPLOYMENT]))
    return list(client.read_deployments(deployment_filter=named))


def _send(client: SyncPrefectClient, method: str, path: str, body: dict[str, Any]) -> None:
    client.request(cast(Any, method), cast(Any, path), json=body).raise_for_status()
