"""Whole or not at all: an interrupted write leaves the old file, no file beside it, and one sentence."""

from pathlib import Path

import pytest

from flows.errors import DatasetError
from flows.whole_files import read_unchanged, whole_file, write_under_hash, write_whole


def test_text_and_bytes_arrive_and_folders_are_made(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a" / "b.html", "線形領域").read_text(encoding="utf-8") == "線形領域"
    assert write_whole(tmp_path / "a" / "b.html", b"\x00").read_bytes() == b"\x00"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.html"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    place = write_whole(tmp_path / "page.html", "old")
    with pytest.raises(KeyboardInterrupt), whole_file(place) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt
    assert place.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_place_that_cannot_be_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    place = tmp_path / "file" / "page.html"
    with pytest.raises(DatasetError) as caught:
        write_whole(place, "text")
    assert str(caught.value) == f"{place} cannot be written (File exists); check the folder's space and rights"


def test_a_file_under_its_hash_opens_as_long_as_it_is_unchanged(tmp_path: Path) -> None:
    place, sha256 = write_under_hash(tmp_path / "kept", b"weights", ".bin")
    assert place == tmp_path / "kept" / f"{sha256[:16]}.bin"
    assert write_under_hash(tmp_path / "kept", b"weights", ".bin") == (place, sha256)
    assert read_unchanged(str(place), sha256, "a network") == b"weights"
    place.write_bytes(b"other weights")
    with pytest.raises(DatasetError) as caught:
        read_unchanged(str(place), sha256, "a network")
    again = "run again with 'Train again' switched on"
    assert str(caught.value) == f"{place}, which holds a network, was changed; {again}"
    place.unlink()
    with pytest.raises(DatasetError) as caught:
        read_unchanged(str(place), sha256, "the rows")
    assert str(caught.value) == f"{place}, which held the rows, is gone; {again}"
