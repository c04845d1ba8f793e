"""Loops of the relaxation: outputs as intervals, the loss of intervals, its derivatives.

Each loop over rows writes one line and reads few: that is what compilers turn into vector instructions.
"""

import numpy as np
from numba import njit

from relu_core.exact.losses import ABSOLUTE, HINGE, LOGISTIC, SQUARED
from relu_core.exact.rows_kernels import products
from relu_core.exact.scratch import (
    BASE,
    BEND,
    CORNER,
    FIXED,
    GAIN,
    GRADIENT,
    GRAM,
    HESSIAN,
    HIGH,
    JACOBIAN,
    LINEAR_HESSIAN,
    LOOP,
    LOW,
    MOMENT,
    MULTIPLIER,
    NORM_COST,
    NUMBER,
    PENALTY,
    PLACES,
    RAISED,
    RESIDUAL,
    SCALED,
    SIDE,
    SLOPE,
    SOFT,
    STEEP,
    TARGET,
    TURN,
    VISITED,
    WEIGHT,
    H,
    T,
    U,
    Z,
)
from relu_core.exact.sums_kernels import sum_of_products


@njit(**LOOP)
def output_intervals(task, theta, free, units, positive, R, work):
    """Smooth lower and upper envelope of the outputs at the visited rows: LOW and HIGH."""
    low, high = work.row[LOW], work.row[HIGH]
    for r in range(R):
        low[r] = 0.0
    for a in range(free):
        weight, column = theta[a], work.column[BASE, a]
        for r in range(R):
            low[r] += weight * column[r]
    for r in range(R):
        high[r] = low[r]
    for j in range(units):
        unit_envelope(task, theta, free, j, R, work)
        lower, upper = work.unit[H, j], work.unit[U, j]
        if j < positive:
            for r in range(R):
                low[r] += lower[r]
            for r in range(R):
                high[r] += upper[r]
        else:
            for r in range(R):
                low[r] -= upper[r]
            for r in range(R):
                high[r] -= lower[r]


@njit(**LOOP)
def unit_envelope(task, theta, free, j, R, work):
    """Z, U, T and H of unit j: v . x, its upper envelope, slope and value of the smooth lower one."""
    M = task.x.shape[0]
    z, u, t, h, soft = work.unit[Z, j], work.unit[U, j], work.unit[T, j], work.unit[H, j], work.unit[SOFT, j]
    for r in range(R):
        z[r] = 0.0
    for r in range(R):
        u[r] = 0.0
    for k in range(M):
        length = theta[free + j * M + k]
        if length != 0.0:
            visited, raised = work.cone[VISITED, j, k], work.cone[RAISED, j, k]
            for r in range(R):
                z[r] += length * visited[r]
            for r in range(R):
                u[r] += length * raised[r]
    if task.loss == ABSOLUTE or task.loss == HINGE:
        hyperbola(z, soft, work.unit[FIXED, j], work.vector[NUMBER, CORNER], R, t, h, work.unit[TURN, j])
        return
    steep, fixed = work.unit[STEEP, j], work.unit[FIXED, j]
    for r in range(R):
        t[r] = max(fixed[r], min(1.0, max(0.0, z[r] * steep[r])))
    for r in range(R):
        h[r] = t[r] * (z[r] - 0.5 * t[r] * soft[r])


@njit(**LOOP)
def hyperbola(z, soft, fixed, width, R, t, h, turn):
    """Slope, value and curvature of the lower envelope with a loss that has a corner: as wide as the loss's corner.

    Newton's method follows it as it would follow an interior-point path. Source: Chen and Harker 1993.
    """
    for r in range(R):
        if soft[r] > 0.0:
            wide = 4.0 * soft[r] * soft[r] * width * width
            root = np.sqrt(z[r] * z[r] + wide)
            t[r], h[r] = 0.5 + 0.5 * z[r] / root, 0.5 * (z[r] + root)
            turn[r] = 0.5 * wide / (root * root * root)
        else:
            t[r], h[r], turn[r] = fixed[r], fixed[r] * z[r], 0.0


@njit(**LOOP)
def row_loss(task, R, work):
    """Loss of the intervals: sets SIDE, RESIDUAL, SLOPE and BEND of each visited row, returns the weighted sum."""
    low, high, target, weight = work.row[LOW], work.row[HIGH], work.row[TARGET], work.row[WEIGHT]
    side, residual, slope, bend = work.row[SIDE], work.row[RESIDUAL], work.row[SLOPE], work.row[BEND]
    if task.loss == LOGISTIC:
        return logistic_loss(low, high, target, weight, R, side, residual, slope, bend)
    if task.loss == ABSOLUTE or task.loss == HINGE:
        return corner_loss(task, R, work)
    for r in range(R):
        residual[r] = max(0.0, max(low[r] - target[r], target[r] - high[r]))
    for r in range(R):
        side[r] = (1.0 if low[r] > target[r] else 0.0) - (1.0 if high[r] < target[r] else 0.0)
    if task.loss == SQUARED:
        return sum_of_products((weight, residual, residual), R)
    return huber_loss(task, R, residual, slope, bend, work)


