"""The commands as a person types them, against real services."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.settings import Settings, process_environment

pytestmark = pytest.mark.services

CSV = "Force [kN],Scrap\n" + "".join(f"{i / 4},{i % 2}\n" for i in range(40)) + "oops,1\n"
CHARTER = """
poc_name: press
dataset: typed
data_file: press.csv
target: Scrapp
task: yes/no
metric: roc_auc
target_value: 0.9
ask_between_stages: false
"""


def _depthcase(settings: Settings, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.cli", *arguments]
    return subprocess.run(command, env=process_environment(settings), capture_output=True, text=True, cwd=folder)


def test_status_names_what_runs_and_where(deployed_services: Settings, tmp_path: Path) -> None:
    done = _depthcase(deployed_services, tmp_path, "status")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [line[:4] for line in lines[:2]] == [
        ["Prefect", "server", "running", deployed_services.prefect_ui_url],
        ["MLflow", "server", "running", deployed_services.mlflow_tracking_uri],
    ]
    assert lines[2][:3] == ["Worker", "running", "process"]


def test_a_second_up_gives_the_links(deployed_services: Settings, tmp_path: Path) -> None:
    done = _depthcase(deployed_services, tmp_path, "up")
    assert (done.returncode, done.stderr) == (0, "")
    assert "already running" in done.stdout
    assert f"Prefect  {deployed_services.prefect_ui_url}\n" in done.stdout
    assert done.stdout.endswith("Stop with: depthcase down\n")


def test_the_same_file_ingested_again_is_a_visible_no_op(deployed_services: Settings, tmp_path: Path) -> None:
    (tmp_path / "press.csv").write_text(CSV)
    last = []
    for _ in range(2):
        done = _depthcase(deployed_services, tmp_path, "ingest", "press.csv", "--name", "typed-twice")
        assert (done.returncode, done.stderr) == (0, "")
        last.append(done.stdout.splitlines()[-1])
    first, again = (line.rpartition(": ") for line in last)
    assert first[0] == again[0]
    assert first[0].startswith("press.csv -> typed-twice version ")
    assert first[2] == "40 rows, 1 in quarantine; stored."
    assert again[2] == "40 rows, 1 in quarantine; nothing new, this content is in the lake already."


@pytest.mark.parametrize("named", ["press.csv", "the whole path, as a draft of inspect names it"])
def test_a_charter_beside_its_file_is_taken_and_a_wrong_target_is_one_sentence(
    deployed_services: Settings, tmp_path: Path, named: str
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "press.csv").write_text(CSV)
    path = named if named == "press.csv" else str(folder / "press.csv")
    (folder / "press.yaml").write_text(CHARTER.replace("press.csv", path))
    done = _depthcase(deployed_services, tmp_path, "run", "elsewhere/press.yaml")
    assert done.returncode == 1
    assert "press.csv -> typed version " in done.stdout
    assert done.stderr == 'target: the data set "typed" has no column "Scrapp"; it has "Force", "Scrap".\n'
