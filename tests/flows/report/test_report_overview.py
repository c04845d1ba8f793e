"""The page over all PoCs puts first what is surest to pay, and says only what the records hold."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup

from flows.report.overview import render_overview, write_overview
from relu_core.comparison.schema import Comparison
from tests.comparisons import EXAMPLES, press_line

DAY, TODAY = date(2026, 10, 5), date(2026, 10, 30)


def dated(records: list[Comparison]) -> list[tuple[date, Comparison]]:
    return [(DAY, record) for record in records]


def everything() -> list[Comparison]:
    return [replace(make(), poc=name.replace("_", "-")) for name, make in EXAMPLES.items()]


def render(records: list[Comparison], language: str = "en") -> str:
    return render_overview(dated(records), language=language, today=TODAY)


def order(html: str) -> list[str]:
    return re.findall(r'<tr class="\w+"><td[^>]*><span><span class="text">([^<]*)', html)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_kind_of_result_has_its_line(language: str) -> None:
    records = everything()
    assert sorted(order(render(records, language))) == sorted(one.poc for one in records)


def test_the_most_cautious_saving_stands_first_and_a_loss_after_every_gain() -> None:
    rich = press_line(poc="rich", money=tuple(
        replace(m, saving_per_year=replace(m.saving_per_year, value=9e5, low=8e5, high=1e6)) for m in press_line().money
    ))  # fmt: skip
    records = [EXAMPLES["never_paid_back"](), press_line(poc="plain"), rich, EXAMPLES["no_costs"]()]
    records[0], records[3] = replace(records[0], poc="loses"), replace(records[3], poc="no-money")
    assert order(render(records)) == ["rich", "plain", "loses", "no-money"]


def test_every_number_stands_in_a_record() -> None:
    records = everything()
    text = "".join(one.to_json() for one in records)
    for value in re.findall(r'<data value="([^"]+)"', render(records)):
        age = str((TODAY - date(2026, 9, 30)).days)
        assert value in ("nan", "inf", age) or value in text or str(int(float(value))) in text


def test_no_evaluation_is_a_sentence(tmp_path: Path) -> None:
    path = write_overview([], language="en", folder=tmp_path, today=TODAY)
    assert "No evaluation has been finished yet." in path.read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["overview_en.html"]


def test_the_newest_evaluation_stands_for_its_poc_and_all_of_them_below_it() -> None:
    newer, older = press_line(), press_line(baselines=EXAMPLES["simple_suffices"]().baselines, champion="trees")
    older = replace(older, dataset=replace(older.dataset, rows=4_321))
    other = press_line(poc="evaluated-once")
    page = render_overview(
        [(date(2026, 10, 5), newer), (date(2026, 3, 1), older), (DAY, other)], language="en", today=TODAY
    )
    above, below = page.split("Evaluated more than once")
    assert sorted(order(above)) == ["evaluated-once", "press-line-7"] and "4,321" not in above
    assert order(below) == ["press-line-7"] * 2
    assert below.index("2026-10-05") < below.index("2026-03-01") < below.index("4,321")


@pytest.mark.parametrize(
    ("name", "words"),
    [("press_line", "seen again on 2,000 untouched rows, ranges of 95 %"), ("ended_after_a_minute", "not settled")],
)
def test_how_sure_a_verdict_is_stands_beside_it(name: str, words: str) -> None:
    assert words in Markup(render([EXAMPLES[name]()])).striptags()


def test_the_age_of_the_data_counts_from_today_and_needs_a_period() -> None:
    shown = Markup(render([press_line()])).striptags()
    assert "2026-09-3030 days oldevaluated 2026-10-05" in shown
    timeless = replace(press_line(), dataset=replace(press_line().dataset, period_start="", period_end=""))
    assert "days old" not in render([timeless])
