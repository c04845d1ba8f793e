"""The forms as a person meets them in both UIs: what they say, what they refuse, and the way from Submit to the curves.

Nobody outside is called: a request that leaves the loopback is refused, and the pages must work all the same.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from flows.operations.servers import PrefectServer
from flows.settings import Settings
from tests.browser.prefect_pages import FLOWS, SLOW, PrefectPages, deployment_of
from tests.evaluations import ended

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = [pytest.mark.browser, pytest.mark.services]

GOOD = {
    "Name of the PoC": "formed", "Data set": "formed", "Column to predict": "Scrap", "Kind of answer": "yes/no",
    "Metric": "roc_auc", "Good enough from": 0.815, "Dead below": 0.4, "Time budget": 0.1,
    "Numbers of hidden layers to compare": [1, 2, 2], "Ask between stages": False,
}  # fmt: skip


def test_every_field_of_every_form_is_told_in_words(person: PrefectPages, plant: Settings, shots: Path) -> None:
    for name, flow in FLOWS.items():
        form = PrefectServer(plant.prefect_api_url).deployment(flow, name) or {}
        schema = form["parameter_openapi_schema"]
        [model] = [entry["$ref"].rpartition("/")[2] for entry in schema["properties"].values()]
        person.open_form(form["id"])
        person.page.get_by_text(schema["definitions"][model]["title"], exact=True).first.wait_for()
        for field in schema["definitions"][model]["properties"].values():
            title = field.get("title") or schema["definitions"][field["$ref"].rpartition("/")[2]]["title"]
            expect(person.field(title)).to_contain_text(field["description"], use_inner_text=True, timeout=SLOW)
        assert 'type "None"' not in person.text()
        assert person.page.locator(".cm-editor, .monaco-editor").count() == 0, "a field is a box for JSON"
        person.picture(shots / f"form_{name}_{person.ui}.png")


@pytest.mark.long
def test_bad_values_are_refused_and_good_ones_lead_to_the_curves(
    person: PrefectPages, plant: Settings, shots: Path
) -> None:
    person.open_form(deployment_of(plant, "evaluate"))
    offered = person.choices("Data set")
    assert offered[0] == "named like the PoC" and "formed" in offered
    person.page.keyboard.press("Escape")

    person.submit()
    person.page.get_by_text("'target' is a required property").first.wait_for()
    person.fill({**GOOD, "Name of the PoC": "Line 7"})
    person.submit()
    person.page.get_by_text("'Line 7' does not match").first.wait_for()
    person.picture(shots / f"refused_{person.ui}.png")
    # A PoC for each of the two: the same question again would find its answer standing.
    poc = f"formed-{person.ui}"
    person.fill({"Name of the PoC": poc, "Cost of a miss": -1})
    person.submit()
    assert "0" in person.refusal("Cost of a miss", "less than the minimum of 0")

    person.fill({"Cost of a miss": 0})
    run = person.submit_and_view()
    assert ended(plant, run).state == "COMPLETED"

    person.open_run(run)  # click 1 shows the decision, click 2 opens it with its links; V2 lists its versions between
    person.tab("Artifacts")
    person.page.get_by_text("No neural network is needed").first.wait_for()
    person.picture(shots / f"artifacts_{person.ui}.png")
    person.page.get_by_text(f"verdict-{poc}").first.click()
    if person.ui == "v2":
        person.page.locator("a[href*='/artifacts/artifact/']").first.click()
    link = person.page.get_by_role("link", name="See the curves in MLflow").first
    link.wait_for()
    person.picture(shots / f"verdict_{person.ui}.png")
    assert person.page.get_by_role("link", name="Read the report").first.is_visible()
    person.follow(link)  # click 3
    person.page.wait_for_url(re.compile(re.escape(plant.mlflow_ui_url)))
    person.page.wait_for_function(
        "[...document.querySelectorAll('.js-plotly-plot')].some(p => p.data.filter(t => (t.x || []).length).length > 1)"
    )
    person.picture(shots / f"curves_{person.ui}.png")


def test_fields_that_contradict_each_other_fail_in_the_first_task_with_a_sentence(
    person: PrefectPages, plant: Settings, shots: Path
) -> None:
    person.open_form(deployment_of(plant, "evaluate"))
    person.fill({**GOOD, "Metric": "rmse", "Rows are kept apart": "by group"})
    busy = ["once", "twice"]

    def refuse(route: "Route") -> None:
        route.fulfill(status=503) if busy and busy.pop() else route.continue_()

    person.page.route("**/create_flow_run", refuse)
    run = person.submit_and_view()
    assert not busy, "a server that was busy twice was not asked again"
    failed = ended(plant, run)
    assert failed.state == "FAILED"
    person.open_run(run)
    person.tab("Artifacts")
    person.page.get_by_text("metric rmse does not measure yes/no; choose one listed for that kind").first.wait_for()
    person.page.get_by_text("split_rule is 'by group' but split_column is empty").first.wait_for()
    person.picture(shots / f"contradiction_{person.ui}.png")
