"""Loops that try many hyperplanes in place of one unit's: least squares on each pattern, the other patterns held.

Conditions on signs are left out, so a pattern's least squares says only how good a network there could be; descents
from the most promising ones say how good it is.
"""

import numpy as np
from numba import njit

from relu_core.exact.quadratic_kernels import orthonormal_line, solve_shifted
from relu_core.exact.scratch import CALLED, FACTOR, GRADIENT, HESSIAN, LOOP, NEWTON, PICKED
from relu_core.exact.sums_kernels import sum_of_products

# A column that its predecessors leave less of than this share adds nothing.
DEPENDENT = 1e-8


@njit(**LOOP)
def other_columns(task, best, unit, root, columns, factor):
    """Orthonormal columns (p, D), times the roots of the weights, of all that the incumbent's other units can make
    without changing their patterns; returns how many."""
    M, D = task.x.shape
    units, affine, count = best.shape[0], best.shape[2], np.int64(0)
    free = task.bias + affine * (M - 1)
    for a in range(free):
        for i in range(D):
            columns[count, i] = root[i] * (1.0 if a < task.bias else task.x[a - task.bias, i])
        count += orthonormal_line(columns, count, D, DEPENDENT, factor)
    for j in range(units):
        if j == unit:
            continue
        for a in range(M):
            for i in range(D):
                height = 0.0
                for b in range(M):
                    height += best.weights[free + j * M + b] * task.x[b, i]
                columns[count, i] = root[i] * task.x[a, i] if height > 0.0 else 0.0
            count += orthonormal_line(columns, count, D, DEPENDENT, factor)
    return count


@njit(**CALLED)
def gains_of_planes(task, best, unit, planes, root, columns, own, gains, signs, work):
    """gains (P,): by how much each hyperplane (P, M), on its upper side, could lower the squared loss in the unit's
    place, compared with no unit there; signs (P,): of the output weight that this takes.

    root (D,), columns (p, D), own (M + 1, D): roots of the weights, scratch.
    """
    M, D = task.x.shape
    count, residual = other_columns(task, best, unit, root, columns, work.square[FACTOR]), own[M]
    for i in range(D):
        residual[i] = root[i] * task.y[i]
    for k in range(count):
        shared = sum_of_products((residual, columns[k]), D)
        for i in range(D):
            residual[i] -= shared * columns[k, i]
    gram, moment, solution = work.square[HESSIAN], work.vector[GRADIENT], work.vector[NEWTON]
    for a in range(M):
        work.index[PICKED, a] = a
    for s in range(planes.shape[0]):
        for i in range(D):
            height = 0.0
            for a in range(M):
                height += planes[s, a] * task.x[a, i]
            on = root[i] if height > 0.0 else 0.0
            for a in range(M):
                own[a, i] = on * task.x[a, i]
        trace = 0.0
        for a in range(M):
            moment[a] = sum_of_products((own[a], residual), D)
            for b in range(a + 1):
                gram[a, b] = sum_of_products((own[a], own[b]), D)
        for k in range(count):
            for a in range(M):
                solution[a] = sum_of_products((own[a], columns[k]), D)
            for a in range(M):
                for b in range(a + 1):
                    gram[a, b] -= solution[a] * solution[b]
        for a in range(M):
            trace = max(trace, gram[a, a])
        solve_shifted(gram, work.index[PICKED], M, moment, 1e-9 * trace + 1e-12, work.square[FACTOR], solution)
        gain, along = 0.0, 0.0
        for a in range(M):
            gain += moment[a] * solution[a]
            along += planes[s, a] * solution[a]
        gains[s], signs[s] = gain, 1 if along >= 0.0 else -1
