"""'Train again' trains once, however often the run is continued, and later runs use what it trained."""

from pathlib import Path

import pytest

from flows import tasks
from flows.charter import Charter
from flows.operations.services import isolated_settings
from flows.steps.training_anew import training_that_counts
from tests.evaluations import charter_of


def test_a_run_that_is_continued_keeps_its_training_and_later_runs_use_it(tmp_path: Path) -> None:
    settings, again = isolated_settings(tmp_path), charter_of(retrain=True)
    assert training_that_counts(charter_of(), "run-1", settings) == ""
    assert [training_that_counts(again, "run-2", settings) for _ in range(2)] == ["run-2", "run-2"]
    assert training_that_counts(charter_of(), "run-3", settings) == "run-2"
    assert training_that_counts(again, "run-4", settings) == "run-4"
    assert training_that_counts(charter_of(seed=1), "run-5", settings) == ""


@pytest.mark.parametrize("charter", [charter_of(), charter_of(retrain=True)])
def test_the_key_of_a_result_names_the_training_and_nothing_that_changes_no_number(charter: Charter) -> None:
    plain = charter.model_dump(mode="json")

    def key(**more: str) -> str:
        return tasks.try_simple.cache_key_fn(None, {"given": {"charter": plain, "rows": {}, **more}})

    assert key(training="run-2") != key(training="run-4")
    assert key(training="run-2", sender="one machine") == key(training="run-2", sender="another")
