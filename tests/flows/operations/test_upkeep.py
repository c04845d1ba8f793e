"""What goes wrong slowly is told in time, in one sentence with its remedy."""

import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.errors import ServiceError
from flows.operations import services, upkeep
from flows.settings import Settings
from tests.proxy import certificate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(services.isolated_settings(tmp_path), backups=tmp_path / "backups")


def sentence(check: object, settings: Settings) -> str:
    with pytest.raises(ServiceError) as told:
        check(settings)  # type: ignore[operator]
    return str(told.value)


@contextmanager
def server(*, seconds_ahead: float = 0.0, status: int = 200, tls: Path | None = None) -> Iterator[str]:
    """A server that tells the time with an error, on loopback."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() + seconds_ahead, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = HTTPServer(("127.0.0.1", 0), Answer)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls, tls.with_name("key.pem"))
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()


def test_a_full_disk_is_told_before_it_is_full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upkeep.check_disk(settings).endswith("GB free")
    monkeypatch.setattr(upkeep, "FREE_DISK", 1e9)
    assert sentence(upkeep.check_disk, settings).endswith("; make room for at least 1000000000 GB.")


def backup(settings: Settings, name: str, hours: float) -> None:
    assert settings.backups is not None
    sums = settings.backups / name / "SHA256SUMS"
    sums.parent.mkdir(parents=True)
    sums.write_text("")
    os.utime(sums, (time.time() - hours * 3600,) * 2)


def test_backups_are_young_old_missing_or_not_made(settings: Settings) -> None:
    assert upkeep.check_backups(replace(settings, backups=None)) == "none are made here; DEPTHCASE_BACKUPS is not set"
    nothing = f"there is none in {settings.backups}; run deploy/backup.sh and look at its timer."
    assert sentence(upkeep.check_backups, settings) == nothing
    backup(settings, "20260305T021500Z.unfinished", 1)
    assert sentence(upkeep.check_backups, settings) == nothing
    backup(settings, "20260302T021500Z", 96)
    assert sentence(upkeep.check_backups, settings) == (
        "the newest, 20260302T021500Z, is 4 days old; see journalctl --unit depthcase-backup."
    )
    backup(settings, "20260304T021500Z", 20)
    assert upkeep.check_backups(settings) == "2, the newest 20 hours old"


@pytest.mark.parametrize("seconds", [0.0, 3.0, -3.0])
def test_clocks_that_agree(settings: Settings, seconds: float) -> None:
    with server(seconds_ahead=seconds) as address:
        assert upkeep.check_clock(replace(settings, prefect_api_url=address)).startswith(
            "the Prefect server's differs by"
        )


@pytest.mark.parametrize("seconds", [60.0, -60.0])
def test_clocks_that_differ(settings: Settings, seconds: float) -> None:
    with server(seconds_ahead=seconds) as address:
        told = sentence(upkeep.check_clock, replace(settings, prefect_api_url=address))
    assert told.endswith("s; let both machines ask a time server.")


def test_a_certificate_is_told_while_there_is_time(settings: Settings, tmp_path: Path) -> None:
    assert upkeep.check_certificate(settings) == "none: the pages are not behind TLS"
    with server(tls=certificate(tmp_path / "long", days=100)) as address:
        assert upkeep.check_certificate(replace(settings, prefect_pages=address)) in ("100 days left", "99 days left")
    with server(tls=certificate(tmp_path / "short", days=5)) as address:
        assert sentence(upkeep.check_certificate, replace(settings, mlflow_pages=address)) == (
            f"that of {address} ends in 5 days; put a new one into DEPTHCASE_TLS, then reload nginx."
        )
    assert sentence(upkeep.check_certificate, replace(settings, mlflow_pages=address)) == (
        f"{address} does not answer (Connection refused); look at the proxy."
    )


def test_servers_without_a_password_are_told_when_others_reach_them(settings: Settings) -> None:
    with server() as address:
        alone = replace(settings, prefect_api_url=address, mlflow_tracking_uri=address)
        assert upkeep.check_passwords(alone) == (
            "none at the Prefect server and the MLflow server, which only this machine reaches"
        )
        assert sentence(upkeep.check_passwords, replace(alone, listen="0.0.0.0")) == (
            "the Prefect server answers anybody, and not only this machine reaches it (0.0.0.0); "
            "set its password as in deploy/env.example."
        )
        shown = replace(alone, mlflow_pages="https://plant.example:8443")
        assert sentence(upkeep.check_passwords, shown) == (
            "the MLflow server answers anybody, and not only this machine reaches it (https://plant.example:8443); "
            "set its password as in deploy/env.example."
        )
    with server(status=401) as address:
        guarded = replace(settings, prefect_api_url=address, mlflow_tracking_uri=address, listen="0.0.0.0")
        assert upkeep.check_passwords(guarded) == "asked for"


def test_databases_of_others_are_not_asked(settings: Settings) -> None:
    external = replace(settings, prefect_is_external=True, mlflow_is_external=True)
    assert upkeep.check_databases(external) == "not asked: their addresses are not among this user's settings"


def test_tables_of_another_version_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [upkeep.databases.Revision("Prefect", "b", "b"), upkeep.databases.Revision("MLflow", "a", "b")]
    monkeypatch.setattr(upkeep.databases, "revisions", lambda _: found)
    assert sentence(upkeep.check_databases, settings) == (
        "the tables of MLflow are of version a, the program needs b; stop the services, then depthcase migrate."
    )
