"""The data-quality page on a phone and on a desk: wide tables scroll in their own frame, the page itself does not."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.lake.manifest import describe
from flows.lake.quarantine import check
from flows.quality.page import quality_page
from flows.sources.delimited import read_delimited

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_no_wider_than_its_screen(browser: "Browser", tmp_path: Path, width: int) -> None:
    names = ",".join(f"temperature_of_the_bearing_{i} [kN]" for i in range(6))
    rows = "".join(f"2026-03-02 10:00:{i:02d},{','.join([str(i * 1000)] * 6)}\n" for i in range(40))
    checked = check(read_delimited(f"time,{names}\n{rows}2026-03-02 10:30:00,ERR,1,1,1,1,1\n".encode(), "line.csv"))
    page = tmp_path / "quality.html"
    page.write_text(quality_page(describe(checked, "press", "0" * 16), checked.frame, [checked.quarantined]))
    shown = browser.new_context(viewport={"width": width, "height": 900}, is_mobile=width < 500).new_page()
    shown.goto(page.as_uri())
    assert shown.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
    shown.context.close()
