"""Loops that look for good networks: Newton's method on the pattern at hand, with the true objective as judge."""

import numpy as np
from numba import njit

from relu_core.exact.quadratic_kernels import solve_shifted
from relu_core.exact.relaxation_kernels import ABSOLUTE, HINGE, HUBER, LOGISTIC, SQUARED

FAST = {"reassoc", "contract", "nsz", "arcp"}


@njit(cache=True, error_model="numpy", fastmath=FAST)
def network_outputs(task, weights, free, units, positive, work):
    """work.low = outputs of the network [bias, affine part, v_1 .. v_units] at all rows."""
    M, D = task.x.shape
    for i in range(D):
        work.low[i] = 0.0
    for a in range(free):
        for i in range(D):
            work.low[i] += weights[a] * (1.0 if a < task.bias else task.x[a - task.bias, i])
    for j in range(units):
        sign, first = 1.0 if j < positive else -1.0, free + j * M
        for i in range(D):
            work.scaled[i] = 0.0
        for a in range(M):
            for i in range(D):
                work.scaled[i] += weights[first + a] * task.x[a, i]
        for i in range(D):
            work.low[i] += sign * max(0.0, work.scaled[i])
            work.z[j, i] = work.scaled[i]


@njit(cache=True, error_model="numpy", fastmath=FAST)
def network_value(task, weights, free, units, positive, work):
    """True objective; infinite where a unit breaks the norm bound."""
    M, D = task.x.shape
    network_outputs(task, weights, free, units, positive, work)
    value = 0.0
    for i in range(D):
        r = work.low[i] - task.y[i]
        if task.loss == SQUARED:
            value += task.weight[i] * r * r
        elif task.loss == ABSOLUTE:
            value += task.weight[i] * abs(r)
        elif task.loss == HUBER:
            size = min(abs(r), task.delta)
            value += task.weight[i] * size * (abs(r) - 0.5 * size)
        elif task.loss == HINGE:
            value += task.weight[i] * max(0.0, 1.0 - task.y[i] * work.low[i])
        else:
            margin = -task.y[i] * work.low[i]
            value += task.weight[i] * (np.log1p(np.exp(-abs(margin))) + max(0.0, margin))
    if task.weight_decay > 0.0 or task.max_norm < np.inf:
        for j in range(units):
            square = 0.0
            for b in range(task.back.shape[0]):
                s = 0.0
                for a in range(M):
                    s += task.back[b, a] * weights[free + j * M + a]
                square += s * s
            if square > task.max_norm * task.max_norm:
                return np.inf
            value += task.weight_decay * np.sqrt(square)
    return value


@njit(cache=True, error_model="numpy", fastmath=FAST)
def smooth_derivatives(task, softness, work):
    """Slope and curvature of each row's loss by its output; corners are rounded over `softness`."""
    for i in range(task.x.shape[1]):
        r = work.low[i] - task.y[i]
        if task.loss == SQUARED:
            work.slope[i], work.bend[i] = 2.0 * r, 2.0
        elif task.loss == LOGISTIC:
            chance = 1.0 / (1.0 + np.exp(min(500.0, max(-500.0, task.y[i] * work.low[i]))))
            work.slope[i], work.bend[i] = -task.y[i] * chance, chance * (1.0 - chance) + 1e-9
        elif task.loss == HINGE:
            short = 1.0 - task.y[i] * work.low[i]
            root = np.sqrt(short * short + softness * softness)
            work.slope[i] = -0.5 * task.y[i] * (1.0 + short / root)
            work.bend[i] = 0.5 * softness * softness / (root * root * root) + 1e-6
        else:
            width = task.delta if task.loss == HUBER else 1.0
            root = np.sqrt(r * r + softness * softness)
            if task.loss == HUBER:
                work.slope[i] = min(width, max(-width, r))
                work.bend[i] = 1.0 if abs(r) < width else 1e-3
            else:
                work.slope[i], work.bend[i] = r / root, softness * softness / (root * root * root) + 1e-6


