"""Loops that solve one program of the search over knots: columns on the rows, lengths of at least 0 or free.

Sums of products of columns say quickly which lengths are 0. Where a gap between rows is narrow, columns are nearly
alike and such sums lose half of the digits: then the columns themselves are made orthogonal.
"""

import numpy as np
from numba import njit

from relu_core.exact.quadratic_kernels import nonnegative_quadratic, orthonormal_line, step_to_bound
from relu_core.exact.scratch import LOOP
from relu_core.exact.sums_kernels import sum_of_products

FITTED, RESIDUAL, TARGET = range(3)
LINEAR, LENGTH, STEP, SCALE, GRADIENT, START = range(6)
# The quadratic program's own tolerance is absolute: sums of squares this much larger make it a share of 1e-14.
ENLARGED = 1e6
SHIFT = 1e-9
# Rounding's miss of a dual condition is charged at this many times the dual point's own weights.
CHARGED = 100.0
ROUNDS = 2
# A column that others leave less of than this share is one of them; one pulls if it could gain more than rounding.
DEPENDENT, PULLS = 1e-9, 1e-14


@njit(**LOOP)
def active_rows(rows, knot, left):
    """First and last + 1 of the rows that a unit is on for, and the row its distance is measured from."""
    if left:
        return 0, knot, knot - 1
    return knot, rows.x.shape[0], knot


@njit(**LOOP)
def fill_columns(rows, knots, count, facing, sign, work):
    """Columns of the program, times the roots of the weights, then of norm 1; returns how many, and how many are free.

    Free ones first: constant, slope where it is free, distance and constant of units without a sign; then the far and
    near generator of each other unit, times its sign. place[j]: a unit's first column.
    """
    m, p = rows.x.shape[0], 1
    for i in range(m):
        work.column[0, i] = rows.root[i]
    if facing < 0:
        for i in range(m):
            work.column[1, i] = rows.root[i] * rows.x[i]
        p = 2
    free = p
    for signed in range(2):
        for j in range(count):
            if (sign[j] != 0) != (signed == 1):
                continue
            first, last, near = active_rows(rows, knots[j], facing >= 0 and facing >> j & 1)
            gap = rows.x[knots[j]] - rows.x[knots[j] - 1]
            for i in range(m):
                work.column[p, i] = 0.0
                work.column[p + 1, i] = 0.0
            for i in range(first, last):
                distance = abs(rows.x[i] - rows.x[near])
                if signed:
                    work.column[p, i] = rows.root[i] * (distance + gap) * sign[j]
                    work.column[p + 1, i] = rows.root[i] * distance * sign[j]
                else:
                    work.column[p, i] = rows.root[i] * distance
                    work.column[p + 1, i] = rows.root[i]
            work.place[j] = p
            p += 2
        if not signed:
            free = p
    for a in range(p):
        norm = np.sqrt(sum_of_products((work.column[a], work.column[a]), m))
        work.vector[SCALE, a] = norm
        inverse = 1.0 / norm if norm > 0.0 else 0.0
        for i in range(m):
            work.column[a, i] *= inverse
    return p, free


@njit(**LOOP)
def fit_columns(rows, p, work):
    """FITTED and RESIDUAL of the present lengths, GRADIENT of each column; returns the residuals' square."""
    m = rows.x.shape[0]
    fitted, residual = work.row[FITTED], work.row[RESIDUAL]
    for i in range(m):
        fitted[i] = 0.0
    for a in range(p):
        if work.vector[LENGTH, a] != 0.0:
            for i in range(m):
                fitted[i] += work.vector[LENGTH, a] * work.column[a, i]
    for i in range(m):
        residual[i] = work.row[TARGET, i] - fitted[i]
    for a in range(p):
        work.vector[GRADIENT, a] = sum_of_products((work.column[a], residual), m)
    return sum_of_products((residual, residual), m)


