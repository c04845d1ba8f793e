"""What a time column says about the logger: disorder, repeats, gaps, jumps of the clock."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.quality.finding import Finding

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
        evidence = f'"{name}" goes back {back} times, at most by {_span(-float(steps.min()))}.'
        action = "Rows are out of order, files overlap, or the clock was set; split by time with care."
        findings.append(Finding("clock_goes_back", "warning", name, evidence, action))
    if repeated:
        evidence = f'"{name}" stands still between {repeated} of {steps.size} neighbouring rows.'
        findings.append(Finding("clock_stands_still", "info", name, evidence, "Several rows share one time."))
    if gaps.size:
        evidence = (
            f'"{name}" has {gaps.size} gap(s), the longest of {_span(float(gaps.max()))}; '
            f"the usual step is {_span(usual)}."
        )
        action = "Windows and lags over a gap join what does not belong together; make the gap a border of groups."
        findings.append(Finding("clock_has_gaps", "info", name, evidence, action))
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


def _span(seconds: float) -> str:
    units: Sequence[tuple[float, str]] = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s"))
    for size, word in units:
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.3g} s"
