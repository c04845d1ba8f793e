"""Loops of the recheck: what one stored dual point proves about one tuple of cells. Written apart from the search."""

import numpy as np
from numba import njit

SQUARED, ABSOLUTE, HUBER, HINGE, LOGISTIC = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy")
def relu_range(lengths, heights, smoothing):
    """At one row: upper envelope of relu over a cell, smooth lower one, the lower one's slope; heights are V_k . x."""
    total, upper, most, least = 0.0, 0.0, 0.0, 0.0
    for k in range(len(heights)):
        total += lengths[k] * heights[k]
        upper += lengths[k] * max(heights[k], 0.0)
        most, least = max(most, heights[k]), min(least, heights[k])
    if least >= 0.0:
        return upper, total, 1.0 if most > 0.0 else 0.0
    if most <= 0.0:
        return upper, 0.0, 0.0
    width = smoothing * (most - least) + 1e-9
    slope = min(1.0, max(0.0, total / width))
    return upper, slope * (total - 0.5 * slope * width), slope


@njit(cache=True, error_model="numpy")
def multiplier(loss, delta, low, high, y):
    """The violated side of the output interval (1: above the target), the loss's slope there and its curvature."""
    if loss == LOGISTIC:
        side = -y
        chance = 1.0 / (1.0 + np.exp(-min(500.0, max(-500.0, low if side > 0 else -high))))
        return side, chance, chance * (1.0 - chance)
    side, violation = 0.0, 0.0
    if low > y:
        side, violation = 1.0, low - y
    elif high < y:
        side, violation = -1.0, y - high
    if loss == SQUARED:
        return side, 2.0 * violation, 2.0 if violation > 0.0 else 0.0
    return side, min(violation, delta), 1.0 if 0.0 < violation < delta else 0.0


@njit(cache=True, error_model="numpy")
def conjugate(loss, t, side, y):
    """Least of loss(output) - side * t * output over all outputs, for a target y."""
    if loss == SQUARED:
        return -t * (0.25 * t + side * y)
    if loss == HUBER:
        return -t * (0.5 * t + side * y)
    if loss == ABSOLUTE:
        return -t * side * y
    if loss == HINGE:
        return t
    return -(t * np.log(t) if t > 0.0 else 0.0) - ((1.0 - t) * np.log1p(-t) if t < 1.0 else 0.0)


@njit(cache=True, error_model="numpy")
def read_dual(x, y, cones, positive, free, bias, loss, delta, smoothing, point):
    """Row by row at `point`: violated side, slope, curvature, whether all cells decide the row, and the columns that a
    multiplier on that side adds to the dual conditions."""
    units, M, D = len(cones), len(x), x.shape[1]
    p = free + units * M
    column, side, slope, bend, decided = np.zeros((D, p)), np.zeros(D), np.zeros(D), np.zeros(D), np.ones(D, np.bool_)
    heights = np.zeros((units, M, D))
    for j in range(units):
        heights[j] = cones[j] @ x
    for i in range(D):
        low, slopes = 0.0, np.zeros(units)
        for a in range(free):
            low += point[a] * (1.0 if a < bias else x[a - bias, i])
        high = low
        for j in range(units):
            for k in range(M):
                if abs(heights[j, k, i]) < 1e-11:
                    heights[j, k, i] = 0.0
            first = free + j * M
            here = heights[j, :, i].copy()
            upper, lower, slopes[j] = relu_range(point[first : first + M], here, smoothing)
            decided[i] &= not (here.min() < 0.0 < here.max())
            low, high = (low + lower, high + upper) if j < positive else (low - upper, high - lower)
        side[i], slope[i], bend[i] = multiplier(loss, delta, low, high, y[i])
        if loss == SQUARED and decided[i]:
            side[i], slope[i], bend[i] = 1.0, 2.0 * (low - y[i]), 2.0
        for a in range(free):
            column[i, a] = side[i] * (1.0 if a < bias else x[a - bias, i])
        for j in range(units):
            for k in range(M):
                height = heights[j, k, i]
                if decided[i]:
                    value = side[i] * (1.0 if j < positive else -1.0) * max(height, 0.0)
                elif (j < positive) == (side[i] > 0.0):
                    value = slopes[j] * height
                else:
                    value = -max(height, 0.0)
                column[i, free + j * M + k] = value
    return column, side, slope, bend, decided


@njit(cache=True, error_model="numpy")
def penalty_share(cones, back, weight_decay, max_norm, barrier, free, point, p):
    """What the norms add to the dual conditions at `point`, and the constant that the norm bound costs."""
    share, constant = np.zeros(p), 0.0
    if weight_decay == 0.0 and max_norm == np.inf:
        return share, constant
    M = cones.shape[1]
    for j in range(len(cones)):
        seen = cones[j] @ back.T
        first = free + j * M
        vector = point[first : first + M] @ seen
        norm = np.sqrt(vector @ vector)
        pull = weight_decay / np.sqrt(norm * norm + 1e-12)
        if max_norm < np.inf:
            tight = 2.0 * barrier / max(max_norm * max_norm - norm * norm, 1e-300)
            pull += tight
            constant -= tight * norm * max_norm
        share[first : first + M] = pull * (seen @ vector)
    return share, constant


@njit(cache=True, error_model="numpy")
def proved_bound(x, y, weight, cones, positive, free, bias, loss, delta, smoothing, penalty, constant, point, shift):
    """The lower bound that the dual point proves for the tuple of cells, after a least-squares correction of rounding.

    -inf where its conditions cannot be met: equality for free unknowns, at least 0 for the lengths of each cell.
    """
    column, side, slope, bend, decided = read_dual(x, y, cones, positive, free, bias, loss, delta, smoothing, point)
    p, D = column.shape[1], len(y)
    top = np.inf if loss == SQUARED else (delta if loss == HUBER else 1.0)
    move = column @ shift[:p]
    dual = slope + bend * move
    best = -np.inf
    for _ in range(6):
        for i in range(D):
            if not (loss == SQUARED and decided[i]) and not 0.0 < dual[i] < top:
                dual[i], bend[i] = min(top, max(0.0, dual[i])), 0.0
        condition = penalty + column.T @ (weight * dual)
        miss = np.where(np.arange(p) < free, np.abs(condition), np.maximum(0.0, -condition))
        charge = 100.0 * (miss * np.maximum(1.0, np.abs(point[:p] + shift[:p]))).sum()
        if charge <= 1e-4:
            value = constant - charge
            for i in range(D):
                value += weight[i] * conjugate(loss, dual[i], side[i], y[i])
            best = max(best, value)
        if charge <= 1e-9:
            break
        wrong = np.flatnonzero((miss > 0.0) | (np.arange(p) < free))
        curved = np.sqrt(weight * bend)
        system = column[:, wrong] * curved.reshape(-1, 1)
        step = np.linalg.lstsq(system, np.linalg.lstsq(system.T, -condition[wrong], 1e-7)[0], 1e-7)[0]
        dual += bend * (column[:, wrong] @ step)
    return best
