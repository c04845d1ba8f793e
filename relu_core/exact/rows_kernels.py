"""Loops that prepare a node: heights of its cells, the rows to visit, the Gram matrix of the others."""

import numpy as np
from numba import njit

from relu_core.exact.cones_kernels import ON_HYPERPLANE
from relu_core.exact.losses import ABSOLUTE, HINGE
from relu_core.exact.scratch import (
    BASE,
    DUAL,
    FIXED,
    GRAM,
    HEIGHT,
    JACOBIAN,
    LOOP,
    MOMENT,
    RAISED,
    ROW,
    ROW_BLOCK,
    SCALED,
    SIDE,
    SOFT,
    STEEP,
    TARGET,
    VISITED,
    WEIGHT,
)
from relu_core.exact.sums_kernels import four_sums_of_products, sum_of_products


@njit(**LOOP)
def load_cells(task, cells, chosen, units, work):
    """Generators of each unit's cell at all rows, and the side on which the cell puts each row."""
    M, D = task.x.shape
    for j in range(units):
        generator, kind = cells.generator[chosen[j]], work.kind[j]
        for k in range(M):
            heights = work.cone[HEIGHT, j, k]
            for i in range(D):
                heights[i] = generator[k, M - 1] * task.x[M - 1, i]
            for a in range(M - 1):
                weight, column = generator[k, a], task.x[a]
                for i in range(D):
                    heights[i] += weight * column[i]
            for i in range(D):
                heights[i] = 0.0 if abs(heights[i]) < ON_HYPERPLANE else heights[i]
        for i in range(D):
            most, least = 0.0, 0.0
            for k in range(M):
                most, least = max(most, work.cone[HEIGHT, j, k, i]), min(least, work.cone[HEIGHT, j, k, i])
            kind[i] = (0 if least < 0.0 else 1) if most > 0.0 else -1
        if task.weight_decay > 0.0 or task.max_norm < np.inf:
            norms_of_cell(task, generator, work.norms[j])


@njit(**LOOP)
def norms_of_cell(task, generator, norms):
    """norms = generator metric generator': what the penalty sees of a cell's generators."""
    M = generator.shape[0]
    for k in range(M):
        for m in range(M):
            s = 0.0
            for a in range(M):
                for b in range(M):
                    s += generator[k, a] * task.metric[a, b] * generator[m, b]
            norms[k, m] = s


@njit(**LOOP)
def gather_rows(task, units, free, everything, work):
    """Copies the rows that need a visit: the undecided ones, or everything. Returns their number R, rounded up.

    DUAL becomes the weight of each row that is not visited, else 0.
    """
    D = task.x.shape[1]
    row, side, target, weight = work.index[ROW], work.row[SIDE], work.row[TARGET], work.row[WEIGHT]
    R = np.int64(0)
    for i in range(D):
        undecided = everything
        for j in range(units):
            undecided |= work.kind[j, i] == 0
        work.row[DUAL, i] = 0.0 if undecided else task.weight[i]
        if undecided:
            for visit in range(2 if task.loss == ABSOLUTE else 1):
                row[R], side[R] = i, -task.y[i] if task.loss == HINGE else 1.0 - 2.0 * visit
                target[R], weight[R] = task.y[i], task.weight[i]
                R += 1
    visited = R
    while R % ROW_BLOCK != 0:
        row[R], side[R], target[R], weight[R] = 0, 1.0, 0.0, 0.0
        R += 1
    for a in range(free):
        for r in range(R):
            value = 1.0 if a < task.bias else task.x[a - task.bias, row[r]]
            work.column[BASE, a, r] = value if r < visited else 0.0
    for j in range(units):
        gather_unit(task, j, visited, R, work)
    return R


@njit(**LOOP)
def gather_unit(task, j, visited, R, work):
    """VISITED and RAISED generators of unit j at the visited rows, and the width of its smooth kinks."""
    M, row = task.x.shape[0], work.index[ROW]
    for r in range(R):
        kind, most, least = work.kind[j, row[r]] if r < visited else -1, 0.0, 0.0
        for k in range(M):
            value = work.cone[HEIGHT, j, k, row[r]] if kind >= 0 else 0.0
            work.cone[VISITED, j, k, r], work.cone[RAISED, j, k, r] = value, max(value, 0.0)
            most, least = max(most, value), min(least, value)
        width = task.smoothing * (most - least) + 1e-9
        work.unit[SOFT, j, r] = width if kind == 0 else 0.0
        work.unit[STEEP, j, r] = 1.0 / width if kind == 0 else 0.0
        work.unit[FIXED, j, r] = 1.0 if kind == 1 else 0.0


@njit(**LOOP)
def gram_of_decided(task, p, free, units, positive, work):
    """Gram matrix and moments of the rows that DUAL gives a weight; returns their sum of weight y^2."""
    M, D = task.x.shape
    jacobian, scaled, gram, decided = work.column[JACOBIAN], work.row[SCALED], work.square[GRAM], work.row[DUAL]
    for a in range(free):
        for i in range(D):
            jacobian[a, i] = 1.0 if a < task.bias else task.x[a - task.bias, i]
    for j in range(units):
        sign, kind = 1.0 if j < positive else -1.0, work.kind[j]
        for k in range(M):
            column, heights = jacobian[free + j * M + k], work.cone[HEIGHT, j, k]
            for i in range(D):
                column[i] = sign * heights[i] if kind[i] > 0 else 0.0
    for a in range(p):
        column = jacobian[a]
        for i in range(D):
            scaled[i] = decided[i] * column[i]
        work.vector[MOMENT, a] = sum_of_products((scaled, task.y), D)
        products(jacobian, scaled, D, a, gram)
    return sum_of_products((decided, task.y, task.y), D)


@njit(**LOOP)
def products(jacobian, scaled, R, a, out):
    """out[a, b] = out[b, a] = scaled . jacobian[b] for b <= a, four at a time."""
    b = 0
    while b + 3 <= a:
        s0, s1, s2, s3 = four_sums_of_products(scaled, jacobian, b, R)
        out[a, b], out[a, b + 1], out[a, b + 2], out[a, b + 3] = s0, s1, s2, s3
        out[b, a], out[b + 1, a], out[b + 2, a], out[b + 3, a] = s0, s1, s2, s3
        b += 4
    while b <= a:
        s = sum_of_products((scaled, jacobian[b]), R)
        out[a, b], out[b, a] = s, s
        b += 1
