"""Newton's method on one node: iterates until the bound passes the cutoff, or shows that it will not."""

import numpy as np
from numba import njit

from relu_core.exact.dual_kernels import dual_bound
from relu_core.exact.quadratic_kernels import nonnegative_quadratic
from relu_core.exact.relaxation_kernels import (
    ABSOLUTE,
    HINGE,
    HUBER,
    SQUARED,
    derivatives,
    gather_rows,
    gram_of_decided,
    load_cells,
    relaxed_value,
)

FAST = {"reassoc", "contract", "nsz", "arcp"}


@njit(cache=True, error_model="numpy", fastmath=FAST)
def line_search(task, value, decrease, p, free, units, positive, R, total, barrier, work):
    """Halves the Newton step until the value falls; returns the new value and whether it did. Moves work.theta."""
    step = 1.0
    for tries in range(25):
        for a in range(p):
            work.trial[a] = work.theta[a] + step * (work.newton[a] - work.theta[a])
        new = relaxed_value(task, work.trial, p, free, units, positive, R, total, barrier, work)
        slack = 1e-14 * (1.0 + abs(value)) if tries == 0 else 0.0
        if new <= value + 1e-4 * step * decrease + slack:
            for a in range(p):
                work.theta[a] = work.trial[a]
            return new, True
        step *= 0.5
    relaxed_value(task, work.theta, p, free, units, positive, R, total, barrier, work)
    return value, False


@njit(cache=True, error_model="numpy", fastmath=FAST)
def minimise(task, p, free, units, positive, R, total, barrier, cutoff, leaf, steps, best, work):
    """Best dual bound on Newton's way from work.theta, its dual point left in work.certificate; and the steps taken.

    A node whose value falls below the cutoff is left early, but for a leaf: nothing below it could be cut further.
    """
    damping, stalls = 1e-12, 0
    value = relaxed_value(task, work.theta, p, free, units, positive, R, total, barrier, work)
    for step in range(steps):
        derivatives(task, work.theta, p, free, units, positive, R, barrier, work)
        trace = 0.0
        for a in range(p):
            trace = max(trace, work.linear_hessian[a, a])
        for a in range(p):
            s = -work.gradient[a]
            for b in range(p):
                s += work.hessian[a, b] * work.theta[b]
            work.target[a] = s + (damping * trace + 1e-300) * work.theta[a]
            work.trial[a] = work.target[a]
        nonnegative_quadratic(
            p, free, work.hessian, work.trial, damping * trace + 1e-300, work.theta, work.newton, work.passive,
            work.picked, work.factor, work.target,
        )  # fmt: skip
        decrease = 0.0
        for a in range(p):
            work.shift[a] = work.newton[a] - work.theta[a]
            decrease += work.gradient[a] * work.shift[a]
        hopeless = not leaf and value < cutoff and -decrease < 0.05 * (cutoff - value)
        done = hopeless or -decrease <= 1e-10 * (abs(value) + 1e-3 * abs(cutoff))
        if done or value + decrease >= cutoff - 0.1 * abs(cutoff):
            bound = dual_bound(task, work.theta, work.shift, p, free, units, positive, R, total, work)
            if bound > best:
                best = bound
                for a in range(p):
                    work.certificate[0, a] = work.theta[a]
                    work.certificate[1, a] = work.shift[a]
                work.certificate[0, work.theta.shape[0]] = work.constant[1]
            if best >= cutoff or (done and (best > -np.inf or stalls > 2)):
                return best, step + 1
            stalls += done
        value, moved = line_search(task, value, decrease, p, free, units, positive, R, total, barrier, work)
        if not moved:
            if damping > 1e-2:
                return best, step + 1
            damping *= 1e3
        else:
            damping = max(damping * 0.1, 1e-15)
    return best, steps


