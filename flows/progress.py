"""How far a run is and how long it may still take: the artifact a person watches."""

import time
from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.lake import stream

# Seconds between two words about a file that is read, and the part of the time so far where that is longer.
_PAUSE = 3.0
_PAUSE_SHARE = 0.05


class Progress:
    """A bar on the run's page. Stages are weighted by the share of the charter's minutes that each may use."""

    def __init__(self, minutes: float, shares: dict[str, float]) -> None:
        """minutes: the charter's budget. shares: part of it by step, in the order of the steps; they add up to 1."""
        self._minutes, self._shares, self._done = minutes, dict(shares), 0.0
        self._started = time.monotonic()
        begun = f"Begun; at most {_span(60 * minutes)}."
        made = create_progress_artifact(progress=0.0, key="progress", description=begun)
        self._artifact = cast(UUID, made)

    def finished(self, step: str) -> None:
        """Move the bar by the share of `step`; a step that is told twice counts once."""
        self._done += self._shares.pop(step, 0.0)
        update_progress_artifact(self._artifact, progress=round(100 * self._done, 1), description=self._sentence(step))

    def begins(self, step: str) -> None:
        """`step` begins: those before it that did not happen count as done."""
        for earlier in list(self._shares)[: list(self._shares).index(step)]:
            self._done += self._shares.pop(earlier)

    def _sentence(self, step: str) -> str:
        left = 60 * self._minutes * sum(self._shares.values())
        rest = f", at most {_span(left)} left" if self._shares else ""
        return f"{step.capitalize()} done after {_span(time.monotonic() - self._started)}{rest}."


def reading_progress() -> Callable[[stream.Progress], None]:
    """Who is told how far a large file was read, and moves a bar on the run's page; no bar before the first word."""
    artifact: UUID | None = None
    spoken = 0.0

    def tell(progress: stream.Progress) -> None:
        nonlocal artifact, spoken
        now, ended = time.monotonic(), progress.done == progress.total
        if now - spoken < max(_PAUSE, _PAUSE_SHARE * progress.seconds) and not ended:
            return
        spoken, percent = now, round(100 * progress.done / max(progress.total, 1), 1)
        if artifact is None:
            made = create_progress_artifact(progress=percent, key="progress", description=reading_sentence(progress))
            artifact = cast(UUID, made)
        else:
            update_progress_artifact(artifact, progress=percent, description=reading_sentence(progress))

    return tell


def reading_sentence(progress: stream.Progress) -> str:
    """Such as "3,072 of 10,240 MiB read at 80 MiB/s, 1.5 min left."."""
    done, total = progress.done / (1 << 20), progress.total / (1 << 20)
    rate = done / progress.seconds if progress.seconds > 0 else 0.0
    again = " a second time, for rows that repeat," if progress.again else ""
    if progress.done == progress.total:
        return f"{total:,.0f} MiB read{again} at {rate:,.0f} MiB/s in {_span(progress.seconds)}."
    return f"{done:,.0f} of {total:,.0f} MiB read{again} at {rate:,.0f} MiB/s, {_span(progress.seconds_left)} left."


def _span(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"
