"""The column to predict becomes numbers, or the refusal says why not."""

import numpy as np
import pandas as pd
import pytest

from flows.errors import DatasetError
from flows.lake.target import numeric_target, rows_with_target


@pytest.mark.parametrize(
    "values, names",
    [
        ([0, 0, 1], ("0", "1")),
        ([1.0, 0.0, 1.0], ("0", "1")),
        (["OK", "OK", "NG"], ("OK", "NG")),
        (["NG", "NG", "OK"], ("OK", "NG")),
        (["良", "不良", "不良"], ("良", "不良")),
        (["blue", "red", "blue"], ("blue", "red")),
        ([True, False, True], ("False", "True")),
    ],
)
def test_class_one_says_yes_or_is_the_rarer(values: list[object], names: tuple[str, str]) -> None:
    target = numeric_target(pd.DataFrame({"y": values}), "y", "binary")
    assert target.class_names == names
    assert [names[int(number)] for number in target.y] == [
        str(int(v)) if isinstance(v, float) else str(v) for v in values
    ]


def test_classes_are_numbered_in_the_order_of_their_names() -> None:
    target = numeric_target(pd.DataFrame({"y": ["d04", "d00", "d01", "d00"]}), "y", "multiclass")
    assert target.class_names == ("d00", "d01", "d04")
    assert target.y.tolist() == [2.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "values, task, sentence",
    [
        ([1, 1, 1], "binary", 'the column to predict "y" holds "1" in every row; choose a column that changes'),
        (
            [1, 2, 3],
            "binary",
            'the column to predict "y" holds 3 different values where yes/no needs 2; '
            "choose the task 'several classes' or 'a number'",
        ),
        (
            ["a", "b", "a"],
            "regression",
            'the column to predict "y" holds text such as "a"; '
            "choose the task 'several classes' or a column of numbers",
        ),
        (
            [1.0, np.nan, 0.0],
            "binary",
            'the column to predict "y" is empty in 1 of 3 rows; leave those rows out first',
        ),
        (
            list(range(101)),
            "multiclass",
            'the column to predict "y" holds 101 different values; '
            "more than 100 are no classes: choose the task 'a number' or another column",
        ),
    ],
)
def test_what_is_no_target_is_said(values: list[object], task: str, sentence: str) -> None:
    with pytest.raises(DatasetError) as caught:
        numeric_target(pd.DataFrame({"y": values}), "y", task)
    assert str(caught.value) == sentence


def test_rows_without_target_are_counted_and_left_out() -> None:
    frame, dropped = rows_with_target(pd.DataFrame({"x": [1, 2, 3], "y": [np.nan, 1.0, 0.0]}), "y")
    assert dropped == 1 and frame["x"].tolist() == [2, 3] and frame.index.tolist() == [0, 1]
    with pytest.raises(DatasetError) as caught:
        rows_with_target(pd.DataFrame({"y": [np.nan, np.nan]}), "y")
    assert str(caught.value) == ('the column to predict "y" is empty in every row; choose a column that was recorded')
    with pytest.raises(DatasetError) as caught:
        rows_with_target(pd.DataFrame({"x": [1]}), "y")
    assert str(caught.value) == 'there is no column "y" to predict; the data set has "x"'
