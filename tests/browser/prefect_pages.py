"""The pages of Prefect's two UIs as a person uses them: forms to fill, runs to watch, questions to answer."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from flows.operations.servers import PrefectServer
from flows.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request

UIS = ("v1", "v2")
FLOWS = {
    "evaluate": "Evaluate PoC", "ingest": "Ingest data", "inspect": "Inspect a file",
    "theory-benchmark": "Theory benchmark",
}  # fmt: skip
SLOW = 90_000  # ms: runs start slowly on a busy machine


def deployment_of(plant: Settings, name: str) -> str:
    found = PrefectServer(plant.prefect_api_url).deployment(FLOWS[name], name)
    assert found is not None
    return str(found["id"])


class PrefectPages:
    """One person in one of the UIs. A field is named by the title that she reads, never by its key."""

    def __init__(self, page: "Page", address: str, ui: str) -> None:
        self.page, self.ui = page, ui
        self.address = address + ("" if ui == "v1" else "/v2")

    def open_form(self, deployment: str) -> None:
        """The page on which a run of the deployment is asked for."""
        self.page.goto(f"{self.address}/deployments/deployment/{deployment}/run")
        expect(self.page.get_by_role("button", name="Submit")).to_be_visible(timeout=SLOW)

    def field(self, title: str) -> "Locator":
        """The part of the page that holds a field with its title and description."""
        label = self.page.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(title)}( \(Optional\))?\s*$"))
        part = ".schema-form-property" if self.ui == "v1" else "div.group"
        return self.page.locator(part).filter(has=label).last

    def fill(self, values: dict[str, Any]) -> None:
        """Enter a value of its kind into every field: a choice, a switch, a list, a number or a text."""
        for title, value in values.items():
            field = self.field(title)
            expect(field).to_be_visible(timeout=SLOW)
            if isinstance(value, bool):
                self._switch(field, value)
            elif isinstance(value, list):
                self._list(field, value)
            elif field.locator(".p-select-button, [aria-haspopup=listbox]").count():
                self.choices(title)
                # The list of V2 is drawn anew while it opens: there is no place to aim at.
                self.page.get_by_role("option", name=str(value), exact=True).dispatch_event("click")
            else:
                field.locator("textarea, input").first.fill(str(value))

    def choices(self, title: str) -> list[str]:
        """Open a list and read what it offers; it stays open."""
        field = self.field(title)
        (
            field.locator(".p-select-button") if self.ui == "v1" else field.locator("[aria-haspopup=listbox]")
        ).first.click()
        options = self.page.get_by_role("option")
        expect(options.first).to_be_visible()
        return [text.strip() for text in options.all_inner_texts()]

    def submit(self) -> None:
        """Press the button below the form."""
        self.page.get_by_role("button", name="Submit").click()

    def refusal(self, title: str, server_says: str) -> str:
        """What is said of a number beyond its limits: by the server in V1, by the browser itself in V2."""
        if self.ui == "v1":
            self.page.get_by_text(server_says).first.wait_for()
            return server_says
        return str(self.field(title).locator("input").first.evaluate("field => field.validationMessage"))

    def submit_and_view(self) -> str:
        """Submit what is right and go to the run's page; gives the run's id."""
        asked: list[Request] = []
        self.page.on("request", lambda one: asked.append(one) if "create_flow_run" in one.url else None)
        # A server whose database is busy refuses; the page asks again by itself.
        with self.page.expect_response(lambda answer: "create_flow_run" in answer.url and answer.ok) as heard:
            for _ in range(5):
                # The first press after a refused number only takes the browser's own remark away.
                self.submit()
                self.page.wait_for_timeout(2_000)
                if asked:
                    break
        run = str(heard.value.json()["id"])
        self.open_run(run)
        return run

    def answer(self, run: str, values: dict[str, Any]) -> None:
        """Open the page of a run that waits for a person, fill in what it asks, and send it."""
        self.open_run(run)
        if self.ui == "v1":
            self.page.get_by_role("button", name="Resume").click()
        else:
            self.page.get_by_role("button", name="Open menu").last.click()
            self.page.get_by_role("menuitem", name="Resume").click()
        self.page.get_by_role("dialog").wait_for()
        self.fill(values)

    def send(self) -> None:
        """Press the button below the question."""
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Submit" if self.ui == "v1" else "Resume").click()

    def text(self) -> str:
        """All that can be read on the page, in one line."""
        return " ".join(self.page.inner_text("body").split())

    def picture(self, place: Path) -> None:
        """A picture of the whole page, however long."""
        self.page.set_viewport_size({"width": 1280, "height": 900})
        height = self.page.evaluate("Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))")
        self.page.set_viewport_size({"width": 1280, "height": min(max(int(height) + 40, 900), 5000)})
        self.page.screenshot(path=place)

    def open_run(self, run: str) -> None:
        """The page of one run."""
        self.page.goto(f"{self.address}/runs/flow-run/{run}")

    def follow(self, link: "Locator") -> None:
        """Press a link; the person then looks at the page it opens, here or in a tab of its own."""
        if link.get_attribute("target") == "_blank":
            with self.page.context.expect_page() as opened:
                link.click()
            self.page = opened.value
        else:
            link.click()

    def tab(self, name: str) -> None:
        """One of the tabs of a page."""
        role = self.page.get_by_role("tab", name=name)
        (role if role.count() else self.page.get_by_text(name, exact=True)).first.click()

    def _switch(self, field: "Locator", on: bool) -> None:
        found = field.locator("input[type=checkbox], button[role=switch], [role=switch]").first
        if self.ui == "v2":
            if (found.get_attribute("aria-checked") == "true") != on:
                found.click()
        else:
            found.set_checked(on, force=True)

    def _list(self, field: "Locator", values: list[Any]) -> None:
        boxes = field.locator("fieldset input, fieldset textarea")
        while boxes.count() < len(values):
            field.get_by_role("button", name="Add item").click()
        for i, value in enumerate(values):
            boxes.nth(i).fill(str(value))
