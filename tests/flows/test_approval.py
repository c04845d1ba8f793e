"""A person's answer between two stages is checked again: the form itself lets everything through."""

from typing import Any

import pytest

from flows.approval import ApprovalForm, Decision, checked_approval
from flows.errors import CharterError
from relu_core.comparison import Approval

GOOD = {"decision": "approve", "person": " M. Keller ", "reason": "trees are not enough", "minutes": 0.0}


def answer(**changes: Any) -> ApprovalForm:
    return ApprovalForm(**{**GOOD, **changes})


def test_an_approval_keeps_the_charters_budget_and_another_budget_replaces_it() -> None:
    assert checked_approval("compare", answer(), 60) == Approval(
        "compare", "approved", "M. Keller", "trees are not enough", 60
    )
    more = answer(decision=Decision.MORE, minutes=90)
    assert checked_approval("compare", more, 60).minutes == 90
    assert checked_approval("compare", more, 60).decision == "approved"


def test_stop_is_stop_whatever_the_minutes() -> None:
    assert checked_approval("confirm", answer(decision="stop", minutes=5), 60) == Approval(
        "confirm", "stopped", "M. Keller", "trees are not enough", 60
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"person": " "}, "the decision on compare has no name or no reason; give both"),
        ({"reason": ""}, "the decision on compare has no name or no reason; give both"),
        ({"minutes": -5}, "the time budget -5 is impossible; give minutes of 0 or more"),
        ({"minutes": float("nan")}, "the time budget nan is impossible; give minutes of 0 or more"),
        ({"decision": Decision.MORE}, "another time budget is approved but none is given; give its minutes"),
        (
            {"minutes": 30},
            "a time budget of 30 minutes is given but the decision is 'approve'; "
            "choose 'approve with another time budget', or give 0",
        ),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_why(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CharterError) as refused:
        checked_approval("compare", answer(**changes), 60)
    assert str(refused.value) == sentence
