"""Early warning: counted by event, at a fixed number of false alarms a day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import ArgumentError
from relu_core.comparison import alarm_threshold, early_warning

LAWS = settings(max_examples=50, deadline=None, derandomize=True)
DAY = 86_400.0
# Two days, one row a minute; two events of an hour.
TIMES = np.arange(0.0, 2 * DAY, 60.0)
EVENTS = [(30_000.0, 33_600.0), (120_000.0, 123_600.0)]


def score_of(*alarms: tuple[float, float]) -> np.ndarray:
    """1 between the given seconds, else 0."""
    return sum(((a <= TIMES) & (b >= TIMES)).astype(float) for a, b in alarms) + np.zeros(len(TIMES))


def test_an_event_is_caught_once_and_its_lead_runs_to_its_start() -> None:
    found = early_warning(TIMES, score_of((29_400, 29_700), (120_600, 123_000)), EVENTS, threshold=0.5, horizon=3600)
    assert (found.events, found.caught.value, found.false_alarms_a_day) == (2, 1.0, 0.0)
    # Ten minutes before the first, ten minutes after the second began.
    assert (found.lead_seconds.low, found.lead_seconds.value, found.lead_seconds.high) == (-600.0, 0.0, 600.0)


def test_a_warning_before_the_horizon_is_a_false_alarm() -> None:
    found = early_warning(TIMES, score_of((20_000, 20_600)), EVENTS, threshold=0.5, horizon=3600)
    assert found.caught.value == 0.0
    assert np.isnan(found.lead_seconds.value)
    quiet = (TIMES[-1] - 2 * (3600 + 3600)) / DAY
    assert found.false_alarms_a_day == pytest.approx(1 / quiet)


def test_an_alarm_that_lasts_or_flickers_is_one_alarm() -> None:
    long = early_warning(TIMES, score_of((50_000, 70_000)), EVENTS, threshold=0.5, horizon=0)
    flickering = score_of(*[(50_000 + 600 * i, 50_300 + 600 * i) for i in range(10)])
    many = early_warning(TIMES, flickering, EVENTS, threshold=0.5, horizon=0)
    joined = early_warning(TIMES, flickering, EVENTS, threshold=0.5, horizon=0, merge=1800)
    assert long.false_alarms_a_day == joined.false_alarms_a_day
    assert many.false_alarms_a_day == pytest.approx(10 * joined.false_alarms_a_day)


@LAWS
@given(seed=st.integers(0, 500), allowed=st.floats(0.0, 20.0))
def test_the_threshold_keeps_to_the_number_of_false_alarms(seed: int, allowed: float) -> None:
    score = np.random.default_rng(seed).normal(size=len(TIMES)).round(1)
    asked = {"horizon": 1800.0, "merge": 300.0}
    threshold = alarm_threshold(TIMES, score, EVENTS, false_alarms_a_day=allowed, **asked)
    found = early_warning(TIMES, score, EVENTS, threshold=threshold, **asked)
    assert found.false_alarms_a_day <= allowed * (1 + 1e-9)


@LAWS
@given(seed=st.integers(0, 500))
def test_repeating_rows_inside_events_changes_nothing(seed: int) -> None:
    score = np.random.default_rng(seed).normal(size=len(TIMES))
    inside = (EVENTS[0][0] <= TIMES) & (EVENTS[0][1] >= TIMES)
    often = np.repeat(np.arange(len(TIMES)), np.where(inside, 5, 1))
    asked = {"threshold": 2.0, "horizon": 600.0}
    once = early_warning(TIMES, score, EVENTS, **asked)
    assert repr(early_warning(TIMES[often], score[often], EVENTS, **asked)) == repr(once)


def test_refusals() -> None:
    with pytest.raises(ArgumentError) as refusal:
        early_warning([0.0, 2.0, 1.0], [0.0, 0.0, 0.0], [], threshold=0.5, horizon=1)
    assert str(refusal.value) == "times goes back at row 2; sort the rows by time first"
    with pytest.raises(ArgumentError) as refusal:
        early_warning([0.0, 1.0], [0.0, 0.0], [(0, 2), (1, 3)], threshold=0.5, horizon=1)
    assert str(refusal.value) == "two events overlap at 1; join them to one"
    with pytest.raises(ArgumentError) as refusal:
        early_warning([0.0, 1.0], [0.0, 0.0], [(3, 2)], threshold=0.5, horizon=1)
    assert str(refusal.value) == "an event starts at 3 and ends at 2; give its start first"
