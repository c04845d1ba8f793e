"""Planted problems take the way of a user's data: raw file, ingest, Parquet; nothing is lost on it."""

from pathlib import Path

import numpy as np
import pyarrow.dataset as parquet
import pytest

from flows.settings import Settings, read_settings
from flows.steps import ingest
from flows.steps.planted import write_planted
from relu_core import planted_problem
from relu_core.planted import KINDS, planted_images, planted_signals


def store(path: str, name: str, settings: Settings) -> ingest.StoredDataset:
    source = ingest.look_at_source(path, str(settings.raw))
    return ingest.store_dataset(source, ingest.Wanted(name), settings, lambda name: "", lambda progress: None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DEPTHCASE_HOME": str(tmp_path / "home"), "DEPTHCASE_DATA": str(tmp_path / "data")})


def stored_values(settings: Settings, name: str, columns: list[str]) -> np.ndarray:
    """The data set's columns as numbers, in the order of its rows."""
    files = sorted((settings.lake / name).rglob("*.parquet"))
    table = parquet.dataset([str(file) for file in files if "quarantine" not in str(file)]).to_table(columns=columns)
    return np.column_stack([table[column].to_numpy() for column in columns])


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_ingested_without_losing_a_row_or_a_bit(kind: str, settings: Settings) -> None:
    problem = planted_problem(kind, rows=300, seed=1, task="binary", positive_share=0.3, groups=3, irrelevant=2)
    name = f"planted-{kind.replace('_', '-')}"
    written = write_planted(problem, name, settings)
    stored = store(written.path, name, settings)
    assert (stored.rows, stored.quarantined) == (300, 0)
    assert written.charter.problems() == []
    assert np.array_equal(stored_values(settings, name, list(problem.columns)), problem.X)
    assert np.array_equal(stored_values(settings, name, ["outcome"])[:, 0], problem.y)


def test_the_charter_promises_what_the_verdict_rests_on(settings: Settings) -> None:
    problem = planted_problem("drift", rows=200, seed=2, noise=0.3, groups=2)
    charter = write_planted(problem, "later", settings).charter
    assert charter.criteria().target == problem.criteria.target
    assert charter.criteria().kill == problem.criteria.kill
    assert (charter.split_rule.value, charter.split_column, charter.excluded_columns) == (
        "by time",
        "timestamp",
        ["machine"],
    )


def test_signals_and_images_take_the_same_way(settings: Settings) -> None:
    for name, problem in (
        ("signals", planted_signals(2, rows=120, seed=1, machines=2).problem),
        ("images", planted_images(1, rows=120, seed=1).problem),
    ):
        written = write_planted(problem, name, settings)
        stored = store(written.path, name, settings)
        assert stored.rows == 120
        assert np.array_equal(stored_values(settings, name, list(problem.columns)), problem.X)


def test_the_same_problem_is_the_same_file(settings: Settings) -> None:
    problem = planted_problem("additive", rows=100, seed=5)
    first = Path(write_planted(problem, "twice", settings).path).read_bytes()
    assert Path(write_planted(problem, "twice", settings).path).read_bytes() == first
    assert [path.name for path in settings.raw.iterdir()] == ["twice.csv"]
