"""Loops of the dual: row multipliers read off at a point, repaired until their conditions hold, and what they prove."""

import numpy as np
from numba import njit

from relu_core.exact.quadratic_kernels import solve_shifted
from relu_core.exact.relaxation_kernels import ABSOLUTE, HINGE, HUBER, SQUARED

FAST = {"reassoc", "contract", "nsz", "arcp"}
# What rounding leaves of the dual conditions is charged to the bound, for weights this many times the dual point's own;
# a dual point is repaired until it is charged less than DUAL_CHARGE, and not used above DUAL_LIMIT.
DUAL_REACH, DUAL_CHARGE, DUAL_LIMIT = 100.0, 1e-9, 1e-4


@njit(cache=True, error_model="numpy", fastmath=FAST)
def move_dual(task, shift, p, free, units, positive, R, work):
    """Multipliers after the unknowns moved by `shift` from where they were read off, kept in the dual's domain.

    dual: of a row's violated side. beta: of the lower envelope max(0, z) >= slope z of each unit at the row, between 0
    and dual.
    """
    top = np.inf if task.loss == SQUARED else (task.delta if task.loss == HUBER else 1.0)
    M = task.x.shape[0]
    for r in range(R):
        work.scaled[r] = 0.0
    for a in range(p):
        if shift[a] != 0.0:
            for r in range(R):
                work.scaled[r] += shift[a] * work.jacobian[a, r]
    for r in range(R):
        work.dual[r] = min(top, max(0.0, work.slope[r] + work.bend[r] * work.scaled[r]))
    for j in range(units):
        for r in range(R):
            work.scaled[r] = 0.0
        for k in range(M):
            step = shift[free + j * M + k]
            if step != 0.0:
                for r in range(R):
                    work.scaled[r] += step * work.visited[j, k, r]
        for r in range(R):
            moved = work.dual[r] * work.t[j, r] + work.slope[r] * work.turn[j, r] * work.scaled[r]
            work.beta[j, r] = min(work.dual[r], max(0.0, moved)) if work.turn[j, r] > 0.0 else moved


@njit(cache=True, error_model="numpy", fastmath=FAST)
def dual_conditions(task, theta, shift, p, free, units, positive, R, work):
    """work.target = what each unknown's weight adds per unit in the dual: must be 0 for free ones, at least 0 else."""
    M = task.x.shape[0]
    for a in range(free):
        s = 0.0
        for r in range(R):
            s += work.weight[r] * work.dual[r] * work.jacobian[a, r]
        work.target[a] = s
    for j in range(units):
        sign = 1.0 if j < positive else -1.0
        for k in range(M):
            s = work.penalty[free + j * M + k]
            for r in range(R):
                if sign * work.side[r] > 0.0:
                    s += work.weight[r] * work.beta[j, r] * work.visited[j, k, r]
                else:
                    s -= work.weight[r] * work.dual[r] * work.raised[j, k, r]
            work.target[free + j * M + k] = s
    if task.loss == SQUARED:
        for a in range(p):
            moment = -work.moment[a]
            for b in range(p):
                moment += work.gram[a, b] * (theta[b] + shift[b])
            work.target[a] += 2.0 * moment


@njit(cache=True, error_model="numpy", fastmath=FAST)
def dual_value(task, theta, shift, p, R, total, work):
    """The bound that the multipliers in work.dual prove, when their conditions hold."""
    value = work.constant[0]
    if task.loss == SQUARED:
        value += total
        for a in range(p):
            s = 0.0
            for b in range(p):
                s += work.gram[a, b] * (theta[b] + shift[b])
            value -= (theta[a] + shift[a]) * s
        for r in range(R):
            t = work.dual[r]
            value -= work.weight[r] * t * (0.25 * t + work.side[r] * work.y[r])
    elif task.loss == HUBER:
        for r in range(R):
            t = work.dual[r]
            value -= work.weight[r] * t * (0.5 * t + work.side[r] * work.y[r])
    elif task.loss == ABSOLUTE:
        for r in range(R):
            value -= work.weight[r] * work.dual[r] * work.side[r] * work.y[r]
    elif task.loss == HINGE:
        for r in range(R):
            value += work.weight[r] * work.dual[r]
    else:
        for r in range(R):
            t = work.dual[r]
            entropy = (t * np.log(t) if t > 0.0 else 0.0) + ((1.0 - t) * np.log1p(-t) if t < 1.0 else 0.0)
            value -= work.weight[r] * entropy
    return value


@njit(cache=True, error_model="numpy", fastmath=FAST)
def dual_bound(task, theta, shift, p, free, units, positive, R, total, work):
    """Repairs the multipliers at theta + shift until their conditions hold; returns the bound, or -inf.

    The repair is a least-norm correction of the multipliers where the smoothed loss is curved; `shift` takes it up.
    """
    best = -np.inf
    for _ in range(5):
        move_dual(task, shift, p, free, units, positive, R, work)
        dual_conditions(task, theta, shift, p, free, units, positive, R, work)
        charge, wrong, trace = 0.0, 0, 0.0
        for a in range(p):
            miss = abs(work.target[a]) if a < free else max(0.0, -work.target[a])
            charge += DUAL_REACH * miss * max(1.0, abs(theta[a] + shift[a]))
            trace = max(trace, work.linear_hessian[a, a])
            if a < free or miss > 0.0:
                work.picked[wrong] = a
                wrong += 1
        if charge <= DUAL_LIMIT:
            bound = dual_value(task, theta, shift, p, R, total, work) - charge
            if bound > best:
                best = bound
                for a in range(p):
                    work.kept[a] = shift[a]
        if charge <= DUAL_CHARGE:
            break
        solve_shifted(
            work.linear_hessian, work.picked, wrong, work.target, 1e-13 * trace + 1e-300, work.factor, work.trial
        )
        for i in range(wrong):
            shift[work.picked[i]] -= work.trial[i]
    if best > -np.inf:
        for a in range(p):
            shift[a] = work.kept[a]
    return best
