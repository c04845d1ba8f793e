"""Loops that look for good networks: Newton's method on the pattern at hand, with the true objective as judge."""

import numpy as np
from numba import njit

from relu_core.exact.glide_kernels import (
    glide,
    network_outputs,
    network_value,
    norm_derivatives,
    shorten,
    smooth_derivatives,
    system_of_slopes,
)
from relu_core.exact.losses import ABSOLUTE, HINGE, LOGISTIC
from relu_core.exact.quadratic_kernels import solve_shifted
from relu_core.exact.scratch import (
    CALLED,
    FACTOR,
    GRADIENT,
    HESSIAN,
    LOOP,
    LOW,
    NEWTON,
    PICKED,
    TRIAL,
    T,
    Z,
)
from relu_core.interrupts import interrupted

# Descents that end within this factor of the incumbent are worth a closer look.
PROMISING = 1.3
# What a pattern is noted for: a descent from there, and a gliding one from where a descent ended.
START, GLIDE = 0, 1 << 20
# Length of the units of a jump: far longer than the affine functions they stand for.
JUMP = 100.0
# Units whose directions have this cosine are the two of a jump, and move together.
TOGETHER = 0.99


@njit(**LOOP)
def pattern_system(task, weights, p, free, units, positive, work):
    """HESSIAN and GRADIENT: the Newton system with every row held on its present side of every unit."""
    M, D = task.x.shape
    for j in range(units):
        z, t = work.unit[Z, j], work.unit[T, j]
        for i in range(D):
            t[i] = 1.0 if z[i] > 0.0 else 0.0
    system_of_slopes(task, p, free, units, positive, work)
    if task.weight_decay > 0.0:
        for j in range(units):
            norm_derivatives(task, weights, free + j * M, work)


@njit(**CALLED)
def descend(task, weights, p, free, units, positive, steps, work):
    """Improves the weights in place until a step gains nothing; returns the objective."""
    value = network_value(task, weights, free, units, positive, work)
    softness, picked, trial, newton = 0.3, work.index[PICKED], work.vector[TRIAL], work.vector[NEWTON]
    for a in range(p):
        picked[a] = a
    for _ in range(steps):
        network_outputs(task, weights, free, units, positive, work)
        smooth_derivatives(task, softness, work)
        pattern_system(task, weights, p, free, units, positive, work)
        trace = 0.0
        for a in range(p):
            trace = max(trace, work.square[HESSIAN, a, a])
        solve_shifted(
            work.square[HESSIAN], picked, p, work.vector[GRADIENT], 1e-11 * trace + 1e-300, work.square[FACTOR], newton
        )
        step, moved = 1.0, False
        while step > 1e-4:
            for a in range(p):
                trial[a] = weights[a] - step * newton[a]
            if task.max_norm < np.inf:
                shorten(task, trial, free, units)
            new = network_value(task, trial, free, units, positive, work)
            if new < value * (1.0 - 1e-10):
                for a in range(p):
                    weights[a] = trial[a]
                value, moved = new, True
                break
            step *= 0.5
        rounded = task.loss == ABSOLUTE or task.loss == HINGE
        if not moved and (not rounded or softness < 1e-6):
            break
        softness *= 0.3 if not moved else 0.7
    if task.loss == HINGE or task.loss == LOGISTIC:
        return stretch(task, weights, p, free, units, positive, value, work)
    return value


@njit(**LOOP)
def stretch(task, weights, p, free, units, positive, value, work):
    """Lengthens a network that has every row on its class's side: its hinge loss is then 0, its logistic one nearly."""
    network_outputs(task, weights, free, units, positive, work)
    least, trial = np.inf, work.vector[TRIAL]
    for i in range(task.x.shape[1]):
        least = min(least, task.y[i] * work.row[LOW, i])
    if not 1e-9 < least < np.inf:
        return value
    longer = (1.0 + 1e-12) / least if task.loss == HINGE else 40.0 / least
    for a in range(p):
        trial[a] = longer * weights[a]
    new = network_value(task, trial, free, units, positive, work)
    if new < value:
        for a in range(p):
            weights[a] = trial[a]
        return new
    return value


