"""Units that ran for a while get what was left of them; other tables stay as they are."""

from pathlib import Path

import numpy as np
import pytest

from flows.errors import DatasetError
from flows.lake.derive import LIFE_COLUMN, UNIT_COLUMN, StoppedUnits, stopped_units, with_remaining_life
from flows.lake.quarantine import Checked, check
from flows.sources.delimited import read_delimited
from flows.sources.read import read_source


def units(lengths: list[int], *, start: int = 1) -> str:
    rows = [(i + 1, start + k, (7 * k) % 11 / 10) for i, length in enumerate(lengths) for k in range(length)]
    return "unit,cycle,sensor\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)


def derived(text: str) -> Checked:
    return with_remaining_life(check(read_delimited(text.encode(), "runs.csv")))


def test_life_counts_down_to_each_units_end() -> None:
    result = derived(units([30, 50, 20, 40, 25]))
    life = result.frame[LIFE_COLUMN].to_numpy()
    expected = np.concatenate([np.arange(n)[::-1] for n in (30, 50, 20, 40, 25)])
    np.testing.assert_array_equal(life, expected)
    assert result.schema.names[-1] == LIFE_COLUMN
    assert result.notes[-1].startswith(
        '"unit" numbers units and "cycle" counts within each: "unit_run" names the 5 units, and "remaining_life" was'
    )


def test_a_row_in_quarantine_shortens_no_life() -> None:
    lines = units([30, 50, 20, 40, 25]).split("\n")
    lines[10] = "1,10,ERR"
    result = derived("\n".join(lines))
    assert len(result.quarantined) == 1
    assert result.frame[LIFE_COLUMN].iloc[:10].tolist() == [29, 28, 27, 26, 25, 24, 23, 22, 21, 19]


def test_tables_without_units_stay_as_they_are() -> None:
    assert LIFE_COLUMN not in derived(units([80, 90])).frame
    assert LIFE_COLUMN not in derived("a,b\n" + "".join(f"{i},{i % 10}\n" for i in range(200))).frame
    assert LIFE_COLUMN not in derived(units([30, 50, 20, 40, 25]).replace("cycle", "x").replace(",1,", ",900,")).frame


@pytest.fixture
def two_files(tmp_path: Path) -> Checked:
    (tmp_path / "a_train.csv").write_text(units([30, 50, 20, 40, 25]))
    (tmp_path / "b_test.csv").write_text(units([20, 10]))
    return check(read_source(tmp_path))


def test_lives_of_units_that_were_stopped_are_added_to_theirs_alone(two_files: Checked) -> None:
    lives = stopped_units(check(read_delimited(b"7\n100\n", "lives.txt")), "test.csv")
    result = with_remaining_life(two_files, lives)
    last = result.frame.groupby(UNIT_COLUMN, sort=False)[LIFE_COLUMN].last()
    assert last.tolist() == [0, 0, 0, 0, 0, 7, 100]
    assert last.index.tolist()[4:6] == ["a_train.csv · 5", "b_test.csv · 1"]
    assert result.notes[-1].endswith(
        '"lives.txt" adds what was left of 2 units; every other one must have run to its end.'
    )
    assert result.schema.names == list(result.frame.columns)


@pytest.mark.parametrize(
    ("lives", "file", "sentence"),
    [
        (
            [7.0], "test.csv",
            '"lives.txt" holds 1 remaining lives where "b_test.csv" holds 2 units; give one number a unit',
        ),
        (
            [7.0], "",
            '"" names 2 of the files with the stopped units; name one of "a_train.csv", "b_test.csv"',
        ),
    ],
)  # fmt: skip
def test_lives_that_do_not_fit_are_refused(two_files: Checked, lives: list[float], file: str, sentence: str) -> None:
    with pytest.raises(DatasetError) as refused:
        with_remaining_life(two_files, StoppedUnits(np.array(lives), "lives.txt", file))
    assert str(refused.value) == sentence


def test_lives_of_a_table_without_units_are_refused() -> None:
    table = check(read_delimited(b"a,b\n1.5,2\n2.5,3\n", "x.csv"))
    with pytest.raises(DatasetError, match="has no column that numbers units"):
        with_remaining_life(table, StoppedUnits(np.array([1.0]), "lives.txt"))
