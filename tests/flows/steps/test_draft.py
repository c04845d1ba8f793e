"""The draft of a charter: the question a plant would ask of such a table, and a split its rows can carry."""

import numpy as np
import pandas as pd
import pytest

from flows.errors import SourceError
from flows.steps.draft import draft_charter, slug

D = 600


def table(**columns: object) -> pd.DataFrame:
    chance = np.random.default_rng(2)
    return pd.DataFrame({"heat": chance.normal(size=D), "load": chance.normal(size=D), **columns})


def answers(frame: pd.DataFrame) -> tuple[str, str, str, str, int]:
    charter = draft_charter("Line 7.csv", "line.csv", frame)
    assert charter.problems() == []
    return charter.target, charter.task.value, charter.split_rule.value, charter.split_column, charter.block_rows


def test_a_column_of_two_values_comes_before_numbers() -> None:
    marks = np.random.default_rng(3).integers(0, 2, D)
    assert answers(table(scrap=marks, weight=np.arange(D) % 7 + 0.5)) == ("scrap", "yes/no", "by chance", "", 0)


def test_a_column_that_is_named_as_an_answer_comes_before_the_last_number() -> None:
    frame = table(Yield=np.random.default_rng(3).normal(size=D))[["Yield", "heat", "load"]]
    assert answers(frame) == ("Yield", "a number", "by chance", "", 0)
    assert answers(frame.drop(columns="Yield"))[0] == "load"


def test_neighbours_that_are_alike_are_split_by_time_or_in_blocks() -> None:
    slow = np.sin(np.arange(D) / 30)
    when = pd.date_range("2026-03-02", periods=D, freq="min")
    assert answers(table(Quality=slow, when=when)) == ("Quality", "a number", "by time", "when", 0)
    assert answers(table(Quality=np.sin(np.arange(1200) / 30)[:D])) == ("Quality", "a number", "by chance", "", 0)
    long = pd.concat([table(Quality=slow)] * 3, ignore_index=True)
    assert answers(long) == ("Quality", "a number", "by chance", "", 18)


def test_units_stay_together_where_there_are_enough_of_them() -> None:
    unit = np.repeat(np.arange(30), 20)
    marks = np.random.default_rng(3).integers(0, 2, D)
    assert answers(table(batch=unit, scrap=marks))[2:4] == ("by group", "batch")
    # A class that whole units have, of which there are too few for every fold: the group cannot be the rule.
    assert answers(table(batch=unit, scrap=(unit < 2).astype(int)))[2] == "by chance"


def test_what_the_files_are_called_is_asked_where_nothing_else_is_an_answer() -> None:
    files = np.repeat(["ok", "worn", "broken"], 200)
    frame = table(source_file=[f"{name}_{i % 2}.csv" for i, name in enumerate(files)], file_label=files)
    assert answers(frame)[:2] == ("file_label", "several classes")


def test_texts_alone_are_refused_and_names_become_slugs() -> None:
    with pytest.raises(SourceError) as refused:
        draft_charter("a.csv", "a.csv", pd.DataFrame({"x": [f"text {i}" for i in range(30)]}))
    assert str(refused.value) == "no column of a.csv holds numbers or two values, so none can be predicted"
    assert [slug(name) for name in ("Line 7 (new).csv", "v1.2 test.xlsx", "日本.csv")] == [
        "line-7-new", "v1-2-test", "my-poc",
    ]  # fmt: skip
