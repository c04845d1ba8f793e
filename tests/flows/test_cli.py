"""The command line: quick to answer, one sentence an error, the right exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

# What takes seconds to import: a command that does not need it must not pay for it.
HEAVY = ("prefect", "mlflow", "torch", "pandas", "numba", "sklearn", "matplotlib", "pyarrow")


def _depthcase(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "DEPTHCASE_HOME": str(tmp_path / "home"),
        "DEPTHCASE_DATA": str(tmp_path / "data"),
        **variables,
    }
    command = [sys.executable, "-m", "flows.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["status"], ["down"]])
def test_quick_commands_import_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        "import sys\nfrom flows.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {"PATH": "/usr/bin:/bin", "DEPTHCASE_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_help_names_every_command(tmp_path: Path) -> None:
    done = _depthcase(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("demo", "up", "down", "status", "doctor", "run", "ingest", "inspect"):
        assert f"\n    {command} " in done.stdout


def test_status_of_nothing_says_how_to_start(tmp_path: Path) -> None:
    done = _depthcase(tmp_path, "status")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "Prefect server   stopped",
        "MLflow server    stopped",
        "Worker           stopped",
        "",
        f"The installation is {tmp_path / 'home'}. Start or repair it with: depthcase up",
    ]
    assert not (tmp_path / "home").exists()


def test_down_of_nothing_says_so_and_makes_nothing(tmp_path: Path) -> None:
    done = _depthcase(tmp_path, "down")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Nothing was running of the installation in {tmp_path / 'home'}.\n"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("port", ["eighty", "80", "70000", "²"])
def test_a_port_that_is_none_is_one_sentence(tmp_path: Path, port: str) -> None:
    done = _depthcase(tmp_path, "status", DEPTHCASE_PREFECT_PORT=port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"DEPTHCASE_PREFECT_PORT is {port!r}, which is no port number; give a whole number from 1024 to 65535.\n"
    )


def test_one_port_for_both_servers_is_one_sentence(tmp_path: Path) -> None:
    done = _depthcase(tmp_path, "up", DEPTHCASE_PREFECT_PORT="4300", DEPTHCASE_MLFLOW_PORT="4300")
    assert done.returncode == 2
    assert done.stderr == ("DEPTHCASE_PREFECT_PORT and DEPTHCASE_MLFLOW_PORT are both 4300; give each its own.\n")


def test_a_port_in_use_stops_up_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = str(server.getsockname()[1])
        done = _depthcase(tmp_path, "up", DEPTHCASE_MLFLOW_PORT=port)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"Port {port} on 127.0.0.1, meant for the MLflow server, is used by another program; "
        "choose another with DEPTHCASE_MLFLOW_PORT="
    )
    assert not (tmp_path / "home" / "run").exists()


def test_a_charter_that_is_not_there_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    done = _depthcase(tmp_path, "run", "missing.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no charter at missing.yaml; check the path.\n"
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_not_there_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    for arguments in (("ingest", "missing.csv", "--name", "press"), ("inspect", "missing.csv")):
        done = _depthcase(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "There is no file or folder missing.csv; check the path.\n"
    assert not (tmp_path / "home").exists()


def test_a_wrong_name_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    done = _depthcase(tmp_path, "ingest", "a.csv", "--name", "Press 7")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--name is 'Press 7'; use small letters, digits and hyphens, for example press-line-7.\n"
    assert not (tmp_path / "home").exists()
