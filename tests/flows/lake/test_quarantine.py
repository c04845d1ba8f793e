"""Cells become values or their row leaves with a reason; no row is ever lost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import DatasetError, DepthcaseError
from flows.lake.cells import parse_column
from flows.lake.quarantine import Checked, check
from flows.sources.delimited import read_delimited
from flows.sources.read import read_source

CELLS = st.sampled_from(
    ["1", "2.5", "-3e2", "", "NA", "abc", "１２", "1e999", "2026-03-02 10:00:00", "é", "0007", "+5", "1,5"]
)
LAW = settings(max_examples=120, derandomize=True, deadline=None)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])


def checked(text: str) -> Checked:
    return check(read_delimited(text.encode(), "line.csv"))


def values(cells: list[str], decimal_comma: bool = False) -> list[object]:
    return parse_column(pd.Series(cells, dtype="str"), decimal_comma=decimal_comma).values.tolist()


def test_a_cell_of_another_kind_sends_its_row_to_quarantine() -> None:
    result = checked("a,b\n" + "".join(f"{i},{i}.5\n" for i in range(8)) + "9,ERR\n10,1e999\n11,12.5\n")
    assert result.frame["a"].tolist() == [*range(8), 11]
    assert result.quarantined.to_dict("records") == [
        {"file": "line.csv", "line": 10, "text": "9,ERR", "reason": 'column "b" holds "ERR" where a number is needed'},
        {
            "file": "line.csv",
            "line": 11,
            "text": "10,1e999",
            "reason": 'column "b" holds "1e999", too large a number for a measurement',
        },
    ]


def test_numbers_in_the_notations_of_plants() -> None:
    assert values(["1", "+2.5", " 3e2", "-.5", "１２．５"]) == [1.0, 2.5, 300.0, -0.5, 12.5]
    assert values(["1,5", "2,75"], decimal_comma=True) == [1.5, 2.75]
    assert values(["1.234,5", "2,75"], decimal_comma=True) == [1234.5, 2.75]
    assert values(["1,234.5", "12,000", "7"]) == [1234.5, 12000.0, 7.0]
    assert values(["0,5", "12,75", "7,0"]) == [0.5, 12.75, 7.0]
    assert values(["00123", "00456", "00789"]) == ["00123", "00456", "00789"]


@LAW
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e150, max_value=1e150), min_size=1))
def test_every_double_reads_back_to_the_last_bit(numbers: list[float]) -> None:
    assert values([repr(x) for x in numbers]) == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-03-02 10:00:00", "2026-03-02 10:00:01"],
        ["2026-03-02T10:00:00", "2026-03-02T10:00:01"],
        ["2026/03/02 10:00:00", "2026/03/02 10:00:01"],
        ["02.03.2026 10:00:00", "02.03.2026 10:00:01"],
        ["2026年03月02日 10時00分00秒", "2026年03月02日 10時00分01秒"],
        ["2026-03-02 11:00:00+01:00", "2026-03-02 11:00:01+01:00"],
    ],
)
def test_times_in_the_notations_of_plants(cells: list[str]) -> None:
    assert values(cells) == [pd.Timestamp(2026, 3, 2, 10, 0, 0), pd.Timestamp(2026, 3, 2, 10, 0, 1)]


def test_a_day_that_may_be_a_month_is_said() -> None:
    result = checked("when,x\n" + "".join(f"0{i}/04/2026,1\n" for i in range(1, 5)))
    assert result.frame["when"].dt.month.tolist() == [4] * 4
    assert result.notes == ('Column "when": day and month can be told apart in no cell; the day was read first.',)
    assert checked("when,x\n03/14/2026,1\n03/15/2026,2\n").frame["when"].dt.day.tolist() == [14, 15]


def test_a_row_written_twice_leaves_only_where_a_time_proves_it() -> None:
    timed = checked("t,x\n2026-03-02 10:00:00,1\n2026-03-02 10:00:01,1\n2026-03-02 10:00:01,1\n")
    assert timed.quarantined["reason"].tolist() == ["the row repeats line 3, with the same time"]
    assert len(checked("x,y\n1,2\n1,2\n").frame) == 2


def test_missing_words_and_empty_rows() -> None:
    result = checked("x,y\n1,2\nNaN,4\n-,n/a\n5,欠測\n")
    assert result.frame["x"].tolist()[::2] == [1.0, 5.0] and np.isnan(result.frame["x"].iloc[1])
    assert result.quarantined["reason"].tolist() == ["no cell of the row has a value"]


def test_a_file_without_one_good_row_is_refused() -> None:
    with pytest.raises(DatasetError) as caught:
        checked("x,y\nNA,NA\n,\n")
    sentence = (
        'no row of "line.csv" can be used (the first: no cell of the row has a value); '
        "correct the file and read it again"
    )
    assert str(caught.value) == sentence


@LAW
@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=30), DELIMITERS)
def test_rows_are_conserved(rows: list[list[str]], delimiter: str) -> None:
    lines = ["name_a" + delimiter + "name_b" + delimiter + "name_c", *(delimiter.join(row) for row in rows)]
    written = [line for line in lines[1:] if line.strip()]
    try:
        result = checked("\n".join(lines))
    except DepthcaseError:
        return
    passed_over = sum(int(note.split()[0]) for note in result.notes if note.split()[0].isdigit())
    units = sum("was read as units" in note for note in result.notes)
    assert result.rows_read == len(result.frame) + len(result.quarantined)
    assert result.rows_read + passed_over + units + bool(result.headers) == len(written) + 1
    assert result.rows_read == sum(source.rows for source in result.sources)
    assert set(result.quarantined["text"]) <= set(lines)
    assert (result.quarantined["reason"] != "").all()


@LAW
@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_end_in_a_sentence_or_in_rows(content: bytes) -> None:
    try:
        result = check(read_delimited(content, "any.bin"))
    except DepthcaseError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert result.rows_read == len(result.frame) + len(result.quarantined) == sum(s.rows for s in result.sources)


def test_several_files_keep_their_accounts(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n" + "".join(f"{i},1\n" for i in range(9)) + "oops,1\n1,2,3\n")
    result = check(read_source(tmp_path))
    assert result.quarantined["file"].tolist() == ["a.csv", "a.csv", "b.csv", "b.csv"]
    assert np.bincount(result.file_numbers).tolist() == [9, 9]
    assert [source.rows for source in result.sources] == [11, 11]
