"""A stream of blocks ends with the same rows, reasons and line numbers as reading the file at once."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.errors import DatasetError, SourceError
from flows.lake import dataset, pieces, repeats, stream
from flows.lake.quarantine import check
from flows.lake.stream import Progress, stream_delimited
from flows.sources.read import read_source

HEADER = "time,Force [kN],temp,note\n"
LINES = (
    "2026-03-02 10:00:0{i},{i}.5,20,ok", "2026-03-02 10:00:0{i},ERR,20,ok", "{i}", "", ",,,", "2026-03-02,1,2,3,4",
    '2026-03-02 10:00:0{i},1e999,20,"two, cells"', '2026-03-02 10:00:0{i},-7,NA,"two\nlines"', "2026-03-02,１２,5,é",
    "oops,1,2,x", "2026-03-02 10:00:0{i},inf,20,ok", "2026-03-02,+5, 7 , b ",
)  # fmt: skip
OPEN_QUOTE = '2026-03-02 10:00:0{i},"9,20,open'


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_SAMPLE_BYTES", 1500)
    for name, size in (("_BLOCK_BYTES", 400), ("_CAREFUL_BYTES", 90), ("_ROWS_PER_PART", 25)):
        monkeypatch.setattr(stream, name, size)


def plant(rows: int) -> str:
    cells = (f"2026-03-02 10:{i // 60 % 60:02d}:{i % 60:02d},{i / 7!r},{20 + i % 3},n{i % 4}\n" for i in range(rows))
    return HEADER + "".join(cells)


def compare(file: Path, lake: Path) -> None:
    """The stream against reading at once."""
    whole = check(read_source(file))
    version = stream_delimited(file, name="big", lake=lake)
    frame, manifest = dataset.read(lake, "big")
    expected = whole.frame.astype({name: "float64" for name in whole.frame if whole.frame[name].dtype == "int64"})
    pd.testing.assert_frame_equal(frame, expected)
    pd.testing.assert_frame_equal(dataset.read_quarantine(lake, "big"), whole.quarantined)
    assert manifest.rows_read == version.rows + version.quarantined == whole.rows_read
    assert manifest.sources[0] == whole.sources[0] and manifest.units == whole.units


def write(folder: Path, lines: list[str]) -> Path:
    """150 good rows and the lines; equal lines become equal rows where they lie a multiple of ten lines apart."""
    text = plant(150) + "".join(
        line.replace("{i}", str(i % 10)) + f"{i % 10}\n" for i, line in enumerate(lines) if line
    )
    (folder / "a.csv").write_text(text, encoding="utf-8")
    return folder / "a.csv"


LAW = settings(
    max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.usefixtures("small_blocks")
@LAW
@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_a_stream_gives_what_one_reading_gives(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    folder = tmp_path_factory.mktemp("stream")
    compare(write(folder, lines), folder / "lake")


@pytest.mark.usefixtures("small_blocks")
@LAW
@given(st.lists(st.sampled_from([*LINES, OPEN_QUOTE]), max_size=30))
def test_rows_are_conserved_where_quotation_marks_stay_open(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    # Which later mark closes an open one depends on where a block begins, so the rows may differ; none may be lost.
    folder = tmp_path_factory.mktemp("stream")
    file = write(folder, lines)
    version = stream_delimited(file, name="big", lake=folder / "lake")
    manifest = dataset.read_manifest(folder / "lake", "big")
    assert manifest.rows_read == version.rows + version.quarantined == manifest.sources[0].rows
    left = dataset.read_quarantine(folder / "lake", "big")
    text = file.read_text(encoding="utf-8")
    assert all(row in text for row in left["text"])
    lines_left = sum(row.count("\n") + 1 for row in left["text"])
    joined = dataset.read(folder / "lake", "big")[0]["note"].str.count("\n").sum()
    written = sum(1 for line in text.split("\n")[1:] if line.strip())
    assert version.rows + joined + lines_left == written


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_rows_written_twice_are_set_aside_however_far_apart(tmp_path: Path, line_end: str) -> None:
    lines = plant(300).splitlines()
    lines[200] = '2026-03-02 11:00:00,1.5,20,"a word, and another"'
    text = [
        *lines,
        lines[5],
        lines[5],
        "2026-03-02 12:00:00,2.5,21,n",
        lines[200],
        "2026-03-02 10:00:04,99,1,n",
        lines[299],
    ]
    (tmp_path / "a.csv").write_text("\n".join(text) + "\n", newline=line_end)
    seen: list[Progress] = []
    stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake", report=seen.append)
    left = dataset.read_quarantine(tmp_path / "lake", "big")
    first = {302: 6, 303: 6, 305: 201, 307: 300}
    assert dict(zip(left["line"], left["reason"], strict=True)) == {
        line: f"the row repeats line {number}, with the same time" for line, number in first.items()
    }
    assert left["text"].tolist() == [lines[5], lines[5], lines[200], lines[299]]
    assert seen[-1].again and not seen[0].again and seen[-1].done == seen[-1].total
    compare(tmp_path / "a.csv", tmp_path / "lake2")


@pytest.mark.usefixtures("small_blocks")
def test_without_a_time_equal_rows_may_be_equal_measurements(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("force,temp\n" + "".join(f"{i % 5},{20 + i % 3}\n" for i in range(300)))
    version = stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake")
    assert (version.rows, version.quarantined) == (300, 0)


@pytest.mark.usefixtures("small_blocks")
def test_too_many_rows_written_twice_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_MOST_REPEATS", 150)
    (tmp_path / "a.csv").write_text(plant(200) + plant(200).removeprefix(HEADER))
    with pytest.raises(DatasetError) as caught:
        stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake")
    assert str(caught.value) == (
        'more than 150 rows of "a.csv" repeat an earlier row with the same time; '
        "write every row once and read the file again"
    )
    assert list((tmp_path / "lake" / "big").iterdir()) == []


@pytest.mark.usefixtures("small_blocks")
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(plant(200) + plant(200).splitlines()[7] + "\n")

    def append(progress: Progress) -> None:
        if progress.done == progress.total:
            with file.open("a") as stream:
                stream.write("2026-03-02 13:00:00,1,2,n\n")

    with pytest.raises(SourceError) as caught:
        stream_delimited(file, name="big", lake=tmp_path / "lake", report=append)
    assert str(caught.value) == 'the file "a.csv" was changed while it was read; copy it first, and read the copy'


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16"])
def test_encodings_line_ends_and_lines_above(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    content = (
        "ロガー 7\r\n" + plant(200).replace("note", "判定").replace("n1", "良").replace("\n", "\r\n") + "x,1,2,3\r\n"
    )
    file.write_bytes(content.encode(encoding))
    compare(file, tmp_path / "lake")


@pytest.mark.usefixtures("small_blocks")
def test_blanks_and_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{i}  {i / 3:.6f} 7 \n" for i in range(300)))
    compare(tmp_path / "a.txt", tmp_path / "lake1")
    (tmp_path / "b.csv").write_text("t;x\n" + "".join(f"0{i % 9 + 1}.03.2026 10:00;{i},25\n" for i in range(300)))
    compare(tmp_path / "b.csv", tmp_path / "lake2")


@pytest.mark.usefixtures("small_blocks")
def test_progress_ends_at_the_end_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(plant(200))
    seen: list[Progress] = []
    first = stream_delimited(file, name="big", lake=tmp_path / "lake", report=seen.append)
    assert seen[-1].done == seen[-1].total == file.stat().st_size and seen[-1].seconds_left == 0
    assert sorted(one.done for one in seen) == [one.done for one in seen]
    assert len(list((first.path / "rows").iterdir())) > 3
    again = stream_delimited(file, name="big", lake=tmp_path / "lake")
    assert again.version == first.version and first.created and not again.created
    assert [one.name for one in (tmp_path / "lake" / "big").iterdir() if one.name.startswith(".")] == []


@pytest.mark.usefixtures("small_blocks")
def test_an_interrupted_stream_leaves_the_old_version(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(plant(200))
    first = stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake")
    (tmp_path / "a.csv").write_text(plant(300))

    def interrupt(progress: Progress) -> None:
        if progress.done > 4000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake", report=interrupt)
    assert dataset.latest(tmp_path / "lake", "big").version == first.version
    assert sorted(one.name for one in (tmp_path / "lake" / "big").iterdir()) == sorted(["latest", first.version])


def test_a_layout_that_changes_on_the_way_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_SAMPLE_BYTES", 10_000)
    monkeypatch.setattr(stream, "_ROWS_BEFORE_DOUBT", 10_000)
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 6_000 + "x,y\n" * 6_000)
    with pytest.raises(DatasetError) as caught:
        stream_delimited(tmp_path / "a.csv", name="big", lake=tmp_path / "lake")
    assert str(caught.value) == (
        '6000 of 12000 rows of "a.csv" do not fit its first rows '
        '(such as: column "a" holds "x" where a number is needed); split the file where its layout changes'
    )
    assert list((tmp_path / "lake" / "big").iterdir()) == []
