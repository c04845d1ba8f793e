"""Disorder, repeats and gaps of a clock are counted, each file on its own."""

import numpy as np
import pandas as pd

from flows.quality.clock import find_clock_troubles


def clock(seconds: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"t": pd.Timestamp("2026-03-02") + pd.to_timedelta(seconds, unit="s"), "x": 1.0})


def test_a_steady_clock_is_no_news() -> None:
    assert find_clock_troubles(clock(list(range(100)))) == []


def test_gaps_repeats_and_steps_back_are_counted() -> None:
    seconds = [*range(20), *range(3620, 3640), 3639.0, *range(3500, 3520)]
    found = {one.code: one.evidence for one in find_clock_troubles(clock(seconds))}
    assert found == {
        "clock_goes_back": '"t" goes back 1 times, at most by 2.32 minutes.',
        "clock_stands_still": '"t" stands still between 1 of 60 neighbouring rows.',
        "clock_has_gaps": '"t" has 1 gap(s), the longest of 60 minutes; the usual step is 1 s.',
    }


def test_every_file_has_a_clock_of_its_own() -> None:
    frame = clock([*range(50), *range(50)]).assign(source_file=np.repeat(["a", "b"], 50))
    assert [one.code for one in find_clock_troubles(frame)] == ["clock_goes_back"]
    assert find_clock_troubles(frame, group="source_file") == []
