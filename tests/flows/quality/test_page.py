"""The data-quality page tells the whole account, and nothing in a file can break out of it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.errors import SourceError
from flows.lake.manifest import describe
from flows.lake.quarantine import check
from flows.quality.page import quality_page, write_quality_page
from flows.settings import read_settings
from flows.sources.delimited import read_delimited
from flows.sources.read import read_source
from flows.steps import ingest

ROWS = "".join(f"2026-03-02 10:00:{i:02d},{i if i != 7 else 9000},n{i % 2},7\n" for i in range(40))
TEXT = "time,Force [kN],<b>note</b>,fixed\n" + ROWS + "2026-03-02 10:30:00,<script>,n1,7\n,,,\n"


def page_of(text: str) -> str:
    checked = check(read_delimited(text.encode(), "line <1>.csv"))
    return quality_page(describe(checked, "press", "0" * 16), checked.frame, [checked.quarantined])


def test_the_page_says_what_was_read_what_left_and_why() -> None:
    page = page_of(TEXT)
    for sentence in (
        "42 rows were read from 1 file: 40 are stored, 2 were set aside with a reason. Version 0000000000000000.",
        "column &quot;Force&quot; holds a text where a number is needed",
        "no cell of the row has a value",
        "&quot;Force&quot;: 1 value lies far from the rest (usual is about 20.5, the smallest is 0, the largest 9000);",
        "One column has the same value in every row and can tell nothing apart: &quot;fixed&quot; (7).",
        "<td>kN</td>",
    ):
        assert sentence in page


def test_large_numbers_are_written_out() -> None:
    page = page_of("Stroke,b\n" + "".join(f"{184020 + 20 * i},{i}\n" for i in range(5)))
    assert "184,020" in page and "184,060" in page and "184,100" in page and "e+05" not in page


def test_what_a_file_holds_stays_text() -> None:
    page = page_of(TEXT)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<b>note</b>" not in page and "line &lt;1&gt;.csv" in page
    assert "http" not in page


def test_a_clean_file_has_a_short_page(tmp_path: Path) -> None:
    page = page_of("a,b\n" + "".join(f"{i},{i * i % 17}\n" for i in range(30)))
    assert "Every row could be used." in page and "What the clock shows" not in page
    place = write_quality_page(tmp_path / "reports" / "press.html", page)
    assert place.read_text(encoding="utf-8") == page
    assert [one.name for one in place.parent.iterdir()] == ["press.html"]


def test_files_without_header_are_named_in_one_sentence(tmp_path: Path) -> None:
    for name in ("a.dat", "b.dat", "c.dat"):
        (tmp_path / name).write_text("".join(f"{i}.5 {i % 7}.25 3.5\n" for i in range(40)))
    checked = check(read_source(tmp_path))
    page = quality_page(describe(checked, "press", "0" * 16), checked.frame, [checked.quarantined])
    assert "3 files have no header (&quot;a.dat&quot;, &quot;b.dat&quot;, &quot;c.dat&quot;)" in page
    assert page.count("no header") == 1


def test_a_large_file_has_a_page_that_counts_all_rows_and_shows_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("sources.unpack.LARGE_BYTES", "lake.pieces._SAMPLE_BYTES", "lake.stream._BLOCK_BYTES"):
        monkeypatch.setattr(f"flows.{size}", 20_000)
    monkeypatch.setattr("flows.steps.ingest._ROWS_OF_A_PAGE", 500)
    settings = read_settings({"DEPTHCASE_HOME": str(tmp_path / "home"), "DEPTHCASE_DATA": str(tmp_path / "data")})
    settings.raw.mkdir(parents=True)
    start = datetime(2026, 3, 2)
    rows = [f"{start + timedelta(seconds=i)},{i / 4},{'' if i % 10 == 0 else i % 3}\n" for i in range(6000)]
    rows[3000] = f"{start},oops,1\n"
    rows[4000:4002] = rows[10:12]
    (settings.raw / "big.csv").write_text("time,Force [kN],tool\n" + "".join(rows))
    source = ingest.look_at_source("big.csv", str(settings.raw))
    stored = ingest.store_dataset(source, ingest.Wanted("big"), settings, lambda name: "", lambda progress: None)
    page = (settings.reports / "big-data-quality.html").read_text(encoding="utf-8")
    assert (stored.rows, stored.quarantined) == (5997, 3)
    assert "5,997 are stored, 3 were set aside with a reason" in page and "598 (10 %)" in page
    assert "1499.8" in page and "the first 3 of 3; all are in" in page and "gap(s)" not in page
    assert "<td>the row repeats an earlier line, with the same time</td><td class=number>2</td>" in page
    assert "Remaining life" not in page
    (settings.raw / "big.csv").write_text(
        "unit,cycle,x\n" + "".join(f"{i // 50},{i % 50},{i / 7}\n" for i in range(9000))
    )
    source = ingest.look_at_source("big.csv", str(settings.raw))
    ingest.store_dataset(source, ingest.Wanted("big"), settings, lambda name: "", lambda progress: None)
    page = (settings.reports / "big-data-quality.html").read_text(encoding="utf-8")
    assert "Remaining life was not added: for a large file" in page and "Every row could be used." in page
    with pytest.raises(SourceError) as refused:
        wanted = ingest.Wanted("big", label_file="log.csv")
        ingest.store_dataset(source, wanted, settings, lambda name: "", lambda progress: None)
    assert str(refused.value) == (
        "labelled periods and remaining lives cannot be read beside a file that is read in pieces; "
        "cut the file into several"
    )
