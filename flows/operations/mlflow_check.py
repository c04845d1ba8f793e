"""The doctor's look at MLflow: a number and a file are written over HTTP, read back, and removed for good."""

import subprocess
import sys
import time
import uuid
from typing import Any

import httpx

from flows.errors import ServiceError
from flows.operations.servers import client
from flows.settings import Settings, mlflow_database, mlflow_server_environment

_FILE = b"written by depthcase doctor"


def write_and_read_back(settings: Settings) -> str:
    """Write a metric and a file into an experiment of its own, compare what comes back, remove all of it.

    Raises ServiceError: the server does not answer, or gives back something else.
    """
    name = f"depthcase-doctor-{uuid.uuid4().hex[:12]}"
    experiment = _call(settings, "POST", "mlflow/experiments/create", {"name": name})["experiment_id"]
    try:
        run = _call(settings, "POST", "mlflow/runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
        _check_metric(settings, run)
        _check_file(settings, f"{experiment}/{run}/artifacts/doctor.txt")
    finally:
        _call(settings, "POST", "mlflow/experiments/delete", {"experiment_id": experiment})
        removed = _remove_for_good(settings, experiment)
    return f"a number and a file came back, {removed}"


def _check_metric(settings: Settings, run: str) -> None:
    metric = {"run_id": run, "key": "answer", "value": 42.0, "timestamp": int(time.time() * 1000), "step": 1}
    _call(settings, "POST", "mlflow/runs/log-metric", metric)
    metrics = _call(settings, "GET", f"mlflow/runs/get?run_id={run}")["run"]["data"].get("metrics", [])
    if [(entry["key"], entry["value"], entry["step"]) for entry in metrics] != [("answer", 42.0, 1)]:
        raise ServiceError(f"a number came back as {metrics}; look into the MLflow server's log.")


def _check_file(settings: Settings, path: str) -> None:
    address = f"mlflow-artifacts/artifacts/{path}"
    _send(settings, "PUT", address, content=_FILE)
    found = _send(settings, "GET", address).content
    _send(settings, "DELETE", address)
    if found != _FILE:
        raise ServiceError(
            f"a file of {len(_FILE)} bytes came back with {len(found)}; look into the MLflow server's log."
        )


def _remove_for_good(settings: Settings, experiment: str) -> str:
    if settings.mlflow_is_external:
        return "their experiment is deleted"
    # Over HTTP an experiment can only be hidden; the database behind our own server is at hand.
    command = [
        sys.executable, "-m", "mlflow", "gc", "--experiment-ids", experiment,
        "--tracking-uri", settings.mlflow_tracking_uri,
    ]  # fmt: skip
    # The database goes in by the environment: its password must not stand among the arguments.
    environment = mlflow_server_environment(settings) | {"MLFLOW_TRACKING_URI": mlflow_database(settings)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        last = [line for line in result.stderr.splitlines() if line.strip()][-1:]
        raise ServiceError(f"the traces of the check could not be removed: {' '.join(last)}")
    return "and are gone again"


def _call(settings: Settings, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return dict(_send(settings, method, path, json=body).json())


def _send(settings: Settings, method: str, path: str, **content: Any) -> httpx.Response:
    url = f"{settings.mlflow_tracking_uri}/api/2.0/{path}"
    try:
        with client(url, settings.mlflow_login) as asking:
            response = asking.request(method, url, **content)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.UNAUTHORIZED:
            raise ServiceError(
                f"the MLflow server at {settings.mlflow_tracking_uri} does not take the password; "
                "give it with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            ) from error
        raise ServiceError(
            f"the MLflow server refused {method} {path.split('?')[0]} with status {error.response.status_code}; "
            "look into its log."
        ) from error
    except httpx.HTTPError as error:
        raise ServiceError(
            f"the MLflow server at {settings.mlflow_tracking_uri} does not answer ({type(error).__name__}); "
            "start it with depthcase up."
        ) from error
    return response
