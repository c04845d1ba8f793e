"""The automations that every installation has: what ends runs that nobody runs, and what goes on where nobody answers.

Each is told apart by its name, created or brought up to date, never doubled.
"""

from typing import Any

from flows.operations.servers import PrefectServer

# Seconds without a heartbeat after which a run is taken for dead: three of PREFECT_FLOWS_HEARTBEAT_FREQUENCY.
SILENCE = 90
ZOMBIE = "depthcase: end runs that nobody runs"
UNANSWERED = "depthcase: decide where nobody answered"
# After these no sign of life is due: the run has ended, or it waits for a person and nobody runs it.
_QUIET_EVENTS = [
    f"prefect.flow-run.{name}" for name in ("Completed", "Failed", "Cancelled", "Crashed", "Suspended", "Paused")
]
# What the Prefect server writes into the state of a run whose question was not answered in time.
_NEVER_RESUMED = "The flow was paused and never resumed."


def zombie() -> dict[str, Any]:
    """The automation that ends a run whose heartbeats have stopped, as the server's interface takes it."""
    return {
        "name": ZOMBIE,
        "description": "A run whose machine or worker died stays 'Running' for ever; this ends it as Crashed.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.heartbeat", *_QUIET_EVENTS],
            "for_each": ["prefect.resource.id"],
            "posture": "Proactive",
            "threshold": 1,
            "within": SILENCE,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "name": "Crashed",
                "message": f"No sign of life for {SILENCE} s: the machine or the worker died. Retry continues the run.",
            }
        ],
    }


def unanswered() -> dict[str, Any]:
    """The automation that lets an evaluation go on to its verdict after its question was not answered in time.

    The server ends such a run as Failed; started again, the run finds its old question, takes it for answered with
    "stop" and decides on what is known.
    """
    return {
        "name": UNANSWERED,
        "description": "An evaluation whose question nobody answered in time decides on what is known.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "match": {"prefect.resource.id": "prefect.flow-run.*", "prefect.state-message": _NEVER_RESUMED},
            "match_related": {"prefect.resource.role": "deployment", "prefect.resource.name": "evaluate"},
            "expect": ["prefect.flow-run.Failed"],
            "for_each": ["prefect.resource.id"],
            "posture": "Reactive",
            "threshold": 1,
            "within": 0,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "SCHEDULED",
                "name": "AwaitingRetry",
                "message": "Nobody answered in time: the verdict is given on what is known.",
            }
        ],
    }


def all_fit(server: PrefectServer) -> bool:
    """Whether the server has every automation once, as this program wants it."""
    return all(_fits(server, wanted) for wanted in (zombie(), unanswered()))


def ends_dead_runs(server: PrefectServer) -> bool:
    """Whether the automation that ends runs without a heartbeat is there and switched on."""
    return _fits(server, zombie()) and bool(_named(server, ZOMBIE)[0]["enabled"])


def bring_up_to_date(server: PrefectServer) -> None:
    """Create or update the automations; what stands twice under one name is removed."""
    for wanted in (zombie(), unanswered()):
        found = _named(server, wanted["name"])
        if not found:
            server.request("POST", "automations/", wanted)
        else:
            server.request("PUT", f"automations/{found[0]['id']}", wanted)
        for double in found[1:]:
            server.request("DELETE", f"automations/{double['id']}")


def _fits(server: PrefectServer, wanted: dict[str, Any]) -> bool:
    found = _named(server, wanted["name"])
    same = ("within", "expect", "match")
    return len(found) == 1 and all(_plain(found[0], key) == _plain(wanted, key) for key in same)


def _plain(automation: dict[str, Any], key: str) -> Any:
    value = automation["trigger"][key]
    return sorted(value) if isinstance(value, list) else value


def _named(server: PrefectServer, name: str) -> list[dict[str, Any]]:
    return list(server.request("POST", "automations/filter", {"automations": {"name": {"any_": [name]}}}))
