"""The page over all PoCs puts first what is surest to pay, and says only what the records hold."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from flows.report.overview import render_overview, write_overview
from relu_core.comparison.schema import Comparison
from tests.comparisons import EXAMPLES, press_line


def everything() -> list[Comparison]:
    return [replace(make(), poc=name.replace("_", "-")) for name, make in EXAMPLES.items()]


def order(html: str) -> list[str]:
    return re.findall(r'<tr class="\w+"><td[^>]*><span><span class="text">([^<]*)', html)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_kind_of_result_has_its_line(language: str) -> None:
    records = everything()
    assert sorted(order(render_overview(records, language=language))) == sorted(one.poc for one in records)


def test_the_most_cautious_saving_stands_first_and_a_loss_after_every_gain() -> None:
    rich = press_line(poc="rich", money=tuple(
        replace(m, saving_per_year=replace(m.saving_per_year, value=9e5, low=8e5, high=1e6)) for m in press_line().money
    ))  # fmt: skip
    records = [EXAMPLES["never_paid_back"](), press_line(poc="plain"), rich, EXAMPLES["no_costs"]()]
    records[0], records[3] = replace(records[0], poc="loses"), replace(records[3], poc="no-money")
    assert order(render_overview(records, language="en")) == ["rich", "plain", "loses", "no-money"]


def test_every_number_stands_in_a_record() -> None:
    records = everything()
    text = "".join(one.to_json() for one in records)
    for value in re.findall(r'<data value="([^"]+)"', render_overview(records, language="en")):
        assert value in ("nan", "inf") or value in text or str(int(float(value))) in text


def test_no_evaluation_is_a_sentence(tmp_path: Path) -> None:
    path = write_overview([], language="en", folder=tmp_path)
    assert "No evaluation has been finished yet." in path.read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["overview_en.html"]
