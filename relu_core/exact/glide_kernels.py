"""Loops over a network's true objective, and a descent that glides along kinks.

A local optimum often has data rows exactly on a unit's hyperplane. There the pattern at hand changes with every step
and Newton's method on it stands still; with kinks rounded ever less it moves along them.
"""

import numpy as np
from numba import njit

from relu_core.exact.losses import ABSOLUTE, HINGE, HUBER, LOGISTIC, SQUARED
from relu_core.exact.quadratic_kernels import solve_shifted
from relu_core.exact.rows_kernels import products
from relu_core.exact.scratch import (
    BEND,
    FACTOR,
    GRADIENT,
    HESSIAN,
    JACOBIAN,
    KEPT,
    LOOP,
    LOW,
    NEWTON,
    PICKED,
    PLACES,
    SCALED,
    SLOPE,
    TRIAL,
    TURN,
    T,
    Z,
)
from relu_core.exact.sums_kernels import sum_of_products

WIDEST, NARROWEST, NARROWER = 0.1, 1e-9, 0.2


@njit(**LOOP)
def network_outputs(task, weights, free, units, positive, work):
    """LOW = outputs of the network [bias, affine part, v_1 .. v_units] at all rows; Z of each unit."""
    M, D = task.x.shape
    low = work.row[LOW]
    for i in range(D):
        low[i] = 0.0
    for a in range(free):
        weight, column = weights[a], task.x[M - 1 if a < task.bias else a - task.bias]
        for i in range(D):
            low[i] += weight * column[i]
    for j in range(units):
        sign, first, z = 1.0 if j < positive else -1.0, free + j * M, work.unit[Z, j]
        for i in range(D):
            z[i] = 0.0
        for a in range(M):
            weight, column = weights[first + a], task.x[a]
            for i in range(D):
                z[i] += weight * column[i]
        for i in range(D):
            low[i] += sign * max(0.0, z[i])


@njit(**LOOP)
def network_value(task, weights, free, units, positive, work):
    """True objective; infinite where a unit breaks the norm bound."""
    network_outputs(task, weights, free, units, positive, work)
    return loss_of_outputs(task, 0.0, work) + norm_penalty(task, weights, free, units)


@njit(**LOOP)
def loss_of_outputs(task, softness, work):
    """Weighted loss of LOW; the corners of absolute and hinge loss are rounded over `softness`."""
    D, low, loss, y = task.x.shape[1], work.row[LOW], work.row[SCALED], task.y
    if task.loss == SQUARED:
        for i in range(D):
            loss[i] = (low[i] - y[i]) * (low[i] - y[i])
    elif task.loss == ABSOLUTE:
        for i in range(D):
            loss[i] = np.sqrt((low[i] - y[i]) ** 2 + softness * softness)
    elif task.loss == HUBER:
        for i in range(D):
            size = min(abs(low[i] - y[i]), task.delta)
            loss[i] = size * (abs(low[i] - y[i]) - 0.5 * size)
    elif task.loss == HINGE:
        for i in range(D):
            short = 1.0 - y[i] * low[i]
            loss[i] = 0.5 * (short + np.sqrt(short * short + softness * softness))
    else:
        for i in range(D):
            margin = -y[i] * low[i]
            loss[i] = np.log1p(np.exp(-abs(margin))) + max(0.0, margin)
    return sum_of_products((task.weight, loss), D)


@njit(**LOOP)
def norm_penalty(task, weights, free, units):
    """weight_decay times the sum of the units' norms; infinite where one breaks the norm bound."""
    if task.weight_decay == 0.0 and task.max_norm == np.inf:
        return 0.0
    M, value = task.x.shape[0], 0.0
    for j in range(units):
        square = 0.0
        for a in range(M):
            for b in range(M):
                square += weights[free + j * M + a] * task.metric[a, b] * weights[free + j * M + b]
        if square > task.max_norm * task.max_norm:
            return np.inf
        value += task.weight_decay * np.sqrt(max(0.0, square))
    return value


