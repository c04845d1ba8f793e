"""How far an evaluation is and how long it may still take: the artifact a person watches."""

import time
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact


class Progress:
    """A bar on the run's page. Stages are weighted by the share of the charter's minutes that each may use."""

    def __init__(self, minutes: float, shares: dict[str, float]) -> None:
        """minutes: the charter's budget. shares: part of it by step, in the order of the steps; they add up to 1."""
        self._minutes, self._shares, self._done = minutes, dict(shares), 0.0
        self._started = time.monotonic()
        made = create_progress_artifact(progress=0.0, key="progress", description=f"Begun; at most {minutes:.0f} min.")
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
        left = max(0.0, self._minutes * (1 - self._done))
        spent = (time.monotonic() - self._started) / 60
        return f"{step.capitalize()} done after {spent:.1f} min, at most {left:.0f} min left."
