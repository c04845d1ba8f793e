"""deploy/bootstrap.sh for real: a server of its own, made of layers over this machine, without network and systemd.

What is not real: Debian's packages are there already, the program's dependencies are lent by the test's environment,
and tests/systemd_stand_in.py starts what the units say, as their users and with their environments. Systemd's sandbox
is not tried here.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgres import only_where_installed as needs_postgresql
from tests.proxy import only_where_installed as needs_nginx

REPOSITORY = Path(__file__).parents[2]
STAND_IN = REPOSITORY / "tests" / "systemd_stand_in.py"
HOST = "press.plant.example"
CHECKOUT = "/srv/checkout"

pytestmark = [
    pytest.mark.services, pytest.mark.long, pytest.mark.timeout(3600), needs_postgresql, needs_nginx,
    pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="a root of its own needs root"),
]  # fmt: skip


class Server:
    """A Debian server in a folder. Its processes end with it."""

    def __init__(self, root: Path, inside: int) -> None:
        self.root, self.inside = root, inside

    def run(self, script: str, *, well: bool = True) -> str:
        """Run a script as its administrator would; what it said."""
        enter = ["nsenter", f"--target={self.inside}", "--mount", "--net", "--pid", "chroot", str(self.root)]
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
            # The network is a loopback: what is built here may ask for nothing.
            "PIP_NO_BUILD_ISOLATION": "false", "PIP_NO_INDEX": "1",
        }  # fmt: skip
        done = subprocess.run(
            [*enter, "bash", "-euo", "pipefail", "-c", script],
            env=environment, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
        told = done.stdout + done.stderr
        assert (done.returncode == 0) == well, told[-6000:]
        return told


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    root = folder / "root"
    for name in ("root", "above", "work"):
        (folder / name).mkdir()
    layers = f"lowerdir=/,upperdir={folder / 'above'},workdir={folder / 'work'}"
    packages = root / "opt" / "packages"
    make = (
        f"mount --make-rprivate / && mount -t overlay overlay -o {layers} {root} && mount -t proc proc {root}/proc && "
        f"mount --rbind /dev {root}/dev && mount -t tmpfs -o mode=1777 tmpfs {root}/tmp && mkdir -p {packages} && "
        f"mount --bind {sysconfig.get_path('purelib')} {packages} && ip link set lo up && echo ready && exec sleep 7200"
    )
    # --kill-child: all that was started inside ends with this process.
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", make]
    with ExitStack() as last:
        holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        last.callback(lambda: (holder.kill(), holder.wait()))
        assert holder.stdout is not None
        if (line := holder.stdout.readline()) != "ready\n":
            pytest.skip(f"no root of its own can be made here: {line}")
        [inside] = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        made = Server(root, int(inside))
        prepare(made, folder / "above")
        yield made


def prepare(server: Server, above: Path) -> None:
    """What a Debian server and the package index give: written into the upper layer."""
    server.run(f"mkdir -p {CHECKOUT} /usr/local/sbin; rm -rf /var/lib/depthcase /etc/depthcase /opt/depthcase")
    archive = above / "srv" / "checkout.tar"
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    with tarfile.open(archive, "w") as tar:
        for name in tracked.splitlines():
            tar.add(REPOSITORY / name, name)
        tar.add(STAND_IN, "systemctl")
    server.run(
        f"cd {CHECKOUT}; tar --extract --no-same-owner --file={CHECKOUT}.tar\n"
        "for name in systemctl systemd-run; do install --mode=0755 systemctl /usr/local/sbin/$name; done\n"
        # Debian has installed them.
        "printf '#!/bin/sh\\n' >/usr/local/sbin/apt-get; chmod +x /usr/local/sbin/apt-get\n"
        f"echo 127.0.0.1 localhost {HOST} >/etc/hosts\n"
        "[ -d /etc/postgresql/15/main ] || pg_createcluster 15 main\n"
        # The interpreter of the tests, which may lie in a home folder.
        f"chmod 0755 /root; {sys._base_executable} -m venv /opt/depthcase/venv\n"
        "/opt/depthcase/venv/bin/python -m pip uninstall --quiet --yes setuptools\n"
        "echo /opt/packages >/opt/depthcase/venv/lib/python3.11/site-packages/lent.pth\n"
    )


def test_a_server_is_installed(server: Server) -> None:
    told = server.run(f"{CHECKOUT}/deploy/bootstrap.sh {HOST}")
    assert told.count("ok      ") == 8 and "failed" not in told
    assert f"Installed. Prefect: https://{HOST}  MLflow: https://{HOST}:8443" in told
    assert server.run("stat --format=%a%U /etc/depthcase/depthcase.env /etc/depthcase").split() == [
        "600root",
        "700root",
    ]
    assert "CHANGE-ME" not in server.run("cat /etc/depthcase/depthcase.env")


@pytest.mark.parametrize("name", ["prefect", "mlflow", "worker"])
def test_each_service_runs_as_its_own_user_without_the_secrets_of_the_others(server: Server, name: str) -> None:
    process = f"/proc/$(cat /run/stand-in/depthcase-{name}.service)"
    assert server.run(f"stat --format=%U {process}").strip() == f"depthcase-{name}"
    known = dict(
        part.split("=", 1) for part in server.run(f"tr '\\0' '\\n' <{process}/environ").splitlines() if "=" in part
    )
    databases = {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "MLFLOW_BACKEND_STORE_URI"}
    own = {"prefect": "PREFECT_SERVER_DATABASE_CONNECTION_URL", "mlflow": "MLFLOW_BACKEND_STORE_URI"}.get(name)
    assert {variable for variable in databases if known.get(variable)} == ({own} if own else set())
    assert "POSTGRES_PASSWORD" not in known


def test_the_doctor_finds_all_well_once_there_is_a_backup(server: Server) -> None:
    server.run("systemctl start depthcase-backup.service")
    told = server.run("depthcase doctor")
    assert told.splitlines()[-1] == "All is well." and "failed" not in told, told


def test_an_operator_ingests_a_file(server: Server) -> None:
    rows = "".join(f"{i},{i / 3}\\n" for i in range(200))
    server.run(f"printf 'stroke,force [kN]\\n{rows}' >/var/lib/depthcase/data/1_raw/strokes.csv")
    told = server.run("cd /var/lib/depthcase/data/1_raw; depthcase ingest strokes.csv --name strokes")
    assert "200 rows, 0 in quarantine; stored." in told


def test_an_upgrade_begins_with_a_backup_and_keeps_what_is_there(server: Server) -> None:
    settings = server.run("cat /etc/depthcase/depthcase.env")
    told = server.run(f"{CHECKOUT}/deploy/bootstrap.sh {HOST}")
    assert "Backup before the upgrade: /var/backups/depthcase/" in told and told.count("ok      ") == 8
    assert server.run("cat /etc/depthcase/depthcase.env") == settings


def test_a_backup_is_restored_on_the_server(server: Server) -> None:
    server.run(
        "folder=$(ls -d /var/backups/depthcase/*Z | tail -1); systemctl stop depthcase.target\n"
        "rm -rf /var/lib/depthcase/data/2_lake; /opt/depthcase/deploy/restore.sh $folder\n"
        "systemctl start depthcase.target\n"
        "until depthcase status >/dev/null; do sleep 1; done; /opt/depthcase/deploy/smoke.sh"
    )
    told = server.run("cd /var/lib/depthcase/data/1_raw; depthcase ingest strokes.csv --name strokes")
    assert "nothing new, this content is in the lake already" in told


def test_changed_passwords_hold_everywhere_after_rotation(server: Server) -> None:
    old = server.run("grep PREFECT_API_AUTH_STRING= /etc/depthcase/depthcase.env").strip().partition("=")[2]
    server.run(
        "sed --in-place --regexp-extended 's/(depthcase(_prefect|_mlflow)?:)[0-9a-f]{48}/\\1new-word-\\2-1a2b/; "
        "s/^(MLFLOW_TRACKING_PASSWORD=).*/\\1new-word-3c4d/' /etc/depthcase/depthcase.env"
    )
    assert server.run("grep --count new-word- /etc/depthcase/depthcase.env").strip() == "4"
    assert server.run("/opt/depthcase/deploy/rotate.sh").count("ok      ") == 8
    code = f"curl --silent --output /dev/null --write-out '%{{http_code}}' --user {old} http://127.0.0.1:4200/api/admin/version"
    assert server.run(code) == "401"
    told = server.run("cd /var/lib/depthcase/data/1_raw; depthcase ingest strokes.csv --name strokes-again")
    assert "200 rows, 0 in quarantine; stored." in told
