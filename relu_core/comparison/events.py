"""Early warning on time-ordered data, counted by event and never by row.

A row-wise share flatters: one long event that is caught counts a thousand times, one false alarm that lasts an hour as
often as sixty. Here an event is caught once or not at all, alarms that follow each other are one alarm, and the
threshold is the one that keeps to a fixed number of false alarms a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.intervals import wilson
from relu_core.comparison.schema import measured
from relu_core.errors import ArgumentError
from relu_core.interval import Interval

SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class EarlyWarning:
    """How well a score warns, counted by event.

    lead_seconds: of the caught events, from the first alarm to the event's start; negative: detected that long after it
    began; nan where nothing was caught.
    """

    threshold: float
    events: int = measured("events", "events")
    caught: Interval = measured("share of events", "events_caught", "higher")
    lead_seconds: Interval = measured("s", "lead_time", "higher")
    false_alarms_a_day: float = measured("alarms a day", "false_alarms_a_day", "lower")


def alarm_threshold(
    times: ArrayLike,
    score: ArrayLike,
    events: Sequence[tuple[float, float]],
    *,
    false_alarms_a_day: float,
    horizon: float,
    merge: float = 0.0,
) -> float:
    """The lowest threshold on validation rows at which false alarms come no more often than `false_alarms_a_day`.

    Arguments as in `early_warning`. Infinite where even the highest score alone comes too often.
    """
    times, score = _checked(times, score)
    days = _quiet_days(times, events, horizon)
    for threshold in np.unique(score):
        alarms = _alarms(times, score >= threshold, merge)
        if _false(alarms, events, horizon).sum() <= false_alarms_a_day * days:
            return float(threshold)
    return float("inf")


def early_warning(
    times: ArrayLike,
    score: ArrayLike,
    events: Sequence[tuple[float, float]],
    *,
    threshold: float,
    horizon: float,
    merge: float = 0.0,
    level: float = 0.95,
) -> EarlyWarning:
    """Events caught, lead time and false alarms of a score at a threshold that was chosen on other rows.

    times (D,): seconds, ascending; score (D,): high means danger. events: (start, end) in the same seconds, apart from
    each other. horizon: seconds before a start from which on an alarm is a warning of that event; earlier ones are
    false. merge: alarms closer than this many seconds are one alarm, which counts from its first row. caught has
    Wilson's interval over events; lead_seconds the middle one of the caught events with its interval from order
    statistics. Refuses: times that go back, events that overlap or end before they start.
    """
    times, score = _checked(times, score)
    spans = _checked_events(events)
    alarms = _alarms(times, score >= threshold, merge)
    leads = [
        start - float(times[inside[0]])
        for start, end in spans
        if len(inside := np.flatnonzero((times >= start - horizon) & (times <= end) & (score >= threshold)))
    ]
    days = _quiet_days(times, spans, horizon)
    false = int(_false(alarms, spans, horizon).sum())
    return EarlyWarning(
        threshold=float(threshold),
        events=len(spans),
        caught=wilson(len(leads), len(spans), level=level),
        lead_seconds=_middle(np.sort(leads), level),
        false_alarms_a_day=false / days if days > 0 else float("nan"),
    )


def _checked(times: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    clock = arguments.finite_array(times, "times")
    values = arguments.targets(score, len(clock), "score")
    if (np.diff(clock) < 0).any():
        row = int(np.flatnonzero(np.diff(clock) < 0)[0]) + 1
        raise ArgumentError(f"times goes back at row {row}; sort the rows by time first")
    return clock, values


def _checked_events(events: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    spans = sorted((float(start), float(end)) for start, end in events)
    for number, (start, end) in enumerate(spans):
        if end < start:
            raise ArgumentError(f"an event starts at {start:g} and ends at {end:g}; give its start first")
        if number and start <= spans[number - 1][1]:
            raise ArgumentError(f"two events overlap at {start:g}; join them to one")
    return spans


def _alarms(times: Floats, is_high: np.ndarray, merge: float) -> Floats:
    """Starts and ends (k, 2) of alarms: runs of high rows, runs closer than `merge` seconds joined."""
    edges = np.diff(np.concatenate([[0], is_high.astype(np.int8), [0]]))
    starts, ends = times[np.flatnonzero(edges == 1)], times[np.flatnonzero(edges == -1) - 1]
    if not len(starts):
        return np.zeros((0, 2))
    apart = np.concatenate([[True], starts[1:] - ends[:-1] >= merge]) if merge > 0 else np.ones(len(starts), dtype=bool)
    first = np.flatnonzero(apart)
    return np.column_stack([starts[first], ends[np.append(first[1:] - 1, len(ends) - 1)]])


def _false(alarms: Floats, events: Sequence[tuple[float, float]], horizon: float) -> np.ndarray:
    """Which alarms (k,) touch no event and none of the time in which they would warn of one."""
    touches = np.zeros(len(alarms), dtype=bool)
    for start, end in events:
        touches |= (alarms[:, 1] >= start - horizon) & (alarms[:, 0] <= end)
    return ~touches


def _quiet_days(times: Floats, events: Sequence[tuple[float, float]], horizon: float) -> float:
    """Days in which an alarm would be false."""
    spans = [(max(start - horizon, times[0]), min(end, times[-1])) for start, end in sorted(events)]
    busy, until = 0.0, float(times[0])
    for start, end in spans:
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    return (float(times[-1] - times[0]) - busy) / SECONDS_A_DAY


def _middle(ordered: Floats, level: float) -> Interval:
    """The median with the order statistics that hold it with at least `level` (the outermost where there are too
    few).
    """
    count = len(ordered)
    if not count:
        return Interval(float("nan"), float("nan"), float("nan"), level, "order statistics")
    low = max(0, int(stats.binom.ppf((1 - level) / 2, count, 0.5)) - 1)
    value = float(np.median(ordered))
    return Interval(value, float(ordered[low]), float(ordered[count - 1 - low]), level, "order statistics")
