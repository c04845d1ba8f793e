"""The table of error rates that ships with the product."""

import pytest

from flows.report.error_rates import published_rates, published_table
from relu_core.comparison import wilson


def test_the_shipped_table_holds_counts_and_their_intervals() -> None:
    table = published_table()
    for rate in (*table["rates"].values(), *table["coverage of 95 % intervals"].values()):
        interval = wilson(rate["count"], rate["of"])
        assert (rate["rate"], rate["low"], rate["high"]) == pytest.approx((interval.value, interval.low, interval.high))
    assert table["made_with"]["seeds"] == "published"
    assert sum(sum(cell["verdicts"].values()) for cell in table["problems"].values()) == table["count"]


def test_the_report_is_told_both_rates_as_shares() -> None:
    rates = {name: rate for name, rate in published_rates().items() if not name.endswith("_of")}
    assert {"false_rate", "missed_rate"} <= set(rates)
    assert all(0 <= rate <= 1 for rate in rates.values())