@njit(cache=True, error_model="numpy", fastmath=FAST)
def pattern_system(task, weights, p, free, units, positive, work):
    """work.hessian and work.target: the Newton system with every row held on its present side of every unit."""
    M, D = task.x.shape
    for a in range(free):
        for i in range(D):
            work.jacobian[a, i] = 1.0 if a < task.bias else task.x[a - task.bias, i]
    for j in range(units):
        sign = 1.0 if j < positive else -1.0
        for a in range(M):
            for i in range(D):
                work.jacobian[free + j * M + a, i] = sign * task.x[a, i] if work.z[j, i] > 0.0 else 0.0
    for a in range(p):
        gradient = 0.0
        for i in range(D):
            gradient += task.weight[i] * work.slope[i] * work.jacobian[a, i]
            work.scaled[i] = task.weight[i] * work.bend[i] * work.jacobian[a, i]
        work.gradient[a] = gradient
        for b in range(a + 1):
            s = 0.0
            for i in range(D):
                s += work.scaled[i] * work.jacobian[b, i]
            work.hessian[a, b] = s
            work.hessian[b, a] = s
    if task.weight_decay > 0.0:
        metric = task.back.T @ task.back
        for j in range(units):
            v = weights[free + j * M : free + (j + 1) * M]
            pull = metric @ v
            norm = np.sqrt(v @ pull) + 1e-9
            for a in range(M):
                work.gradient[free + j * M + a] += task.weight_decay * pull[a] / norm
                for b in range(M):
                    bend = metric[a, b] / norm - pull[a] * pull[b] / (norm * norm * norm)
                    work.hessian[free + j * M + a, free + j * M + b] += task.weight_decay * bend


@njit(cache=True, error_model="numpy", fastmath=FAST)
def descend(task, weights, p, free, units, positive, steps, work):
    """Improves the weights in place until a step gains nothing; returns the objective."""
    value = network_value(task, weights, free, units, positive, work)
    softness = 0.3
    for a in range(p):
        work.picked[a] = a
    for _ in range(steps):
        network_outputs(task, weights, free, units, positive, work)
        smooth_derivatives(task, softness, work)
        pattern_system(task, weights, p, free, units, positive, work)
        trace = 0.0
        for a in range(p):
            trace = max(trace, work.hessian[a, a])
        solve_shifted(work.hessian, work.picked, p, work.gradient, 1e-11 * trace + 1e-300, work.factor, work.newton)
        step, moved = 1.0, False
        while step > 1e-4:
            for a in range(p):
                work.trial[a] = weights[a] - step * work.newton[a]
            new = network_value(task, work.trial, free, units, positive, work)
            if new < value * (1.0 - 1e-10):
                for a in range(p):
                    weights[a] = work.trial[a]
                value, moved = new, True
                break
            step *= 0.5
        rounded = task.loss == ABSOLUTE or task.loss == HINGE
        if not moved and (not rounded or softness < 1e-6):
            return value
        softness *= 0.3 if not moved else 0.7
    return value


@njit(cache=True, error_model="numpy", fastmath=FAST)
def keep_incumbent(best, weights, p, value, units, positive, affine):
    """Stores a better network in place."""
    if not value < best.value[0]:
        return False
    best.value[0] = value
    best.shape[0], best.shape[1], best.shape[2] = units, positive, affine
    for a in range(p):
        best.weights[a] = weights[a]
    return True


@njit(cache=True, error_model="numpy", fastmath=FAST)
def multistart(task, directions, anchors, positives, affines, steps, best, work):
    """Descends from each start: unit j's hyperplane has a random direction and passes the data row anchors[s, j]."""
    M = task.x.shape[0]
    weights = np.zeros(work.theta.shape[0])
    for s in range(directions.shape[0]):
        affine = affines[s] * task.affine
        units, free = task.width - affine, task.bias + affine * (M - 1)
        positive, p = min(positives[s], units), free + units * M
        for a in range(free):
            weights[a] = 0.0
        for j in range(units):
            offset = 0.0
            for a in range(M - 1):
                weights[free + j * M + a] = directions[s, j, a]
                offset -= directions[s, j, a] * task.x[a, anchors[s, j]]
            weights[free + j * M + M - 1] = offset
        if task.max_norm < np.inf:
            for a in range(free, p):
                weights[a] *= 1e-3 * task.max_norm
        value = descend(task, weights, p, free, units, positive, steps, work)
        keep_incumbent(best, weights, p, value, units, positive, affine)
