"""A latency is a time a row, for rows that come alone and for a thousand together."""

import time

import numpy as np
import pytest

from relu_core.arguments import Floats
from relu_core.comparison import latencies_ms
from relu_core.errors import ArgumentError


def test_a_call_that_takes_the_same_time_for_any_number_of_rows_is_dearest_for_one() -> None:
    asked: list[int] = []

    def predict(rows: Floats) -> None:
        asked.append(len(rows))
        time.sleep(0.001)

    single, batch = latencies_ms(predict, np.zeros((7, 2)))
    assert set(asked) == {1, 1000}
    assert single >= 1.0 and 0.001 <= batch < single / 100


def test_rows_that_are_none_are_refused() -> None:
    with pytest.raises(ArgumentError):
        latencies_ms(len, np.zeros((0, 2)))
