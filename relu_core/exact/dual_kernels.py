"""Loops of the dual: row multipliers read off at a point, repaired until their conditions hold, and what they prove."""

import numpy as np
from numba import njit

from relu_core.exact.losses import ABSOLUTE, HINGE, HUBER, SQUARED
from relu_core.exact.quadratic_kernels import solve_shifted
from relu_core.exact.scratch import (
    BEND,
    BETA,
    DUAL,
    FACTOR,
    GRAM,
    JACOBIAN,
    KEPT,
    LINEAR_HESSIAN,
    LOOP,
    MOMENT,
    NORM_COST,
    NUMBER,
    PENALTY,
    PICKED,
    PLACES,
    RAISED,
    RIGHT,
    SCALED,
    SIDE,
    SLOPE,
    TARGET,
    TRIAL,
    TURN,
    VISITED,
    WEIGHT,
    T,
)
from relu_core.exact.sums_kernels import sum_of_products

# What rounding leaves of the dual conditions is charged to the bound, for weights this many times the dual point's own;
# a dual point is repaired until it is charged less than DUAL_CHARGE, and not used above DUAL_LIMIT.
DUAL_REACH, DUAL_CHARGE, DUAL_LIMIT = 100.0, 1e-9, 1e-4
# Share of an entry of a Gram matrix, or of a sum of such entries, that its rounding may be.
GRAM_ROUNDING = 5e-16


@njit(**LOOP)
def move_dual(task, shift, p, free, units, positive, R, work):
    """Multipliers after the unknowns moved by `shift` from where they were read off, kept in the dual's domain.

    DUAL: of a row's violated side. BETA: of the lower envelope max(0, z) >= slope z of each unit at the row, between 0
    and DUAL.
    """
    top = np.inf if task.loss == SQUARED else (task.delta if task.loss == HUBER else 1.0)
    M = task.x.shape[0]
    scaled, dual, slope, bend = work.row[SCALED], work.row[DUAL], work.row[SLOPE], work.row[BEND]
    for r in range(R):
        scaled[r] = 0.0
    for a in range(p):
        step, column = shift[a], work.column[JACOBIAN, a]
        if step != 0.0:
            for r in range(R):
                scaled[r] += step * column[r]
    for r in range(R):
        dual[r] = min(top, max(0.0, slope[r] + bend[r] * scaled[r]))
    for j in range(units):
        beta, t, turn = work.unit[BETA, j], work.unit[T, j], work.unit[TURN, j]
        for r in range(R):
            scaled[r] = 0.0
        for k in range(M):
            step, column = shift[free + j * M + k], work.cone[VISITED, j, k]
            if step != 0.0:
                for r in range(R):
                    scaled[r] += step * column[r]
        for r in range(R):
            scaled[r] *= slope[r] * turn[r]
        for r in range(R):
            moved = dual[r] * t[r] + scaled[r]
            beta[r] = min(dual[r], max(0.0, moved)) if turn[r] > 0.0 else moved


@njit(**LOOP)
def dual_conditions(task, theta, shift, p, free, units, positive, R, work):
    """RIGHT = what each unknown's weight adds per unit in the dual: must be 0 for free ones, at least 0 else."""
    M, right, scaled, side, dual = task.x.shape[0], work.vector[RIGHT], work.row[SCALED], work.row[SIDE], work.row[DUAL]
    weight, upwards = work.row[WEIGHT], work.row[PLACES]
    for a in range(free):
        right[a] = sum_of_products((weight, dual, work.column[JACOBIAN, a]), R)
    for j in range(units):
        sign, beta = 1.0 if j < positive else -1.0, work.unit[BETA, j]
        for r in range(R):
            scaled[r] = weight[r] * beta[r] if sign * side[r] > 0.0 else 0.0
        for r in range(R):
            upwards[r] = 0.0 if sign * side[r] > 0.0 else weight[r] * dual[r]
        for k in range(M):
            s = work.vector[PENALTY, free + j * M + k] + sum_of_products((scaled, work.cone[VISITED, j, k]), R)
            right[free + j * M + k] = s - sum_of_products((upwards, work.cone[RAISED, j, k]), R)
    if task.loss == SQUARED:
        for a in range(p):
            moment = -work.vector[MOMENT, a]
            for b in range(p):
                moment += work.square[GRAM, a, b] * (theta[b] + shift[b])
            right[a] += 2.0 * moment


