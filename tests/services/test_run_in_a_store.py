"""A whole evaluation whose data lies in an object store: real servers, and one of the loopback that speaks S3."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import boto3
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from flows.demo_plant import write_raw_files
from flows.operations import deployments, services
from flows.places import StorePath, place_of
from flows.report.overview import write_overview
from flows.settings import Settings
from flows.sources.arrival import bring_in
from flows.steps import champion
from flows.tracking.reader import recorded_evaluations
from tests.evaluations import charter_of, evaluate, result_of, task_states

pytestmark = [pytest.mark.services, pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation whose raw files, lake, results and reports lie in a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = {"AWS_ACCESS_KEY_ID": "reader-7", "AWS_SECRET_ACCESS_KEY": "secret-7", "AWS_DEFAULT_REGION": "eu-west-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (account | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
            patch.setenv(name, value)
        region = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="plant", CreateBucketConfiguration=region)
        folder = tmp_path_factory.mktemp("installation")
        settings = replace(services.isolated_settings(folder), data=place_of("s3://plant/line-7"))
        try:
            running = services.up(settings, print, planned=())
            deployments.apply(running, log=services.log_path(running, "deployments"))
            yield running
        finally:
            services.down(settings, print)
            server.stop()


def test_from_raw_files_in_a_bucket_to_a_verdict_and_its_predictions(plant: Settings, tmp_path: Path) -> None:
    write_raw_files(tmp_path / "small-press", rows=1200)
    assert bring_in(tmp_path / "small-press", plant.raw, "small-press") == "small-press/small-press"
    charter = charter_of(data_file="small-press/small-press")
    run = evaluate(plant, charter)
    result = result_of(plant, run)
    assert result["verdict"] in ("SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "INCONCLUSIVE", "MORE_DATA")
    page = place_of(result["report_path"])
    assert isinstance(page, StorePath) and "<svg" in page.read_text(encoding="utf-8")
    assert isinstance(plant.data, StorePath)
    assert sorted(one.name for one in plant.data.iterdir()) == [
        "1_raw", "2_lake", "3_features", "4_results", "5_reports",
    ]  # fmt: skip
    again = evaluate(plant, charter)
    assert result_of(plant, again) == result and "Screen · Try simple models" not in task_states(plant, again)
    scored = champion.predict(tmp_path / "small-press", "small-press", tmp_path / "out.csv", plant)
    assert scored.rows > 1000 and "predicted Burr" in pd.read_csv(tmp_path / "out.csv").columns


def test_the_overview_is_written_into_the_bucket(plant: Settings) -> None:

    found = recorded_evaluations(plant.mlflow_tracking_uri)
    written = write_overview(found, language="en", folder=plant.reports, today=date(2026, 11, 24))
    assert isinstance(written, StorePath) and "small-press" in written.read_text(encoding="utf-8")
