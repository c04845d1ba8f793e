"""Where things lie and which ports are used: read once from the environment, then frozen. The only reader of it."""

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from flows.errors import ServiceError
from flows.places import Place, StorePath, place_of

LOOPBACK = "127.0.0.1"
# Who runs the services: `depthcase up` itself, or systemd or compose.
_OWN, _SYSTEM = "own", "system"
# Prefix of the tag by which an ingest knows the PoC whose evaluation asked for it.
ASKED_BY = "poc:"


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of one installation.

    home: state of the services (databases, logs, process ids). data: the data folder, or the address of one in an
    object store; paths from a form stay inside it.
    approval_days: how long a run waits for a person's answer between two stages.
    An external server is one whose address was given by the environment: it is used, never started or stopped.
    starts_services: False where systemd or compose runs them; then both servers and the worker are external.
    listen: the address on which servers listen. *_pages: where people open the servers, empty for where they listen.
    *_login: "user:password", empty for none. *_database: its address, empty for a file in the home folder.
    mlflow_artifacts: folder or address of an object store for MLflow's files, empty for the home folder.
    backups: folder of the backups, None where none are made.
    dask_address: scheduler of a Dask cluster on which tasks run; empty for this machine's own cores.
    evaluations: how many run at the same time, further ones wait; 0 for one on every two cores of this machine.
    """

    home: Path
    data: Place
    prefect_port: int
    mlflow_port: int
    prefect_api_url: str
    mlflow_tracking_uri: str
    prefect_is_external: bool = False
    mlflow_is_external: bool = False
    starts_services: bool = True
    listen: str = LOOPBACK
    prefect_pages: str = ""
    mlflow_pages: str = ""
    prefect_login: str = field(default="", repr=False)
    mlflow_login: str = field(default="", repr=False)
    prefect_database: str = field(default="", repr=False)
    mlflow_database: str = field(default="", repr=False)
    mlflow_artifacts: str = ""
    backups: Path | None = None
    dask_address: str = ""
    evaluations: int = 0
    approval_days: float = 7.0

    @property
    def prefect_ui_url(self) -> str:
        """Where a person opens the Prefect server; its API lies below it."""
        return self.prefect_pages or self.prefect_api_url.removesuffix("/api")

    @property
    def mlflow_ui_url(self) -> str:
        """Where a person opens the MLflow server."""
        return self.mlflow_pages or self.mlflow_tracking_uri

    @property
    def artifacts(self) -> str:
        """Where our own MLflow server keeps files."""
        return self.mlflow_artifacts or str(self.home / "mlflow" / "artifacts")

    @property
    def raw(self) -> Place:
        """Files as the plant wrote them."""
        return self.data / "1_raw"

    @property
    def lake(self) -> Place:
        """Parquet data sets, content-addressed."""
        return self.data / "2_lake"

    @property
    def features(self) -> Place:
        """Development rows and untouched rows of an evaluation."""
        return self.data / "3_features"

    @property
    def results(self) -> Place:
        """Records of the stages: JSON, Parquet, safetensors."""
        return self.data / "4_results"

    @property
    def task_results(self) -> Path:
        """What finished tasks gave, by the hash of the question: beside the files it points to, where that is a folder.

        Prefect keeps them in a folder of its machine; with the data in an object store they lie in the home folder.
        """
        return self.results / "tasks" if isinstance(self.results, Path) else self.home / "prefect" / "storage"

    @property
    def reports(self) -> Place:
        """The decision pages."""
        return self.data / "5_reports"

    @property
    def charters(self) -> Place:
        """Charters kept with the project."""
        return self.data / "charters"


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Settings from `environment` (default: the process's); deploy/env.example tells every variable.

    Raises ServiceError for a value that cannot be meant, naming the variable.
    """
    env = dict(os.environ) if environment is None else environment
    prefect_port = _port(env, "DEPTHCASE_PREFECT_PORT", 4200)
    mlflow_port = _port(env, "DEPTHCASE_MLFLOW_PORT", 5000)
    if prefect_port == mlflow_port:
        raise ServiceError(
            f"DEPTHCASE_PREFECT_PORT and DEPTHCASE_MLFLOW_PORT are both {prefect_port}; give each its own."
        )
    prefect_loopback = f"http://{LOOPBACK}:{prefect_port}/api"
    mlflow_loopback = f"http://{LOOPBACK}:{mlflow_port}"
    starts_services = _one_of(env, "DEPTHCASE_SERVICES", _OWN, _SYSTEM) == _OWN
    prefect_api_url = env.get("PREFECT_API_URL") or prefect_loopback
    mlflow_tracking_uri = env.get("MLFLOW_TRACKING_URI") or mlflow_loopback
    return Settings(
        home=Path(env.get("DEPTHCASE_HOME") or ".depthcase").resolve(),
        data=_data(env.get("DEPTHCASE_DATA") or "data"),
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        prefect_api_url=prefect_api_url.rstrip("/"),
        mlflow_tracking_uri=mlflow_tracking_uri.rstrip("/"),
        prefect_is_external=not starts_services or prefect_api_url.rstrip("/") != prefect_loopback,
        mlflow_is_external=not starts_services or mlflow_tracking_uri.rstrip("/") != mlflow_loopback,
        starts_services=starts_services,
        listen=env.get("DEPTHCASE_LISTEN") or LOOPBACK,
        prefect_pages=env.get("DEPTHCASE_PREFECT_PAGES", "").rstrip("/"),
        mlflow_pages=env.get("DEPTHCASE_MLFLOW_PAGES", "").rstrip("/"),
        prefect_login=_prefect_login(env),
        mlflow_login=_mlflow_login(env),
        prefect_database=env.get("PREFECT_SERVER_DATABASE_CONNECTION_URL", ""),
        mlflow_database=env.get("MLFLOW_BACKEND_STORE_URI", ""),
        mlflow_artifacts=env.get("MLFLOW_ARTIFACTS_DESTINATION", ""),
        backups=Path(env["DEPTHCASE_BACKUPS"]).resolve() if env.get("DEPTHCASE_BACKUPS") else None,
        dask_address=_scheduler(env.get("DEPTHCASE_DASK") or ""),
        evaluations=_count(env, "DEPTHCASE_EVALUATIONS"),
        approval_days=_days(env, "DEPTHCASE_APPROVAL_DAYS", 7.0),
    )


