"""Text tables in every form a plant writes: cells, units, encodings and refusals."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from flows.errors import SourceError
from flows.sources.delimited import read_delimited
from flows.sources.read import read_source
from flows.sources.table import Table

ROWS = "10:00;1,5;20\n10:01;1,75;21\n10:02;2,0;22\n"
JAPANESE = "日時,温度 (℃),荷重（kN）,判定\n2026/03/02 10:00:00,21.5,１２３,良\n2026/03/02 10:00:01,21.7,124,不良\n" * 1


def read(tmp_path: Path, content: bytes | str, name: str = "line.csv") -> Table:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_source(file)


def test_a_comma_file_with_units_in_its_header(tmp_path: Path) -> None:
    table = read(tmp_path, "Air temperature [K],Torque (Nm),Temp (2),Flow [l/s],Flow [kg/s]\n298.1,42.8,1,2,3\n")
    assert list(table.frame.columns) == ["Air temperature", "Torque", "Temp (2)", "Flow [l/s]", "Flow [kg/s]"]
    assert table.units == {"Air temperature": "K", "Torque": "Nm", "Flow [l/s]": "l/s", "Flow [kg/s]": "kg/s"}
    assert table.headers["Air temperature"] == "Air temperature [K]"
    assert table.frame.iloc[0].tolist() == ["298.1", "42.8", "1", "2", "3"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp", "gb18030"]
)
def test_japanese_headers_survive_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, JAPANESE.encode(encoding))
    assert list(table.frame.columns) == ["日時", "温度", "荷重", "判定"]
    assert table.units == {"温度": "°C", "荷重": "kN"}
    assert table.frame["判定"].tolist() == ["良", "不良"]
    assert table.frame["荷重"].tolist()[0] == "１２３"


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252"])
def test_chinese_and_western_text_keep_their_letters(tmp_path: Path, encoding: str) -> None:
    header = {"gb18030": "时间,温度,压力,判断结果", "cp1252": "Zeit,Öltemperatur,Druck,Prüfergebnis"}[encoding]
    table = read(tmp_path, (header + "\n1,2,3,4\n5,6,7,8\n").encode(encoding))
    assert list(table.frame.columns) == header.split(",")


@pytest.mark.parametrize(
    "delimiter, word", [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"), (" ", "blanks")]
)
def test_delimiters_are_found_and_named(tmp_path: Path, delimiter: str, word: str) -> None:
    lines = [delimiter.join(cells) for cells in (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"])]
    table = read(tmp_path, "\n".join(lines))
    assert table.sources[0].delimiter == word
    assert table.frame.to_numpy().tolist() == [["1", "2", "3"], ["4", "5", "6"]]


def test_a_semicolon_file_may_hold_decimal_commas(tmp_path: Path) -> None:
    table = read(tmp_path, "Zeit;Kraft;Temp\n" + ROWS)
    assert table.frame["Kraft"].tolist() == ["1,5", "1,75", "2,0"]


def test_blank_separated_numbers_without_header_and_with_trailing_blanks(tmp_path: Path) -> None:
    table = read(tmp_path, "1 1 -0.0007  518.67 \n1 2 0.0019 518.67 \n", "train.txt")
    assert list(table.frame.columns) == ["column_1", "column_2", "column_3", "column_4"]
    assert table.notes == ('"train.txt" has no header; its columns are numbered.',)
    assert table.line_numbers.tolist() == [1, 2]


def test_lines_above_the_header_and_a_row_of_units(tmp_path: Path) -> None:
    content = "Logger 7\nPlant: Kobe\ntime,force,temp\n,kN,degC\n10:00,1.5,20\n10:01,1.6,21\n"
    table = read(tmp_path, content)
    assert table.units == {"force": "kN", "temp": "degC"}
    assert table.frame["force"].tolist() == ["1.5", "1.6"]
    assert table.line_numbers.tolist() == [5, 6]
    assert '2 line(s) above the table of "line.csv" were passed over.' in table.notes


def test_repeated_and_empty_names_get_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "a,a,,a_2\n1,2,3,4\n")
    assert list(table.frame.columns) == ["a", "a_3", "column_3", "a_2"]
    assert 'The header names "a" more than once; the later ones got a number.' in table.notes


def test_a_wide_table_of_variables_is_turned(tmp_path: Path) -> None:
    variables = np.random.default_rng(0).normal(size=(5, 60)) * 0.1 + np.arange(5)[:, None] * 100
    table = read(tmp_path, "\n".join(" ".join(f"{x:.4f}" for x in row) for row in variables), "d00.dat")
    assert table.frame.shape == (60, 5)
    assert '"d00.dat" lies on its side (5 variables by 60 samples); it was turned.' in table.notes
    spectra = np.tile(np.linspace(0, 100, 60), (5, 1)) + np.random.default_rng(1).normal(size=(5, 60))
    table = read(tmp_path, "\n".join(" ".join(f"{x:.4f}" for x in row) for row in spectra), "spectra.dat")
    assert table.frame.shape == (5, 60)


def test_quoted_cells_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b,c\n1,"x, y",2\n3,"two\nlines",4\n5,"say ""so""",6\n')
    assert table.frame["b"].tolist() == ["x, y", "two\nlines", 'say "so"']
    assert table.line_numbers.tolist() == [2, 3, 5]
    assert table.raw_lines[1] == '3,"two\nlines",4'


