"""What a manager sees in MLflow when she opens the links: curves with names and colours, never an empty page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pytest

from flows.report.page import drawings, note
from flows.tracking.champion import Champion
from flows.tracking.items import evaluation_key
from flows.tracking.registry import fetch_champion, register_champion
from flows.tracking.writer import TrackedRun, record
from relu_core import ReluNetwork
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import decide
from relu_core.plot_style import family_color
from tests.comparisons import EXAMPLES, press_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.services]

SLOW = 120_000  # ms: these pages draw slowly on a busy machine
# MLflow asks for accounts that exist only with its access control.
ITS_OWN = ("users/current", "ResizeObserver", "404 (Not Found)")
CHARTS = "[...document.querySelectorAll('.js-plotly-plot')]"
TRACES = f"{CHARTS}.map(p => p.data.filter(t => (t.x || []).length).map(t => t.name))"
COLOURS = f"{CHARTS}.flatMap(p => p.data.map(t => (t.marker || {{}}).color || (t.line || {{}}).color))"


def track(server: str, comparison: Comparison, folder: Path) -> TrackedRun:
    verdict = decide(comparison)
    artifacts = {}
    for name, svg in drawings(comparison, verdict, language="en").items():
        artifacts[f"figures/{name}.svg"] = folder / f"{name}.svg"
        artifacts[f"figures/{name}.svg"].write_text(svg, encoding="utf-8")
    pictures = {Path(path).stem: f"get-artifact?path={path}&run_uuid={{run_id}}" for path in artifacts}
    return record(
        comparison, verdict, tracking_uri=server, charter_yaml="a: 1\n", artifacts=artifacts,
        key=evaluation_key(comparison, "a: 1\n"), note=note(comparison, verdict, language="en", picture_urls=pictures),
    )  # fmt: skip


@pytest.fixture(scope="module")
def tracked(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> TrackedRun:
    return track(mlflow_server, press_line(), tmp_path_factory.mktemp("figures"))


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A fresh visitor, who must end without an error on the console."""
    page = browser.new_context(viewport={"width": 1400, "height": 1300}).new_page()
    page.set_default_timeout(SLOW)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    ours = re.compile(r"http://127\.0\.0\.1|data:|blob:")
    page.on("request", lambda request: None if ours.match(request.url) else wrong.append(request.url))
    yield page
    page.context.close()
    assert not [text for text in wrong if not any(own in text for own in ITS_OWN)]


def test_the_link_opens_curves_of_every_family_in_its_colour(page: "Page", tracked: TrackedRun) -> None:
    page.goto(tracked.curves_url)
    page.wait_for_function(f"({TRACES}).filter(names => names.length).length >= 2")
    charts = page.evaluate(TRACES)
    for k in (1, 2, 3):
        label = "1 hidden layer" if k == 1 else f"{k} hidden layers"
        assert charts[0].count(label) >= 3, "value and both ends of the interval"
        assert sum(label in names for names in charts) >= 2
    assert {family_color(k) for k in (1, 2, 3)} <= {str(color).lower() for color in page.evaluate(COLOURS)}
    for name in ("2 hidden layers", "boosted trees", "target 0.8", "dead below 0.6"):
        assert page.get_by_text(name, exact=True).first.is_visible()


def test_the_note_of_the_run_is_the_verdict_with_its_picture(page: "Page", tracked: TrackedRun) -> None:
    page.goto(tracked.url)
    page.get_by_text("53 parameters reach the target").first.wait_for()
    # MLflow keeps an image's address and drops its name.
    drawn = "[...document.querySelectorAll(\"img[src*='figures/']\")].filter(i => i.naturalWidth > 0).map(i => i.src)"
    page.wait_for_function(f"{drawn}.length >= 8")
    shown = {name for src in page.evaluate(drawn) for name in re.findall(r"figures/(\w+)\.svg", unquote(src))}
    assert {"size", "cost", "confusion", "regions", "learning", "success", "time"} <= shown
    assert page.get_by_text("Cost against the threshold").first.is_visible()


def test_every_network_is_a_point(page: "Page", tracked: TrackedRun) -> None:
    page.goto(tracked.models_url)
    page.wait_for_function(f"({TRACES}).some(names => names.length)")


@pytest.mark.parametrize("name", ["ended_after_a_minute", "nothing_at_all", "all_collapsed"])
def test_the_chart_page_is_never_empty(page: "Page", mlflow_server: str, tmp_path: Path, name: str) -> None:
    page.goto(track(mlflow_server, EXAMPLES[name](), tmp_path).curves_url)
    page.wait_for_function(f"({TRACES}).some(names => names.length)")


def test_evaluations_of_one_poc_can_be_compared_over_time(
    page: "Page", mlflow_server: str, tmp_path: Path, tracked: TrackedRun
) -> None:
    later = track(mlflow_server, press_line(champion="3 hidden layers"), tmp_path)
    assert later.experiment_id == tracked.experiment_id
    page.goto(later.history_url)
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 1")
    for name in ("DEPTH_PAYS · 2 hidden layers · 2026-09-30", "DEPTH_PAYS · 3 hidden layers · 2026-09-30"):
        assert page.get_by_text(name, exact=True).first.is_visible()


def test_the_champion_travels_through_a_server(mlflow_server: str, tracked: TrackedRun) -> None:
    random = np.random.default_rng(4)
    network = ReluNetwork([random.normal(size=(5, 3)), random.normal(size=(1, 5))], [np.zeros(5), np.zeros(1)])
    champion = Champion(
        network, '{"numbers": [], "categories": [], "dropped": {}}', ("a", "b", "c"), "binary", "defect"
    )
    X = random.normal(size=(20, 3))
    known = {"tracking_uri": mlflow_server, "run_id": tracked.run_id, "name": "press-line-7", "key": "k"}
    registered = register_champion(champion, X, **known)
    assert registered.url == f"{mlflow_server}/#/models/press-line-7/versions/1"
    assert np.array_equal(fetch_champion(mlflow_server, "press-line-7").predict(X), champion.predict(X))
