"""deploy/ for real, on loopback: PostgreSQL below both servers, passwords on both, a proxy before them; backed up,
wiped and restored by the very scripts and settings of a server."""

import base64
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from mlflow import MlflowClient
from sqlalchemy import create_engine, text

from flows.operations import processes, services, upkeep
from flows.operations.launch import TITLES
from flows.settings import Settings, read_settings
from flows.tracking import writer
from relu_core.comparison.verdict import decide
from tests.comparisons import press_line
from tests.evaluations import charter_of, evaluate, result_of
from tests.postgres import Cluster, cluster
from tests.postgres import only_where_installed as needs_postgresql
from tests.proxy import only_where_installed as needs_nginx
from tests.proxy import proxy

pytestmark = [pytest.mark.services, needs_postgresql]

DEPLOY = Path(__file__).parents[2] / "deploy"
PREFECT_WORD, MLFLOW_WORD = "word-of-prefect-1a2b", "word-of-mlflow-3c4d"
PREFECT_BASE, MLFLOW_BASE = "base-of-prefect-5e6f", "base-of-mlflow-7a8b"
ADMINISTRATOR = "administrator-9c0d"
SECRETS = (PREFECT_WORD, MLFLOW_WORD, PREFECT_BASE, MLFLOW_BASE, ADMINISTRATOR)


@dataclass(frozen=True)
class Plant:
    """An installation. environment: what its settings file says, and nothing of the tester's own but the path."""

    settings: Settings
    environment: dict[str, str]
    server: Cluster
    file: Path

    def run(self, *command: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """A command as an operator runs it."""
        environment = {**self.environment, **changed}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, cwd=self.file.parent
        )

    def script(self, name: str, *given: str) -> subprocess.CompletedProcess[str]:
        """A script of deploy/, which reads the settings file itself."""
        environment = {"PATH": os.environ["PATH"], "DEPTHCASE_SETTINGS": str(self.file)}
        command = [str(DEPLOY / name), *given]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    def command(self, *given: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """The command depthcase."""
        return self.run(sys.executable, "-m", "flows.cli", *given, **changed)


def settings_file(folder: Path, port: int) -> Path:
    """deploy/env.example, filled in for this test as an operator would."""
    prefect, mlflow = processes.any_free_port(), processes.any_free_port()
    values = {
        "DEPTHCASE_SERVICES": "own",
        "DEPTHCASE_HOME": str(folder / "home"),
        "DEPTHCASE_DATA": str(folder / "data"),
        "DEPTHCASE_BACKUPS": str(folder / "backups"),
        "DEPTHCASE_BACKUPS_KEPT": "2",
        "DEPTHCASE_PREFECT_PORT": str(prefect),
        "DEPTHCASE_MLFLOW_PORT": str(mlflow),
        "PREFECT_API_URL": f"http://127.0.0.1:{prefect}/api",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{mlflow}",
        "MLFLOW_SERVER_ALLOWED_HOSTS": "localhost:*,127.0.0.1:*",
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "https://localhost:8443",
        "DEPTHCASE_PREFECT_PAGES": "",
        "DEPTHCASE_MLFLOW_PAGES": "",
        "PREFECT_API_AUTH_STRING": f"press:{PREFECT_WORD}",
        "MLFLOW_TRACKING_USERNAME": "press",
        "MLFLOW_TRACKING_PASSWORD": MLFLOW_WORD,
        "POSTGRES_PASSWORD": ADMINISTRATOR,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://p:{PREFECT_BASE}@127.0.0.1:{port}/prefect",
        "MLFLOW_BACKEND_STORE_URI": f"postgresql+psycopg://m:{MLFLOW_BASE}@127.0.0.1:{port}/mlflow",
        "MLFLOW_ARTIFACTS_DESTINATION": str(folder / "artifacts"),
    }
    lines = []
    for line in (DEPLOY / "env.example").read_text().splitlines():
        name = line.partition("=")[0]
        lines.append(f"{name}={values.pop(name)}" if name in values else line)
    assert not values, "not in env.example"
    file = folder / "depthcase.env"
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o600)
    return file


def read_file(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def make_databases(server: Cluster, file: Path) -> None:
    administrator = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSWORD": server.password,
    }
    environment = {"PATH": os.environ["PATH"], "DEPTHCASE_SETTINGS": str(file), **administrator}
    subprocess.run([str(DEPLOY / "databases.sh")], env=environment, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory, home_of_the_user: Path) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    with cluster("administrator", ADMINISTRATOR) as server, pytest.MonkeyPatch.context() as patch:
        file = settings_file(folder, server.port)
        make_databases(server, file)
        make_databases(server, file)
        settings = read_settings(read_file(file))
        # In this process the tracking library reads its password from the environment, as in any other.
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            patch.setenv(name, read_file(file)[name])
        environment = {"PATH": os.environ["PATH"], "HOME": str(home_of_the_user), **read_file(file)}
        try:
            services.up(settings, print)
            yield Plant(settings, environment, server, file)
        finally:
            services.down(settings, print)


