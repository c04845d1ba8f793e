"""Versions of a data set: whole or not at all, named by content, read back to the last bit."""

import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from flows.errors import DatasetError
from flows.lake import dataset
from flows.lake.manifest import Manifest
from flows.lake.quarantine import Checked, check
from flows.sources.delimited import read_delimited

TEXT = "time,Force [kN],class\n2026-03-02 10:00:00,1.5,a\n2026-03-02 10:00:01,ERR,b\n"
MORE = "".join(f"2026-03-02 10:01:{i:02d},{i}.25,a\n" for i in range(10))


def checked(text: str = TEXT + MORE, name: str = "line.csv") -> Checked:
    return check(read_delimited(text.encode(), name))


def test_what_is_written_is_read_back_with_its_account(tmp_path: Path) -> None:
    version = dataset.write(checked(), name="press", lake=tmp_path)
    frame, manifest = dataset.read(tmp_path, "press")
    pd.testing.assert_frame_equal(frame, checked().frame)
    assert version.created and version.path == tmp_path / "press" / version.version
    assert (manifest.rows_read, manifest.rows_stored, manifest.rows_quarantined) == (12, 11, 1)
    assert manifest.units == {"Force": "kN"}
    assert [column.kind for column in manifest.columns] == ["time", "number", "text"]
    force = manifest.columns[1]
    assert (force.minimum, force.maximum, force.missing, force.distinct) == ("0.25", "9.25", 0, 11)
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert dataset.read_quarantine(tmp_path, "press")["text"].tolist() == ["2026-03-02 10:00:01,ERR,b"]
    assert dataset.read(tmp_path, "press", columns=["Force [kN]"])[0].columns.tolist() == ["Force"]
    part = pq.read_schema(version.path / "rows" / "part-00000.parquet")
    assert part.field("Force").metadata[b"unit"] == b"kN"


def test_the_same_content_again_changes_nothing(tmp_path: Path) -> None:
    first = dataset.write(checked(), name="press", lake=tmp_path)
    before = {file: file.stat().st_mtime_ns for file in first.path.rglob("*") if file.is_file()}
    second = dataset.write(checked(), name="press", lake=tmp_path)
    assert (second.version, second.created) == (first.version, False)
    assert {file: file.stat().st_mtime_ns for file in first.path.rglob("*") if file.is_file()} == before


def test_one_changed_byte_is_another_version_and_the_old_one_stays(tmp_path: Path) -> None:
    first = dataset.write(checked(), name="press", lake=tmp_path)
    second = dataset.write(checked(TEXT + MORE + "\n"), name="press", lake=tmp_path)
    assert second.created and second.version != first.version
    assert dataset.latest(tmp_path, "press").version == second.version
    assert len(dataset.read(tmp_path, "press", first.version)[0]) == 11
    assert dataset.list_names(tmp_path) == ["press"]


def test_many_rows_lie_in_parts_and_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "ROWS_PER_PART", 4)
    version = dataset.write(checked(), name="press", lake=tmp_path)
    assert len(list((version.path / "rows").iterdir())) == 3
    pd.testing.assert_frame_equal(dataset.read(tmp_path, "press")[0], checked().frame)


@pytest.mark.parametrize("newest", [1, 4, 5, 8, 11, 12])
def test_the_newest_rows_are_the_last_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newest: int) -> None:
    monkeypatch.setattr(dataset, "ROWS_PER_PART", 4)
    dataset.write(checked(), name="press", lake=tmp_path)
    found, _ = dataset.read(tmp_path, "press", newest=newest)
    pd.testing.assert_frame_equal(found, checked().frame.tail(newest).reset_index(drop=True))


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full_disk)
    with pytest.raises(DatasetError) as caught:
        dataset.write(checked(), name="press", lake=tmp_path)
    assert str(caught.value) == (
        f'the data set "press" cannot be written (No space left on device); check the space and rights of {tmp_path}'
    )
    assert list((tmp_path / "press").iterdir()) == []
    assert dataset.list_names(tmp_path) == []


@pytest.mark.parametrize(
    "name, version, sentence",
    [
        ("gone", "latest", 'the lake has no data set "gone" (it has: "press"); ingest its source first'),
        ("press", "0123", 'the data set "press" has no version "0123"; ingest its source again'),
        (
            "../up",
            "latest",
            '"../up" cannot name a data set; use small letters, digits, - and _, beginning with a letter or digit',
        ),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, name: str, version: str, sentence: str) -> None:
    dataset.write(checked(), name="press", lake=tmp_path)
    with pytest.raises(DatasetError) as caught:
        dataset.read(tmp_path, name, version)
    assert str(caught.value) == sentence


def test_a_column_is_found_by_name_and_by_header(tmp_path: Path) -> None:
    dataset.write(checked(), name="press", lake=tmp_path)
    manifest = dataset.read_manifest(tmp_path, "press")
    assert manifest.column("Force [kN]") == manifest.column("Force") == "Force"
    with pytest.raises(DatasetError) as caught:
        manifest.column("force")
    assert str(caught.value) == 'the data set "press" has no column "force"; it has "time", "Force", "class"'


def test_damage_is_said(tmp_path: Path) -> None:
    version = dataset.write(checked(), name="press", lake=tmp_path)
    (version.path / "rows" / "part-00000.parquet").write_bytes(b"")
    with pytest.raises(DatasetError, match=r'^the data set "press" is damaged'):
        dataset.read(tmp_path, "press")
    (version.path / "manifest.json").write_text("{}")
    with pytest.raises(DatasetError) as caught:
        dataset.read_manifest(tmp_path, "press")
    assert str(caught.value) == 'the manifest of the data set "press" is damaged; ingest its source again'


def test_what_a_killed_process_left_is_swept_after_a_day(tmp_path: Path) -> None:
    old, new = tmp_path / "press" / ".writing-old", tmp_path / "press" / ".writing-new"
    for folder in (old, new):
        (folder / "rows").mkdir(parents=True)
    os.utime(old, (0, 0))
    dataset.write(checked(), name="press", lake=tmp_path)
    assert not old.exists() and new.exists()
