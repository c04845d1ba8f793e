"""What the Prefect server must know: the deployments with their forms and schedules.

Everything is created or brought up to date, never doubled; what a person changed in the UI (schedules, pauses) stays.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from flows.errors import ServiceError
from flows.operations import automations, demo
from flows.operations.servers import PrefectServer, prefect_server
from flows.settings import Settings, process_environment, settings

POOL = "depthcase"


@dataclass(frozen=True)
class PlannedSchedule:
    """A schedule that is offered, switched off, on the deployment's page. cron: in this machine's time zone.

    parameters: what its runs are asked, the demonstration's; a person puts her own in their place.
    """

    slug: str
    cron: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedDeployment:
    """A flow that a person can run. limit: runs at the same time, further ones wait; 0 for no limit."""

    name: str
    module: str
    function: str
    tags: tuple[str, ...]
    schedules: tuple[PlannedSchedule, ...] = ()
    limit: int = 0

    @property
    def entrypoint(self) -> str:
        """The module path by which a worker imports the flow from the installed package: no code is copied."""
        return f"{self.module}.{self.function}"


EVALUATE = PlannedDeployment(
    "evaluate",
    "flows.evaluate",
    "evaluate_poc",
    ("depthcase", "verdict"),
    schedules=(PlannedSchedule("weekly-evaluation", "0 3 * * 0", {"charter": demo.CHARTER}),),
    limit=max(1, (os.cpu_count() or 1) // 2),
)
INGEST = PlannedDeployment(
    "ingest",
    "flows.ingest",
    "ingest_data",
    ("depthcase", "data"),
    schedules=(PlannedSchedule("nightly-ingest", "0 1 * * *", {"request": {"path": demo.NAME, "name": demo.NAME}}),),
)
INSPECT = PlannedDeployment("inspect", "flows.inspect_file", "inspect_a_file", ("depthcase", "data"))
THEORY = PlannedDeployment(
    "theory-benchmark", "flows.theory_benchmark", "theory_benchmark", ("depthcase", "theory"), limit=1
)
PLANNED = (EVALUATE, INGEST, INSPECT, THEORY)
SELF_CHECK_FLOW = "Self-check"
SELF_CHECK = PlannedDeployment("self-check", "flows.operations.doctor_flow", "self_check", ("depthcase", "doctor"))


def form_version(settings: Settings) -> str:
    """Hash of the source files that make the forms and the plan above, and of the lake whose data sets they offer.

    When it changes, what the server has is out of date.
    """
    here = Path(__file__).resolve()
    digest = hashlib.sha256(str(settings.lake).encode() + b"\0")
    for path in [*sorted(here.parents[1].glob("*.py")), here, here.with_name("demo.py")]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def apply(settings: Settings, planned: Sequence[PlannedDeployment] = PLANNED, *, log: Path) -> str:
    """Bring the server up to date; what was done, in a few words.

    The flows are imported by a process of its own, since they load the whole library. Raises ServiceError when one
    cannot be imported or the server refuses it.
    """
    server = prefect_server(settings)
    version = form_version(settings)
    if settings.evaluations:
        planned = [replace(one, limit=settings.evaluations) if one.name == EVALUATE.name else one for one in planned]
        version = f"{version}-{settings.evaluations}"
    if all(is_up_to_date(server, deployment, version) for deployment in planned) and automations.all_fit(server):
        return f"{len(planned)} up to date"
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "flows.operations.deployments",
            json.dumps([asdict(entry) for entry in planned]),
            version,
        ],
        env=process_environment(settings),
        capture_output=True,
        text=True,
    )
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(result.stdout + result.stderr)
    if result.returncode != 0:
        last = [line for line in result.stderr.splitlines() if line.strip()][-1:]
        raise ServiceError(f"The deployments could not be created: {' '.join(last)}; the whole log is {log}.")
    return f"{len(planned)} created or updated"


def remove(server: PrefectServer, flow: str, deployment: str) -> None:
    """Delete a deployment, its runs and its flow; nothing happens where the server does not know it."""
    found = server.deployment(flow, deployment)
    if found is None:
        return
    for run in server.runs_of(found["id"]):
        server.request("DELETE", f"flow_runs/{run.identity}", missing_ok=True)
    server.request("DELETE", f"deployments/{found['id']}", missing_ok=True)
    server.request("DELETE", f"flows/{found['flow_id']}", missing_ok=True)


def is_up_to_date(server: PrefectServer, planned: PlannedDeployment, version: str) -> bool:
    """Whether the server keeps the deployment with the forms of `version`."""
    body = {"deployments": {"name": {"any_": [planned.name]}}}
    found = server.request("POST", "deployments/filter", body)
    return any(entry["version"] == version and entry["entrypoint"] == planned.entrypoint for entry in found)


def bring_up_to_date(server: PrefectServer, planned: Iterable[PlannedDeployment], version: str) -> None:
    """Create or update the deployments, with the forms that their flows declare, and the automations."""
    for deployment in planned:
        _upsert_deployment(server, deployment, version)
    automations.bring_up_to_date(server)


def _upsert_deployment(server: PrefectServer, planned: PlannedDeployment, version: str) -> None:
    # Imported here: they load the numerical library, and this module is also read by commands that must be quick.
    from flows import forms
    from flows.lake.dataset import list_names

    flow = getattr(importlib.import_module(planned.module), planned.function)
    flow_id = server.request("POST", "flows/", {"name": flow.name})["id"]
    fields: dict[str, Any] = {
        "version": version,
        "description": flow.description,
        "tags": list(planned.tags),
        "entrypoint": planned.entrypoint,
        "work_pool_name": POOL,
        "parameter_openapi_schema": forms.shown(
            flow.parameters.model_dump(exclude_unset=True), list_names(settings().lake)
        ),
        "enforce_parameter_schema": True,
        "concurrency_limit": planned.limit or None,
    }
    if planned.limit:
        fields["concurrency_options"] = {"collision_strategy": "ENQUEUE"}
    existing = server.deployment(flow.name, planned.name)
    if existing is not None:
        server.request("PATCH", f"deployments/{existing['id']}", fields)
        return
    schedules = [_schedule(schedule) for schedule in planned.schedules]
    server.request(
        "POST",
        "deployments/",
        fields | {"name": planned.name, "flow_id": flow_id, "pull_steps": [], "schedules": schedules},
    )


def _schedule(planned: PlannedSchedule) -> dict[str, Any]:
    cron = {"cron": planned.cron, "timezone": _local_timezone()}
    return {"schedule": cron, "active": False, "slug": planned.slug, "parameters": dict(planned.parameters)}


def _local_timezone() -> str:
    """The machine's zone by its full name, so that a night stays a night in summer; UTC where it has none."""
    name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else "UTC"


def _main(planned_json: str, version: str) -> None:
    planned = [
        PlannedDeployment(**{**entry, "schedules": tuple(PlannedSchedule(**each) for each in entry["schedules"])})
        for entry in json.loads(planned_json)
    ]
    bring_up_to_date(prefect_server(settings()), planned, version)


if __name__ == "__main__":
    _main(*sys.argv[1:])
