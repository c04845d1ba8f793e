"""Units that ran for a while get what was left of them; other tables stay as they are."""

import numpy as np

from flows.lake.derive import LIFE_COLUMN, with_remaining_life
from flows.lake.quarantine import Checked, check
from flows.sources.delimited import read_delimited


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
        '"unit" numbers units and "cycle" counts within each: "remaining_life" was added'
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
