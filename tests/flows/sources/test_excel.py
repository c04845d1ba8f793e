"""Workbooks: sheets compared, headers joined, cells kept exactly."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from flows.errors import SourceError
from flows.lake.quarantine import check
from flows.sources.read import read_source

ROWS = [[14.96, 41.76, 463.26], [25.18, 62.96, 444.37], [5.11, 39.4, 488.56]]
HEADER = ["AT", "V", "PE"]


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_sheets_with_the_same_rows_are_read_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "five.xlsx", {"Sheet1": [HEADER, *ROWS], "Sheet2": [HEADER, *ROWS[::-1]]})
    table = read_source(path)
    assert table.frame.shape == (3, 3)
    assert table.notes == (
        'Sheet "Sheet2" of "five.xlsx" holds the same 3 rows as sheet "Sheet1", in whatever order; it was left out.',
    )
    assert check(table).frame["PE"].tolist() == [463.26, 444.37, 488.56]


def test_sheets_with_other_rows_are_stacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "two.xlsx", {"May": [HEADER, *ROWS], "June": [HEADER, *ROWS[:1]]})
    table = read_source(path)
    assert table.frame["sheet"].tolist() == ["May", "May", "May", "June"]
    assert [source.rows for source in table.sources] == [3, 1]


def test_of_sheets_of_another_kind_the_largest_is_taken_and_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "two.xlsx", {"Info": [["Author", "Plant"], ["x", "y"]], "Data": [HEADER, *ROWS]})
    table = read_source(path)
    assert list(table.frame.columns) == HEADER
    assert table.notes == ('Sheet "Data" of "two.xlsx" has most rows and was taken; not read: "Info".',)
    assert list(read_source(path, sheet="Info").frame.columns) == ["Author", "Plant"]
    with pytest.raises(SourceError) as caught:
        read_source(path, sheet="data")
    assert str(caught.value) == 'the workbook "two.xlsx" has no sheet "data"; choose one of "Info", "Data"'


def test_titles_merged_headers_units_and_empty_columns(tmp_path: Path) -> None:
    titled = [["Press line 7", None, None, None], [None] * 4, ["time", None, "force", "temp"], ["", None, "kN", "degC"]]
    path = workbook(tmp_path / "titled.xlsx", {"A": [*titled, [datetime(2026, 3, 2, 6), None, 1.5, 20]]})
    table = read_source(path)
    assert list(table.frame.columns) == ["time", "force", "temp"]
    assert table.units == {"force": "kN", "temp": "degC"}
    assert table.frame.iloc[0].tolist() == ["2026-03-02 06:00:00", "1.5", "20"]
    merged = [["Time", "Force", None, "Temp"], ["start", "left", "right", "oil"], ["10:00", 1.5, 1.6, 20]]
    table = read_source(workbook(tmp_path / "merged.xlsx", {"A": merged}))
    assert list(table.frame.columns) == ["Time start", "Force left", "Force right", "Temp oil"]


def test_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    values = [0.123456789012345, 1e-300, 123456789.123457, 3.0]  # openpyxl itself writes 15 digits
    path = workbook(tmp_path / "digits.xlsx", {"A": [["x", "y"], *[[value, 1.5] for value in values]]})
    assert check(read_source(path)).frame["x"].tolist() == values