@njit(**LOOP)
def smooth_derivatives(task, softness, work):
    """SLOPE and BEND of each row's loss by its output; corners are rounded over `softness`."""
    slope, bend, low, y = work.row[SLOPE], work.row[BEND], work.row[LOW], task.y
    for i in range(task.x.shape[1]):
        if task.loss == SQUARED:
            slope[i], bend[i] = 2.0 * (low[i] - y[i]), 2.0
        elif task.loss == LOGISTIC:
            chance = 1.0 / (1.0 + np.exp(min(500.0, max(-500.0, y[i] * low[i]))))
            slope[i], bend[i] = -y[i] * chance, chance * (1.0 - chance) + 1e-9
        elif task.loss == HINGE:
            short = 1.0 - y[i] * low[i]
            root = np.sqrt(short * short + softness * softness)
            slope[i], bend[i] = -0.5 * y[i] * (1.0 + short / root), 0.5 * softness * softness / (root**3) + 1e-6
        elif task.loss == HUBER:
            slope[i] = min(task.delta, max(-task.delta, low[i] - y[i]))
            bend[i] = 1.0 if abs(low[i] - y[i]) < task.delta else 1e-3
        else:
            root = np.sqrt((low[i] - y[i]) ** 2 + softness * softness)
            slope[i], bend[i] = (low[i] - y[i]) / root, softness * softness / (root**3) + 1e-6


@njit(**LOOP)
def norm_derivatives(task, weights, first, work):
    """Adds one unit's weight decay to GRADIENT and HESSIAN."""
    M, metric, pull = task.x.shape[0], task.metric, work.row[SCALED]
    square = 0.0
    for a in range(M):
        pull[a] = 0.0
        for b in range(M):
            pull[a] += metric[a, b] * weights[first + b]
        square += pull[a] * weights[first + a]
    norm = np.sqrt(max(0.0, square)) + 1e-9
    for a in range(M):
        work.vector[GRADIENT, first + a] += task.weight_decay * pull[a] / norm
        for b in range(M):
            bend = metric[a, b] / norm - pull[a] * pull[b] / (norm * norm * norm)
            work.square[HESSIAN, first + a, first + b] += task.weight_decay * bend


@njit(**LOOP)
def shorten(task, weights, free, units):
    """Shortens units that break the norm bound, so that descents slide along it."""
    M = task.x.shape[0]
    for j in range(units):
        first, square = free + j * M, 0.0
        for a in range(M):
            for b in range(M):
                square += weights[first + a] * task.metric[a, b] * weights[first + b]
        if square > task.max_norm * task.max_norm:
            share = task.max_norm * (1.0 - 1e-12) / np.sqrt(square)
            for a in range(M):
                weights[first + a] *= share


@njit(**LOOP)
def rounded_value(task, weights, free, units, positive, width, work):
    """Objective with each unit's kink rounded over `width` of its largest height; sets LOW, Z, T and TURN."""
    D, low = task.x.shape[1], work.row[LOW]
    network_outputs(task, weights, free, units, positive, work)
    for j in range(units):
        sign, most = 1.0 if j < positive else -1.0, 0.0
        z, t, turn = work.unit[Z, j], work.unit[T, j], work.unit[TURN, j]
        for i in range(D):
            most = max(most, abs(z[i]))
        # a unit without length has no kink to round, and its curvature would be infinite
        if most < 1e-60:
            for i in range(D):
                t[i], turn[i] = 0.0, 0.0
            continue
        wide = (width * most) ** 2
        for i in range(D):
            turn[i] = np.sqrt(z[i] * z[i] + wide)
        for i in range(D):
            low[i] += sign * (0.5 * (z[i] + turn[i]) - max(0.0, z[i]))
        for i in range(D):
            t[i] = 0.5 + 0.5 * z[i] / turn[i]
        for i in range(D):
            turn[i] = 0.5 * wide / (turn[i] * turn[i] * turn[i])
    return loss_of_outputs(task, width, work) + norm_penalty(task, weights, free, units)


