"""The data-quality page tells the whole account, and nothing in a file can break out of it."""

from pathlib import Path

from flows.lake.manifest import describe
from flows.lake.quarantine import check
from flows.quality.page import quality_page, write_quality_page
from flows.sources.delimited import read_delimited

ROWS = "".join(f"2026-03-02 10:00:{i:02d},{i if i != 7 else 9000},n{i % 2},7\n" for i in range(40))
TEXT = "time,Force [kN],<b>note</b>,fixed\n" + ROWS + "2026-03-02 10:30:00,<script>,n1,7\n,,,\n"


def page_of(text: str) -> str:
    checked = check(read_delimited(text.encode(), "line <1>.csv"))
    return quality_page(describe(checked, "press", "0" * 16), checked.frame, checked.quarantined)


def test_the_page_says_what_was_read_what_left_and_why() -> None:
    page = page_of(TEXT)
    for sentence in (
        "42 rows were read from 1 file: 40 are stored, 2 left with a reason. Version 0000000000000000.",
        "column &quot;Force&quot; holds a text where a number is needed",
        "no cell of the row has a value",
        "&quot;Force&quot; has 1 value(s) far from all others (it reaches from 0 to 9000, half of it lies near 20.5).",
        "&quot;fixed&quot; is 7 wherever it has a value.",
        "<td>kN</td>",
    ):
        assert sentence in page


def test_what_a_file_holds_stays_text() -> None:
    page = page_of(TEXT)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<b>note</b>" not in page and "line &lt;1&gt;.csv" in page
    assert "http" not in page


def test_a_clean_file_has_a_short_page(tmp_path: Path) -> None:
    page = page_of("a,b\n" + "".join(f"{i},{i * i % 17}\n" for i in range(30)))
    assert "No row had to leave." in page and "What the clock shows" not in page
    place = write_quality_page(tmp_path / "reports" / "press.html", page)
    assert place.read_text(encoding="utf-8") == page
    assert [one.name for one in place.parent.iterdir()] == ["press.html"]
