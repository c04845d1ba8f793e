"""Records of older schema versions as records of today: one step a version, on JSON values."""

from collections.abc import Callable
from typing import Any

from relu_core.errors import ArgumentError

Plain = dict[str, Any]


def upgraded(plain: Any, newest: int) -> Plain:
    """The plain record as version `newest` would have written it; what was not measured then is nan or empty.

    Refuses what is no record and versions that this program does not know.
    """
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if version != newest and version not in STEPS:
        raise ArgumentError(
            f"schema_version is {version!r}, this program reads {min(STEPS)} to {newest}; use the program that wrote it"
        )
    for step in range(version, newest):
        plain = {**STEPS[step](plain), "schema_version": step + 1}
    return dict(plain)


def _from_1_to_2(plain: Plain) -> Plain:
    """Latency in batches, money by kind of mistake and by threshold, facts of findings, and times of tasks are new."""
    batch = {"latency_1000_ms": "nan"}
    families = [{**f, "points": [{**point, **batch} for point in f["points"]]} for f in plain["families"]]
    money = {"misses_cost": "nan", "false_alarms_cost": "nan", "cost_curve": None}
    return {
        **plain,
        "families": families,
        "baselines": [{**one, **batch} for one in plain["baselines"]],
        "money": [{**one, **money} for one in plain["money"]],
        "findings": [{**one, "wording": "", "remedy": "", "facts": {}} for one in plain["findings"]],
        "tasks": [],
    }


def _from_2_to_3(plain: Plain) -> Plain:
    """The metric of simple models fold by fold is new."""
    return {**plain, "baselines": [{**one, "fold_means": []} for one in plain["baselines"]]}


STEPS: dict[int, Callable[[Plain], Plain]] = {1: _from_1_to_2, 2: _from_2_to_3}
