"""Two runs of one charter that end at the same moment leave one record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from flows.features.plan import RowPlan
from flows.operations.services import isolated_settings
from flows.steps.deliver import Decided, Report, record
from flows.steps.rows import RowsFile
from flows.steps.standing import with_the_time_of_the_work
from flows.tracking import writer
from flows.tracking.items import evaluation_key
from flows.tracking.writer import TrackedRun
from relu_core.comparison import decide
from tests.comparisons import press_line
from tests.evaluations import charter_of


def test_two_that_record_at_once_leave_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = replace(isolated_settings(tmp_path), mlflow_tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    page = tmp_path / "report.html"
    page.write_text("<p>the verdict</p>")
    comparison = press_line()
    decided = Decided(comparison, decide(comparison), "sentence", "summary", comparison.fingerprint())
    MlflowClient(settings.mlflow_tracking_uri).create_experiment(comparison.poc)

    def one(_: int) -> TrackedRun:
        rows = RowsFile("", "", 0, (), "binary", (), 0, RowPlan((), ()))
        return record(charter_of(), decided, Report(str(page), {}), rows, (), "", settings)

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(one, range(2))
    assert first == second
    found = MlflowClient(settings.mlflow_tracking_uri).search_runs([first.experiment_id], "tags.role = 'verdict'")
    assert [run.info.run_id for run in found] == [first.run_id]


def test_a_run_that_only_repeats_what_is_recorded_shows_when_the_work_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = replace(isolated_settings(tmp_path), mlflow_tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    recorded, charter = press_line(), charter_of(poc_name=press_line().poc)
    repeated = replace(recorded, tasks=recorded.tasks[:1], seconds={"screen": 0.2})
    assert with_the_time_of_the_work(charter, repeated, settings) == repeated
    key = evaluation_key(recorded, charter.content_hash())
    uri = settings.mlflow_tracking_uri
    writer.record(recorded, decide(recorded), tracking_uri=uri, charter_yaml=charter.to_yaml(), key=key)
    assert with_the_time_of_the_work(charter, repeated, settings) == recorded
    longer = replace(recorded, tasks=(*recorded.tasks, replace(recorded.tasks[0], seconds=1e4)))
    assert with_the_time_of_the_work(charter, longer, settings) == longer
    other = replace(repeated, stage_reached="screen")
    assert with_the_time_of_the_work(charter, other, settings) == other
