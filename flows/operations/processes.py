"""Detached processes with a record on disk: started once, found again by a later command, stopped, and no others."""

import fcntl
import ipaddress
import json
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

from flows.errors import ServiceError

# Every process we start, and every process it starts, carries this variable: the proof that it is ours.
MARK = "DEPTHCASE_INSTANCE"
# Seconds by which two readings of one process's start time may differ (the clock may be set in between).
_SAME_START = 5.0
# Seconds in which a port may still become free.
PORT_PATIENCE = 3.0
# Bytes from which a log is set aside at the next start; one older log is kept.
_LOG_LIMIT = 20_000_000


@dataclass(frozen=True)
class ProcessRecord:
    """What is written down about a started process.

    started: its start time in seconds since 1970, so that a recycled process id is never taken for it.
    instance: value of the mark in its environment. address: where it answers. serves: addresses it was started for.
    data: the data folder it works in.
    """

    name: str
    pid: int
    started: float
    instance: str
    address: str
    serves: tuple[str, ...] = ()
    data: str = ""


def start_detached(name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> ProcessRecord:
    """Start `command` in a session of its own, output appended to `log`; it outlives this process."""
    instance = f"{name}-{uuid.uuid4().hex}"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        os.replace(log, log.with_name(f"{log.name}.old"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            env={**environment, MARK: instance},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        started = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        started = time.time()
    return ProcessRecord(name, process.pid, started, instance, address="")


def write_record(folder: Path, record: ProcessRecord) -> None:
    """Write the record beside, then rename: a reader never sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{record.name}.{os.getpid()}.json"
    beside.write_text(json.dumps(asdict(record), indent=1))
    os.replace(beside, folder / f"{record.name}.json")


def read_record(folder: Path, name: str) -> ProcessRecord | None:
    """The record of `name`, or None where there is none that can be read."""
    try:
        fields = json.loads((folder / f"{name}.json").read_text())
        return ProcessRecord(**{**fields, "serves": tuple(fields["serves"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def remove_record(folder: Path, name: str) -> None:
    """Forget the record; nothing happens where there is none."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def is_alive(record: ProcessRecord) -> bool:
    """Whether the recorded process itself still runs; another process with its id does not count."""
    return _leader(record) is not None


def stop(record: ProcessRecord, *, time_limit: float) -> bool:
    """End the process and all it started: asked first, forced after `time_limit` seconds. False if none was left."""
    members = _members(record)
    if not members:
        return False
    _signal_leader_group(record, members, signal.SIGTERM)
    _, remaining = psutil.wait_procs(members, timeout=time_limit)
    # Asked to end, a process may have started others or left orphans: look again, at all that carry the mark.
    for process in {*remaining, *_members(record)}:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(_members(record), timeout=5.0)
    return True


def require_free_port(port: int, *, service: str, variable: str) -> None:
    """Refuse a port on which something already listens; the sentence names the port and how to choose another.

    A server that was killed a moment ago may hold its port for a moment longer than its process can be seen.
    """
    give_up = time.monotonic() + PORT_PATIENCE
    while not port_is_free(port):
        if time.monotonic() > give_up:
            raise ServiceError(
                f"Port {port} on 127.0.0.1, meant for the {service}, is used by another program; "
                f"choose another with {variable}={suggest_port(port)} depthcase up."
            )
        time.sleep(0.1)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port that nothing listens on now, chosen by the system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def suggest_port(port: int) -> int:
    """The next free port above `port`, or `port` + 1 where none of the next hundred is free."""
    above = range(port + 1, min(port + 101, 65536))
    return next((candidate for candidate in above if port_is_free(candidate)), port + 1)


def wait_until(
    ready: Callable[[], bool], record: ProcessRecord, *, service: str, log: Path, time_limit: float, pause: float = 0.25
) -> float:
    """Seconds until `ready()`; a ServiceError with the log's last line when the process ends or the time is over."""
    begin = time.monotonic()
    while not ready():
        if not is_alive(record):
            raise ServiceError(f"The {service} ended while starting: {last_line(log)} The whole log is {log}.")
        if time.monotonic() - begin > time_limit:
            raise ServiceError(
                f"The {service} did not answer within {time_limit:.0f} seconds; look into {log}, "
                "then try depthcase down and depthcase up."
            )
        time.sleep(pause)
    return time.monotonic() - begin


def last_line(log: Path) -> str:
    """The last line with text in a log, as a quotation."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f'its last words were "{lines[-1][:300]}".' if lines else "it wrote nothing."


@contextmanager
def only_one_at_a_time(lock: Path, say: Callable[[str], None], *, time_limit: float) -> Iterator[None]:
    """Hold the lock file; a second command that starts or stops services waits for the first, `time_limit` seconds."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    limit = time.monotonic() + time_limit
    told = False
    with lock.open("a") as handle:
        while not _locked(handle):
            if time.monotonic() > limit:
                raise ServiceError(
                    f"Another depthcase command has held {lock} for {time_limit:.0f} seconds; end it, then try again."
                )
            if not told:
                say("Another depthcase command is starting or stopping the services; waiting for it.")
            told = True
            time.sleep(0.25)
        yield


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def connections(record: ProcessRecord) -> tuple[set[str], set[str]]:
    """Addresses beyond the loopback on which the process or its children listen, and those they are connected to."""
    listening, connected = set(), set()
    for process in _members(record):
        with suppress(psutil.Error):
            for entry in process.net_connections(kind="inet"):
                if entry.status == psutil.CONN_LISTEN and not _is_loopback(entry.laddr.ip):
                    listening.add(f"{entry.laddr.ip}:{entry.laddr.port}")
                if entry.raddr and not _is_loopback(entry.raddr.ip):
                    connected.add(f"{entry.raddr.ip}:{entry.raddr.port}")
    return listening, connected


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback


def _leader(record: ProcessRecord) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) <= _SAME_START
        alive = process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same and alive else None


def _members(record: ProcessRecord) -> list[psutil.Process]:
    leader = _leader(record)
    marked = [process for process in psutil.process_iter() if process.pid != record.pid and _carries(process, record)]
    return ([leader] if leader else []) + marked


def _carries(process: psutil.Process, record: ProcessRecord) -> bool:
    try:
        return process.environ().get(MARK) == record.instance and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _signal_leader_group(record: ProcessRecord, members: Sequence[psutil.Process], number: signal.Signals) -> None:
    # A flow run may have a group of its own: if only the worker's group is asked, the worker ends it and reports it.
    group = [process for process in members if _group(process) == record.pid]
    for process in group or members:
        _send(process, number)


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return -1


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.Error):
        process.send_signal(number)  # psutil checks the start time again, so a recycled id is not hit
