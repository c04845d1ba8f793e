#!/usr/bin/python3.11
"""systemctl and systemd-run for a root without systemd: they start what our units say, as their user, with their
environment. Needs nothing but Python; installed under both names by tests/services/test_bootstrap.py.
"""

import grp
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

UNITS, RUN, LOG = Path("/etc/systemd/system"), Path("/run/stand-in"), Path("/var/log/stand-in")
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FOREIGN = {
    # As systemd does, what runs already is left alone.
    "postgresql": {
        "start": ["sh", "-c", "C='pg_ctlcluster --skip-systemctl-redirect 15 main'; $C status >/dev/null || $C start"]
    },
    "nginx": {"start": ["nginx"], "reload-or-restart": ["sh", "-c", "nginx -s reload 2>/dev/null || nginx"]},
}


def settings_of(unit: str) -> list[tuple[str, str]]:
    """The lines NAME=value of a unit, in their order."""
    lines = (UNITS / unit).read_text().splitlines()
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines if "=" in line and line[0] != "#"]


def environment_of(said: list[tuple[str, str]], user: str) -> dict[str, str]:
    """What systemd gives a process: Environment, over it EnvironmentFile, and what is unset goes last."""
    found = {"PATH": SEARCH, "USER": user, "LOGNAME": user, "HOME": pwd.getpwnam(user).pw_dir}
    for name, value in said:
        if name == "Environment":
            found |= dict(part.split("=", 1) for part in value.split())
    for name, value in said:
        if name == "EnvironmentFile":
            lines = [line for line in Path(value).read_text().splitlines() if line and line[0] != "#"]
            found |= dict(line.split("=", 1) for line in lines)
    for name, value in said:
        if name == "UnsetEnvironment":
            found = {key: kept for key, kept in found.items() if key not in value.split()}
    return found


def start(unit: str) -> None:
    """Begin a service and leave it, or wait for one that ends by itself."""
    said = settings_of(unit)
    one = dict(said)
    user = one.get("User", "root")
    for folder in one.get("StateDirectory", "").split():
        place = Path("/var/lib", folder)
        place.mkdir(parents=True, exist_ok=True)
        os.chown(place, pwd.getpwnam(user).pw_uid, grp.getgrnam(user).gr_gid)
        place.chmod(int(one["StateDirectoryMode"], 8))
    LOG.mkdir(exist_ok=True)
    with (LOG / unit).open("ab") as log:
        process = subprocess.Popen(
            one["ExecStart"].split(), env=environment_of(said, user), user=user, group=user, extra_groups=[],
            umask=int(one.get("UMask", "0022"), 8), cwd="/", start_new_session=True, stdout=log, stderr=log,
        )  # fmt: skip
    RUN.mkdir(exist_ok=True)
    (RUN / unit).write_text(str(process.pid))
    if one.get("Type") == "oneshot" and process.wait() != 0:
        sys.exit(f"{unit} failed: {(LOG / unit).read_text()[-1000:]}")


def stop(unit: str) -> None:
    """End a service as KillMode=mixed does."""
    if not is_active(unit):
        return
    pid = int((RUN / unit).read_text())
    os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + 60
    while is_active(unit) and time.monotonic() < limit:
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def is_active(unit: str) -> bool:
    """Whether the process of the unit is there and no zombie."""
    try:
        state = Path("/proc", (RUN / unit).read_text(), "stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def systemctl(verb: str, names: list[str]) -> None:
    """One command; of units that are not ours only what bootstrap.sh asks for."""
    for name in names:
        unit = name if "." in name else f"{name}.service"
        if name in FOREIGN:
            if verb in FOREIGN[name]:
                subprocess.run(FOREIGN[name][verb], check=True)
        elif unit.endswith(".target") and verb in ("start", "stop"):
            members = [path.name for path in sorted(UNITS.glob("*.service")) if f"WantedBy={unit}" in path.read_text()]
            systemctl(verb, [member for member in members if is_active(member) == (verb == "stop")])
        elif not (UNITS / unit).exists():
            sys.exit(f"Unit {unit} not found.") if verb != "is-active" else sys.exit(3)
        elif verb == "is-active":
            sys.exit(0 if is_active(unit) else 3)
        elif unit.endswith(".service") and verb != "enable":
            if verb in ("stop", "restart"):
                stop(unit)
            if verb in ("start", "restart"):
                start(unit)


def systemd_run(arguments: list[str]) -> None:
    """Run one command with the properties given, in the foreground."""
    options = list(takewhile(lambda argument: argument.startswith("--"), arguments))
    command = arguments[len(options) :]
    said = []
    for option in options:
        kind, _, rest = option.partition("=")
        if kind == "--setenv":
            said.append(("Environment", rest))
        elif kind == "--property":
            name, _, value = rest.partition("=")
            said.append((name, value))
    plain = dict(option.split("=", 1) for option in options if "=" in option)
    user = plain.get("--uid", "root")
    done = subprocess.run(
        command, env=environment_of(said, user), user=user, group=user, extra_groups=[],
        cwd=plain.get("--working-directory", "/"),
    )  # fmt: skip
    sys.exit(done.returncode)


if __name__ == "__main__":
    given = sys.argv[1:]
    if Path(sys.argv[0]).name == "systemd-run":
        systemd_run(given)
    words = [argument for argument in given if not argument.startswith("--")]
    if words[0] != "daemon-reload":
        systemctl(words[0], words[1:])
        if "--now" in given:
            systemctl("start", words[1:])
