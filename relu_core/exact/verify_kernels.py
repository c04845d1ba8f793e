"""Loops of the recheck: what one stored dual point proves about one tuple of cells. Written apart from the search."""

import numpy as np
from numba import njit

SQUARED, ABSOLUTE, HUBER, HINGE, LOGISTIC = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy")
def relu_range(lengths, heights, smoothing, corner):
    """At one row: upper envelope of relu over a cell, smooth lower one, the lower one's slope and curvature.

    heights: V_k . x for the cell's generators. corner: width of the loss's corner, 0 where it has none.
    """
    total, upper, most, least = 0.0, 0.0, 0.0, 0.0
    for k in range(len(heights)):
        total += lengths[k] * heights[k]
        upper += lengths[k] * max(heights[k], 0.0)
        most, least = max(most, heights[k]), min(least, heights[k])
    if least >= 0.0:
        return upper, total, 1.0 if most > 0.0 else 0.0, 0.0
    if most <= 0.0:
        return upper, 0.0, 0.0, 0.0
    width = smoothing * (most - least) + 1e-9
    if corner > 0.0:
        root = np.sqrt(total * total + 4.0 * (width * corner) ** 2)
        return upper, 0.5 * (total + root), 0.5 + 0.5 * total / root, 2.0 * (width * corner) ** 2 / root**3
    slope = min(1.0, max(0.0, total / width))
    return upper, slope * (total - 0.5 * slope * width), slope, 1.0 / width if 0.0 < slope < 1.0 else 0.0


@njit(cache=True, error_model="numpy")
def multiplier(loss, delta, corner, side, low, high, y, near):
    """The violated side of the output interval (1: above the target), the loss's slope there and its curvature.

    near: an end of the interval this close to the target counts as violated, so that its multiplier may move.
    """
    if loss == LOGISTIC:
        chance = 1.0 / (1.0 + np.exp(-min(500.0, max(-500.0, low if y < 0 else -high))))
        return -y, chance, chance * (1.0 - chance)
    if loss in (HINGE, ABSOLUTE):
        short = (1.0 if loss == HINGE else -side * y) + side * (low if side > 0.0 else high)
        root = np.sqrt(short * short + 4.0 * corner * corner)
        return side, 0.5 + 0.5 * short / root, 2.0 * corner * corner / root**3
    side, violation = 0.0, 0.0
    if low > y - near:
        side, violation = 1.0, max(0.0, low - y)
    elif high < y + near:
        side, violation = -1.0, max(0.0, y - high)
    if loss == SQUARED:
        return side, 2.0 * violation, abs(2.0 * side)
    # the search bends the straight part a little: there its dual points have multipliers below delta
    return side, min(violation, delta), abs(side) * (1.0 if violation < delta else corner * min(1.0, delta))


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
def read_dual(x, y, cones, positive, free, bias, loss, delta, smoothing, point, split, near):
    """All multipliers that the dual has at `point`, one a line: first each row's (twice with absolute loss: above and
    below the target), then each unit's lower envelope at each of these.

    column: what one unit of a multiplier adds to the dual conditions. along: the same with the lower envelopes' slopes
    held, which is how the multiplier moves with the unknowns. value, bend: the multiplier and how fast it moves. side:
    of each row. kind: 0 of a decided row, free; 1 of a row, bounded by the loss; 2 of an envelope, by its row's.
    split: whether rows that all cells decide may have multipliers of either sign. near: see multiplier.
    """
    units, M, D = len(cones), len(x), x.shape[1]
    p, rows = free + units * M, 2 * D if loss == ABSOLUTE else D
    lines = rows * (1 + units)
    column, along, value, bend = np.zeros((lines, p)), np.zeros((lines, p)), np.zeros(lines), np.zeros(lines)
    side, kind, slope = np.zeros(rows), np.zeros(lines, np.int8), np.zeros(units)
    curve = np.zeros(units)
    heights = np.zeros((units, M, D))
    for j in range(units):
        heights[j] = cones[j] @ x
        heights[j] = np.where(np.abs(heights[j]) < 1e-11, 0.0, heights[j])
    for r in range(rows):
        i, low, decided = r % D, 0.0, split and loss == SQUARED
        for a in range(free):
            low += point[a] * (1.0 if a < bias else x[a - bias, i])
        high = low
        for j in range(units):
            first, here = free + j * M, heights[j, :, i].copy()
            upper, lower, slope[j], curve[j] = relu_range(
                point[first : first + M], here, smoothing, point[-1] if loss in (ABSOLUTE, HINGE) else 0.0
            )
            decided &= not (here.min() < 0.0 < here.max())
            low, high = (low + lower, high + upper) if j < positive else (low - upper, high - lower)
        given = -y[i] if loss == HINGE else (1.0 if r < D else -1.0)
        side[r], value[r], bend[r] = multiplier(loss, delta, point[-1], given, low, high, y[i], near)
        if decided:
            side[r], value[r], bend[r] = 1.0, 2.0 * (low - y[i]), 2.0
        kind[r] = 0 if decided else 1
        for a in range(free):
            column[r, a] = side[r] * (1.0 if a < bias else x[a - bias, i])
            along[r, a] = column[r, a]
        for j in range(units):
            line = rows * (1 + j) + r
            for k in range(M):
                a, height = free + j * M + k, heights[j, k, i]
                if decided:
                    column[r, a] = (1.0 if j < positive else -1.0) * max(height, 0.0)
                    along[r, a] = column[r, a]
                elif (1.0 if j < positive else -1.0) * side[r] > 0.0:
                    column[line, a] = height
                    along[r, a] = slope[j] * height
                    kind[line] = 2
                else:
                    column[r, a] = -max(height, 0.0)
                    along[r, a] = column[r, a]
            if kind[line] == 2:
                value[line], bend[line] = value[r] * slope[j], value[r] * curve[j]
                along[line] = column[line]
    return column, along, value, bend, side, kind


