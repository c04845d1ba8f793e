"""How long a model takes to answer: rows that come one at a time, and a thousand at a time. Read off a clock."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats

BATCH = 1000
# Rows that are asked for one by one in a round, and rounds: the median leaves out what else the machine did.
SINGLE_ROWS, ROUNDS = 50, 5


def latencies_ms(predict: Callable[[Floats], object], X: ArrayLike) -> tuple[float, float]:
    """Milliseconds a row of `predict` on rows X (D, n): at one row a call, and at 1,000 rows a call.

    Fewer rows are repeated until they are 1,000. Refuses X without rows.
    """
    rows = arguments.rows(X)
    batch = np.ascontiguousarray(rows[np.arange(BATCH) % len(rows)])
    singles = [batch[i : i + 1] for i in range(SINGLE_ROWS)]
    predict(batch)
    single = _milliseconds(lambda: [predict(row) for row in singles]) / SINGLE_ROWS
    return single, _milliseconds(lambda: predict(batch)) / BATCH


def _milliseconds(work: Callable[[], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - begun)
    return 1000.0 * float(np.median(rounds))
