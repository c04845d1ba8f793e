"""A full disk and a read-only one: one sentence that names place and remedy, and what was there before still is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from flows.errors import DepthcaseError
from flows.lake import dataset, quarantine
from flows.lake.stream import stream_delimited
from flows.sources.arrival import bring_in
from flows.sources.delimited import read_delimited
from flows.steps.networks import open_network, store_network
from flows.whole_files import write_whole
from relu_core import ReluNetwork
from tests.disks import NO_SPACE, READ_ONLY, SmallDisk, small_disk

SMALL = b"force,scrap\n" + b"".join(b"%d,%d\n" % (i, i % 2) for i in range(100))
LARGE = b"force,scrap\n" + b"".join(b"%.17f,%d\n" % (np.sin(i), i % 2) for i in range(40_000))

Write = Callable[[bytes, Path], object]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 2 << 20) as disk:
        yield disk


def _store(data: bytes, folder: Path) -> object:
    checked = quarantine.check(read_delimited(data, "press.csv"))
    return dataset.write(checked, name="press", lake=folder / "lake")


def _stream(data: bytes, folder: Path) -> object:
    source = folder.parent / "large.csv"
    source.write_bytes(data)
    return stream_delimited(source, name="press", lake=folder / "lake")


@pytest.mark.parametrize("write", [_store, _stream])
@pytest.mark.parametrize("leave", [0, 8192, 131_072])
def test_a_version_that_does_not_fit_leaves_the_old_one(disk: SmallDisk, write: Write, leave: int) -> None:
    write(SMALL, disk.folder)
    lake = disk.folder / "lake"
    before, _ = dataset.read(lake, "press")
    version = dataset.latest(lake, "press").version
    disk.fill(leave)
    with pytest.raises(DepthcaseError) as refused:
        write(LARGE, disk.folder)
    assert str(refused.value) == (
        f'the data set "press" cannot be written ({NO_SPACE}); check the space and rights of {lake}'
    )
    after, _ = dataset.read(lake, "press")
    assert after.equals(before) and dataset.latest(lake, "press").version == version
    assert not disk.left_behind()
    disk.free()
    write(LARGE, disk.folder)
    assert len(dataset.read(lake, "press")[0]) == 40_000


@pytest.mark.parametrize("write", [_store, _stream])
def test_a_read_only_lake_is_read_and_not_written(disk: SmallDisk, write: Write) -> None:
    write(SMALL, disk.folder)
    lake = disk.folder / "lake"
    disk.make_read_only()
    with pytest.raises(DepthcaseError) as refused:
        write(LARGE, disk.folder)
    assert str(refused.value) == (
        f'the data set "press" cannot be written ({READ_ONLY}); check the space and rights of {lake}'
    )
    assert len(dataset.read(lake, "press")[0]) == 100


def test_the_same_content_again_needs_no_space(disk: SmallDisk) -> None:
    first = _store(SMALL, disk.folder)
    disk.fill()
    assert isinstance(first, dataset.DatasetVersion)
    again = _store(SMALL, disk.folder)
    assert isinstance(again, dataset.DatasetVersion)
    assert (again.version, again.created) == (first.version, False)


def test_a_file_that_does_not_fit_into_the_raw_folder_leaves_the_old_one(disk: SmallDisk, tmp_path: Path) -> None:
    source, raw = tmp_path / "press.csv", disk.folder / "raw"
    source.write_bytes(SMALL)
    bring_in(source, raw, "press")
    disk.fill(8192)
    source.write_bytes(LARGE)
    with pytest.raises(DepthcaseError) as refused:
        bring_in(source, raw, "press")
    assert str(refused.value) == (
        f"{source} cannot be copied to {raw / 'press'} ({NO_SPACE}); check its space and rights"
    )
    assert (raw / "press" / "press.csv").read_bytes() == SMALL
    assert not disk.left_behind()


@pytest.mark.parametrize("reason", [NO_SPACE, READ_ONLY])
def test_a_report_that_cannot_be_written_leaves_the_old_page(disk: SmallDisk, reason: str) -> None:
    place = write_whole(disk.folder / "report_en.html", "<p>last week's verdict</p>")
    disk.fill(8192) if reason == NO_SPACE else disk.make_read_only()
    with pytest.raises(DepthcaseError) as refused:
        write_whole(place, "<p>this week's</p>" * 10_000)
    assert str(refused.value) == f"{place} cannot be written ({reason}); check the folder's space and rights"
    assert place.read_text() == "<p>last week's verdict</p>"
    assert not disk.left_behind()


def test_a_network_that_does_not_fit_is_told_and_the_others_open(disk: SmallDisk) -> None:
    def network(width: int) -> ReluNetwork:
        return ReluNetwork([np.ones((width, 3)), np.ones((1, width))], [np.zeros(width), np.zeros(1)])

    kept = store_network(network(2), disk.folder / "networks")
    disk.fill(8192)
    with pytest.raises(DepthcaseError, match=f"cannot be written .{NO_SPACE}.; check the folder's space and rights"):
        store_network(network(5_000), disk.folder / "networks")
    assert open_network(kept).hidden_widths == (2,)
    assert not disk.left_behind()