@njit(cache=True, error_model="numpy", fastmath=FAST)
def bound_node(task, cells, chosen, units, positive, affine, cutoff, warm, work):
    """Lower bound for networks with unit j in cell chosen[j], positive output weights first; starts at work.theta.

    Returns the bound, the number of rows visited, of unknowns, of free ones, and of Newton steps.
    """
    M = task.x.shape[0]
    free = task.bias + affine * (M - 1)
    p = free + units * M
    squared = task.loss == SQUARED
    load_cells(task, cells, chosen, units, work)
    R = gather_rows(task, units, free, not squared, work)
    total = gram_of_decided(task, p, free, units, positive, work) if squared else 0.0
    best, steps, leaf = -np.inf, 0, True
    for j in range(units):
        leaf &= cells.undecided[chosen[j]] == 0
    # Newton follows a path for these losses and starts at its beginning; elsewhere only a failed warm start is left
    cold = not warm or task.max_norm < np.inf or (not squared and task.loss != HUBER)
    while best == -np.inf:
        if cold:
            for a in range(p):
                work.theta[a] = 0.0
        best, taken = follow(task, p, free, units, positive, R, total, cutoff, leaf, work)
        steps += taken
        if cold:
            break
        cold = True
    if squared and best < cutoff:
        value = relaxed_value(task, work.theta, p, free, units, positive, R, total, task.barrier, work)
        if best == -np.inf or value >= cutoff - 1e-9 * abs(cutoff):
            R = gather_rows(task, units, free, True, work)
            best = max(best, row_by_row_bound(task, p, free, units, positive, R, task.barrier, best, work))
    return best, R, p, free, steps


@njit(cache=True, error_model="numpy", fastmath=FAST)
def follow(task, p, free, units, positive, R, total, cutoff, leaf, work):
    """minimise, along the paths of the norm bound's barrier and of the loss's corner where there is one."""
    steps = 0
    if task.max_norm < np.inf:
        # Down the barrier's central path; no comparison with a cutoff that is not a number stops these steps early.
        height = 1e-2 * cutoff
        while height > 2.0 * task.barrier:
            steps += minimise(task, p, free, units, positive, R, total, height, np.nan, False, 8, -np.inf, work)[1]
            height *= 0.1
    if task.loss in (ABSOLUTE, HINGE):
        best, taken = sharpen(task, p, free, units, positive, R, task.barrier, cutoff, leaf, work)
    else:
        best, taken = minimise(task, p, free, units, positive, R, total, task.barrier, cutoff, leaf, 60, -np.inf, work)
    return best, steps + taken


@njit(cache=True, error_model="numpy", fastmath=FAST)
def row_by_row_bound(task, p, free, units, positive, R, barrier, best, work):
    """The dual bound at work.theta without the Gram matrix, whose rounding grows with units that nearly cancel."""
    for a in range(p):
        work.moment[a], work.shift[a] = 0.0, 0.0
        for b in range(p):
            work.gram[a, b] = 0.0
    relaxed_value(task, work.theta, p, free, units, positive, R, 0.0, barrier, work)
    derivatives(task, work.theta, p, free, units, positive, R, barrier, work)
    bound = dual_bound(task, work.theta, work.shift, p, free, units, positive, R, 0.0, work)
    if bound > best:
        for a in range(p):
            work.certificate[0, a] = work.theta[a]
            work.certificate[1, a] = work.shift[a]
    return bound


@njit(cache=True, error_model="numpy", fastmath=FAST)
def sharpen(task, p, free, units, positive, R, barrier, cutoff, leaf, work):
    """minimise for losses with a corner: followed along ever sharper corners, a few steps each.

    The dual has no corner to round, so a blunt one often proves enough.
    """
    best, steps = -np.inf, 0
    work.constant[1] = 1.0
    while True:
        last = work.constant[1] < 2e-9
        best, taken = minimise(
            task, p, free, units, positive, R, 0.0, barrier, cutoff, leaf, 30 if last else 4, best, work
        )
        steps += taken
        value = relaxed_value(task, work.theta, p, free, units, positive, R, 0.0, barrier, work)
        if best >= cutoff or last or (not leaf and work.constant[1] < 1e-3 and value < cutoff):
            return best, steps
        work.constant[1] *= 0.15
