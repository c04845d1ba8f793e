"""The gate between two stages: a person approves, stops, or gives more budget. What comes back is checked again."""

import math
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import Any, cast

from prefect import suspend_flow_run
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.input import RunInput, keyset_from_paused_state, read_flow_run_input
from prefect.runtime import flow_run
from prefect.states import Suspended
from pydantic import Field

from flows.errors import CharterError
from flows.settings import settings
from relu_core.comparison import Approval
from relu_core.comparison.json_codec import to_plain

SECONDS_A_DAY = 24 * 3600


class Decision(StrEnum):
    """What a person can say."""

    APPROVE = "approve"
    STOP = "stop"
    MORE = "approve with another time budget"


class ApprovalForm(RunInput):
    """Release the next stage?"""

    decision: Decision = Field(
        title="Decision",
        description="approve: the next stage starts with the charter's time budget. "
        "approve with another time budget: it starts with the one below. stop: the verdict is given on what is known.",
    )
    person: str = Field(title="Your name", description="Recorded in MLflow and in the report.")
    reason: str = Field(title="Reason", description="One sentence. Recorded in MLflow and in the report.")
    minutes: float = Field(
        0.0,
        title="Another time budget",
        description="Minutes of computing on two cores for the whole evaluation. 0: as in the charter.",
    )


def approve(stage: str, known: str, minutes: float, *, ask: bool) -> dict[str, Any]:
    """Ask a person whether `stage` may begin; `known` is what the run knows so far, as markdown.

    An answer that cannot be taken is told what is wrong with it, and the person is asked again. Nobody's answer within
    the installation's approval_days means stopped, never approved. A run that is resumed starts again from the top: its
    finished tasks come from the cache, and an answer that was given once is not asked for again.
    """
    if not ask:
        return dict(to_plain(Approval(stage, "not asked", "", "the charter does not ask between stages", minutes)))
    wrong = ""
    for attempt in count(1):
        answer = _answer(f"before-{stage}" + (f"-{attempt}" if attempt > 1 else ""), known, wrong)
        if answer is None:
            break
        try:
            return dict(to_plain(checked_approval(stage, answer, minutes)))
        except CharterError as error:
            wrong = str(error)
    days = settings().approval_days
    return dict(to_plain(Approval(stage, "timed out", "", f"nobody answered within {days:g} days", minutes)))


def checked_approval(stage: str, answer: ApprovalForm, minutes: float) -> Approval:
    """The answer as a record; the form drops limits, so they are checked here. minutes: the charter's.

    Raises CharterError for a decision without a name or a reason, or with a time budget that does not fit to it.
    """
    if not answer.person.strip() or not answer.reason.strip():
        raise CharterError(f"the decision on {stage} has no name or no reason; give both")
    if not math.isfinite(answer.minutes) or answer.minutes < 0:
        raise CharterError(f"the time budget {answer.minutes:g} is impossible; give minutes of 0 or more")
    if answer.decision is Decision.MORE and answer.minutes == 0:
        raise CharterError("another time budget is approved but none is given; give its minutes")
    if answer.decision is Decision.APPROVE and answer.minutes > 0:
        raise CharterError(
            f"a time budget of {answer.minutes:g} minutes is given but the decision is '{Decision.APPROVE}'; "
            f"choose '{Decision.MORE}', or give 0"
        )
    decided = "stopped" if answer.decision is Decision.STOP else "approved"
    given = answer.minutes if answer.decision is Decision.MORE else minutes
    return Approval(stage, decided, answer.person.strip(), answer.reason.strip(), given)


def _answer(key: str, known: str, wrong: str) -> ApprovalForm | None:
    """What a person answered to the question `key`; None where nobody did in time. The first call suspends the run."""
    stored = keyset_from_paused_state(Suspended(pause_key=key))["response"]
    given = cast(dict[str, Any] | None, read_flow_run_input(stored))
    if given is not None:
        return ApprovalForm(**given)
    if _is_expired(key):
        return None
    shown = f"**Please answer again: {wrong}.**\n\n{known}" if wrong else known
    create_markdown_artifact(key=key, markdown=shown, description=f"Please answer again: {wrong}." if wrong else None)
    seconds = max(1, round(settings().approval_days * SECONDS_A_DAY))
    return suspend_flow_run(wait_for_input=ApprovalForm.with_initial_data(description=shown), timeout=seconds, key=key)


def _is_expired(key: str) -> bool:
    """Whether this run has asked the question before, and its time is over."""
    with get_client(sync_client=True) as client:
        states = client.read_flow_run_states(flow_run.id)
    limits = [state.state_details.pause_timeout for state in states if state.state_details.pause_key == key]
    return any(limit is not None and limit < datetime.now(UTC) for limit in limits)