def _prefect_login(env: dict[str, str]) -> str:
    login = env.get("PREFECT_API_AUTH_STRING", "")
    if login and not all(login.partition(":")):
        raise ServiceError("PREFECT_API_AUTH_STRING must be user:password; write it so.")
    return login


def _mlflow_login(env: dict[str, str]) -> str:
    user, password = env.get("MLFLOW_TRACKING_USERNAME", ""), env.get("MLFLOW_TRACKING_PASSWORD", "")
    if bool(user) != bool(password):
        raise ServiceError("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD go together; give both or neither.")
    if ":" in user:
        raise ServiceError("MLFLOW_TRACKING_USERNAME must not have a colon; choose another name.")
    return f"{user}:{password}" if user else ""


def _one_of(env: dict[str, str], name: str, *known: str) -> str:
    """The value of `name`, the first of `known` where it is not set."""
    value = env.get(name) or known[0]
    if value not in known:
        raise ServiceError(f"{name} is {value!r}; write {' or '.join(known)}.")
    return value


def _data(text: str) -> Place:
    place = place_of(text)
    return place if isinstance(place, StorePath) else place.resolve()


def _days(env: dict[str, str], name: str, default: float) -> float:
    text = env.get(name) or str(default)
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days < 10_000:
        raise ServiceError(f"{name} is {text!r}, which is no number of days; give a number above 0, for example 7.")
    return days


