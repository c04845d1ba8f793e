"""Prefect's process worker with one correction, run as `python -m flows.operations.worker worker start ...`.

Prefect's worker reports the end of a killed flow process twice. The second report comes when the flow has been imported
for its hooks, up to a minute later: a run that a person has continued meanwhile would be ended while it works, and
continued again it would work twice. (Seen with Prefect 3.8.8; 2 of the first 10 rounds of `make chaos`.)
"""

import warnings
from typing import Any

from prefect.cli import app
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType

with warnings.catch_warnings():
    # Our worker takes the place of Prefect's below the same name, which is meant.
    warnings.simplefilter("ignore")
    from prefect.workers.process import ProcessWorker

    class Worker(ProcessWorker):
        """Ends only the attempt that it has started itself."""

        type = "process"

        async def _propose_crashed_state(
            self, flow_run: FlowRun, message: str, client: PrefectClient | None = None
        ) -> None:
            if not await continued_since(client or self.client, flow_run):
                await super()._propose_crashed_state(flow_run, message, client)


async def continued_since(client: PrefectClient, taken: FlowRun) -> bool:
    """Whether the run was scheduled again after the worker had begun it. taken: the run as the worker took it."""
    states: list[Any] = await client.read_flow_run_states(taken.id)
    took = taken.state.timestamp if taken.state else taken.created
    begun = [state.timestamp for state in states if state.type is StateType.PENDING and state.timestamp >= took]
    return bool(begun) and any(s.type is StateType.SCHEDULED and s.timestamp > min(begun) for s in states)


if __name__ == "__main__":
    app()
