"""A headless Chromium and a real MLflow server on loopback; tests skip with a reason where there is no browser."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pandas as pd
import pytest

from flows.settings import Settings, process_environment, read_settings
from tests.browser.prefect_pages import SLOW, UIS, PrefectPages
from tests.evaluations import ingest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_LIMIT = 180.0


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium as the system has it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no Chromium on this machine; install the package chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield found
        found.close()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an MLflow server with its own database, started as the product starts it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    store = ("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}")
    artifacts = ("--artifacts-destination", str(folder / "artifacts"))
    program = str(Path(sys.executable).parent / "mlflow")
    command = [program, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *store, *artifacts]
    environment = process_environment(read_settings())
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            wait_until_healthy(address, folder / "server.log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def wait_until_healthy(address: str, log: Path) -> None:
    """Fails with the server's own words where it does not come up."""
    begun = time.monotonic()
    while time.monotonic() - begun < START_LIMIT:
        try:
            if httpx.get(f"{address}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    pytest.fail(f"MLflow did not come up: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def plant(deployed_services: Settings) -> Settings:
    """A small data set that a linear model settles, so that an evaluation takes seconds."""
    write_rows(deployed_services.raw / "formed.csv", 200)
    assert ingest(deployed_services, "formed.csv", "formed").state == "COMPLETED"
    return deployed_services


def write_rows(place: Path, rows: int) -> None:
    random = np.random.default_rng(7)
    X = random.normal(size=(rows, 2))
    y = random.random(rows) < 1 / (1 + np.exp(-5 * X[:, 0]))
    place.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"Force [kN]": X[:, 0], "Heat [C]": X[:, 1], "Scrap": y.astype(int)}).to_csv(place, index=False)


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the test leaves its pictures: the folder SCREENSHOTS, or pytest's own where that is not set."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=UIS)
def person(request: pytest.FixtureRequest, browser: "Browser", plant: Settings) -> Iterator[PrefectPages]:
    """A person in one of the UIs, on a machine without the world outside."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(SLOW)
    yield PrefectPages(page, plant.prefect_ui_url, request.param)
    context.close()
