"""Detached processes: found again, stopped with all they started, never taken for others."""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from socket import create_server

import psutil
import pytest

from flows.errors import ServiceError
from flows.operations import processes
from flows.operations.processes import ProcessRecord

# Starts a child in a session of its own, as a worker starts a flow run; both note their ids, the child ignores SIGTERM.
FAMILY = """
import os, signal, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"],
    start_new_session=True,
)
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""


def _start(tmp_path: Path, *command: str) -> ProcessRecord:
    return processes.start_detached("sample", command, environment=dict(os.environ), log=tmp_path / "sample.log")


def _eventually(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_record_finds_its_process_again(tmp_path: Path) -> None:
    record = _start(tmp_path, "sleep", "60")
    try:
        processes.write_record(tmp_path, record)
        found = processes.read_record(tmp_path, "sample")
        assert found == record
        assert processes.is_alive(found)
    finally:
        assert processes.stop(record, time_limit=5)
    assert not processes.is_alive(record)
    assert not processes.stop(record, time_limit=5)


def test_a_recycled_process_id_is_left_alone(tmp_path: Path) -> None:
    stranger = _start(tmp_path, "sleep", "60")
    stale = replace(stranger, started=stranger.started - 3600, instance="sample-of-an-earlier-day")
    try:
        assert not processes.is_alive(stale)
        assert not processes.stop(stale, time_limit=1)
        assert processes.is_alive(stranger)
    finally:
        processes.stop(stranger, time_limit=5)


def test_stopping_reaches_children_in_other_groups_that_do_not_listen(tmp_path: Path) -> None:
    note = tmp_path / "ids"
    record = _start(tmp_path, sys.executable, "-c", FAMILY, str(note))
    _eventually(lambda: note.exists() and len(note.read_text().split()) == 2)
    parent, child = map(int, note.read_text().split())
    assert processes.stop(record, time_limit=1)
    _eventually(lambda: not _runs(parent) and not _runs(child))


def test_stopping_reaches_children_whose_parent_was_killed(tmp_path: Path) -> None:
    note = tmp_path / "ids"
    record = _start(tmp_path, sys.executable, "-c", FAMILY, str(note))
    _eventually(lambda: note.exists() and len(note.read_text().split()) == 2)
    parent, child = map(int, note.read_text().split())
    psutil.Process(parent).kill()
    _eventually(lambda: not processes.is_alive(record))
    assert _runs(child)
    assert processes.stop(record, time_limit=1)
    _eventually(lambda: not _runs(child))


def test_a_log_that_has_grown_is_set_aside_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LOG_LIMIT", 10)
    log = tmp_path / "sample.log"
    for words in ("short", "a longer line", "new"):
        record = _start(tmp_path, sys.executable, "-c", f"print({words!r})")
        _eventually(lambda record=record: not processes.is_alive(record))  # type: ignore[misc]
    assert log.read_text() == "new\n"
    assert (tmp_path / "sample.log.old").read_text() == "short\na longer line\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "sample"}', '{"serves": 3}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "sample.json").write_text(text)
    assert processes.read_record(tmp_path, "sample") is None


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not processes.port_is_free(port)
        with pytest.raises(ServiceError) as refused:
            processes.require_free_port(port, service="MLflow server", variable="DEPTHCASE_MLFLOW_PORT")
        other = processes.suggest_port(port)
    assert port < other <= port + 100
    assert str(refused.value) == (
        f"Port {port} on 127.0.0.1, meant for the MLflow server, is used by another program; "
        f"choose another with DEPTHCASE_MLFLOW_PORT={other} depthcase up."
    )
    assert processes.port_is_free(port)


def test_a_port_that_becomes_free_in_a_moment_is_waited_for() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        closing = threading.Timer(0.3, server.close)
        closing.start()
        processes.require_free_port(port, service="MLflow server", variable="DEPTHCASE_MLFLOW_PORT")
        closing.join()
    assert processes.port_is_free(port)


def test_a_process_that_ends_while_starting_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "sample.log"
    record = _start(tmp_path, sys.executable, "-c", "print('no licence for Tuesdays')")
    with pytest.raises(ServiceError) as refused:
        processes.wait_until(lambda: False, record, service="sample server", log=log, time_limit=20)
    assert str(refused.value) == (
        'The sample server ended while starting: its last words were "no licence for Tuesdays". '
        f"The whole log is {log}."
    )


def test_a_process_that_never_answers_is_given_up(tmp_path: Path) -> None:
    log = tmp_path / "sample.log"
    record = _start(tmp_path, "sleep", "60")
    try:
        with pytest.raises(ServiceError) as refused:
            processes.wait_until(lambda: False, record, service="sample server", log=log, time_limit=0.1)
    finally:
        processes.stop(record, time_limit=5)
    assert str(refused.value) == (
        f"The sample server did not answer within 0 seconds; look into {log}, then try depthcase down and depthcase up."
    )


def test_a_second_command_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    lock = tmp_path / "services.lock"
    with processes.only_one_at_a_time(lock, said.append, time_limit=5):
        assert said == []
        with (
            pytest.raises(ServiceError, match=r"^Another depthcase command has held .*services\.lock for 0 seconds; "),
            processes.only_one_at_a_time(lock, said.append, time_limit=0.3),
        ):
            pass
    assert said == ["Another depthcase command is starting or stopping the services; waiting for it."]
    with processes.only_one_at_a_time(lock, said.append, time_limit=0.3):
        assert len(said) == 1
