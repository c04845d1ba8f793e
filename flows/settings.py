"""Where things lie and which ports are used: read once from the environment, then frozen. The only reader of it."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flows.errors import ServiceError


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of one installation.

    home: state of the services (databases, logs, process ids). data: the data folder; paths from a form stay inside it.
    An external server is one whose address was given by the environment: it is used, never started or stopped.
    """

    home: Path
    data: Path
    prefect_port: int
    mlflow_port: int
    prefect_api_url: str
    mlflow_tracking_uri: str
    prefect_is_external: bool = False
    mlflow_is_external: bool = False

    @property
    def prefect_ui_url(self) -> str:
        """Where a person opens the Prefect server; its API lies below it."""
        return self.prefect_api_url.removesuffix("/api")

    @property
    def raw(self) -> Path:
        """Files as the plant wrote them."""
        return self.data / "1_raw"

    @property
    def lake(self) -> Path:
        """Parquet data sets, content-addressed."""
        return self.data / "2_lake"

    @property
    def features(self) -> Path:
        """Development rows and untouched rows of an evaluation."""
        return self.data / "3_features"

    @property
    def results(self) -> Path:
        """Records of the stages: JSON, Parquet, safetensors."""
        return self.data / "4_results"

    @property
    def reports(self) -> Path:
        """The decision pages."""
        return self.data / "5_reports"

    @property
    def charters(self) -> Path:
        """Charters kept with the project."""
        return self.data / "charters"


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Settings from `environment` (default: the process's). Ports: DEPTHCASE_PREFECT_PORT, DEPTHCASE_MLFLOW_PORT."""
    env = dict(os.environ) if environment is None else environment
    prefect_port = _port(env, "DEPTHCASE_PREFECT_PORT", 4200)
    mlflow_port = _port(env, "DEPTHCASE_MLFLOW_PORT", 5000)
    if prefect_port == mlflow_port:
        raise ServiceError(
            f"DEPTHCASE_PREFECT_PORT and DEPTHCASE_MLFLOW_PORT are both {prefect_port}; give each its own."
        )
    prefect_loopback = f"http://127.0.0.1:{prefect_port}/api"
    mlflow_loopback = f"http://127.0.0.1:{mlflow_port}"
    prefect_api_url = env.get("PREFECT_API_URL") or prefect_loopback
    mlflow_tracking_uri = env.get("MLFLOW_TRACKING_URI") or mlflow_loopback
    return Settings(
        home=Path(env.get("DEPTHCASE_HOME") or ".depthcase").resolve(),
        data=Path(env.get("DEPTHCASE_DATA") or "data").resolve(),
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        prefect_api_url=prefect_api_url.rstrip("/"),
        mlflow_tracking_uri=mlflow_tracking_uri.rstrip("/"),
        prefect_is_external=prefect_api_url.rstrip("/") != prefect_loopback,
        mlflow_is_external=mlflow_tracking_uri.rstrip("/") != mlflow_loopback,
    )


def _port(env: dict[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ServiceError(f"{name} is {text!r}, which is no port number; give a whole number from 1024 to 65535.")
    return int(text)


def ui_pages(settings: Settings) -> Path:
    """The folder into which the Prefect server unpacks the pages of its UI."""
    return settings.home / "prefect" / "ui"


# Set in a user's shell for other work, these would lead our processes to other servers, accounts or runs.
_FOREIGN = {
    "PREFECT_API_KEY", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH", "PREFECT__FLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_REGISTRY_URI",
}  # fmt: skip


def process_environment(settings: Settings, environment: dict[str, str] | None = None) -> dict[str, str]:
    """Environment of a service or flow process: this process's, made to speak to our servers and to nobody else.

    All of Prefect's state lies in the home folder; results are JSON, never pickles; nothing is reported to anyone.
    """
    env = dict(os.environ) if environment is None else environment
    kept = {name: value for name, value in env.items() if name not in _FOREIGN}
    without_proxy = [part for part in (env.get("NO_PROXY") or env.get("no_proxy") or "").split(",") if part]
    loopback = ",".join([*without_proxy, "127.0.0.1", "localhost"])
    prefect_home = settings.home / "prefect"
    return kept | {
        "DEPTHCASE_HOME": str(settings.home),
        "DEPTHCASE_DATA": str(settings.data),
        "DEPTHCASE_PREFECT_PORT": str(settings.prefect_port),
        "DEPTHCASE_MLFLOW_PORT": str(settings.mlflow_port),
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_API_URL": settings.prefect_api_url,
        "PREFECT_UI_URL": settings.prefect_ui_url,
        "MLFLOW_TRACKING_URI": settings.mlflow_tracking_uri,
        # Measured: an ephemeral server takes its whole start-up limit on a fresh database and leaves runs behind.
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # Measured: the pages of the V2 UI ask an analytics host for its settings, whatever the switches above say.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(ui_pages(settings)),
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # MLflow's job pools serve features we do not use and take 2 GB.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(prefect_home / "storage"),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
        # Where matplotlib keeps its list of fonts.
        "MPLCONFIGDIR": str(settings.home / "matplotlib"),
        # Threads change the order of sums, and with it the last bits; runs use the cores side by side instead.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PREFECT_CLI_PROMPT": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        # A file of the user's folder that is named like a module must not be imported in its place.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        # A process that dies in compiled code leaves in its log where.
        "PYTHONFAULTHANDLER": "1",
    }


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings()
