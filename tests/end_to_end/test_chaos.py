"""kill -9 on the way: a run that is continued ends in the same verdict, and nothing it had trained is trained again."""

from pathlib import Path

import pytest

from flows.demo_plant import write_raw_files
from flows.operations import runs
from flows.settings import Settings
from tests.chaos.__main__ import main
from tests.chaos.installation import CHARTER, FLOW, Installation, wait
from tests.chaos.rounds import recorded_once
from tests.evaluations import result_of, task_states

pytestmark = pytest.mark.services

SWEPT = [f"Screen · Coarse sweep, {layers}" for layers in ("1 hidden layer", "2 hidden layers")]


def test_a_killed_run_that_is_continued_trains_nothing_twice(deployed_services: Settings) -> None:
    installation = Installation(deployed_services, print)
    write_raw_files(deployed_services.raw / "chaos", rows=800)
    run = installation.submit()
    assert wait(lambda: all(task_states(deployed_services, run).get(name) == "Completed" for name in SWEPT), 240)
    assert installation.kill(FLOW, run)
    # The worker notices at once; and its second report, which comes later, must not end what is continued here.
    assert wait(lambda: installation.state(run).state == "CRASHED", 60)
    before = task_states(deployed_services, run)
    trained = [name for name, state in before.items() if " · " in name and state == "Completed"]
    installation.retry(run)
    continued = result_of(deployed_services, runs.follow(deployed_services, run, print))
    states = task_states(deployed_services, run)
    quick = {"Screen · Which training counts", "Screen · Find the data set", "Screen · Is the answer sure already?"}
    assert {name: states[name] for name in trained if name not in quick and states[name] != "Cached"} == {}
    assert set(SWEPT) <= set(trained)
    fingerprint, _ = recorded_once(installation)
    assert fingerprint == continued["comparison_hash"]
    undisturbed = result_of(deployed_services, runs.follow(deployed_services, installation.submit(), print))
    assert undisturbed["comparison_hash"] == continued["comparison_hash"]
    assert CHARTER["retrain"]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_rounds_of_chaos_end_well(tmp_path: Path) -> None:
    assert main(["--rounds", "5", "--folder", str(tmp_path)]) == 0
