"""A data folder in an object store: the same results bit for bit, through a real server that speaks S3."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from flows import whole_files
from flows.charter import make_charter
from flows.errors import DatasetError, SourceError
from flows.lake import dataset
from flows.places import StorePath, files_below, local_copy, place_of
from flows.settings import Settings, read_settings
from flows.sources.arrival import bring_in, find_in
from flows.steps import screen
from flows.steps.ingest import StoredDataset, Wanted, look_at_source, store_dataset
from flows.steps.inspect import look_at_file
from flows.steps.networks import open_network, store_network
from flows.steps.rows import open_rows
from relu_core.theory import maximum

BUCKET = "plant"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "reader-7", "AWS_SECRET_ACCESS_KEY": "secret-7", "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(scope="module")
def store() -> Iterator[StorePath]:
    """An empty prefix of a bucket on a server of the loopback; account and server are in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ACCOUNT | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
            patch.setenv(name, value)
        region = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
        place = place_of(f"s3://{BUCKET}/line 7/ライン")
        assert isinstance(place, StorePath)
        yield place
    server.stop()


def plant(folder: Path) -> Path:
    """A folder of two small files, some rows bad."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for day in range(2):
        force, temp = chance.normal(100, 9, 150), chance.normal(20, 2, 150)
        frame = pd.DataFrame({"Force [kN]": force, "temp": temp, "burr": (force + temp > 120).astype(int)})
        frame.to_csv(folder / f"day{day}.csv", index=False)
        with (folder / f"day{day}.csv").open("a") as file:
            file.write("ERR,20,1\n")
    return folder


def ingest(settings: Settings, folder: Path, name: str = "press") -> StoredDataset:
    source = look_at_source(bring_in(folder, settings.raw, name), str(settings.raw))
    return store_dataset(source, Wanted(name), settings, lambda name: "", lambda progress: None)


def test_a_store_path_answers_as_a_path_does(store: StorePath, tmp_path: Path) -> None:
    for home in (store / "small", tmp_path / "small"):
        place = home / "a" / "b.txt"
        assert not place.exists() and not home.is_dir()
        assert whole_files.write_whole(place, "線形") == place
        assert place.exists() and place.is_file() and home.is_dir() and not home.is_file()
        assert place.read_text(encoding="utf-8") == "線形" and (place.name, place.suffix) == ("b.txt", ".txt")
        assert place.parent == home / "a" and [one.name for one in home.iterdir()] == ["a"]
        assert [(name, str(one)) for name, one in files_below(home)] == [("small/a/b.txt", str(place))]
        with local_copy(home) as folder:
            assert folder.name == "small" and (folder / "a" / "b.txt").read_text(encoding="utf-8") == "線形"
        place.unlink()
        with pytest.raises(OSError):
            place.read_bytes()


def test_an_interrupted_write_leaves_what_was_there(store: StorePath) -> None:
    place = whole_files.write_whole(store / "page.html", "old")
    with pytest.raises(KeyboardInterrupt), whole_files.whole_file(place) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt
    assert place.read_text() == "old"


def test_the_same_results_bit_for_bit(store: StorePath, tmp_path: Path) -> None:
    raw = plant(tmp_path / "press")
    charter = make_charter(
        {"poc_name": "press", "dataset": "press", "target": "burr", "task": "yes/no", "metric": "roc_auc",
         "target_value": 0.9, "ask_between_stages": False}
    )  # fmt: skip
    found = []
    for data in (str(tmp_path / "data"), str(store / "data")):
        here = read_settings({"DEPTHCASE_DATA": data})
        stored = ingest(here, raw)
        assert (stored.rows, stored.quarantined, stored.created) == (300, 2, True)
        assert ingest(here, raw) == StoredDataset("press", stored.version, 300, 2, False)
        frame, manifest = dataset.read(here.lake, "press")
        version = screen.find_data(charter, here)
        rows = screen.make_rows(charter, screen.check(charter, version, here), here)
        network = store_network(maximum(3), here.results / "networks")
        assert open_network(network).parameters == maximum(3).parameters
        again = open_rows(rows.development)
        page = (here.reports / "press-data-quality.html").read_bytes()
        kept = (rows.development.sha256, rows.untouched.sha256, network.sha256)
        found.append((manifest, frame.to_csv(), kept, again.frame.to_csv(), page, list(dataset.list_names(here.lake))))
        assert look_at_file("press/press", str(here.raw)).rows_good == 300
    assert found[0] == found[1]


def test_a_version_is_there_only_with_its_manifest(
    store: StorePath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = read_settings({"DEPTHCASE_DATA": str(store / "torn")})
    first = ingest(here, plant(tmp_path / "press"))
    with (tmp_path / "press" / "day1.csv").open("a") as file:
        file.write("99,20,1\n")
    put, done = StorePath.put, []

    def tear(place: StorePath, file: Path) -> None:
        if place.name == "quarantine.parquet":
            raise ConnectionError("the line is dead")
        done.append(place.name)
        put(place, file)

    monkeypatch.setattr(StorePath, "put", tear)
    with pytest.raises(DatasetError, match=r'^the data set "press" cannot be written \(the line is dead\)'):
        ingest(here, tmp_path / "press")
    assert "manifest.json" not in done
    assert dataset.latest(here.lake, "press").version == first.version
    assert len(dataset.read(here.lake, "press")[0]) == 300
    monkeypatch.undo()
    assert ingest(here, tmp_path / "press").rows == 301


def test_files_that_are_gone_do_not_stay_in_the_store(store: StorePath, tmp_path: Path) -> None:
    here = read_settings({"DEPTHCASE_DATA": str(store / "fewer")})
    ingest(here, plant(tmp_path / "press"))
    (tmp_path / "press" / "day0.csv").unlink()
    assert ingest(here, tmp_path / "press").rows == 150


def test_refusals(store: StorePath, tmp_path: Path) -> None:
    for path in ("../secret.csv", "a/../../b.csv", "s3://other/a.csv"):
        with pytest.raises(SourceError) as refused:
            find_in(store, path)
        assert str(refused.value) == (
            f'the path "{path}" lies outside the data folder; put the file into the data folder first'
        )
    with pytest.raises(SourceError) as refused:
        find_in(store, "none.csv")
    assert str(refused.value) == 'there is no file or folder "none.csv"; check the name and that the file was copied'
    with pytest.raises(DatasetError) as unwritten:
        whole_files.write_whole(StorePath("s3://nobody/a.txt"), "text")
    assert str(unwritten.value).startswith("s3://nobody/a.txt cannot be written (")
    assert "secret-7" not in str(unwritten.value)
    for address in ("s3://", "nowhere://bucket/a"):
        with pytest.raises(DatasetError):
            place_of(address)
