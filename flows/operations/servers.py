"""What we ask the Prefect and MLflow servers over HTTP, without importing either: a command line stays quick."""

import json
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from flows.errors import ServiceError
from flows.settings import Settings

# States in which a flow run has ended; those a person may still act on (paused, suspended) are not among them.
TERMINAL_STATES = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})

# Seconds to wait before asking again when the server's database is locked by another writer, or its disk stands still.
_BUSY_PAUSES = (0.5, 1.0, 2.0, 4.0)


def client(url: str, login: str = "", *, time_limit: float = 30.0) -> httpx.Client:
    """A client for our server at `url`, whose name and password are `login` ("user:password", empty for none)."""
    user, _, password = login.partition(":")
    # A plant's own authority is known to the system, not to Python's list; reading either takes a moment.
    trusted: Any = ssl.create_default_context() if url.startswith("https://") else True
    # Proxies of the environment are for the world outside; our servers are on this machine or named by address.
    return httpx.Client(timeout=time_limit, trust_env=False, verify=trusted, auth=(user, password) if login else None)


def answers(url: str, *, time_limit: float = 5.0) -> bool:
    """Whether a GET of `url` succeeds now."""
    try:
        with client(url, time_limit=time_limit) as asking:
            return asking.get(url).is_success
    except httpx.HTTPError:
        return False


def prefect_server(settings: Settings) -> "PrefectServer":
    """The Prefect server of the settings, asked with its password."""
    return PrefectServer(settings.prefect_api_url, settings.prefect_login)


@dataclass(frozen=True)
class FlowRun:
    """A flow run as the server tells it. message: the state's sentence, for a failed run the reason."""

    identity: str
    name: str
    state: str
    state_name: str
    message: str
    data: Mapping[str, Any] | None

    @property
    def ended(self) -> bool:
        """Whether the run is in a terminal state."""
        return self.state in TERMINAL_STATES


@dataclass(frozen=True)
class TaskRun:
    """A task of a flow run. seconds: from its beginning to its end, or to now."""

    identity: str
    name: str
    state: str
    state_name: str
    seconds: float
    data: Mapping[str, Any] | None

    @property
    def ended(self) -> bool:
        """Whether the task is in a terminal state."""
        return self.state in TERMINAL_STATES


@dataclass(frozen=True)
class LogLine:
    """One line of a run's log; level as in Python's logging (20 information, 30 warning, 40 error)."""

    timestamp: str
    level: int
    message: str