@njit(**LOOP)
def huber_loss(task, R, residual, slope, bend, work):
    """row_loss for Huber's loss, whose straight part is bent upwards a little: rows there would have no curvature."""
    loss, curve = work.row[SCALED], work.vector[NUMBER, CORNER] * min(1.0, task.delta)
    for r in range(R):
        value, beyond = min(residual[r], task.delta), max(0.0, residual[r] - task.delta)
        slope[r] = value + curve * beyond
        bend[r] = 0.0 if residual[r] <= 0.0 else (1.0 if beyond == 0.0 else curve)
        loss[r] = value * (residual[r] - 0.5 * value) + 0.5 * curve * beyond * beyond
    return sum_of_products((work.row[WEIGHT], loss), R)


@njit(**LOOP)
def logistic_loss(low, high, target, weight, R, side, residual, slope, bend):
    """row_loss for the logistic loss."""
    total = 0.0
    for r in range(R):
        side[r] = -target[r]
        value = low[r] if side[r] > 0.0 else -high[r]
        tail = np.exp(-abs(value))
        chance = 1.0 / (1.0 + tail) if value > 0.0 else tail / (1.0 + tail)
        residual[r], slope[r], bend[r] = value, chance, chance * (1.0 - chance)
        total += weight[r] * (np.log1p(tail) + max(value, 0.0))
    return total


@njit(**LOOP)
def corner_loss(task, R, work):
    """row_loss for the losses with a corner, each visited row on its given side; the corner is a hyperbola above it."""
    low, high, target, width = work.row[LOW], work.row[HIGH], work.row[TARGET], work.vector[NUMBER, CORNER]
    residual, slope, bend, loss = work.row[RESIDUAL], work.row[SLOPE], work.row[BEND], work.row[SCALED]
    for r in range(R):
        side = work.row[SIDE, r]
        value = side * (low[r] if side > 0.0 else high[r])
        value += 1.0 if task.loss == HINGE else -side * target[r]
        root = np.sqrt(value * value + 4.0 * width * width)
        residual[r], slope[r] = value, 0.5 + 0.5 * value / root
        bend[r] = 2.0 * width * width / (root * root * root)
        loss[r] = 0.5 * (value + root)
    return sum_of_products((work.row[WEIGHT], loss), R)


@njit(**LOOP)
def unit_norm(task, theta, first, j, work):
    """Penalty on the norm s of unit j: its value, d/ds over s, curvature minus that over s^2, and the bound's share."""
    M = task.x.shape[0]
    square = 0.0
    for k in range(M):
        for a in range(M):
            square += theta[first + k] * work.norms[j, k, a] * theta[first + a]
    soft = 1e-12
    root = np.sqrt(max(square, 0.0) + soft)
    value = task.weight_decay * (root - np.sqrt(soft))
    slope = task.weight_decay / root
    turn = -task.weight_decay / (root * root * root)
    constant = 0.0
    if task.max_norm < np.inf:
        most = task.max_norm * task.max_norm
        held, asked, stiffness = norm_bound(task, square, j, work)
        value += (asked * asked - held * held) / (2.0 * stiffness)
        slope += asked / most
        turn += stiffness / (most * most) if asked > 0.0 else 0.0
        constant = -asked * np.sqrt(max(square, 0.0)) / task.max_norm
    return value, slope, turn, constant


@njit(**LOOP)
def norm_bound(task, square, j, work):
    """Multiplier of unit j's norm bound as held and as a squared norm asks for it, and how fast it grows.

    The bound is (square / max_norm^2 - 1) / 2 <= 0, in an augmented Lagrangian: the norm may break it on the way, and
    any multiplier proves something. Source: Rockafellar 1973.
    """
    held = work.vector[NUMBER, MULTIPLIER + j]
    excess = 0.5 * (square / (task.max_norm * task.max_norm) - 1.0)
    return held, max(0.0, held + task.stiffness * excess), task.stiffness


@njit(**LOOP)
def relaxed_value(task, theta, p, free, units, positive, R, total, work):
    """Value of the smooth relaxation at theta."""
    output_intervals(task, theta, free, units, positive, R, work)
    value = row_loss(task, R, work)
    if task.loss == SQUARED:
        value += total
        gram, moment = work.square[GRAM], work.vector[MOMENT]
        for a in range(p):
            s = -2.0 * moment[a]
            for b in range(p):
                s += gram[a, b] * theta[b]
            value += theta[a] * s
    if task.weight_decay > 0.0 or task.max_norm < np.inf:
        for j in range(units):
            value += unit_norm(task, theta, free + j * task.x.shape[0], j, work)[0]
    return value