@njit(**LOOP)
def new_pattern(task, units, positive, purpose, best, work):
    """Whether this pattern of rows on their sides (Z) was not met for this purpose (START, GLIDE) yet; notes it."""
    D = task.x.shape[1]
    number = np.uint64(units * 64 + positive + purpose)
    for j in range(units):
        z, sides = work.unit[Z, j], np.uint64(0)
        for i in range(D):
            sides += task.tag[i] if z[i] > 0.0 else np.uint64(0)
        number = (number ^ (sides >> np.uint64(29)) ^ sides) * np.uint64(0x9E3779B97F4A7C15)
    place = np.int64((number >> np.uint64(20)) % np.uint64(best.seen.shape[0]))
    if best.seen[place] == number:
        return False
    best.seen[place] = number
    return True


@njit(**LOOP)
def cutoff_of(best, tolerance, floor):
    """Bound from which on nothing can improve the incumbent by more than the tolerance, as Limits.cutoff."""
    return best.value[0] - tolerance * max(best.value[0], floor)


@njit(**CALLED)
def keep_incumbent(best, weights, p, value, units, positive, affine):
    """Stores a better network in place."""
    if not value < best.value[0]:
        return False
    best.value[0] = value
    best.shape[0], best.shape[1], best.shape[2] = units, positive, affine
    for a in range(p):
        best.weights[a] = weights[a]
    return True


@njit(**LOOP)
def improve(task, weights, p, free, units, positive, steps, best, work):
    """descend, and where that is promising and its pattern is new, glide; returns the objective."""
    value = descend(task, weights, p, free, units, positive, steps, work)
    if value < PROMISING * best.value[0]:
        network_outputs(task, weights, free, units, positive, work)
        if new_pattern(task, units, positive, GLIDE, best, work):
            value = glide(task, weights, p, free, units, positive, value, work)
            if task.loss == HINGE or task.loss == LOGISTIC:
                value = stretch(task, weights, p, free, units, positive, value, work)
    return value


@njit(**CALLED)
def kick(task, planes, replaced, signs, affines, steps, weights, best, work):
    """Descends from the incumbent with one unit replaced: by planes[s] (M,), of sign signs[s].

    Where affines[s] says so, the unit's place is taken by a free affine part, or gives way to one. True at a Ctrl-C.
    """
    M = task.x.shape[0]
    for s in range(planes.shape[0]):
        if interrupted():
            return True
        affine, positive = best.shape[2], 0
        first_old = task.bias + affine * (M - 1)
        switch = affines[s] * task.affine
        affine_new = affine ^ switch
        units, free = task.width - affine_new, task.bias + affine_new * (M - 1)
        lost = -1 if affine == 1 and switch == 1 else replaced[s] % max(1, best.shape[0])
        for a in range(weights.shape[0]):
            weights[a] = 0.0
        for a in range(min(free, first_old)):
            weights[a] = best.weights[a]
        place = 0
        for sign in (1, -1):
            for j in range(best.shape[0]):
                if j != lost and (j < best.shape[1]) == (sign == 1) and place < units:
                    for a in range(M):
                        weights[free + place * M + a] = best.weights[first_old + j * M + a]
                    place += 1
            if signs[s] == sign and place < units and (affine == 1 or switch == 0):
                for a in range(M):
                    weights[free + place * M + a] = planes[s, a]
                place += 1
            if sign == 1:
                positive = place
        if place < units:
            continue
        p = free + units * M
        value = improve(task, weights, p, free, units, positive, steps, best, work)
        keep_incumbent(best, weights, p, value, units, positive, affine_new)
    return False