def curves(plant: Plant) -> dict[str, Any]:
    """Every run with its numbers, and every point of the curves."""
    client = MlflowClient(plant.settings.mlflow_tracking_uri)
    experiments = [entry.experiment_id for entry in client.search_experiments()]
    found = client.search_runs(experiments)
    return {run.info.run_id: (run.data.params, run.data.metrics, run.data.tags) for run in found} | {
        f"{run.info.run_name} {key}": [
            (p.step, p.value, p.timestamp) for p in client.get_metric_history(run.info.run_id, key)
        ]
        for run in found
        if run.data.tags.get("role") == "curve"
        for key in run.data.metrics
    }


def files(plant: Plant) -> dict[str, bytes]:
    """Every file of every run, as the server gives it out."""
    folder = Path(plant.environment["MLFLOW_ARTIFACTS_DESTINATION"])
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_without_the_password_nobody_is_answered(plant: Plant) -> None:
    prefect, mlflow = plant.settings.prefect_api_url, plant.settings.mlflow_tracking_uri
    right = {prefect: ("press", PREFECT_WORD), mlflow: ("press", MLFLOW_WORD)}
    for address, path in [
        (prefect, "admin/version"),
        (prefect, "admin/settings"),
        (mlflow, "version"),
        (mlflow, ""),
        (mlflow, "api/2.0/mlflow/experiments/get?experiment_id=0"),
        (mlflow, "ajax-api/2.0/mlflow/experiments/get?experiment_id=0"),
        (mlflow, "static-files/index.html"),
        (mlflow, "metrics/../version"),
    ]:
        url = f"{address}/{path}"
        assert httpx.get(url, trust_env=False).status_code == 401, url
        assert httpx.get(url, trust_env=False, auth=("press", "wrong")).status_code == 401, url
        assert httpx.get(url, trust_env=False, auth=right[address]).status_code in (200, 404), url
        assert httpx.get(f"{address}/health", trust_env=False).status_code == 200


