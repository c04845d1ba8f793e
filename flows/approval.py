"""The gate between two stages: a person approves, stops, or gives more budget. What comes back is checked again."""

import math
from enum import StrEnum
from typing import Any

from prefect import suspend_flow_run
from prefect.artifacts import create_markdown_artifact
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from pydantic import Field

from flows.errors import CharterError
from relu_core.comparison import Approval
from relu_core.comparison.json_codec import to_plain

# Seconds a run waits for a person: seven days.
PATIENCE = 7 * 24 * 3600


class Decision(StrEnum):
    """What a person can say."""

    APPROVE = "approve"
    STOP = "stop"


class ApprovalForm(RunInput):
    """Release the next stage?"""

    decision: Decision = Field(
        title="Decision", description="approve: the next stage starts. stop: decide on what is known."
    )
    person: str = Field(title="Your name", description="Recorded in MLflow and in the report.")
    reason: str = Field(title="Reason", description="One sentence. Recorded in MLflow and in the report.")
    minutes: float = Field(0.0, title="Time budget", description="Minutes for what is left. 0: as in the charter.")


def approve(stage: str, known: str, minutes: float, *, ask: bool) -> dict[str, Any]:
    """Ask a person whether `stage` may begin; `known` is what the run knows so far, as markdown.

    A time-out means stopped. A run that is resumed starts again from the top; its finished tasks come from the cache.
    """
    if not ask:
        return dict(to_plain(Approval(stage, "not asked", "", "the charter does not ask between stages", minutes)))
    create_markdown_artifact(key=f"before-{stage}", markdown=known)
    try:
        answer = suspend_flow_run(
            wait_for_input=ApprovalForm.with_initial_data(description=known), timeout=PATIENCE, key=f"before-{stage}"
        )
    except FlowPauseTimeout:
        return dict(to_plain(Approval(stage, "timed out", "", "nobody answered in seven days", minutes)))
    return dict(to_plain(checked_approval(stage, answer, minutes)))


def checked_approval(stage: str, answer: ApprovalForm, minutes: float) -> Approval:
    """The answer as a record. Raises CharterError: without a name or a reason, or with an impossible budget.

    Prefect rebuilds the form from annotations alone and drops limits on the way, so they are checked here.
    """
    if not answer.person.strip() or not answer.reason.strip():
        raise CharterError(f"the decision on {stage} has no name or no reason; run again and give both")
    if not math.isfinite(answer.minutes) or answer.minutes < 0:
        raise CharterError(f"the time budget {answer.minutes:g} is impossible; give minutes of 0 or more")
    decided = "approved" if answer.decision is Decision.APPROVE else "stopped"
    return Approval(stage, decided, answer.person.strip(), answer.reason.strip(), answer.minutes or minutes)