@njit(**CALLED)
def nudge(task, shifts, chosen, sizes, steps, weights, best, work):
    """Descends from the incumbent with the hyperplane of one unit moved by shifts[s], sizes[s] times the unit's length.

    What stands for a jump together with it moves along. True at a Ctrl-C.
    """
    M = task.x.shape[0]
    for s in range(shifts.shape[0]):
        if interrupted():
            return True
        units, positive, affine = best.shape[0], best.shape[1], best.shape[2]
        if units == 0:
            return False
        free = task.bias + affine * (M - 1)
        p, unit = free + units * M, free + chosen[s] % units * M
        for a in range(weights.shape[0]):
            weights[a] = best.weights[a]
        for j in range(units):
            first = free + j * M
            shared, length, other = 0.0, 0.0, 0.0
            for a in range(M):
                shared += best.weights[unit + a] * best.weights[first + a]
                length += best.weights[first + a] * best.weights[first + a]
                other += best.weights[unit + a] * best.weights[unit + a]
            if abs(shared) >= TOGETHER * np.sqrt(length * other):
                size = sizes[s] * np.sqrt(length) * (1.0 if shared >= 0.0 else -1.0)
                for a in range(M):
                    weights[first + a] += size * shifts[s, a]
        if task.max_norm < np.inf:
            shorten(task, weights, free, units)
        network_outputs(task, weights, free, units, positive, work)
        if new_pattern(task, units, positive, START, best, work):
            value = improve(task, weights, p, free, units, positive, steps, best, work)
            keep_incumbent(best, weights, p, value, units, positive, affine)
    return False


@njit(**LOOP)
def best_edge(task, edges, work):
    """The hyperplane of edges (E, M) with the least squares of an affine function on its side, a constant beyond."""
    M, D = task.x.shape
    gram, moment, picked, solution = (
        work.square[HESSIAN],
        work.vector[GRADIENT],
        work.index[PICKED],
        work.vector[NEWTON],
    )
    chosen, least = -1, np.inf
    for a in range(M):
        picked[a] = a
    for e in range(edges.shape[0]):
        beyond, shift, total = 0.0, 0.0, 0.0
        for a in range(M):
            moment[a] = 0.0
            for b in range(M):
                gram[a, b] = 0.0
        for i in range(D):
            height, weight, y = 0.0, task.weight[i], task.y[i]
            for a in range(M):
                height += edges[e, a] * task.x[a, i]
            if height > 0.0:
                for a in range(M):
                    moment[a] += weight * y * task.x[a, i]
                    for b in range(a + 1):
                        gram[a, b] += weight * task.x[a, i] * task.x[b, i]
            else:
                beyond, shift = beyond + weight, shift + weight * y
        trace = 0.0
        for a in range(M):
            trace = max(trace, gram[a, a])
        solve_shifted(gram, picked, M, moment, 1e-11 * trace + 1e-300, work.square[FACTOR], solution)
        for a in range(M):
            total -= moment[a] * solution[a]
        if task.bias == 1 and beyond > 0.0:
            total -= shift * shift / beyond
        if total < least:
            chosen, least = e, total
    return chosen


@njit(**LOOP)
def new_unit(task, direction, anchor, length, unit):
    """unit (M,) = a hyperplane of that direction through the data row `anchor`."""
    M, offset = task.x.shape[0], 0.0
    for a in range(M - 1):
        unit[a] = length * direction[a]
        offset -= unit[a] * task.x[a, anchor]
    unit[M - 1] = offset


@njit(**CALLED)
def multistart(task, directions, anchors, positives, affines, edges, steps, weights, best, work):
    """Descends from each start: unit j's hyperplane has a random direction and passes the data row anchors[s, j].

    While edges (S, E, M) holds hyperplanes for a start, its last positive and first negative unit lie on the best of
    these: two long units whose difference is any affine function on one side. Many optima are such jumps. True at a
    Ctrl-C.
    """
    M = task.x.shape[0]
    for s in range(directions.shape[0]):
        if interrupted():
            return True
        affine = affines[s] * task.affine
        units, free = task.width - affine, task.bias + affine * (M - 1)
        positive, p = min(positives[s], units), free + units * M
        edge = best_edge(task, edges[s], work) if units > 1 and s < edges.shape[0] else -1
        if edge >= 0:
            positive = max(1, min(positive, units - 1))
        for a in range(free):
            weights[a] = 0.0
        length = 1.0 if task.max_norm == np.inf else 1e-3 * task.max_norm
        for j in range(units):
            new_unit(task, directions[s, j], anchors[s, j], length, weights[free + j * M : free + (j + 1) * M])
            if edge >= 0 and (j == positive - 1 or j == positive):
                for a in range(M):
                    weights[free + j * M + a] = JUMP * edges[s, edge, a]
        value = improve(task, weights, p, free, units, positive, steps, best, work)
        keep_incumbent(best, weights, p, value, units, positive, affine)
    return False
