"""Loop of signs.py: sizes and errors carried through one layer."""

import numpy as np
from numba import njit

from relu_core.arguments import Floats


@njit(cache=True, error_model="numpy")
def carry_errors(weight: Floats, bias: Floats, sizes: Floats, relative: float) -> tuple[Floats, Floats, Floats]:
    """One layer on: squared size, error and slope of its inputs, sizes (3, n), become those of its units, (3, m).

    relative: squared rounding error of a value of size 1. Returns them with the roots of the last two, (m,) each.
    """
    m, n = weight.shape
    carried, values, slopes = np.empty((3, m)), np.empty(m), np.empty(m)
    for i in range(m):
        size, error, slope = 0.0, 0.0, 0.0
        for j in range(n):
            square = weight[i, j] * weight[i, j]
            size += square * sizes[0, j]
            error += square * sizes[1, j]
            slope += square * sizes[2, j]
        size += bias[i] * bias[i]
        error += relative * size
        carried[0, i], carried[1, i], carried[2, i] = size, error, slope
        values[i], slopes[i] = np.sqrt(error), np.sqrt(slope)
    return carried, values, slopes
