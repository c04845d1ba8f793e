"""Parquet files as plants' historians write them: columns within columns, lists in cells."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.sources.read import read_source


def test_columns_within_columns_become_columns_and_lists_are_said_to_be_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "press": [{"force": 1.5, "tool": {"wear": 3}}, {"force": None, "tool": None}],
            "spectrum": [[0.5, 0.25], None],
            "scrap": [0, 1],
        }
    )
    pq.write_table(table, tmp_path / "line.parquet")
    read = read_source(tmp_path / "line.parquet")
    assert read.frame.to_dict("list") == {
        "press.force": ["1.5", ""],
        "press.tool.wear": ["3", ""],
        "spectrum": ["[0.5, 0.25]", ""],
        "scrap": ["0", "1"],
    }
    assert read.notes == (
        'The cells of "spectrum" hold lists and are read as text; where they matter, give every place its own column.',
    )