def _port(env: dict[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ServiceError(f"{name} is {text!r}, which is no port number; give a whole number from 1024 to 65535.")
    return int(text)


def _count(env: dict[str, str], name: str) -> int:
    text = env.get(name) or "0"
    if not text.isascii() or not text.isdigit():
        raise ServiceError(f"{name} is {text!r}; write a whole number, or unset it.")
    return int(text)


def _scheduler(address: str) -> str:
    if address and not re.fullmatch(r"(tcp|tls)://[\w.:\[\]-]+:\d+", address):
        raise ServiceError(
            f"DEPTHCASE_DASK is {address!r}, which is no address of a Dask scheduler; "
            "write it like tcp://10.0.0.5:8786, or unset it to compute on this machine."
        )
    return address


def ui_pages(settings: Settings) -> Path:
    """The folder into which the Prefect server unpacks the pages of its UI."""
    return settings.home / "prefect" / "ui"


# Set in a user's shell for other work, these would lead our processes to other servers, accounts or runs.
_FOREIGN = {
    "PREFECT_API_KEY", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH", "PREFECT__FLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_REGISTRY_URI",
    "MLFLOW_TRACKING_TOKEN", "PREFECT_API_DATABASE_CONNECTION_URL",
    # These come back from the settings, each only where it is needed.
    "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_BACKEND_STORE_URI",
}  # fmt: skip


# Threads change the order of sums, and with it the last bits; runs use the cores side by side instead.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def prefect_server_environment(settings: Settings) -> dict[str, str]:
    """Environment of the Prefect server: a flow's, and what only the server may know."""
    secrets = {
        "PREFECT_SERVER_API_AUTH_STRING": settings.prefect_login,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": settings.prefect_database,
    }
    return process_environment(settings) | _given(secrets)


def mlflow_server_environment(settings: Settings) -> dict[str, str]:
    """Environment of the MLflow server: a flow's, and what only the server may know."""
    # By the environment and not by an argument: arguments are seen by everybody on the machine.
    return process_environment(settings) | {"MLFLOW_BACKEND_STORE_URI": mlflow_database(settings)}


def mlflow_database(settings: Settings) -> str:
    """Address of the database behind our own MLflow server."""
    return settings.mlflow_database or f"sqlite:///{settings.home / 'mlflow' / 'mlflow.db'}"


def prefect_database(settings: Settings) -> str:
    """Address of the database behind our own Prefect server."""
    return settings.prefect_database or f"sqlite+aiosqlite:///{settings.home / 'prefect' / 'prefect.db'}"


def _logins(settings: Settings) -> dict[str, str]:
    user, _, password = settings.mlflow_login.partition(":")
    logins = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    return _given(logins | {"PREFECT_API_AUTH_STRING": settings.prefect_login})


def _given(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value}


def process_environment(settings: Settings, environment: dict[str, str] | None = None) -> dict[str, str]:
    """Environment of a service or flow process: this process's, made to speak to our servers and to nobody else.

    All of Prefect's state lies in the home folder; results are JSON, never pickles; nothing is reported to anyone.
    """
    env = dict(os.environ) if environment is None else environment
    kept = {name: value for name, value in env.items() if name not in _FOREIGN}
    without_proxy = [part for part in (env.get("NO_PROXY") or env.get("no_proxy") or "").split(",") if part]
    loopback = ",".join([*without_proxy, "127.0.0.1", "localhost"])
    prefect_home = settings.home / "prefect"
    return {
        **kept,
        **_logins(settings),
        "DEPTHCASE_HOME": str(settings.home),
        "DEPTHCASE_DATA": str(settings.data),
        "DEPTHCASE_PREFECT_PORT": str(settings.prefect_port),
        "DEPTHCASE_MLFLOW_PORT": str(settings.mlflow_port),
        "DEPTHCASE_SERVICES": _OWN if settings.starts_services else _SYSTEM,
        "DEPTHCASE_LISTEN": settings.listen,
        "DEPTHCASE_PREFECT_PAGES": settings.prefect_pages,
        "DEPTHCASE_MLFLOW_PAGES": settings.mlflow_pages,
        "DEPTHCASE_DASK": settings.dask_address,
        "DEPTHCASE_EVALUATIONS": str(settings.evaluations),
        "DEPTHCASE_APPROVAL_DAYS": str(settings.approval_days),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), loopback),
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_API_URL": settings.prefect_api_url,
        "PREFECT_UI_URL": settings.prefect_ui_url,
        "PREFECT_SERVER_UI_API_URL": f"{settings.prefect_ui_url}/api",
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
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(settings.task_results),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
        # Where matplotlib keeps its list of fonts.
        "MPLCONFIGDIR": str(settings.home / "matplotlib"),
        **_ONE_THREAD,
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