@njit(**LOOP)
def system_of_slopes(task, p, free, units, positive, work):
    """HESSIAN and GRADIENT of the loss where each unit has the slopes T at the rows, without its curvature."""
    M, D = task.x.shape
    jacobian, scaled, slope, bend = work.column[JACOBIAN], work.row[SCALED], work.row[SLOPE], work.row[BEND]
    for a in range(free):
        column, x = jacobian[a], task.x[M - 1 if a < task.bias else a - task.bias]
        for i in range(D):
            column[i] = x[i]
    for j in range(units):
        sign, t = 1.0 if j < positive else -1.0, work.unit[T, j]
        for a in range(M):
            column, x = jacobian[free + j * M + a], task.x[a]
            for i in range(D):
                column[i] = sign * t[i] * x[i]
    for a in range(p):
        column = jacobian[a]
        for i in range(D):
            scaled[i] = task.weight[i] * bend[i] * column[i]
        work.vector[GRADIENT, a] = sum_of_products((task.weight, slope, column), D)
        products(jacobian, scaled, D, a, work.square[HESSIAN])


@njit(**LOOP)
def rounded_system(task, weights, p, free, units, positive, work):
    """HESSIAN and GRADIENT of the rounded objective; kinks count where they curve it upwards."""
    M, D = task.x.shape
    scaled, slope, lifted = work.row[SCALED], work.row[SLOPE], work.row[PLACES]
    system_of_slopes(task, p, free, units, positive, work)
    for j in range(units):
        sign, turn, first = 1.0 if j < positive else -1.0, work.unit[TURN, j], free + j * M
        for i in range(D):
            scaled[i] = task.weight[i] * max(0.0, sign * slope[i]) * turn[i]
        for a in range(M):
            column = task.x[a]
            for i in range(D):
                lifted[i] = scaled[i] * column[i]
            for b in range(a + 1):
                s = sum_of_products((lifted, task.x[b]), D)
                work.square[HESSIAN, first + a, first + b] += s
                if a != b:
                    work.square[HESSIAN, first + b, first + a] += s
        if task.weight_decay > 0.0:
            norm_derivatives(task, weights, first, work)


@njit(**LOOP)
def glide(task, weights, p, free, units, positive, value, work):
    """Improves the weights in place along kinks that are rounded ever less; returns the objective, at most `value`."""
    at, trial, newton, picked = work.vector[KEPT], work.vector[TRIAL], work.vector[NEWTON], work.index[PICKED]
    hessian = work.square[HESSIAN]
    for a in range(p):
        at[a], picked[a] = weights[a], a
    width, damping = WIDEST, 1e-10
    while width > NARROWEST:
        smooth = rounded_value(task, at, free, units, positive, width, work)
        for _ in range(4):
            smooth_derivatives(task, width, work)
            rounded_system(task, at, p, free, units, positive, work)
            trace = 0.0
            for a in range(p):
                trace = max(trace, hessian[a, a])
            shift = damping * trace + 1e-300
            solve_shifted(hessian, picked, p, work.vector[GRADIENT], shift, work.square[FACTOR], newton)
            step, moved, before = 1.0, False, smooth
            while step > 1e-3:
                for a in range(p):
                    trial[a] = at[a] - step * newton[a]
                if task.max_norm < np.inf:
                    shorten(task, trial, free, units)
                new = rounded_value(task, trial, free, units, positive, width, work)
                if new < smooth:
                    for a in range(p):
                        at[a] = trial[a]
                    smooth, moved = new, True
                    break
                step *= 0.3
            damping = max(1e-12, damping * 0.1) if moved and step > 0.9 else min(1e-4, damping * 10.0)
            if not moved:
                rounded_value(task, at, free, units, positive, width, work)
            if before - smooth <= 1e-4 * width * before:
                break
        new = network_value(task, at, free, units, positive, work)
        if new < value:
            value = new
            for a in range(p):
                weights[a] = at[a]
        width *= NARROWER
    return value
