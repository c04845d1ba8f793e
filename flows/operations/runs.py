"""One run from the command line: handed to a worker, followed task by task until it has ended."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.errors import ServiceError
from flows.operations.servers import FlowRun, TaskRun, prefect_server
from flows.settings import Settings

Say = Callable[[str], None]

# Seconds.
_PAUSE = 1.0
_STILL_ALIVE_EVERY = 30.0
_SERVER_SILENT_LIMIT = 60.0
_NO_WORKER_AFTER = 45.0
# The news of tasks reach the server by another way than their run's end, and may come after it.
_LATE_NEWS = 5.0

_EXCEPTION = re.compile(r"^.*?encountered an exception:?\s*(?:[\w.]*(?:Error|Exception)\s*:?\s*)?", re.DOTALL)


def submit(
    settings: Settings,
    flow: str,
    deployment: str,
    parameters: Mapping[str, Any],
    *,
    tags: Sequence[str] = (),
) -> FlowRun:
    """Ask the server for one run of a deployment. Raises ServiceError: not deployed, or parameters it refuses.

    They are not held against the form, whose list of data sets is for people: the flow's own model checks them.
    """
    server = prefect_server(settings)
    found = server.deployment(flow, deployment)
    if found is None:
        raise ServiceError(f"The Prefect server does not know the flow '{flow}'; create it with depthcase up.")
    return server.submit(found["id"], parameters, tags=tags, checked=True)


def run_address(settings: Settings, run: FlowRun) -> str:
    """Where a person sees the run."""
    return f"{settings.prefect_ui_url}/runs/flow-run/{run.identity}"


def follow(settings: Settings, run: FlowRun, say: Say) -> FlowRun:
    """Wait until the run has ended, saying what goes on; the run as it ended.

    Raises ServiceError when the server is silent for a minute; the run itself may go on.
    """
    server = prefect_server(settings)
    story = Story(say, run_address(settings, run))
    heard, ended = time.monotonic(), float("inf")
    while True:
        try:
            current, tasks = server.flow_run(run.identity), server.task_runs(run.identity)
            story.tell(current, tasks, server.progress(run.identity))
            heard = time.monotonic()
            ended = min(ended, heard) if current.ended else float("inf")
            if current.ended and (_all_told(tasks) or heard - ended > _LATE_NEWS):
                return current
        except ServiceError:
            if time.monotonic() - heard > _SERVER_SILENT_LIMIT:
                raise
        time.sleep(_PAUSE)


def _all_told(tasks: Sequence[TaskRun]) -> bool:
    return bool(tasks) and all(task.ended for task in tasks)


def reason(run: FlowRun) -> str:
    """Why a run did not complete, as one sentence without the names of exception classes."""
    text = _EXCEPTION.sub("", run.message).strip()
    return text or f"the run ended as {run.state_name}"


def remark(run: FlowRun, conclusion: str) -> str:
    """What a completed run says before its conclusion, such as why nothing was done; "" where it says that alone."""
    return run.message.removesuffix(conclusion).strip() if run.message.endswith(conclusion) else ""


@dataclass
class Story:
    """What has been said of a run so far, so that each thing is said once."""

    say: Say
    address: str
    begun: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    last_state: str = ""
    last_progress: str = ""
    since: float = field(default_factory=time.monotonic)
    spoken: float = field(default_factory=time.monotonic)

    def tell(self, run: FlowRun, tasks: list[TaskRun], progress: str) -> None:
        """Say what is new since the last call."""
        for task in tasks:
            self._tell_task(task)
        if progress and progress != self.last_progress:
            self.last_progress = progress
            self._speak(f"  {progress}")
        self._tell_state(run)
        running = [task for task in tasks if not task.ended]
        if running and time.monotonic() - self.spoken > _STILL_ALIVE_EVERY:
            self._speak(f"  ... {running[-1].name}: {running[-1].seconds:.0f} s so far")

    def _tell_task(self, task: TaskRun) -> None:
        if task.ended and task.identity not in self.ended:
            self.ended.add(task.identity)
            if task.state_name == "Cached":
                self._speak(f"  {task.name}: cached, not done again")
            elif task.state == "COMPLETED":
                self._speak(f"  {task.name}: done in {task.seconds:.0f} s")
            else:
                self._speak(f"  {task.name}: {task.state_name.lower()}")

    def _tell_state(self, run: FlowRun) -> None:
        if run.state == "PAUSED" and self.last_state != "PAUSED":
            self._speak(f"  The run waits for a person to decide: {self.address}")
        waiting = run.state in ("SCHEDULED", "PENDING") and time.monotonic() - self.since > _NO_WORKER_AFTER
        if waiting and self.last_state != "WAITING":
            self._speak("  No worker has taken the run yet; other runs may come first, or see depthcase status")
            self.last_state = "WAITING"
        elif not waiting:
            self.last_state = run.state

    def _speak(self, line: str) -> None:
        self.spoken = time.monotonic()
        self.say(line)
