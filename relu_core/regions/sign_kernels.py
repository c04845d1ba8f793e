"""Loops of signs.py: transposed weights, and sizes and errors carried through one layer."""

import numpy as np
from numba import njit

from relu_core.arguments import Floats

# Rows of a matrix that are turned side by side: unsigned, so that no index is tested for being negative.
_STRIP = np.uint64(32)


@njit(cache=True, error_model="numpy")
def transposed(matrix: Floats) -> Floats:
    """The transposed matrix in C order, made in strips of rows that stay in the cache."""
    m, n = np.uint64(matrix.shape[0]), np.uint64(matrix.shape[1])
    result = np.empty((matrix.shape[1], matrix.shape[0]))
    for begin in range(np.uint64(0), m, _STRIP):
        for j in range(n):
            for i in range(begin, min(begin + _STRIP, m)):
                result[j, i] = matrix[i, j]
    return result


@njit(cache=True, error_model="numpy")
def carry_errors(weight: Floats, bias: Floats, sizes: Floats, relative: float) -> tuple[Floats, Floats, Floats, Floats]:
    """One layer on: squared size, error and slope of its inputs, sizes (3, n), become those of its units, (3, m).

    relative: squared rounding error of a value of size 1. Returns the transposed weights (n, m), what the inputs
    become, and the roots of the last two, (m,) each.
    """
    columns = transposed(weight)
    n, m = columns.shape
    carried = np.zeros((3, m))
    size, error, slope = carried[0], carried[1], carried[2]
    # Units innermost: each has a sum of its own, which makes vector code and leaves no order to choose.
    for j in range(n):
        for i in range(m):
            square = columns[j, i] * columns[j, i]
            size[i] += square * sizes[0, j]
            error[i] += square * sizes[1, j]
            slope[i] += square * sizes[2, j]
    for i in range(m):
        size[i] += bias[i] * bias[i]
        error[i] += relative * size[i]
    return columns, carried, np.sqrt(error), np.sqrt(slope)
