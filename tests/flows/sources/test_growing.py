"""A table that grows is read once: all rows the first time, later the new ones, never a row twice or not at all."""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import DatasetError, SourceError
from flows.lake import dataset
from flows.settings import read_settings
from flows.sources.growing import read_new_rows
from flows.steps.ingest import StoredDataset, Wanted, look_at_source, store_dataset


def insert(file: Path, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows (number, force) into the table of `file`, which is made if need be."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(file) as connection:
        connection.execute('CREATE TABLE IF NOT EXISTS strokes (number INTEGER, "force [kN]" REAL)')
        connection.executemany("INSERT INTO strokes VALUES (?, ?)", rows)
    connection.close()


def ingest(data: Path, watermark: str = "number") -> StoredDataset:
    here = read_settings({"DEPTHCASE_DATA": str(data)})
    source = look_at_source("historian.db", str(here.raw))
    wanted = Wanted("strokes", watermark=watermark)
    return store_dataset(source, wanted, here, lambda name: "", lambda progress: None)


def test_the_new_version_holds_old_and_new(tmp_path: Path) -> None:
    file = tmp_path / "1_raw" / "historian.db"
    insert(file, [(i, i / 3) for i in range(20)])
    first = ingest(tmp_path)
    assert (first.rows, first.created, first.added) == (20, True, -1)
    same = ingest(tmp_path)
    assert (same.version, same.rows, same.created, same.added) == (first.version, 20, False, 0)
    insert(file, [(19, -1.0), (25, 8.0), (20, "ERR")])
    second = ingest(tmp_path)
    assert (second.rows, second.quarantined, second.created, second.added) == (22, 1, True, 2)
    frame, manifest = dataset.read(tmp_path / "2_lake", "strokes")
    assert frame["number"].tolist() == [*range(20), 19, 25] and str(frame["number"].dtype) == "int64"
    assert frame["force"].tolist() == [i / 3 for i in range(20)] + [-1.0, 8.0]
    left = dataset.read_quarantine(tmp_path / "2_lake", "strokes")
    assert left["reason"].tolist() == ['column "force" holds "ERR" where a number is needed']
    assert manifest.rows_read == 23 == sum(source.rows for source in manifest.sources)
    assert manifest.units == {"force": "kN"}
    assert [source.name for source in manifest.sources] == [
        "historian.db[strokes]", "historian.db[strokes] from 19",
    ]  # fmt: skip
    # The row in quarantine was read, too: it is not read a second time.
    assert ingest(tmp_path).added == 0
    assert dataset.read(tmp_path / "2_lake", "strokes", first.version)[0]["number"].tolist() == list(range(20))


LAW = settings(max_examples=40, derandomize=True, deadline=None)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=6)


@LAW
@given(ROWS.filter(bool), st.lists(ROWS, max_size=4))
def test_no_row_is_read_twice_or_lost(first: list[tuple[int, int]], later: list[list[tuple[int, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, level = Path(folder, "historian.db"), 0
        insert(file, first)
        found = read_new_rows(file, "number")
        assert found.anew and len(found.table.frame) == len(first)
        for steps in later:
            # Later rows lie at or above the highest before: that is what a watermark needs.
            level = int(found.watermark.value)
            new = [(level + step, force) for step, force in steps]
            insert(file, new)
            found = read_new_rows(file, "number", last=found.watermark)
            assert not found.anew
            assert sorted(map(tuple, found.table.frame.to_numpy())) == sorted((str(a), str(b)) for a, b in new)


def test_another_question_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "1_raw" / "historian.db"
    insert(file, [(i, i / 3) for i in range(9)])
    first = ingest(tmp_path)
    assert dataset.read_manifest(tmp_path / "2_lake", "strokes").watermark is not None
    other = ingest(tmp_path, watermark="force [kN]")
    assert (other.rows, other.created, other.added) == (9, True, -1) and other.version != first.version


def test_rows_without_a_watermark_are_told(tmp_path: Path) -> None:
    file = tmp_path / "1_raw" / "historian.db"
    insert(file, [(None, 1.0), (1, 2.0), (2, 3.0)])
    assert ingest(tmp_path).rows == 3
    assert dataset.read_manifest(tmp_path / "2_lake", "strokes").notes[0] == (
        '1 row(s) of "historian.db[strokes]" have no "number"; such rows that come later will not be read.'
    )


def test_refusals(tmp_path: Path) -> None:
    file = tmp_path / "1_raw" / "historian.db"
    insert(file, [(1, 1.0), (2, 2.0)])
    cases: list[tuple[str, str]] = [
        ("time", '"historian.db[strokes]" has no column "time"; choose one of "number", "force [kN]"'),
    ]
    for column, sentence in cases:
        with pytest.raises(SourceError) as caught:
            ingest(tmp_path, watermark=column)
        assert str(caught.value) == sentence
    ingest(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE strokes ADD COLUMN speed REAL")
        connection.execute("INSERT INTO strokes VALUES (3, 3.0, 3.0)")
    connection.close()
    with pytest.raises(DatasetError) as refused:
        ingest(tmp_path)
    assert str(refused.value) == (
        'the columns of the data set "strokes" have changed ("speed"); ingest under another name'
    )
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError) as caught:
        read_new_rows(tmp_path / "a.csv", "a")
    assert str(caught.value) == '"a.csv" is no database, so what is new in "a" cannot be asked; leave the column empty'
    insert(tmp_path / "empty.db", [(None, 1.0)])
    with pytest.raises(SourceError) as caught:
        read_new_rows(tmp_path / "empty.db", "number")
    assert str(caught.value) == (
        '"empty.db[strokes]" gives no row with a value in "number"; choose a column that grows'
    )
