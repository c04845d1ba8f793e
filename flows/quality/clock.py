"""What a time column says about the logger: disorder, repeats, gaps, jumps of the clock."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.quality.finding import Finding
from flows.quality.sentences import found

_GAP = 5.0


def find_clock_troubles(frame: pd.DataFrame, *, group: str = "") -> list[Finding]:
    """Findings about every time column of `frame`; with `group`, each file, unit or batch has a clock of its own.

    A gap is a step of more than 5 usual (median) steps; rows are not put into order, for their order is evidence too.
    """
    names = [str(name) for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]
    return [finding for name in names for finding in _about(name, frame, group)]


def _about(name: str, frame: pd.DataFrame, group: str) -> list[Finding]:
    steps = _steps(frame[name], frame[group] if group in frame.columns else None)
    if steps.size < 10:
        return []
    back, repeated = int((steps < 0).sum()), int((steps == 0).sum())
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    gaps = steps[steps > _GAP * usual] if usual else steps[:0]
    findings = []
    if back:
        far = _span("longest", -float(steps.min()))
        findings.append(found("clock_goes_back", "warning", name, remedy="time_with_care", times=back, **far))
    if repeated:
        counts = {"repeated": repeated, "steps": int(steps.size)}
        findings.append(found("clock_stands_still", "info", name, remedy="share_a_time", **counts))
    if gaps.size:
        facts = {"gaps": int(gaps.size), **_span("longest", float(gaps.max())), **_span("usual", usual)}
        findings.append(found("clock_has_gaps", "info", name, remedy="gap_is_border", **facts))
    return findings


def _steps(times: pd.Series, groups: pd.Series | None) -> NDArray[np.float64]:
    """Seconds from each known time to the next within its group."""
    known = times.notna().to_numpy()
    moments = times[known].astype("datetime64[us]").astype("int64").to_numpy() / 1e6
    steps = np.diff(moments)
    if groups is None:
        return steps
    labels = groups[known].to_numpy()
    return steps[labels[1:] == labels[:-1]]


def _span(fact: str, seconds: float) -> dict[str, float | str]:
    """The span as two facts: a number, and the unit in which it is easy to read."""
    units: Sequence[tuple[float, str]] = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s"))
    size, unit = next((one for one in units if seconds >= 2 * one[0]), units[-1])
    return {fact: seconds / size, f"{fact}_unit": unit}
