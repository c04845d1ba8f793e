"""Rows that memory would not hold are refused before they are read, with a number that would fit."""

from pathlib import Path

import pytest

from flows.errors import DatasetError
from flows.lake.manifest import ColumnRecord, Manifest
from flows.lake.memory import _limits, free_memory, refuse_too_many

COLUMNS = tuple(ColumnRecord(name, kind, "", "", 0, 9, "", "") for name, kind in [("a", "number"), ("b", "text")])
PRESS = Manifest("press", "0" * 16, 10**9, 10**9, 0, (), COLUMNS, ())


def test_the_refusal_says_what_would_fit() -> None:
    with pytest.raises(DatasetError) as refused:
        refuse_too_many(PRESS, 100_000_000, free=20 * 2**30)
    assert str(refused.value) == (
        '100,000,000 rows of the data set "press" need about 50.7 GiB of memory where 20.0 GiB are free; '
        "set newest_rows in the charter to 39,000,000 or less, or use a larger machine"
    )
    refuse_too_many(PRESS, 39_000_000, free=20 * 2**30)


def test_the_tightest_limit_of_the_service_counts(tmp_path: Path) -> None:
    own, service = tmp_path / "own", tmp_path / "system.slice" / "worker.service"
    own.write_text("4:memory:/old\n0::/system.slice/worker.service\n")
    service.mkdir(parents=True)
    for folder, limit, used in [(service, "max", "7"), (service.parent, "900", "200"), (tmp_path, "5000", "400")]:
        (folder / "memory.max").write_text(limit + "\n")
        (folder / "memory.current").write_text(used + "\n")
    assert sorted(_limits(tmp_path, own)) == [700, 4600]
    assert _limits(tmp_path, tmp_path / "no such file") == []
    assert 0 < free_memory() < 2**50
