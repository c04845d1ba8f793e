"""The forms beside the evaluation's, filled and sent in both UIs: a good value leads to its result, a bad one to a
sentence.
"""

from pathlib import Path
from typing import Any

import pytest

from flows.settings import Settings
from tests.browser.prefect_pages import PrefectPages, deployment_of
from tests.evaluations import ended, result_of

pytestmark = [pytest.mark.browser, pytest.mark.services, pytest.mark.long, pytest.mark.timeout(1800)]

NO_FILE = 'there is no file or folder "nowhere.csv"; check the name'


def sent(person: PrefectPages, plant: Settings, deployment: str, values: dict[str, Any], state: str) -> str:
    """A run of the deployment with these values, ended as `state`, its page open at its artifacts."""
    person.open_form(deployment_of(plant, deployment))
    person.fill(values)
    run = person.submit_and_view()
    assert ended(plant, run).state == state
    person.open_run(run)
    person.tab("Artifacts")
    return run


def test_ingest(person: PrefectPages, plant: Settings, shots: Path) -> None:
    person.open_form(deployment_of(plant, "ingest"))
    person.fill({"File or folder": "formed.csv", "Name of the data set": "Line 7"})
    person.submit()
    person.page.get_by_text("'Line 7' does not match").first.wait_for()
    person.picture(shots / f"ingest_refused_{person.ui}.png")

    name = {"Name of the data set": f"sent-{person.ui}"}
    sent(person, plant, "ingest", {**name, "File or folder": "nowhere.csv"}, "FAILED")
    person.page.get_by_text(NO_FILE).first.wait_for()
    run = sent(person, plant, "ingest", {**name, "File or folder": "formed.csv"}, "COMPLETED")
    person.page.get_by_text("New version stored.").first.wait_for()
    person.picture(shots / f"ingest_done_{person.ui}.png")
    result = result_of(plant, ended(plant, run))
    assert (result["name"], result["rows"], result["created"]) == (f"sent-{person.ui}", 200, True)


def test_inspect(person: PrefectPages, plant: Settings, shots: Path) -> None:
    person.open_form(deployment_of(plant, "inspect"))
    person.submit()
    person.page.get_by_text("'request' is a required property").first.wait_for()
    sent(person, plant, "inspect", {"File or folder": "nowhere.csv"}, "FAILED")
    person.page.get_by_text(NO_FILE).first.wait_for()
    person.picture(shots / f"inspect_refused_{person.ui}.png")
    run = sent(person, plant, "inspect", {"File or folder": "formed.csv"}, "COMPLETED")
    person.page.get_by_text("charter").first.wait_for()
    person.picture(shots / f"inspect_done_{person.ui}.png")
    assert "target: Scrap" in result_of(plant, ended(plant, run))["charter"]


def test_theory_benchmark(person: PrefectPages, plant: Settings, shots: Path) -> None:
    person.open_form(deployment_of(plant, "theory-benchmark"))
    person.fill({"Hidden layers of the hard function": 9})
    person.submit()
    assert "5" in person.refusal("Hidden layers of the hard function", "greater than the maximum of 5")
    person.picture(shots / f"theory_refused_{person.ui}.png")
    values = {"Hidden layers of the hard function": 2, "Trainings of each network": 5}
    run = sent(person, plant, "theory-benchmark", values, "COMPLETED")
    person.page.get_by_text("The gap on one page").first.wait_for()
    person.picture(shots / f"theory_done_{person.ui}.png")
    result = result_of(plant, ended(plant, run))
    assert (result["pieces"], result["parameters"]) == (4, 13)
