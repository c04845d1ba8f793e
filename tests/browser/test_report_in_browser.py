"""The decision page as people meet it: on a phone, on a desk, in the dark, on paper, read aloud."""

from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest

from flows.report.overview import write_overview
from flows.report.page import write_report
from relu_core.comparison.verdict import decide
from tests.comparisons import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# A4 less the margins that the page asks for, in pixels of 1/96 inch.
A4_WIDTH, A4_HEIGHT = round((210 - 2 * 14) / 25.4 * 96), round((297 - 2 * 11) / 25.4 * 96)


CONTRASTS = """() => {
  const light = c => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                     .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = node => { for (let at = node; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); }
    return [255, 255, 255]; };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest("style")) continue;
    const style = getComputedStyle(node), inside = node.closest("svg");
    const ink = light(parse(inside ? style.fill : style.color).slice(0, 3)), paper = light(ground(node));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push(`${node.tagName} ${node.textContent.trim().slice(0, 40)} ${ratio.toFixed(2)}`);
  }
  return found;
}"""


CUT = """() => [...document.querySelectorAll(".scroll, td > span, .strip dd")]
  .filter(box => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).display !== "inline")
  .map(box => box.textContent.trim().slice(0, 40))"""

LABELS = """() => {
  const found = [];
  for (const picture of document.querySelectorAll("svg")) {
    const frame = picture.getBoundingClientRect();
    const boxes = [...picture.querySelectorAll("text")].map(t => [t.textContent.trim(), t.getBoundingClientRect()]);
    for (const [name, b] of boxes)
      if (b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 1 || b.bottom > frame.bottom + 1)
        found.push(`${picture.ariaLabel}: "${name}" sticks out`);
    for (const [i, [name, a]] of boxes.entries())
      for (const [other, b] of boxes.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 4) found.push(`${picture.ariaLabel}: "${name}" lies on "${other}"`);
      }
  }
  return found;
}"""


@cache
def written(name: str, language: str) -> Path:
    """The page of an example, written once for all tests."""
    comparison = EXAMPLES[name]()
    return write_report(comparison, decide(comparison), language=language, folder=Path(mkdtemp()), links={})


def open_report(browser: "Browser", name: str, language: str, **options: object) -> "Page":
    """The page of an example; fails where it asks for anything or something goes wrong while it is opened."""
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(written(name, language).as_uri())
    assert not wrong
    return page


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_holds_on_a_phone_on_a_desk_and_the_decision_on_one_sheet(
    browser: "Browser", name: str, language: str
) -> None:
    page = open_report(browser, name, language)
    for width in (360, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == [], "a table, a cell or a picture is wider than its place"
    assert page.evaluate(LABELS) == []
    page.set_viewport_size({"width": A4_WIDTH, "height": A4_HEIGHT})
    page.emulate_media(media="print")
    assert page.locator(".decision").bounding_box()["height"] <= A4_HEIGHT  # type: ignore[index]
    page.context.close()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(browser: "Browser", language: str, scheme: str) -> None:
    page = open_report(browser, "press_line", language, color_scheme=scheme)
    assert page.evaluate(CONTRASTS) == []
    page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_over_all_pocs_fits_its_screen(browser: "Browser", tmp_path: Path, width: int) -> None:
    evaluations = [(date(2026, 10, 5), replace(make(), poc=name)) for name, make in EXAMPLES.items()]
    evaluations.append((date(2026, 4, 2), replace(EXAMPLES["nobody_reaches"](), poc="press_line")))
    path = write_overview(evaluations, language="ja", folder=tmp_path, today=date(2026, 10, 30))
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    assert page.locator("h2").count() == 1
    page.context.close()


def test_a_screen_reader_finds_language_headings_pictures_and_table_heads(browser: "Browser") -> None:
    page = open_report(browser, "press_line", "ja")
    assert page.locator("html").get_attribute("lang") == "ja"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = page.evaluate("[...document.querySelectorAll('svg')].map(s => [s.getAttribute('role'), s.ariaLabel])")
    assert names and all(role == "img" and label for role, label in names)
    assert page.locator("th:not([scope])").count() == 0
    page.context.close()


def test_japanese_is_drawn_with_glyphs_where_the_system_has_them(browser: "Browser") -> None:
    page = open_report(browser, "press_line", "ja")
    width = "text => { const c = document.createElement('canvas').getContext('2d'); c.font = '20px sans-serif';"
    width += " return c.measureText(text).width; }"
    if page.evaluate(width, "隠れ層") == page.evaluate(width, "\uffff\uffff\uffff"):
        pytest.skip("this machine has no Japanese font")
    texts = page.evaluate("[...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fontFamily)")
    assert texts and all("sans-serif" in family for family in texts)
    page.context.close()
