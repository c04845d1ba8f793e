"""Where things lie and which ports are used: read from the environment once, then frozen. The only reader of os.environ."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of one installation.

    home: state of the services (databases, logs, process ids). data: the data folder; paths from a form stay inside it.
    """

    home: Path
    data: Path
    prefect_port: int
    mlflow_port: int
    prefect_api_url: str
    mlflow_tracking_uri: str

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
    prefect_port = int(env.get("DEPTHCASE_PREFECT_PORT") or 4200)
    mlflow_port = int(env.get("DEPTHCASE_MLFLOW_PORT") or 5000)
    return Settings(
        home=Path(env.get("DEPTHCASE_HOME") or ".depthcase").resolve(),
        data=Path(env.get("DEPTHCASE_DATA") or "data").resolve(),
        prefect_port=prefect_port,
        mlflow_port=mlflow_port,
        prefect_api_url=env.get("PREFECT_API_URL") or f"http://127.0.0.1:{prefect_port}/api",
        mlflow_tracking_uri=env.get("MLFLOW_TRACKING_URI") or f"http://127.0.0.1:{mlflow_port}",
    )


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings()
