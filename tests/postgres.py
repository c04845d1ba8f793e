"""A real PostgreSQL on loopback for the tests that need one: made in a temporary folder, stopped and deleted after."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))
only_where_installed = pytest.mark.skipif(
    not (BINARIES / "initdb").exists(), reason="PostgreSQL is not installed on this machine"
)


@dataclass(frozen=True)
class Cluster:
    """A running server. Its first user, with all rights, is `user`."""

    port: int
    user: str
    password: str

    def address(self, driver: str, *, user: str = "", password: str = "", database: str = "postgres") -> str:
        """A SQLAlchemy address, of the first user where no other is named."""
        login = f"{user}:{password}" if user else f"{self.user}:{self.password}"
        return f"postgresql+{driver}://{login}@127.0.0.1:{self.port}/{database}"


def as_server(*command: str) -> None:
    """Run a command of PostgreSQL, which refuses to run as root."""
    drop_rights = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*drop_rights, *command], check=True, capture_output=True, cwd="/", timeout=60)


@contextmanager
def cluster(user: str, password: str) -> Iterator[Cluster]:
    """A server of its own that asks for passwords, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    (folder / "password").write_text(password)
    as_server(
        str(BINARIES / "initdb"), "-D", str(data), "-U", user, "-A", "scram-sha-256", "-E", "UTF8",
        f"--pwfile={folder / 'password'}",
    )  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    as_server(str(BINARIES / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield Cluster(port, user, password)
    finally:
        as_server(str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
