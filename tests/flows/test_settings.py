"""Settings from the environment: what is read, what is refused, and which secret reaches which process."""

from pathlib import Path

import pytest

from flows.errors import ServiceError
from flows.operations import launch
from flows.settings import Settings, process_environment, read_settings

SECRETS = {
    "PREFECT_API_AUTH_STRING": "press:login-1",
    "MLFLOW_TRACKING_USERNAME": "press",
    "MLFLOW_TRACKING_PASSWORD": "login-2",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://prefect:base-3@127.0.0.1/prefect",
    "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg://mlflow:base-4@127.0.0.1/mlflow",
}
WORDS = ("login-1", "login-2", "base-3", "base-4")


def seen(environment: dict[str, str]) -> set[str]:
    return {word for word in WORDS if any(word in value for value in environment.values())}


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return read_settings()


@pytest.mark.parametrize(
    "service, known",
    [
        (launch.PREFECT, {"login-1", "login-2", "base-3"}),
        (launch.MLFLOW, {"login-1", "login-2", "base-4"}),
        (launch.WORKER_PROCESS, {"login-1", "login-2"}),
    ],
)
def test_each_service_gets_the_secrets_it_needs_and_none_by_its_arguments(
    guarded: Settings, service: str, known: set[str]
) -> None:
    assert seen(launch.environment(guarded, service)) == known
    assert seen({"arguments": " ".join(launch.command(guarded, service))}) == set()


def test_settings_do_not_show_their_secrets(guarded: Settings) -> None:
    assert guarded.prefect_login == "press:login-1" and guarded.mlflow_login == "press:login-2"
    assert seen({"text": repr(guarded)}) == set()


def test_a_set_without_passwords_does_not_inherit_those_of_the_shell(guarded: Settings, tmp_path: Path) -> None:
    other = read_settings({"DEPTHCASE_HOME": str(tmp_path)})
    assert seen(process_environment(other)) == set()


def test_what_a_process_is_told_is_what_its_parent_knows(guarded: Settings) -> None:
    given = process_environment(guarded)
    told = read_settings(given)
    assert (told.home, told.prefect_login, told.mlflow_login) == (
        guarded.home,
        guarded.prefect_login,
        guarded.mlflow_login,
    )


def test_servers_that_systemd_runs_are_external_also_at_the_usual_address() -> None:
    assert not read_settings({}).prefect_is_external
    settings = read_settings({"DEPTHCASE_SERVICES": "system"})
    assert settings.prefect_is_external and settings.mlflow_is_external
    assert settings.prefect_api_url == "http://127.0.0.1:4200/api"


def test_people_open_the_pages_where_the_proxy_shows_them() -> None:
    settings = read_settings({"DEPTHCASE_PREFECT_PAGES": "https://plant.example/", "DEPTHCASE_MLFLOW_PAGES": ""})
    assert settings.prefect_ui_url == "https://plant.example"
    assert settings.mlflow_ui_url == "http://127.0.0.1:5000"
    assert process_environment(settings)["PREFECT_SERVER_UI_API_URL"] == "https://plant.example/api"


@pytest.mark.parametrize(
    "environment, sentence",
    [
        ({"PREFECT_API_AUTH_STRING": "secret"}, "PREFECT_API_AUTH_STRING must be user:password; write it so."),
        (
            {"MLFLOW_TRACKING_USERNAME": "press"},
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD go together; give both or neither.",
        ),
        (
            {"MLFLOW_TRACKING_USERNAME": "a:b", "MLFLOW_TRACKING_PASSWORD": "c"},
            "MLFLOW_TRACKING_USERNAME must not have a colon; choose another name.",
        ),
        ({"DEPTHCASE_SERVICES": "docker"}, "DEPTHCASE_SERVICES is 'docker'; write own or system."),
    ],
)
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ServiceError) as refused:
        read_settings(environment)
    assert str(refused.value) == sentence


def test_a_server_that_others_reach_does_not_start_without_a_password(guarded: Settings) -> None:
    open_to_all = read_settings({"DEPTHCASE_LISTEN": "0.0.0.0"})
    with pytest.raises(ServiceError) as refused:
        launch.require_password(open_to_all, launch.MLFLOW)
    assert str(refused.value) == (
        "The MLflow server would listen on 0.0.0.0, where others reach it, without a password; set "
        "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or leave DEPTHCASE_LISTEN at 127.0.0.1."
    )
    launch.require_password(read_settings({**SECRETS, "DEPTHCASE_LISTEN": "0.0.0.0"}), launch.MLFLOW)
    launch.require_password(read_settings({}), launch.PREFECT)
    launch.require_password(open_to_all, launch.WORKER_PROCESS)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_the_loopback_is_known_by_its_names(host: str) -> None:
    assert launch.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "plant.example", ""])
def test_other_addresses_are_not_the_loopback(host: str) -> None:
    assert not launch.is_loopback(host)
