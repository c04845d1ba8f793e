"""Files from elsewhere arrive whole in the raw folder, or a sentence says why not."""

from pathlib import Path

import pytest

from flows.errors import SourceError
from flows.sources.arrival import bring_in


def test_a_file_from_elsewhere_is_copied_and_a_newer_one_replaces_it(tmp_path: Path) -> None:
    source, raw = tmp_path / "press.csv", tmp_path / "raw"
    for text in ("a,b\n1,2\n", "a,b\n3,4\n"):
        source.write_text(text)
        assert bring_in(source, raw, "press") == "press/press.csv"
        assert (raw / "press" / "press.csv").read_text() == text
    assert [path.name for path in (raw / "press").iterdir()] == ["press.csv"]


def test_a_folder_is_copied_whole_and_old_files_of_it_go(tmp_path: Path) -> None:
    folder, raw = tmp_path / "days", tmp_path / "raw"
    folder.mkdir()
    (folder / "monday.csv").write_text("a\n1\n")
    bring_in(folder, raw, "press")
    (folder / "monday.csv").rename(folder / "tuesday.csv")
    assert bring_in(folder, raw, "press") == "press/days"
    assert [path.name for path in (raw / "press" / "days").iterdir()] == ["tuesday.csv"]


def test_what_lies_in_the_raw_folder_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "raw" / "line").mkdir(parents=True)
    (tmp_path / "raw" / "line" / "x.csv").write_text("a\n1\n")
    assert bring_in(tmp_path / "raw" / "line" / "x.csv", tmp_path / "raw", "other") == "line/x.csv"
    assert not (tmp_path / "raw" / "other").exists()


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        bring_in(tmp_path / "nothing.csv", tmp_path / "raw", "press")
    assert str(caught.value) == f"there is no file or folder {tmp_path / 'nothing.csv'}; check the path"
