"""The decision page as people meet it: on a phone, on a desk, in the dark, on paper, read aloud."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.report.page import write_report
from relu_core.comparison.verdict import decide
from tests.comparisons import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# A4 less the margins that the page asks for, in pixels of 1/96 inch.
A4_WIDTH, A4_HEIGHT = round((210 - 2 * 14) / 25.4 * 96), round((297 - 2 * 11) / 25.4 * 96)
HARD = ("press_line", "long_names", "japanese_names", "ended_after_a_minute", "all_collapsed")

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


def open_report(browser: "Browser", folder: Path, name: str, language: str, **options: object) -> "Page":
    """The page of an example, and a list of what went wrong while it was opened as `page.wrong`."""
    comparison = EXAMPLES[name]()
    path = write_report(comparison, decide(comparison), language=language, folder=folder, links={})
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    assert not wrong
    return page


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_sticks_out_sideways(browser: "Browser", tmp_path: Path, name: str, language: str, width: int) -> None:
    page = open_report(browser, tmp_path, name, language, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth + 1).length"
    )
    assert cut == 0, "a table or picture is wider than its place"
    page.context.close()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(
    browser: "Browser", tmp_path: Path, language: str, scheme: str
) -> None:
    page = open_report(browser, tmp_path, "press_line", language, color_scheme=scheme)
    assert page.evaluate(CONTRASTS) == []
    page.context.close()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "long_names"])
def test_the_decision_fits_on_one_printed_page(browser: "Browser", tmp_path: Path, name: str, language: str) -> None:
    page = open_report(browser, tmp_path, name, language, viewport={"width": A4_WIDTH, "height": A4_HEIGHT})
    page.emulate_media(media="print")
    assert page.locator(".decision").bounding_box()["height"] <= A4_HEIGHT  # type: ignore[index]
    page.context.close()


def test_a_screen_reader_finds_language_headings_pictures_and_table_heads(browser: "Browser", tmp_path: Path) -> None:
    page = open_report(browser, tmp_path, "press_line", "ja")
    assert page.locator("html").get_attribute("lang") == "ja"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = page.evaluate("[...document.querySelectorAll('svg')].map(s => [s.getAttribute('role'), s.ariaLabel])")
    assert names and all(role == "img" and label for role, label in names)
    assert page.locator("th:not([scope])").count() == 0
    page.context.close()


def test_japanese_is_drawn_with_glyphs_where_the_system_has_them(browser: "Browser", tmp_path: Path) -> None:
    page = open_report(browser, tmp_path, "press_line", "ja")
    width = "text => { const c = document.createElement('canvas').getContext('2d'); c.font = '20px sans-serif';"
    width += " return c.measureText(text).width; }"
    if page.evaluate(width, "隠れ層") == page.evaluate(width, "\uffff\uffff\uffff"):
        pytest.skip("this machine has no Japanese font")
    texts = page.evaluate("[...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fontFamily)")
    assert texts and all("sans-serif" in family for family in texts)
    page.context.close()
