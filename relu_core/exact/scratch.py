"""Scratch arrays of one relaxation, and the names of their lines.

Few arrays with many lines, since each array costs every compiled call that passes it. The number of visited rows is
rounded up to ROW_BLOCK by rows of weight 0, so that loops over rows have no remainder.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats

# Options of every loop. No reference counts: a loop allocates nothing, and counting took more time than its arithmetic.
# No fastmath: see sums_kernels.
CALLED: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}
# Loops that only other loops call need no entry from Python, which takes half of the time to compile them.
LOOP: dict[str, Any] = {**CALLED, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Loops with one caller, which become part of it: each function on the way would compile all that it calls once more.
MERGED: dict[str, Any] = {**LOOP, "inline": "always"}
ROW_BLOCK = 8

HEIGHT, VISITED, RAISED = range(3)
STEEP, SOFT, FIXED, Z, U, T, H, TURN, BETA = range(9)
LOW, HIGH, TARGET, WEIGHT, SIDE, RESIDUAL, SLOPE, BEND, DUAL, SCALED, PLACES = range(11)
JACOBIAN, BASE = range(2)
GRAM, HESSIAN, LINEAR_HESSIAN, FACTOR = range(4)
THETA, GRADIENT, PENALTY, TRIAL, NEWTON, SHIFT, KEPT, RIGHT, MOMENT, POINT, MOVED, NUMBER = range(12)
ROW, PICKED, PASSIVE, KIND = range(4)
NORM_COST, CORNER, GAIN, MULTIPLIER = range(4)


class Work(NamedTuple):
    """Scratch of one thread, for w units, M generators each, p unknowns; R visited rows come first in a line.

    cone (3, w, M, rows): HEIGHT generators at all rows; VISITED and RAISED: at visited rows, and positive parts.
    unit (9, w, rows): STEEP, SOFT 1 / width and width of the smooth kink, 0 on decided rows; FIXED 1 on rows surely on;
    Z, U: v . x and the upper envelope; T, TURN, H: slope, curvature and value of the lower one; BETA: the lower one's
    multipliers in the dual.
    row (11, rows): LOW, HIGH output interval; TARGET; WEIGHT; SIDE that is violated, RESIDUAL by how much; SLOPE, BEND
    of the loss; DUAL multipliers; SCALED, PLACES: free to use.
    column (2, p, rows): JACOBIAN of the residuals; BASE: columns of the free unknowns.
    square (4, p, p): GRAM of the rows that all cells decide (squared loss); HESSIAN, and LINEAR_HESSIAN without the
    norms' part; FACTOR.
    vector (12, p + 2 w + 4): see the loops; POINT, MOVED: where the best dual point is read off; NUMBER:
    NORM_COST what the norm bound costs the dual, CORNER the width over which a loss's corner is rounded, GAIN see
    norm_bound, from MULTIPLIER on each unit's multiplier of the norm bound as held, then as THETA asks for it.
    index (4, rows): ROW of the data; PICKED, PASSIVE unknowns. kind (w, D): -1 off, 0 undecided, 1 on.
    norms (w, M, M): Gram of the generators as the penalty sees them.
    """

    cone: Floats
    unit: Floats
    row: Floats
    column: Floats
    square: Floats
    vector: Floats
    index: NDArray[np.int64]  # type: ignore[assignment]  # a tuple has a method of this name, which no loop calls
    kind: NDArray[np.int8]
    norms: Floats


def make_scratch(D: int, visits: int, w: int, M: int, p: int) -> Work:
    """Scratch for D rows, each visited up to `visits` times."""
    rows = (visits * D // ROW_BLOCK + 1) * ROW_BLOCK
    return Work(
        cone=_lines((3, w, M, rows)),
        unit=_lines((9, w, rows)),
        row=_lines((11, rows)),
        column=_lines((2, max(p, M), rows)),
        square=np.zeros((4, p, p)),
        vector=np.zeros((12, p + 2 * w + 4)),
        index=np.zeros((3, max(rows, p)), dtype=np.int64),
        kind=np.zeros((w, D), dtype=np.int8),
        norms=np.zeros((w, M, M)),
    )


def _lines(shape: tuple[int, ...]) -> Floats:
    """Zeros whose lines start where a cache line does: loads across two of them cost a third of the time."""
    size = int(np.prod(shape))
    memory = np.zeros(size + ROW_BLOCK)
    start = -(memory.ctypes.data // 8) % ROW_BLOCK
    return memory[start : start + size].reshape(shape)
