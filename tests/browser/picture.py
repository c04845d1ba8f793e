"""The picture of the README: the top of a real decision page, drawn by the browser.

python -m tests.browser.picture COMPARISON.json docs/verdict.png
"""

import argparse
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from flows.report.page import write_report
from relu_core.comparison.schema import Comparison
from relu_core.comparison.verdict import decide
from tests.browser.conftest import FLAGS

WIDTH, SCALE, COLOURS = 940, 1.5, 128


def main() -> None:
    """Draw the page down to the end of the money and save it with a small palette."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("comparison", type=Path)
    parser.add_argument("picture", type=Path)
    chosen = parser.parse_args()
    comparison = Comparison.from_json(chosen.comparison.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        page = write_report(comparison, decide(comparison), language="en", folder=Path(folder), links={})
        drawn = Image.open(io.BytesIO(top_of(page)))
    chosen.picture.parent.mkdir(parents=True, exist_ok=True)
    drawn.convert("RGB").quantize(COLOURS).save(chosen.picture, optimize=True)
    print(f"{chosen.picture}: {drawn.width} x {drawn.height}, {chosen.picture.stat().st_size / 1000:.0f} kB")


def top_of(report: Path) -> bytes:
    """The decision down to what is said of the money, as PNG."""
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS), headless=True)
        context = browser.new_context(viewport={"width": WIDTH, "height": 1400}, device_scale_factor=SCALE)
        page = context.new_page()
        page.goto(report.as_uri())
        sheet, last = (page.locator(part).first.bounding_box() for part in (".decision", ".decision p.caption"))
        assert sheet and last
        height = last["y"] + last["height"] - sheet["y"] + 24
        clip = {"x": sheet["x"], "y": sheet["y"], "width": sheet["width"], "height": height}
        drawn = page.screenshot(clip=clip)  # type: ignore[arg-type]
        browser.close()
    return drawn


if __name__ == "__main__":
    main()
