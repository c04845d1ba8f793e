"""Where the time of an evaluation went: read off the task runs that Prefect keeps, also from before a pause."""

import re
import time
from collections.abc import Iterable, Sequence
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRun

from relu_core.comparison import TaskTime

# Seconds to wait for the server to write down the last task that ended; it does so after the task.
PATIENCE = 5.0
PAGE = 200


def times_of(flow_run_id: str, ended: int) -> tuple[TaskTime, ...]:
    """The tasks of a run that did work, in the order in which they began; ended: how many are known to have ended.

    Tasks that were answered from an earlier run are left out, and so is the time in which none worked.
    """
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(flow_run_id)]))
    give_up = time.monotonic() + PATIENCE
    with get_client(sync_client=True) as client:
        while True:
            found = client.read_task_runs(flow_run_filter=wanted, limit=PAGE)
            finished = [one for one in found if one.state is not None and one.state.is_final()]
            if len(finished) >= ended or time.monotonic() > give_up:
                return without_waiting(_times(finished))
            time.sleep(0.2)


def without_waiting(times: Iterable[TaskTime]) -> tuple[TaskTime, ...]:
    """The same tasks moved together where none of them worked: a person may have thought for days in between."""
    moved, shift, end = list[TaskTime](), 0.0, 0.0
    for one in sorted(times, key=lambda one: (one.begun, one.hidden_layers)):
        shift += max(0.0, one.begun - shift - end)
        moved.append(TaskTime(one.name, one.hidden_layers, one.begun - shift, one.seconds))
        end = max(end, moved[-1].begun + one.seconds)
    return tuple(moved)


def _times(runs: Sequence[TaskRun]) -> list[TaskTime]:
    worked = [
        (one.name, one.start_time, one.end_time)
        for one in runs
        if one.state is not None and one.state.name != "Cached" and one.start_time and one.end_time
    ]
    first = min((begun for _, begun, _ in worked), default=None)
    if first is None:
        return []
    return [_named(name, (begun - first).total_seconds(), (end - begun).total_seconds()) for name, begun, end in worked]


def _named(name: str, begun: float, seconds: float) -> TaskTime:
    """A task as the record names it: the family is a number of its own, and a flow within the flow has no number."""
    name = re.sub(r"-\d+$", "", name)
    parts = re.fullmatch(r"(.*), (\d+) hidden layers?", name)
    base, layers = (parts.group(1), int(parts.group(2))) if parts else (name, 0)
    return TaskTime(base, layers, begun, seconds)
