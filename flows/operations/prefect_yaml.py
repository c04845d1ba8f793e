"""deploy/prefect.yaml, made from the plan of deployments.py: for those who deploy with Prefect's own command.

python -m flows.operations.prefect_yaml > deploy/prefect.yaml
"""

import sys
from collections.abc import Sequence
from typing import Any

import yaml

from flows.operations.deployments import PLANNED, POOL, PlannedDeployment, PlannedSchedule

# The plant's own zone is written by whoever deploys; `depthcase up` takes the machine's.
TIMEZONE = "UTC"
# One evaluation at a time, whatever the machine that made the file; `depthcase up` takes half the cores.
LIMIT = 1
HEAD = """\
# For Prefect's own command, in an environment where depthcase is installed:
#     prefect --no-prompt deploy --all --prefect-file deploy/prefect.yaml
# Made from flows/operations/deployments.py by `make prefect-yaml`. What is yours to change here: the time zone, the
# parameters of the schedules, `active`, the limits. Deployed again, the schedules are as this file says. Afterwards
# `depthcase up` adds the list of data sets to the form.
"""


def prefect_yaml(planned: Sequence[PlannedDeployment] = PLANNED) -> str:
    """The text of the file: every deployment with its schedules, switched off."""
    content = {"name": "depthcase", "pull": [], "deployments": [_deployment(entry) for entry in planned]}
    return HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _deployment(planned: PlannedDeployment) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": planned.name,
        "entrypoint": planned.entrypoint,
        "tags": list(planned.tags),
        "enforce_parameter_schema": True,
        "work_pool": {"name": POOL},
        "schedules": [_schedule(schedule) for schedule in planned.schedules],
    }
    if planned.limit:
        entry["concurrency_limit"] = {"limit": LIMIT, "collision_strategy": "ENQUEUE"}
    return entry


def _schedule(planned: PlannedSchedule) -> dict[str, Any]:
    return {
        "slug": planned.slug,
        "cron": planned.cron,
        "timezone": TIMEZONE,
        "active": False,
        "parameters": dict(planned.parameters),
    }


if __name__ == "__main__":
    sys.stdout.write(prefect_yaml())
