"""What a finished result is found under: all that its numbers depend on, and nothing that changes none."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flows import tasks
from flows.charter import Charter
from flows.features.plan import RowPlan
from flows.steps.deliver import Evidence
from flows.steps.rows import RowsFile
from relu_core.comparison import BaselineResult, DatasetRecord, TaskTime
from relu_core.comparison.json_codec import to_plain
from relu_core.interval import Interval
from tests.evaluations import charter_of

ROWS = RowsFile("rows.parquet", "00", 90, ("a",), "regression", (), 5, RowPlan(("a",), ()))
TREES = BaselineResult("Boosted trees", "trees", Interval(0.8, 0.7, 0.9, 0.95, "folds"), latency_ms=0.5, seconds=1.0)
EVIDENCE = Evidence(DatasetRecord("mill", "0" * 16, ("mill.csv",), 120, 0, 90, 30), (), (TREES,), ())


def key_of_verdict(evidence: Evidence, run: str = "run-1") -> str:
    known: Any = SimpleNamespace(task_run=SimpleNamespace(flow_run_id=run))
    given = {"charter": charter_of().model_dump(mode="json"), "evidence": to_plain(evidence)}
    return str(tasks.give_verdict.cache_key_fn(known, {"given": given}))  # type: ignore[misc]


def test_a_run_that_goes_on_after_a_crash_finds_the_verdict_it_has_given_whatever_the_clock_says() -> None:
    slower = replace(TREES, latency_ms=0.7, latency_1000_ms=0.1, seconds=9.0)
    later = replace(EVIDENCE, baselines=(slower,), seconds={"screen": 4.0}, tasks=(TaskTime("Tune", 1, 0.5, 2.0),))
    assert key_of_verdict(later) == key_of_verdict(EVIDENCE)


def test_another_number_or_another_run_has_a_verdict_of_its_own() -> None:
    better = replace(EVIDENCE, baselines=(replace(TREES, metric=Interval(0.9, 0.8, 1.0, 0.95, "folds")),))
    assert len({key_of_verdict(EVIDENCE), key_of_verdict(better), key_of_verdict(EVIDENCE, "run-2")}) == 3


@pytest.mark.parametrize("charter", [charter_of(), charter_of(retrain=True)])
def test_the_key_of_a_result_names_the_training_and_nothing_that_changes_no_number(charter: Charter) -> None:
    given = {"charter": charter.model_dump(mode="json"), "rows": to_plain(ROWS)}

    def key(**more: str) -> str:
        return str(tasks.try_simple.cache_key_fn(None, {"given": {**given, **more}}))  # type: ignore[misc,arg-type]

    assert key(training="run-2") != key(training="run-4")
    assert key(training="run-2", sender="one machine") == key(training="run-2", sender="another")
