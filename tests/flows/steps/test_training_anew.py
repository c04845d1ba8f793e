"""'Train again' trains once, however often the run is continued, and later runs use what it trained."""

from pathlib import Path

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