@njit(**LOOP)
def solve_program(rows, p, free, enough, work):
    """Fits the lengths; returns the bound that their residuals prove of the program.

    Rounds that only correct rounding end once the bound is `enough`.
    """
    m = rows.x.shape[0]
    for a in range(p):
        work.vector[LENGTH, a] = 0.0
        for b in range(a + 1):
            work.gram[a, b] = ENLARGED * sum_of_products((work.column[a], work.column[b]), m)
            work.gram[b, a] = work.gram[a, b]
    fit_columns(rows, p, work)
    bound = 0.0
    for _ in range(ROUNDS):
        # from the residuals of the lengths so far: rounding of the sums above is corrected, not repeated
        for a in range(p):
            s = ENLARGED * work.vector[GRADIENT, a] + SHIFT * work.vector[LENGTH, a]
            for b in range(p):
                s += work.gram[a, b] * work.vector[LENGTH, b]
            work.vector[LINEAR, a], work.vector[START, a] = s, work.vector[LENGTH, a]
        nonnegative_quadratic(
            p, free, work.gram, work.vector[LINEAR], SHIFT, work.vector[START], work.vector[LENGTH], work.passive,
            work.index, work.factor, work.vector[STEP],
        )  # fmt: skip
        value = fit_columns(rows, p, work)
        bound = value + 2.0 * sum_of_products((work.row[RESIDUAL], work.row[FITTED]), m)
        bound -= charge(p, free, work)
        if bound >= enough:
            return bound
    return solve_by_rows(rows, p, free, work)


@njit(**LOOP)
def make_orthogonal(rows, p, work):
    """Orthonormal basis of the passive columns; STEP: lengths that fit the target best, in the order of index. RESIDUAL
    is what they leave of it. Columns that depend on others are passive no more, and refused. Returns how many are left.
    """
    m, n, residual = rows.x.shape[0], np.int64(0), work.row[RESIDUAL]
    for a in range(p):
        if not work.passive[a]:
            continue
        for i in range(m):
            work.basis[n, i] = work.column[a, i]
        if not orthonormal_line(work.basis, n, m, DEPENDENT, work.factor):
            work.passive[a], work.refused[a], work.vector[LENGTH, a] = False, True, 0.0
            continue
        work.index[n] = a
        n += 1
    for i in range(m):
        residual[i] = work.row[TARGET, i]
    for j in range(n):
        work.vector[STEP, j] = 0.0
    for _ in range(2):
        for j in range(n):
            shared = sum_of_products((residual, work.basis[j]), m)
            work.vector[STEP, j] += shared
            for i in range(m):
                residual[i] -= shared * work.basis[j, i]
    for j in range(n - 1, -1, -1):
        for k in range(j + 1, n):
            work.vector[STEP, j] -= work.factor[j, k] * work.vector[STEP, k]
        work.vector[STEP, j] /= work.factor[j, j]
    return n


@njit(**LOOP)
def solve_by_rows(rows, p, free, work):
    """As solve_program, from its lengths on, on the rows (Lawson and Hanson's active set)."""
    m, lengths = rows.x.shape[0], work.vector[LENGTH]
    for a in range(p):
        work.passive[a], work.refused[a] = a < free or lengths[a] > 0.0, False
    for _ in range(3 * p + 5):
        for _ in range(p + 2):
            n = make_orthogonal(rows, p, work)
            blocking = step_to_bound(lengths, work.vector[STEP], work.index, n, free)
            if blocking < 0:
                break
            lengths[blocking], work.passive[blocking] = 0.0, False
            for a in range(free, p):
                if work.passive[a] and lengths[a] <= 0.0:
                    lengths[a], work.passive[a] = 0.0, False
        entering, most = -1, PULLS
        for a in range(p):
            work.vector[GRADIENT, a] = sum_of_products((work.column[a], work.row[RESIDUAL]), m)
            if a >= free and not work.passive[a] and not work.refused[a] and work.vector[GRADIENT, a] > most:
                entering, most = a, work.vector[GRADIENT, a]
        if entering < 0:
            break
        work.passive[entering] = True
    residual = work.row[RESIDUAL]
    bound = 2.0 * sum_of_products((residual, work.row[TARGET]), m) - sum_of_products((residual, residual), m)
    return bound - charge(p, free, work)


@njit(**LOOP)
def charge(p, free, work):
    """What rounding's misses of the dual conditions may cost."""
    total = 0.0
    for a in range(p):
        miss = abs(work.vector[GRADIENT, a]) if a < free else max(0.0, work.vector[GRADIENT, a])
        total += 2.0 * CHARGED * miss * max(1.0, abs(work.vector[LENGTH, a]))
    return total
