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