@njit(**LOOP)
def derivatives(task, theta, p, free, units, positive, R, work):
    """Gradient, Hessian, and the Hessian without the norms' part; residuals are those of the last value."""
    squared = task.loss == SQUARED
    weight, slope, bend = work.row[WEIGHT], work.row[SLOPE], work.row[BEND]
    if squared:
        residual = work.row[RESIDUAL]
        for r in range(R):
            slope[r] = 2.0 * residual[r]
        for r in range(R):
            bend[r] = 2.0 if residual[r] > 0.0 else 0.0
    fill_jacobian(task, free, units, positive, R, work)
    jacobian, scaled, hessian, gram = work.column[JACOBIAN], work.row[SCALED], work.square[HESSIAN], work.square[GRAM]
    for a in range(p):
        column = jacobian[a]
        s = sum_of_products((weight, slope, column), R)
        if squared:
            t = -work.vector[MOMENT, a]
            for b in range(p):
                t += gram[a, b] * theta[b]
            s += 2.0 * t
        work.vector[GRADIENT, a], work.vector[PENALTY, a] = s, 0.0
        for r in range(R):
            scaled[r] = weight[r] * bend[r] * column[r]
        products(jacobian, scaled, R, a, hessian)
    if squared:
        for a in range(p):
            for b in range(p):
                hessian[a, b] += 2.0 * gram[a, b]
    for j in range(units):
        add_kinks(task, free, j, 1.0 if j < positive else -1.0, R, work)
    work.vector[NUMBER, NORM_COST], work.vector[NUMBER, GAIN] = 0.0, 0.0
    for a in range(p):
        for b in range(p):
            work.square[LINEAR_HESSIAN, a, b] = hessian[a, b]
    if task.weight_decay > 0.0 or task.max_norm < np.inf:
        for j in range(units):
            add_norm(task, theta, free, j, work)


@njit(**LOOP)
def fill_jacobian(task, free, units, positive, R, work):
    """Derivative of each row's residual by each unknown, with the slopes T of the lower envelopes held."""
    M, side = task.x.shape[0], work.row[SIDE]
    for a in range(free):
        column, base = work.column[JACOBIAN, a], work.column[BASE, a]
        for r in range(R):
            column[r] = side[r] * base[r]
    for j in range(units):
        sign, t = 1.0 if j < positive else -1.0, work.unit[T, j]
        for k in range(M):
            column = work.column[JACOBIAN, free + j * M + k]
            visited, raised = work.cone[VISITED, j, k], work.cone[RAISED, j, k]
            for r in range(R):
                column[r] = t[r] * visited[r] if sign * side[r] > 0.0 else -raised[r]


@njit(**LOOP)
def add_kinks(task, free, j, sign, R, work):
    """Curvature of unit j's smoothed kinks, which bends the loss where the lower envelope is the violated side."""
    M = task.x.shape[0]
    t, steep, turn, scaled = work.unit[T, j], work.unit[STEEP, j], work.unit[TURN, j], work.row[SCALED]
    if task.loss != ABSOLUTE and task.loss != HINGE:
        for r in range(R):
            turn[r] = steep[r] if 0.0 < t[r] < 1.0 else 0.0
    side, slope, weight, lifted = work.row[SIDE], work.row[SLOPE], work.row[WEIGHT], work.row[PLACES]
    for r in range(R):
        scaled[r] = weight[r] * slope[r] * turn[r] if sign * side[r] > 0.0 else 0.0
    if sum_of_products((scaled,), R) == 0.0:
        return
    for k in range(M):
        column = work.cone[VISITED, j, k]
        for r in range(R):
            lifted[r] = scaled[r] * column[r]
        for m in range(k + 1):
            s = sum_of_products((lifted, work.cone[VISITED, j, m]), R)
            a, b = free + j * M + k, free + j * M + m
            work.square[HESSIAN, a, b] += s
            if a != b:
                work.square[HESSIAN, b, a] += s


@njit(**LOOP)
def add_norm(task, theta, free, j, work):
    """Gradient and curvature of unit j's penalty; what the norm bound costs the dual goes to NORM_COST.

    GAIN: what the bound rises by at first when the multipliers asked for are held.
    """
    M = task.x.shape[0]
    first, penalty = free + j * M, work.vector[PENALTY]
    _, slope, turn, constant = unit_norm(task, theta, first, j, work)
    work.vector[NUMBER, NORM_COST] += constant
    square = 0.0
    for k in range(M):
        s = 0.0
        for a in range(M):
            s += work.norms[j, k, a] * theta[first + a]
        penalty[first + k] = s
        square += s * theta[first + k]
    for k in range(M):
        for a in range(M):
            bend = slope * work.norms[j, k, a] + turn * penalty[first + k] * penalty[first + a]
            work.square[HESSIAN, first + k, first + a] += bend
    if task.max_norm < np.inf:
        held, asked, stiffness = norm_bound(task, square, j, work)
        work.vector[NUMBER, GAIN] += (asked - held) * (asked - held) / (2.0 * stiffness)
        work.vector[NUMBER, MULTIPLIER + task.width + j] = asked
    for k in range(M):
        penalty[first + k] *= slope
        work.vector[GRADIENT, first + k] += penalty[first + k]
