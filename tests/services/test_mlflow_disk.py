"""MLflow's disk is full while a result is recorded: one sentence, and after it was freed one record, whole."""

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from flows.errors import ServiceError
from flows.settings import Settings
from flows.tracking.writer import TrackedRun, record
from relu_core.comparison import decide
from tests.comparisons import press_line
from tests.disks import NO_SPACE, READ_ONLY, small_disk

pytestmark = pytest.mark.services


@pytest.mark.parametrize("reason", [NO_SPACE, READ_ONLY])
def test_a_record_that_does_not_fit_is_written_anew_when_there_is_space(
    running_services: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    # MLflow's client asks seven times again, for two minutes in all.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    page = tmp_path / "report.html"
    page.write_text("<p>the verdict</p>" * 1000)
    comparison, uri = press_line(), running_services.mlflow_tracking_uri

    def write() -> TrackedRun:
        return record(
            comparison, decide(comparison), tracking_uri=uri, charter_yaml="poc_name: full\n",
            artifacts={"report.html": page}, key=f"disk-{reason}",
        )  # fmt: skip

    with small_disk(running_services.home / "mlflow" / "artifacts", 1 << 20) as disk:
        disk.fill(4096) if reason == NO_SPACE else disk.make_read_only()
        with pytest.raises(ServiceError) as refused:
            write()
        assert str(refused.value).startswith(
            f"The MLflow server at {uri} refused or stopped while a result was recorded ("
        )
        assert str(refused.value).endswith("); nothing is lost: check it with `depthcase status`, then run again.")
        assert not disk.left_behind()
    tracked, client = write(), MlflowClient(uri)
    assert tracked == write()
    recorded = client.search_runs([tracked.experiment_id], f"tags.`depthcase.key` = 'disk-{reason}'")
    assert [run.data.tags["role"] for run in recorded].count("verdict") == 1
    assert {run.info.status for run in recorded} == {"FINISHED"}
    (tmp_path / "again").mkdir()
    file = client.download_artifacts(tracked.run_id, "report.html", str(tmp_path / "again"))
    assert Path(file).read_text() == page.read_text()