@njit(**LOOP)
def dual_value(task, theta, shift, p, R, total, work):
    """The bound that the multipliers in DUAL prove, when their conditions hold."""
    weight, dual, side, target = work.row[WEIGHT], work.row[DUAL], work.row[SIDE], work.row[TARGET]
    gain, value = work.row[SCALED], work.vector[NUMBER, NORM_COST]
    if task.loss == SQUARED:
        value += total
        for a in range(p):
            s = 0.0
            for b in range(p):
                s += work.square[GRAM, a, b] * (theta[b] + shift[b])
            value -= (theta[a] + shift[a]) * s
        for r in range(R):
            gain[r] = -dual[r] * (0.25 * dual[r] + side[r] * target[r])
    elif task.loss == HUBER:
        for r in range(R):
            gain[r] = -dual[r] * (0.5 * dual[r] + side[r] * target[r])
    elif task.loss == ABSOLUTE:
        for r in range(R):
            gain[r] = -dual[r] * side[r] * target[r]
    elif task.loss == HINGE:
        for r in range(R):
            gain[r] = dual[r]
    else:
        for r in range(R):
            t = dual[r]
            entropy = (t * np.log(t) if t > 0.0 else 0.0) + ((1.0 - t) * np.log1p(-t) if t < 1.0 else 0.0)
            gain[r] = -entropy
    return value + sum_of_products((weight, gain), R)


@njit(**LOOP)
def gram_charge(theta, shift, p, work):
    """What the rounding of the Gram matrix may have added to the bound: it grows with units that nearly cancel.

    Once for the bound itself, and for weights of DUAL_REACH times the dual point's own in each of its conditions.
    """
    length = 0.0
    for a in range(p):
        length += abs(theta[a] + shift[a]) * np.sqrt(work.square[GRAM, a, a])
    return GRAM_ROUNDING * (1.0 + 2.0 * DUAL_REACH) * length * length


@njit(**LOOP)
def dual_bound(task, theta, shift, p, free, units, positive, R, total, work):
    """Repairs the multipliers at theta + shift until their conditions hold; returns the bound, or -inf.

    The repair is a least-norm correction of the multipliers where the smoothed loss is curved; `shift` takes it up.
    """
    best, right, kept, curved = -np.inf, work.vector[RIGHT], work.vector[KEPT], work.square[LINEAR_HESSIAN]
    picked, trial = work.index[PICKED], work.vector[TRIAL]
    for _ in range(5):
        move_dual(task, shift, p, free, units, positive, R, work)
        dual_conditions(task, theta, shift, p, free, units, positive, R, work)
        charge, wrong, trace = 0.0, 0, 0.0
        for a in range(p):
            miss = abs(right[a]) if a < free else max(0.0, -right[a])
            charge += DUAL_REACH * miss * max(1.0, abs(theta[a] + shift[a]))
            trace = max(trace, curved[a, a])
            if a < free or miss > 0.0:
                picked[wrong] = a
                wrong += 1
        if charge <= DUAL_LIMIT:
            bound = dual_value(task, theta, shift, p, R, total, work) - charge
            if task.loss == SQUARED:
                bound -= gram_charge(theta, shift, p, work)
            if bound > best:
                best = bound
                for a in range(p):
                    kept[a] = shift[a]
        if charge <= DUAL_CHARGE:
            break
        solve_shifted(curved, picked, wrong, right, 1e-13 * trace + 1e-300, work.square[FACTOR], trial)
        for i in range(wrong):
            shift[picked[i]] -= trial[i]
    if best > -np.inf:
        for a in range(p):
            shift[a] = kept[a]
    return best
