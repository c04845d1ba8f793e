"""deploy/ without a server: what can be read, checked and compared with the program that it runs."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import settings as settings_module
from flows.settings import read_settings

DEPLOY = Path(__file__).parents[3] / "deploy"
SCRIPTS = sorted([*DEPLOY.glob("*.sh"), DEPLOY / "depthcase"])
UNITS = sorted((DEPLOY / "systemd").iterdir())
# Read by MLflow, by TLS libraries and by PostgreSQL's image themselves; the rest must be read by flows/settings.py.
READ_BY_OTHERS = {
    "MLFLOW_SERVER_ALLOWED_HOSTS", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
    "POSTGRES_PASSWORD",
}  # fmt: skip


def example() -> dict[str, str]:
    lines = [line for line in (DEPLOY / "env.example").read_text().splitlines() if line and not line.startswith("#")]
    # Nothing but a cluster that is not used is left empty.
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*=[^\s\"']+|DEPTHCASE_DASK=", line) for line in lines)
    names = [line.partition("=")[0] for line in lines]
    assert len(set(names)) == len(names)
    return dict(line.split("=", 1) for line in lines)


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def read_by_the_program() -> set[str]:
    text = Path(settings_module.__file__).read_text()
    body = text[text.index("def read_settings") : text.index("def ui_pages")]
    return set(re.findall(r'"((?:DEPTHCASE|PREFECT|MLFLOW)_[A-Z_]+)"', body))


def used_by_scripts_and_proxy() -> set[str]:
    texts = [path.read_text() for path in (*SCRIPTS, DEPLOY / "proxy" / "depthcase.conf.template")]
    return {name for text in texts for name in re.findall(r"\$\{?(DEPTHCASE_[A-Z_]+)", text)}


def test_every_setting_of_the_example_is_read_and_every_setting_read_is_in_it() -> None:
    known = read_by_the_program() | used_by_scripts_and_proxy() | READ_BY_OTHERS
    assert set(example()) - known == set()
    assert known - set(example()) == {"DEPTHCASE_SETTINGS"}


def test_the_example_is_taken_by_the_program() -> None:
    settings = read_settings(example())
    assert not settings.starts_services and settings.prefect_is_external and settings.mlflow_is_external
    assert settings.listen == "127.0.0.1"
    assert settings.prefect_ui_url == "https://plant.example" and settings.mlflow_ui_url == "https://plant.example:8443"
    assert settings.artifacts == "/var/lib/depthcase/mlflow/artifacts"


def test_the_example_holds_no_password() -> None:
    secret = [value for name, value in example().items() if re.search("PASSWORD|AUTH|DATABASE|STORE_URI", name)]
    assert len(secret) == 5 and all("CHANGE-ME" in value for value in secret)


def test_every_variable_of_compose_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)\}", (DEPLOY / "compose.yaml").read_text()))
    assert used <= set(example())


def test_every_container_has_an_image_a_health_check_and_only_volumes_and_services_that_exist() -> None:
    found, volumes = services(), set(compose()["volumes"])
    assert {"postgresql", "prefect", "mlflow", "worker", "deployments", "proxy", "migrate", "backup"} == set(found)
    for name, service in found.items():
        assert re.fullmatch(r"[a-z]+:[a-z0-9.-]+", service["image"]) and not service["image"].endswith(":latest")
        assert ("healthcheck" in service) == (name not in ("deployments", "migrate", "backup")), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in volumes or source.startswith("${") or (DEPLOY / source).exists(), mount
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy" and "healthcheck" in found[needed]


def test_only_the_proxy_is_seen_from_outside() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    assert not any("network_mode" in service or service.get("privileged") for service in services().values())


def test_each_container_gets_the_secrets_it_needs_and_no_others() -> None:
    databases = {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "MLFLOW_BACKEND_STORE_URI"}
    mlflow_login = {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
    needed = {
        "postgresql": databases | {"POSTGRES_PASSWORD"},
        "prefect": {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_AUTH_STRING"},
        "mlflow": {"MLFLOW_BACKEND_STORE_URI"} | mlflow_login,
        "worker": {"PREFECT_API_AUTH_STRING"} | mlflow_login,
        "deployments": {"PREFECT_API_AUTH_STRING"} | mlflow_login,
        "migrate": databases,
        "backup": databases,
        "proxy": set(),
    }
    secrets = databases | mlflow_login | {"POSTGRES_PASSWORD", "PREFECT_API_AUTH_STRING"}
    assert {name: secrets & set(service.get("environment", {})) for name, service in services().items()} == needed


@pytest.mark.parametrize("name", ["prefect", "mlflow", "worker", "deployments", "migrate"])
def test_a_container_runs_what_the_command_knows_with_settings_that_are_taken(name: str) -> None:
    from flows.cli import _parser

    service = services()[name]
    _parser().parse_args(service["command"])
    filled = {
        key: re.sub(r"\$\{([A-Z_]+)\}", lambda found: example()[found[1]], str(value))
        for key, value in service["environment"].items()
    }
    settings = read_settings(filled)
    assert settings.prefect_api_url == "http://prefect:4200/api"
    assert settings.mlflow_tracking_uri == "http://mlflow:5000"
    assert settings.listen == ("0.0.0.0" if name in ("prefect", "mlflow") else "127.0.0.1")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_well_formed(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    if script.name != "environment.sh":
        assert script.stat().st_mode & 0o111
        assert script.read_text().startswith("#!/usr/bin/env bash\n")
        assert "set -euo pipefail" in script.read_text()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed on this machine")
def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run(
        ["shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *map(str, SCRIPTS)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "" and done.returncode == 0


def unit_lines(unit: Path) -> list[str]:
    return [line for line in unit.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    # The programs lie where they will be installed only on a server: here, something that can be run stands for them.
    for unit in UNITS:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed on this machine")
@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda path: path.name)
def test_systemd_calls_the_units_little_exposed(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(unit)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_each_service_has_a_user_of_its_own_and_none_of_the_others_secrets() -> None:
    users = {}
    for name in ("prefect", "mlflow", "worker"):
        lines = unit_lines(DEPLOY / "systemd" / f"depthcase-{name}.service")
        assert {"Restart=always", "EnvironmentFile=/etc/depthcase/depthcase.env", "NoNewPrivileges=yes"} <= set(lines)
        assert any(line.startswith("MemoryMax=") for line in lines)
        users[name] = next(line for line in lines if line.startswith("User="))
        [removed] = [line.partition("=")[2].split() for line in lines if line.startswith("UnsetEnvironment=")]
        databases = {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "MLFLOW_BACKEND_STORE_URI"}
        own = {"prefect": "PREFECT_SERVER_DATABASE_CONNECTION_URL", "mlflow": "MLFLOW_BACKEND_STORE_URI"}.get(name)
        assert set(removed) >= (databases - {own}) | {"POSTGRES_PASSWORD"} and own not in removed
    assert len(set(users.values())) == 3


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_runs_what_bootstrap_installs(unit: Path) -> None:
    from flows.cli import _parser

    [command] = [line.partition("=")[2].split() for line in unit_lines(unit) if line.startswith("ExecStart=")]
    if command[0] == "/opt/depthcase/venv/bin/depthcase":
        _parser().parse_args(command[1:])
    else:
        assert (DEPLOY / Path(command[0]).relative_to("/opt/depthcase/deploy")).exists()


def test_every_user_of_a_unit_is_made_by_bootstrap() -> None:
    text = (DEPLOY / "bootstrap.sh").read_text()
    assert "\nusers prefect mlflow worker\n" in text and '"depthcase-$name"' in text


def test_bootstrap_enables_units_that_exist() -> None:
    text = (DEPLOY / "bootstrap.sh").read_text()
    named = set(re.findall(r"depthcase(?:-[a-z]+)?\.(?:target|timer|service)", text))
    assert named and all((DEPLOY / "systemd" / name).exists() for name in named)
