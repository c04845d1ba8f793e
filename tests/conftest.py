"""Fixtures that more than one part of the tests uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.operations import deployments, services
from flows.settings import Settings

SAMPLE_FLOWS = Path(__file__).parent / "services" / "sample_flows"


@pytest.fixture(scope="session")
def home_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home folder, so that a test sees what services leave outside their own folder."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("PYTHONPATH", str(SAMPLE_FLOWS))
        # Who asks a proxy asks the world outside: this one refuses.
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI", "PREFECT_HOME", "PREFECT_PROFILE"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="session")
def running_services(tmp_path_factory: pytest.TempPathFactory, home_of_the_user: Path) -> Iterator[Settings]:
    """Real Prefect and MLflow servers and a worker on free ports of the loopback, shared by the whole session."""
    settings = services.isolated_settings(tmp_path_factory.mktemp("installation"))
    try:
        yield services.up(settings, print, planned=())
    finally:
        services.down(settings, print)


@pytest.fixture(scope="session")
def deployed_services(running_services: Settings) -> Settings:
    """The same servers, and all flows deployed."""
    deployments.apply(running_services, log=services.log_path(running_services, "deployments"))
    return running_services