@njit(cache=True, error_model="numpy")
def penalty_share(cones, back, weight_decay, max_norm, pressure, free, point, p):
    """What the norms add to the dual conditions at `point`, and the constant that the norm bound costs.

    pressure (w,): how hard each unit is held to the norm bound, any numbers: a vector q of that size in the unit's
    direction costs max_norm |q|, since q . u >= -max_norm |q| for every unit u within the bound.
    """
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
            tight = abs(pressure[j]) / (max_norm * max_norm)
            pull += tight
            constant -= tight * norm * max_norm
        share[first : first + M] = pull * (seen @ vector)
    return share, constant


@njit(cache=True, error_model="numpy")
def move_multipliers(column, along, value, bend, kind, rows, top, shift):
    """Multipliers after the unknowns moved by `shift`, within their limits: 0 to `top` for a row, 0 to its row's for a
    lower envelope."""
    moved = value.copy()
    for r in range(rows):
        moved[r] += bend[r] * (along[r] @ shift)
        if kind[r] == 1:
            moved[r] = min(top, max(0.0, moved[r]))
    for line in range(rows, len(value)):
        if kind[line] == 2:
            r = line % rows
            slope = value[line] / value[r] if value[r] > 0.0 else 0.0
            moved[line] = moved[r] * slope + bend[line] * (column[line] @ shift)
            moved[line] = min(moved[r], max(0.0, moved[line]))
    return moved


@njit(cache=True, error_model="numpy")
def proved_bound(
    x, y, weight, cones, positive, free, bias, loss, delta, smoothing, penalty, constant, point, shift, split, near,
    enough,
):  # fmt: skip
    """The lower bound that the dual point proves for the tuple of cells, after a least-squares correction of rounding.

    -inf where its conditions cannot be met: equality for free unknowns, at least 0 for the lengths of each cell. A
    condition that was once missed is held at 0 from then on: else the correction of one undoes that of another.
    Singular values below a cut count as 0, ever smaller ones if need be: with long units much of a miss lies there.
    enough: a bound that needs no further correction.
    """
    column, along, value, bend, side, kind = read_dual(
        x, y, cones, positive, free, bias, loss, delta, smoothing, point, split, near
    )
    p, rows, D = column.shape[1], len(side), len(y)
    heavy = np.zeros(len(value))
    for line in range(len(value)):
        heavy[line] = weight[line % rows % D]
    top = np.inf if loss == SQUARED else (delta if loss == HUBER else 1.0)
    best, offset, held = -np.inf, shift[:p].copy(), np.arange(p) < free
    for step in range(12):
        moved = move_multipliers(column, along, value, bend, kind, rows, top, offset)
        condition = penalty + column.T @ (heavy * moved)
        miss = np.where(np.arange(p) < free, np.abs(condition), np.maximum(0.0, -condition))
        charge = 100.0 * (miss * np.maximum(1.0, np.abs(point[:p] + offset))).sum()
        if charge <= 1e-4:
            bound = constant - charge
            for r in range(rows):
                bound += weight[r % D] * conjugate(loss, moved[r], side[r], y[r % D])
            best = max(best, bound)
        if charge <= 1e-9 or best >= enough:
            break
        held |= miss > 0.0
        wrong = np.flatnonzero(held)
        curved = np.sqrt(heavy * bend)
        for line in range(len(value)):
            limit = top if line < rows else moved[line % rows]
            if kind[line] > 0 and not 0.0 < moved[line] < limit:
                curved[line] = 0.0
        system = along[:, wrong] * curved.reshape(-1, 1)
        cut = 10.0 ** -(7 + step // 3)
        move = np.linalg.lstsq(system, np.linalg.lstsq(system.T, -condition[wrong], cut)[0], cut)[0]
        for i in range(len(wrong)):
            offset[wrong[i]] += move[i]
    return best