def test_ragged_rows_leave_with_line_text_and_reason(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n1,2\n3\n4,5,6\n7,8\n"9,10\n')
    assert [(row.line, row.text, row.reason) for row in table.rejected] == [
        (3, "3", "the row has 1 cells where the table has 2 columns"),
        (4, "4,5,6", "the row has 3 cells where the table has 2 columns"),
        (6, '"9,10', "a quotation mark is opened and not closed"),
    ]
    assert table.rows_read == table.sources[0].rows == 5


def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path: Path) -> None:
    rows = b"".join(f"{i},é\n".encode() for i in range(30))
    table = read(tmp_path, b"a,b\n" + rows + b"31,\xff\xfe\n")
    assert table.sources[0].encoding == "utf-8"
    assert len(table.frame) == 30
    assert table.rejected[0].text == "31,\\xff\\xfe"
    assert table.rejected[0].reason == "the row holds bytes that are no text in the file's encoding"


def test_gz_and_zip_are_unpacked(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n"
    assert read(tmp_path, gzip.compress(content), "line.csv.gz").frame.shape == (1, 2)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("one.csv", content)
        packed.writestr("two.csv", content)
    table = read(tmp_path, archive.getvalue(), "both.zip")
    assert table.frame["source_file"].tolist() == ["one.csv", "two.csv"]


def test_a_folder_becomes_one_table_with_the_file_as_a_column(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name, content in (
        ("1.csv", "a,b\n1,2\n"),
        ("2.csv", "a,c\n3,4\n"),
        ("note.txt", "Dear colleague,\nsee below.\n"),
    ):
        (tmp_path / "set" / name).write_text(content)
    table = read_source("set", root=tmp_path)
    assert table.frame.to_numpy().tolist() == [["1", "2", "", "1.csv"], ["3", "", "4", "2.csv"]]
    assert [table.sources[i].name for i in table.file_numbers] == ["1.csv", "2.csv"]
    assert any('"note.txt" is not a table' in note for note in table.notes)


@pytest.mark.parametrize(
    "path, sentence",
    [
        (
            "../secret.csv",
            'the path "../secret.csv" lies outside the data folder; put the file into the data folder first',
        ),
        ("gone.csv", 'there is no file or folder "gone.csv"; check the name and that the file was copied'),
        ("", "the path is empty; give the file or folder to read"),
        ("loop", 'the path "loop" cannot be followed; check its links and its length'),
        ("link.csv", 'the path "link.csv" lies outside the data folder; put the file into the data folder first'),
        ("empty", 'the folder "empty" holds no readable table; put CSV or Excel files into it'),
    ],
)
def test_paths_that_lead_nowhere_or_outside(tmp_path: Path, path: str, sentence: str) -> None:
    root = tmp_path / "data"
    (root / "empty").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (root / "loop").symlink_to(root / "loop")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SourceError) as caught:
        read_source(path, root=root)
    assert str(caught.value) == sentence


def test_pipes_and_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    assert 'Passed over: the link "gone.csv" leads nowhere; copy the file itself.' in read_source(tmp_path).notes
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError) as caught:
        read_source(tmp_path / "pipe.csv")
    assert str(caught.value) == '"pipe.csv" is a pipe or a device, not a file; copy its data into a file first'


def test_excels_line_about_the_delimiter_is_no_header() -> None:
    table = read_delimited(b"sep=;\ntime;force [kN]\n1;2,5\n2;3,5\n", "a.csv")
    assert table.frame.columns.tolist() == ["time", "force"] and table.units == {"force": "kN"}
    assert table.line_numbers.tolist() == [3, 4]
