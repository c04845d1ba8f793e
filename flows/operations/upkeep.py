"""What goes wrong slowly, for the doctor: disk, backups, certificate, clock, passwords, tables, forgotten runs."""

import shutil
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from flows.errors import ServiceError
from flows.operations import automations, databases
from flows.operations.launch import is_loopback
from flows.operations.servers import client, prefect_server
from flows.settings import Settings

# Gigabytes that must be free; an evaluation writes far less, a night of ingests may not.
FREE_DISK = 2.0
# Hours: a nightly backup that failed once is seen the day after.
BACKUP_AGE = 48.0
# Days in which a plant's authority can renew a certificate.
CERTIFICATE_DAYS = 14.0
# Seconds without a sign of life after which a run is called forgotten: the automation should have ended it before.
RUN_SILENCE = 2 * automations.SILENCE
# Seconds by which the clocks of this machine and of a server may differ: their order of events stays right.
CLOCK_DIFFERENCE = 5.0


def check_disk(settings: Settings) -> str:
    """There is room where services, data and backups are written."""
    # Data in an object store has the store's limits.
    folders = [folder for folder in (settings.home, settings.data, settings.backups) if isinstance(folder, Path)]
    free = {folder: shutil.disk_usage(_existing(folder)).free / 1e9 for folder in folders}
    full = min(free, key=lambda folder: free[folder])
    if free[full] < FREE_DISK:
        raise ServiceError(f"{free[full]:.1f} GB are free for {full}; make room for at least {FREE_DISK:.0f} GB.")
    return f"{free[full]:.0f} GB free"


def check_backups(settings: Settings) -> str:
    """The newest finished backup is young enough, where backups are made."""
    if settings.backups is None:
        return "none are made here; DEPTHCASE_BACKUPS is not set"
    sealed = (file.parent for file in settings.backups.glob("*/SHA256SUMS"))
    finished = sorted(folder for folder in sealed if folder.suffix != ".unfinished")
    if not finished:
        raise ServiceError(f"there is none in {settings.backups}; run deploy/backup.sh and look at its timer.")
    hours = (time.time() - (finished[-1] / "SHA256SUMS").stat().st_mtime) / 3600
    if hours > BACKUP_AGE:
        raise ServiceError(
            f"the newest, {finished[-1].name}, is {hours / 24:.0f} days old; see journalctl --unit depthcase-backup."
        )
    return f"{len(finished)}, the newest {hours:.0f} hours old"


def check_databases(settings: Settings) -> str:
    """Both databases have the tables of the installed version."""
    if settings.prefect_is_external and not (settings.prefect_database and settings.mlflow_database):
        return "not asked: their addresses are not among this user's settings"
    found = databases.revisions(settings)
    late = [entry for entry in found if entry.found != entry.installed]
    if late:
        raise ServiceError(
            f"the tables of {late[0].title} are of version {late[0].found or 'none'}, the program needs "
            f"{late[0].installed}; stop the services, then depthcase migrate."
        )
    return ", ".join(f"{entry.title} {entry.found}" for entry in found)


def check_passwords(settings: Settings) -> str:
    """Who has no password is refused, at least where others than this machine reach the servers."""
    doors = {
        "Prefect server": (f"{settings.prefect_api_url}/admin/version", settings.prefect_ui_url),
        "MLflow server": (f"{settings.mlflow_tracking_uri}/version", settings.mlflow_ui_url),
    }
    open_doors = {title: places for title, places in doors.items() if _answers_anybody(places[0])}
    for title, places in open_doors.items():
        reached = [place for place in places if not is_loopback(urlsplit(place).hostname or "")]
        if not is_loopback(settings.listen) or reached:
            raise ServiceError(
                f"the {title} answers anybody, and not only this machine reaches it "
                f"({reached[0] if reached else settings.listen}); set its password as in deploy/env.example."
            )
    return f"none at the {' and the '.join(open_doors)}, which only this machine reaches" if open_doors else "asked for"


def check_certificate(settings: Settings) -> str:
    """The certificate of the pages is valid for some time yet."""
    pages = [page for page in (settings.prefect_ui_url, settings.mlflow_ui_url) if page.startswith("https://")]
    if not pages:
        return "none: the pages are not behind TLS"
    left = {page: days_of_certificate(page) for page in pages}
    first = min(left, key=lambda page: left[page])
    if left[first] < CERTIFICATE_DAYS:
        raise ServiceError(
            f"that of {first} ends in {left[first]:.0f} days; put a new one into DEPTHCASE_TLS, then reload nginx."
        )
    return f"{left[first]:.0f} days left"


def days_of_certificate(page: str) -> float:
    """Days until the certificate of an https address ends, negative once it has. Raises ServiceError: no answer."""
    address = urlsplit(page)
    # Whoever signed it: this asks how long it lasts, the clients ask whether they trust it.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address.hostname or "", address.port or 443), timeout=10.0) as plain,
            context.wrap_socket(plain, server_hostname=address.hostname) as secured,
        ):
            shown = secured.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise ServiceError(f"{page} does not answer ({error.strerror or error}); look at the proxy.") from error
    ends = x509.load_der_x509_certificate(shown).not_valid_after_utc
    return (ends - datetime.now(UTC)) / timedelta(days=1)


def check_clock(settings: Settings) -> str:
    """This machine and the Prefect server agree on the time: schedules, caches and heartbeats are compared by it."""
    url = f"{settings.prefect_api_url}/health"
    try:
        with client(url) as asking:
            told = asking.get(url).headers["date"]
    except (httpx.HTTPError, KeyError) as error:
        raise ServiceError(f"the Prefect server does not tell the time ({type(error).__name__}).") from error
    # The header has whole seconds.
    difference = max(0.0, abs(time.time() - parsedate_to_datetime(told).timestamp() - 0.5) - 0.5)
    if difference > CLOCK_DIFFERENCE:
        raise ServiceError(f"the Prefect server's differs by {difference:.0f} s; let both machines ask a time server.")
    return f"the Prefect server's differs by less than {difference + 1:.0f} s"


def check_flows_alive(settings: Settings) -> str:
    """Every run that is called running gives signs of life, and the automation that ends the others is there."""
    server = prefect_server(settings)
    if not automations.ends_dead_runs(server):
        raise ServiceError(f'the automation "{automations.ZOMBIE}" is missing or off; depthcase up makes it.')
    old = datetime.now(UTC) - timedelta(seconds=RUN_SILENCE)
    running = server.runs_started_before(old)
    dead = [run for run in running if not server.heartbeats_since(run.identity, old)]
    if dead:
        raise ServiceError(
            f"{dead[0].name} is called running and gives no sign of life; cancel it on its page, then press Retry."
        )
    return (
        f"{len(running)} running, all with signs of life" if running else "no run lasts longer than three minutes now"
    )


def _answers_anybody(question: str) -> bool:
    try:
        with client(question) as asking:
            return asking.get(question).status_code != httpx.codes.UNAUTHORIZED
    except httpx.HTTPError as error:
        raise ServiceError(f"{question} does not answer ({type(error).__name__}).") from error


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
