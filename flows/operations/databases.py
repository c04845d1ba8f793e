"""The databases behind our two servers: which version of their tables they hold, and how they get the installed one."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from flows.errors import ServiceError
from flows.settings import (
    Settings,
    mlflow_database,
    mlflow_server_environment,
    prefect_database,
    prefect_server_environment,
)

Say = Callable[[str], None]

# Not by `mlflow db upgrade ADDRESS`: arguments are seen by everybody on the machine.
_UPGRADE_MLFLOW = "import sys; from mlflow.db import commands; commands(['upgrade', sys.stdin.read()])"


@dataclass(frozen=True)
class Revision:
    """The version of one database's tables. found: empty for a database without tables. installed: the program's."""

    title: str
    found: str
    installed: str


def revisions(settings: Settings) -> list[Revision]:
    """The versions of both databases' tables. Raises ServiceError for a database that cannot be asked."""
    prefect, mlflow = _plain(prefect_database(settings)), _plain(mlflow_database(settings))
    kind = "sqlite" if prefect.startswith("sqlite") else "postgresql"
    prefect_scripts = _package("prefect") / "server" / "database" / "_migrations"
    prefect_newest = _newest(prefect_scripts, prefect_scripts / "versions" / kind)
    mlflow_scripts = _package("mlflow") / "store" / "db_migrations"
    return [
        Revision("Prefect", _found("Prefect", prefect), prefect_newest),
        Revision("MLflow", _found("MLflow", mlflow), _newest(mlflow_scripts, mlflow_scripts / "versions")),
    ]


def migrate(settings: Settings, say: Say) -> None:
    """Bring the tables of both databases to the installed version; the servers must be stopped.

    Raises ServiceError with the last line of what was said where it fails.
    """
    commands = {
        "Prefect": ["-m", "prefect", "server", "database", "upgrade", "--yes"],
        "MLflow": ["-c", _UPGRADE_MLFLOW],
    }
    environments = {"Prefect": prefect_server_environment(settings), "MLflow": mlflow_server_environment(settings)}
    for before in revisions(settings):
        # The servers fill an empty database themselves.
        if before.found in ("", before.installed):
            say(f"{before.title:<16} {'no tables yet' if not before.found else 'up to date'}")
            continue
        command = [sys.executable, *commands[before.title]]
        result = subprocess.run(
            command, env=environments[before.title], input=mlflow_database(settings), capture_output=True, text=True
        )
        if result.returncode != 0:
            last = [line for line in result.stderr.splitlines() if line.strip()][-1:]
            raise ServiceError(f"The database of {before.title} was not migrated: {' '.join(last)}")
        say(f"{before.title:<16} migrated from {before.found} to {before.installed}")


def _plain(address: str) -> str:
    """The address for a driver that waits for its answers."""
    return address.replace("+asyncpg", "+psycopg").replace("+aiosqlite", "")


def _found(title: str, address: str) -> str:
    path = address.removeprefix("sqlite:///")
    if path != address and not Path(path).exists():
        return ""
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    except SQLAlchemyError as error:
        # The text of the error may hold the address; its kind says enough.
        reason = type(getattr(error, "orig", None) or error).__name__
        raise ServiceError(
            f"the database of {title} cannot be asked ({reason}); see that it runs and the settings name it."
        ) from None
    finally:
        engine.dispose()


def _newest(scripts: Path, versions: Path) -> str:
    [head] = ScriptDirectory(str(scripts), version_locations=[str(versions)]).get_heads()
    return head


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServiceError(f"the package {name} is not installed; install with constraints.txt.")
    return Path(spec.origin).parent