def test_the_commands_send_the_password(plant: Plant) -> None:
    source = plant.file.parent / "strokes.csv"
    source.write_text("stroke,force [kN]\n" + "".join(f"{i},{i / 3}\n" for i in range(200)))
    done = plant.command("ingest", str(source), "--name", "strokes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 rows, 0 in quarantine; stored" in done.stdout
    assert upkeep.check_flows_alive(plant.settings).startswith("no run")


def test_a_wrong_password_is_told_in_a_sentence(plant: Plant) -> None:
    told = plant.command("status", PREFECT_API_AUTH_STRING="press:wrong")
    assert "Worker           not answering" in told.stdout
    source = plant.file.parent / "strokes.csv"
    refused = plant.command("ingest", str(source), "--name", "strokes", PREFECT_API_AUTH_STRING="press:wrong")
    assert refused.returncode == 2
    assert refused.stderr == (
        f"The Prefect server at {plant.settings.prefect_api_url} does not take the password; "
        "give its user:password with PREFECT_API_AUTH_STRING.\n"
    )


def test_migrating_what_is_up_to_date_does_nothing(plant: Plant) -> None:
    done = plant.command("migrate")
    assert done.stdout == "Prefect          up to date\nMLflow           up to date\n"


@needs_nginx
def test_the_proxy_adds_tls_and_a_policy_and_lets_the_password_through(plant: Plant, tmp_path: Path) -> None:
    settings = plant.settings
    with proxy(tmp_path, prefect_port=settings.prefect_port, mlflow_port=settings.mlflow_port) as before:
        told = subprocess.run(
            [str(DEPLOY / "smoke.sh")],
            env={
                "PATH": os.environ["PATH"],
                "DEPTHCASE_SETTINGS": str(plant.file),
                "DEPTHCASE_PREFECT_PAGES": before.prefect,
                "DEPTHCASE_MLFLOW_PAGES": before.mlflow,
                "SSL_CERT_FILE": str(before.certificate),
            },
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert told.returncode == 0, told.stdout + told.stderr
        assert "failed" not in told.stdout and told.stdout.count("ok      ") == 8
        moved = httpx.get(f"{before.http}/runs?x=1", trust_env=False)
        assert (moved.status_code, moved.headers["location"]) == (301, f"{before.prefect}/runs?x=1")
        page = httpx.get(
            f"{before.prefect}/api/health",
            trust_env=False,
            verify=ssl.create_default_context(cafile=before.certificate),
        )
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert "nginx/" not in page.headers["server"]
        days = upkeep.days_of_certificate(before.prefect)
        assert 28 <= days <= 30


def test_no_password_is_written_anywhere(plant: Plant) -> None:
    record_something(plant)
    assert_no_secret_is_found(plant)


def test_a_backup_brings_back_the_same_curves(plant: Plant) -> None:
    numbers, kept = curves(plant), files(plant)
    assert kept and any(len(points) > 5 for name, points in numbers.items() if " " in name)
    backup = plant.script("backup.sh")
    assert backup.returncode == 0, backup.stderr
    folder = Path(backup.stdout.strip().splitlines()[-1])
    assert folder.stat().st_mode & 0o077 == 0 and not [*folder.parent.glob("*.unfinished")]

    refused = plant.script("restore.sh", str(folder))
    assert refused.returncode == 1
    assert refused.stderr == (
        "Somebody is connected to the database prefect; stop the services first: systemctl stop depthcase.target\n"
    )
    services.down(plant.settings, print)
    wipe(plant)
    restored = plant.script("restore.sh", str(folder))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    services.up(plant.settings, print)
    assert curves(plant) == numbers
    assert files(plant) == kept
    again = plant.command("ingest", str(plant.file.parent / "strokes.csv"), "--name", "strokes")
    assert "nothing new, this content is in the lake already" in again.stdout, again.stdout + again.stderr


def test_a_damaged_backup_is_refused_before_anything_is_touched(plant: Plant) -> None:
    folder = Path(plant.script("backup.sh").stdout.strip().splitlines()[-1])
    with (folder / "mlflow.dump").open("r+b") as dump:
        dump.seek(100)
        dump.write(b"damage")
    before = curves(plant)
    refused = plant.script("restore.sh", str(folder))
    assert refused.returncode == 1
    assert refused.stderr.endswith(f"{folder} is damaged; take another. Nothing was changed.\n")
    assert curves(plant) == before


def test_old_backups_make_room(plant: Plant) -> None:
    old = [plant.settings.backups / f"2020010{day}T000000Z" for day in range(1, 4)] if plant.settings.backups else []
    for folder in old:
        folder.mkdir()
    newest = Path(plant.script("backup.sh").stdout.strip().splitlines()[-1])
    left = sorted(folder for folder in newest.parent.iterdir() if folder.is_dir())
    assert len(left) == 2 and left[-1] == newest and not any(folder in left for folder in old)


@pytest.mark.long
def test_a_whole_evaluation_with_passwords_leaves_none_behind_and_is_restored(plant: Plant) -> None:
    from flows.demo_plant import write_raw_files

    write_raw_files(plant.settings.raw / "small-press", rows=1200)
    result = result_of(plant.settings, evaluate(plant.settings, charter_of()))
    assert result["verdict"]
    assert_no_secret_is_found(plant)
    numbers = curves(plant)
    folder = Path(plant.script("backup.sh").stdout.strip().splitlines()[-1])
    services.down(plant.settings, print)
    wipe(plant)
    assert plant.script("restore.sh", str(folder)).returncode == 0
    services.up(plant.settings, print)
    assert curves(plant) == numbers
    assert result_of(plant.settings, evaluate(plant.settings, charter_of())) == result


def record_something(plant: Plant) -> None:
    comparison = press_line()
    writer.record(
        comparison,
        decide(comparison),
        tracking_uri=plant.settings.mlflow_tracking_uri,
        charter_yaml="poc_name: press\n",
        key="something",
    )


def wipe(plant: Plant) -> None:
    """As on a new server: no databases, no files."""
    engine = create_engine(plant.server.address("psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in ("prefect", "mlflow"):
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
    make_databases(plant.server, plant.file)
    settings = plant.settings
    for folder in (settings.data, settings.home / "prefect", Path(plant.environment["MLFLOW_ARTIFACTS_DESTINATION"])):
        shutil.rmtree(folder)


def assert_no_secret_is_found(plant: Plant) -> None:
    """Not in logs, files of runs, results, data, databases, backups, nor among the arguments of any process."""
    logins = (f"press:{PREFECT_WORD}", f"press:{MLFLOW_WORD}")
    words = [*(secret.encode() for secret in SECRETS), *(base64.b64encode(login.encode()) for login in logins)]
    places = [path for path in plant.file.parent.rglob("*") if path.is_file() and path != plant.file]
    assert any(path.suffix == ".log" for path in places)
    texts = {str(path): path.read_bytes() for path in places}
    texts |= {f"database {name}": dump(plant, name) for name in ("prefect", "mlflow")}
    for process in psutil.process_iter():
        try:
            texts[f"process {process.pid}"] = " ".join(process.cmdline()).encode()
        except psutil.Error:
            continue
    ours = [processes.read_record(plant.settings.home / "run", name) for name in TITLES]
    assert all(record is not None and f"process {record.pid}" in texts for record in ours)
    found = {place: word for place, content in texts.items() for word in words if word in content}
    assert found == {}


def dump(plant: Plant, name: str) -> bytes:
    login = {"PGUSER": plant.server.user, "PGPASSWORD": plant.server.password, "PATH": os.environ["PATH"]}
    command = ["pg_dump", "--host=127.0.0.1", f"--port={plant.server.port}", name]
    done = subprocess.run(command, env=login, capture_output=True, check=True, timeout=60)
    assert len(done.stdout) > 10_000
    return done.stdout