class PrefectServer:
    """The few questions we put to a Prefect server; every refusal becomes one ServiceError sentence."""

    def __init__(self, api_url: str, login: str = "") -> None:
        """api_url: the address that ends in /api. login: "user:password", empty where the server asks for none."""
        self.api_url = api_url
        # One client for all questions: a new one reads the certificates of the system each time.
        self._client = client(api_url, login)

    def request(self, method: str, path: str, body: Any = None, *, missing_ok: bool = False) -> Any:
        """The JSON answer of `method` on `path`; None where missing_ok and the server does not know it."""
        try:
            response = self._answer(method, f"{self.api_url}/{path}", body)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"The Prefect server at {self.api_url} does not answer ({type(error).__name__}); "
                "start it with depthcase up."
            ) from error
        if missing_ok and response.status_code == 404:
            return None
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise ServiceError(
                f"The Prefect server at {self.api_url} does not take the password; "
                "give its user:password with PREFECT_API_AUTH_STRING."
            )
        if not response.is_success:
            raise ServiceError(
                f"The Prefect server refused {method} {path} with status {response.status_code}: {_detail(response)}"
            )
        return response.json() if response.content else None

    def _answer(self, method: str, url: str, body: Any) -> httpx.Response:
        """What the server says once it is not busy; where asking changes nothing, a silent one is asked once more."""
        silent = False
        for pause in _BUSY_PAUSES:
            try:
                response = self._client.request(method, url, json=body)
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return response
            except httpx.ReadTimeout:
                if silent or method != "GET":
                    raise
                silent = True
            time.sleep(pause)
        return self._client.request(method, url, json=body)

    def create_process_pool(self, name: str) -> None:
        """Create the work pool where the server does not have it yet."""
        if self.request("GET", f"work_pools/{name}", missing_ok=True) is None:
            self.request("POST", "work_pools/", {"name": name, "type": "process"})

    def worker_reported_since(self, pool: str, moment: float, *, name: str = "", other_than: str = "") -> bool:
        """Whether a worker's last sign of life is newer than `moment` (seconds since 1970).

        name: only the worker of this name. other_than: any worker but this one.
        """
        found = self.request("POST", f"work_pools/{pool}/workers/filter", {}, missing_ok=True) or []
        chosen = [entry for entry in found if name in ("", entry["name"]) and entry["name"] != other_than]
        signs = [entry["last_heartbeat_time"] for entry in chosen]
        return any(sign and _seconds(sign) >= moment for sign in signs)

    def deployment(self, flow: str, deployment: str) -> dict[str, Any] | None:
        """The deployment as the server keeps it, or None."""
        answer = self.request("GET", f"deployments/name/{flow}/{deployment}", missing_ok=True)
        return dict(answer) if answer is not None else None

    def submit(
        self, deployment_id: str, parameters: Mapping[str, Any], *, tags: Sequence[str] = (), checked: bool = False
    ) -> FlowRun:
        """Ask for one run of a deployment now; a worker takes it.

        checked: the parameters were checked by the flow's own model; the server then does not hold them against the
        form, whose list of data sets is only for people to choose from.
        """
        body: dict[str, Any] = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}, "tags": list(tags)}
        if checked:
            body["enforce_parameter_schema"] = False
        return _flow_run(self.request("POST", f"deployments/{deployment_id}/create_flow_run", body))

    def flow_run(self, identity: str) -> FlowRun:
        """The run as it stands now."""
        return _flow_run(self.request("GET", f"flow_runs/{identity}"))

    def runs_of(self, deployment_id: str) -> list[FlowRun]:
        """All runs of a deployment the server knows, scheduled ones too."""
        body = {"deployments": {"id": {"any_": [deployment_id]}}}
        return [_flow_run(entry) for entry in self.request("POST", "flow_runs/filter", body)]

    def runs_in_hand(self, pool: str) -> list[FlowRun]:
        """Runs that a worker of the pool has taken and not ended."""
        states = {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}
        body = {"flow_runs": states, "work_pools": {"name": {"any_": [pool]}}}
        return [_flow_run(entry) for entry in self.request("POST", "flow_runs/filter", body)]

    def runs_started_before(self, moment: datetime) -> list[FlowRun]:
        """Runs in the state Running that began before `moment`."""
        chosen = {"state": {"type": {"any_": ["RUNNING"]}}, "start_time": {"before_": moment.isoformat()}}
        return [_flow_run(entry) for entry in self.request("POST", "flow_runs/filter", {"flow_runs": chosen})]

    def heartbeats_since(self, identity: str, moment: datetime) -> int:
        """How many signs of life of a run the server has noted since `moment`."""
        asked = {
            "occurred": {"since": moment.isoformat()},
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{identity}"]},
        }
        return int(self.request("POST", "events/filter", {"filter": asked, "limit": 1})["total"])

    def crash(self, identity: str, message: str) -> None:
        """Put a run that nobody runs any more into the state Crashed."""
        state = {"type": "CRASHED", "name": "Crashed", "message": message}
        self.request("POST", f"flow_runs/{identity}/set_state", {"state": state, "force": True})

    def task_runs(self, identity: str) -> list[TaskRun]:
        """The run's tasks that have begun, in the order of their beginning."""
        body = {"flow_runs": {"id": {"any_": [identity]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return [_task_run(entry) for entry in self.request("POST", "task_runs/filter", body) if entry["start_time"]]

    def progress(self, identity: str) -> str:
        """What the run's progress artifact says, or an empty text."""
        body = {"artifacts": {"flow_run_id": {"any_": [identity]}, "type": {"any_": ["progress"]}}}
        found = self.request("POST", "artifacts/filter", body)
        return f"{float(found[0]['data']):.0f} %: {found[0]['description'] or ''}".rstrip(": ") if found else ""

    def log_lines(self, identity: str, *, offset: int) -> list[LogLine]:
        """Log lines of a run from `offset` on, oldest first, at most 200."""
        body = {
            "logs": {"flow_run_id": {"any_": [identity]}},
            "offset": offset,
            "limit": 200,
            "sort": "TIMESTAMP_ASC",
        }
        found = self.request("POST", "logs/filter", body)
        return [LogLine(entry["timestamp"], entry["level"], entry["message"]) for entry in found]


def read_result(run: FlowRun, storage: Path) -> dict[str, Any] | None:
    """What a completed run returned, from the JSON file in `storage` that its state names; None where there is none."""
    key = (run.data or {}).get("storage_key")
    path = (storage / key).resolve() if key else None
    if path is None or not path.is_relative_to(storage.resolve()):
        return None
    try:
        record = json.loads(path.read_text())
        # A task's file wraps the result as a text beside its metadata; a flow's file is the result.
        result = json.loads(record["result"]) if set(record) == {"metadata", "result"} else record
    except (OSError, ValueError, TypeError):
        return None
    return result if isinstance(result, dict) else None


def _flow_run(entry: Mapping[str, Any]) -> FlowRun:
    state = entry.get("state") or {}
    return FlowRun(
        identity=entry["id"],
        name=entry["name"],
        state=state.get("type") or "PENDING",
        state_name=state.get("name") or "Pending",
        message=state.get("message") or "",
        data=state.get("data"),
    )


def _task_run(entry: Mapping[str, Any]) -> TaskRun:
    state = entry.get("state") or {}
    return TaskRun(
        identity=entry["id"],
        # Prefect appends three characters of a hash to runs that their task does not name, and a number to inner flows.
        name=re.sub(r"-(\d+|[0-9a-f]{3})$", "", entry["name"]),
        state=state.get("type") or "PENDING",
        state_name=state.get("name") or "Pending",
        seconds=float(entry.get("estimated_run_time") or 0.0),
        data=state.get("data"),
    )


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json().get("detail", response.text))[:500]
    except ValueError:
        return response.text[:500]
