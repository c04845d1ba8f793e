"""Tables larger than memory in a gz, zip or Parquet file are streamed like a plain one, to the same rows."""

import gzip
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.errors import SourceError
from flows.lake import dataset
from flows.lake.stream import stream_delimited
from flows.sources import unpack
from flows.sources.unpack import large_text

BEGAN = datetime(2026, 3, 2, 6)
ROWS = [(BEGAN + timedelta(seconds=i), i / 4, f"press {i % 3}", None if i % 7 == 0 else i) for i in range(300)]
TEXT = "time,force,unit,count\n" + "".join(f"{t},{f},{u},{'' if c is None else c}\n" for t, f, u, c in ROWS)


@pytest.fixture(autouse=True)
def small_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LARGE_BYTES", 4000)


def packed(kind: str, folder: Path) -> Path:
    """The rows in a file of `kind`."""
    file = folder / f"line.csv.{kind}"
    if kind == "gz":
        file.write_bytes(gzip.compress(TEXT.encode()))
    elif kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("january/line.csv", TEXT)
    else:
        columns = list(zip(*ROWS, strict=True))
        pq.write_table(pa.table(columns, names=["time", "force", "unit", "count"]), file, row_group_size=100)
    return file


def stored(file: Path, folder: Path) -> tuple[pd.DataFrame, str]:
    """The rows of the stream, and the name that its account gives the file."""
    large = large_text(file)
    assert large is not None
    (folder / "draft").mkdir()
    stream_delimited(large.unpacked(folder / "draft"), name="line", lake=folder / "lake")
    frame, manifest = dataset.read(folder / "lake", "line")
    return frame, manifest.sources[0].name


@pytest.mark.parametrize(
    ("kind", "known_as"), [("gz", "line.csv"), ("zip", "line.csv"), ("parquet", "line.csv.parquet")]
)
def test_the_same_rows_come_out_however_they_were_packed(tmp_path: Path, kind: str, known_as: str) -> None:
    plain, again = tmp_path / "plain", tmp_path / "again"
    plain.mkdir()
    again.mkdir()
    (plain / "line.csv").write_text(TEXT)
    expected, _ = stored(plain / "line.csv", plain)
    found, name = stored(packed(kind, again), again)
    pd.testing.assert_frame_equal(found, expected)
    assert name == known_as and len(found) == 300


def test_columns_that_are_no_text_are_written_as_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "press": [{"force": 1.5, "tool": "a"}, {"force": float("nan"), "tool": "b"}] * 200,
            "spectrum": [[0.5, 0.25], None] * 200,
            "state": pa.array(["on", "off"] * 200).dictionary_encode(),
            "good": [True, False] * 200,
        }
    )
    pq.write_table(table, tmp_path / "line.parquet")
    large = large_text(tmp_path / "line.parquet")
    assert large is not None
    (tmp_path / "draft").mkdir()
    lines = large.unpacked(tmp_path / "draft").read_text().splitlines()
    assert lines[0] == '"press.force","press.tool","spectrum","state","good"'
    assert lines[1:3] == ['1.5,"a","[0.5, 0.25]","on",true', ',"b",,"off",false']


def test_a_look_takes_the_beginning_only(tmp_path: Path) -> None:
    large = large_text(packed("gz", tmp_path))
    assert large is not None
    assert TEXT.encode().startswith(large.unpacked(tmp_path, most=100).read_bytes())


def test_what_is_small_or_no_single_text_table_is_left_to_the_usual_reader(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b\n1,2\n")
    (tmp_path / "small.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    (tmp_path / "book.gz").write_bytes(gzip.compress(b"PK" + os.urandom(9000)))
    (tmp_path / "no.zip").write_bytes(b"PK" + bytes(9000))
    (tmp_path / "no.parquet").write_bytes(b"PAR1" + bytes(9000))
    (tmp_path / "no.gz").write_bytes(b"\x1f\x8b" + bytes(9000))
    (tmp_path / "plant.db").write_bytes(b"SQLite format 3\0" + bytes(9000))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    assert [file.name for file in tmp_path.iterdir() if large_text(file) is not None] == []
    assert large_text(tmp_path) is None


@pytest.mark.parametrize(
    ("kind", "damage", "sentence"),
    [
        ("gz", slice(0, -20), 'the file "line.csv.gz" is a damaged or cut-off gz file; copy it again'),
        (
            "zip",
            slice(None),
            'the file "line.csv.zip" is a damaged or locked zip file; copy it again without a password',
        ),
        ("parquet", slice(None), 'the Parquet file "line.csv.parquet" is damaged or cut off; copy it again'),
    ],
)
def test_damage_is_one_sentence(tmp_path: Path, kind: str, damage: slice, sentence: str) -> None:
    file = packed(kind, tmp_path)
    data = bytearray(file.read_bytes())
    if kind != "gz":
        middle = len(data) // 2
        data[middle : middle + 90] = bytes(90)
    size = (len(TEXT)).to_bytes(4, "little") if kind == "gz" else b""
    file.write_bytes(bytes(data[damage]) + size)
    large = large_text(file)
    assert large is not None
    with pytest.raises(SourceError) as refused:
        large.unpacked(tmp_path)
    assert str(refused.value) == sentence


def test_a_file_that_holds_nothing_but_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_HARMLESS_EXPANSION", 1 << 20)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"1,2\n" * (1 << 20)))
    large = large_text(tmp_path / "bomb.gz")
    assert large is not None
    with pytest.raises(SourceError) as refused:
        large.unpacked(tmp_path)
    assert str(refused.value) == (
        'the file "bomb.gz" grows to 4 MiB or more when unpacked; unpack it yourself and check what it holds'
    )


def test_no_space_is_one_sentence(tmp_path: Path) -> None:
    large = large_text(packed("gz", tmp_path))
    assert large is not None
    with pytest.raises(SourceError) as refused:
        large.unpacked(tmp_path / "gone")
    assert str(refused.value) == (
        f'the file "line.csv.gz" cannot be unpacked into {tmp_path / "gone"} (No such file or directory); '
        "check its space and rights"
    )
