"""How each service is run: its command and its environment, the same below `depthcase up`, systemd and compose."""

import ipaddress
import os
import socket
import sys
from typing import NoReturn

from flows.errors import ServiceError
from flows.operations.deployments import POOL
from flows.settings import Settings, mlflow_server_environment, prefect_server_environment, process_environment

# Names of the services, in the order of starting; they are stopped in the reverse order.
PREFECT, MLFLOW, WORKER_PROCESS = "prefect-server", "mlflow-server", "worker"
TITLES = {PREFECT: "Prefect server", MLFLOW: "MLflow server", WORKER_PROCESS: "Worker"}

WORKER = "depthcase-worker"


def command(settings: Settings, name: str) -> list[str]:
    """The command of the service `name`; no secret is among its arguments, which everybody on the machine may see."""
    made = {PREFECT: _prefect_command, MLFLOW: _mlflow_command, WORKER_PROCESS: _worker_command}[name](settings)
    return [sys.executable, "-m", *made]


def environment(settings: Settings, name: str) -> dict[str, str]:
    """The environment of the service `name`: each gets the secrets it needs, and no others."""
    made = {PREFECT: prefect_server_environment, MLFLOW: mlflow_server_environment}
    return made.get(name, process_environment)(settings)


def serve(settings: Settings, name: str) -> NoReturn:
    """Become the service `name`, in the foreground, for systemd or compose to watch.

    Raises ServiceError where a server would listen beyond this machine without a password.
    """
    require_password(settings, name)
    settings.home.mkdir(parents=True, exist_ok=True)
    chosen = command(settings, name)
    os.execvpe(chosen[0], chosen, environment(settings, name))


def require_password(settings: Settings, name: str) -> None:
    """Refuse a server that listens beyond this machine and asks for no password, naming the variables to set."""
    login = {PREFECT: settings.prefect_login, MLFLOW: settings.mlflow_login}
    if name in login and not login[name] and not is_loopback(settings.listen):
        variables = {
            PREFECT: "PREFECT_API_AUTH_STRING",
            MLFLOW: "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        }
        raise ServiceError(
            f"The {TITLES[name]} would listen on {settings.listen}, where others reach it, without a password; "
            f"set {variables[name]}, or leave DEPTHCASE_LISTEN at 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether the host name or address means this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _prefect_command(settings: Settings) -> list[str]:
    return ["prefect", "server", "start", "--host", settings.listen, "--port", str(settings.prefect_port)]


def _mlflow_command(settings: Settings) -> list[str]:
    folder = settings.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    address = ["--host", settings.listen, "--port", str(settings.mlflow_port), "--workers", "1"]
    login = ["--app-name", "depthcase-password"] if settings.mlflow_login else []
    return ["mlflow", "server", *address, "--artifacts-destination", settings.artifacts, *login]


def _worker_command(settings: Settings) -> list[str]:
    # Several machines share the pool, each with a worker of its own name.
    name = WORKER if settings.starts_services else f"{WORKER}-{socket.gethostname()}"
    arguments = f"worker start --pool {POOL} --type process --name {name} --install-policy never"
    return ["flows.operations.worker", *arguments.split()]
