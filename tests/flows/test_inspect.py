"""A file is looked at before anything is stored; the draft of a charter is one that can be run."""

from pathlib import Path

import pytest
import yaml

from flows.charter import make_charter
from flows.errors import SourceError
from flows.sources import unpack
from flows.steps import inspect
from flows.steps.inspect import content, look_at_file

CSV = "Time,Force [kN],Scrap,Tag\n2026-01-01 06:00,1.5,0,a\n2026-01-01 06:01,2.5,1,b\n2026-01-01 06:02,oops,0,a\n"


@pytest.fixture
def press(tmp_path: Path) -> Path:
    rows = "".join(f"2026-01-01 07:{i:02d},{i / 4},{i % 2},a\n" for i in range(20))
    (tmp_path / "Press 7 (new).csv").write_text(CSV + rows)
    return tmp_path / "Press 7 (new).csv"


def test_the_account_adds_up_and_names_the_bad_row(press: Path) -> None:
    account = look_at_file(str(press), "")
    assert (account.rows_read, account.rows_good, account.rows_bad) == (23, 22, 1)
    assert account.reasons == ('1 x column "Force" holds "oops" where a number is needed',)


def test_each_column_says_what_it_holds(press: Path) -> None:
    account = look_at_file(str(press), "")
    told = {column.name: (column.unit, column.kind, content(column)) for column in account.columns}
    assert told["Force"] == ("kN", "number", "0 to 4.75, mean 2.34091")
    assert told["Time"] == ("", "time", "2026-01-01 06:00:00 to 2026-01-01 07:19:00")
    assert told["Tag"] == ("", "text", "most often 'a' (21)")


def test_the_draft_is_a_sound_charter_about_the_yes_no_column(press: Path) -> None:
    account = look_at_file(str(press), "")
    charter = make_charter(yaml.safe_load(account.charter))
    charter.check()
    assert (charter.poc_name, charter.target, charter.task.value) == ("press-7-new", "Scrap", "yes/no")
    assert Path(charter.data_file) == press
    assert account.slug == "press-7-new"


def test_inside_the_raw_folder_the_draft_names_the_file_from_there(press: Path) -> None:
    account = look_at_file(press.name, str(press.parent))
    assert make_charter(yaml.safe_load(account.charter)).data_file == press.name


def test_without_a_yes_no_column_the_last_number_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(9)))
    charter = make_charter(yaml.safe_load(look_at_file("a.csv", str(tmp_path)).charter))
    assert (charter.target, charter.task.value, charter.metric.value) == ("y", "a number", "r2")


def test_a_file_of_texts_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"text {i},word {i}\n" for i in range(9)))
    with pytest.raises(SourceError) as refused:
        look_at_file("a.csv", str(tmp_path))
    assert str(refused.value) == "no column of a.csv holds numbers or two values, so none can be predicted"


def test_of_a_file_larger_than_memory_the_first_rows_are_looked_at(
    press: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "LARGE_BYTES", 100)
    monkeypatch.setattr(inspect, "_HEAD_BYTES", 400)
    account = look_at_file(str(press), "")
    assert (account.rows_read, account.rows_good, account.rows_bad) == (14, 13, 1)
    assert account.notes[0] == "The file has 0.0 GB; only its first 14 rows were looked at."
