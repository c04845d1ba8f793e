"""Rows of equal values have equal numbers, and what repeats is found wherever it stands."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.lake.repeats import RowNumbers, row_numbers

SCHEMA = pa.schema([("time", pa.timestamp("us")), ("force", pa.float64()), ("note", pa.string())])
ROW = st.tuples(
    st.sampled_from([None, 0, 1, 1_000_000]),
    st.sampled_from([None, 0.0, 1.0, 2.0, -1.0, 1e-300, 0.1]),
    st.sampled_from([None, "", "a", "b", "ライン"]),
)
LAW = settings(max_examples=50, derandomize=True, deadline=None)


def table(rows: list[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table([pa.array(list(one), kind.type) for one, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


@LAW
@given(st.lists(ROW, min_size=2, max_size=40))
def test_equal_rows_and_only_they_have_equal_numbers(rows: list[tuple[object, ...]]) -> None:
    # No value and an empty text differ only in the text of the row, which is compared afterwards.
    plain = [(when, force, note or "") for when, force, note in rows]
    numbers = row_numbers(table(rows)).tolist()
    assert [numbers.index(one) for one in numbers] == [plain.index(one) for one in plain]


def test_numbers_of_a_grid_of_small_values_are_all_different() -> None:
    grid = np.stack(np.meshgrid(np.arange(300.0), np.arange(300.0)), axis=-1).reshape(-1, 2)
    rows = pa.Table.from_pandas(pd.DataFrame(grid, columns=["a", "b"]), preserve_index=False)
    numbers = row_numbers(rows)
    assert len(np.unique(numbers)) == len(grid)
    # They fill the files evenly: memory is that of one file.
    shares = np.bincount((numbers >> np.uint64(58)).astype(np.int64), minlength=64) / len(grid)
    assert shares.min() > 0.8 / 64 and shares.max() < 1.2 / 64


@LAW
@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(1, 20))
def test_what_repeats_is_found_in_blocks_of_any_size(values: list[int], size: int) -> None:
    rows = [(value, float(value), str(value)) for value in values]
    texts = [str(value).encode() for value in values]
    blocks = [slice(start, start + size) for start in range(0, len(rows), size)]
    expected = {i: values.index(value) + 1 for i, value in enumerate(values) if values.index(value) < i}
    with tempfile.TemporaryDirectory() as folder, RowNumbers(Path(folder, "numbers")) as numbers:
        for block in blocks:
            numbers.add(table(rows[block]))
        repeats = numbers.repeats("a.csv")
    assert len(repeats) == len(expected)
    found = {}
    for block in blocks:
        lines = np.arange(block.start + 1, block.start + 1 + len(texts[block]))
        assert repeats.touch(block.start, len(lines)) or not any(block.start <= i < block.stop for i in expected)
        sifted = repeats.sift(block.start, lines, texts[block])
        found |= {block.start + i: line for i, line in sifted.items()}
    assert found == expected


def test_rows_of_equal_values_but_other_texts_stay(tmp_path: Path) -> None:
    with RowNumbers(tmp_path / "numbers") as numbers:
        numbers.add(table([(0, 1.5, "a"), (0, 1.5, "a"), (0, 1.5, "a")]))
        repeats = numbers.repeats("a.csv")
    assert repeats.sift(0, np.arange(1, 4), [b"0,1.5,a", b"0,1.50,a", b"0,1.5,a"]) == {2: 1}
