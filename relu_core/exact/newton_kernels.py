"""Newton's method on one node: iterates until the bound passes the cutoff, or shows that it will not."""

import numpy as np
from numba import njit

from relu_core.exact.dual_kernels import dual_bound
from relu_core.exact.losses import ABSOLUTE, HINGE, HUBER, SQUARED
from relu_core.exact.quadratic_kernels import nonnegative_quadratic
from relu_core.exact.relaxation_kernels import derivatives, relaxed_value
from relu_core.exact.rows_kernels import gather_rows, gram_of_decided, load_cells
from relu_core.exact.scratch import (
    CORNER,
    FACTOR,
    GAIN,
    GRADIENT,
    GRAM,
    HESSIAN,
    LINEAR_HESSIAN,
    LOOP,
    MERGED,
    MOMENT,
    MOVED,
    MULTIPLIER,
    NEWTON,
    NUMBER,
    PASSIVE,
    PICKED,
    POINT,
    RIGHT,
    SHIFT,
    THETA,
    TRIAL,
)


@njit(**LOOP)
def line_search(task, value, decrease, p, free, units, positive, R, total, work):
    """Halves the Newton step until the value falls; returns the new value and whether it did. Moves THETA."""
    theta, trial, newton, step = work.vector[THETA], work.vector[TRIAL], work.vector[NEWTON], 1.0
    for tries in range(25):
        for a in range(p):
            trial[a] = theta[a] + step * (newton[a] - theta[a])
        new = relaxed_value(task, trial, p, free, units, positive, R, total, work)
        slack = 1e-14 * (1.0 + abs(value)) if tries == 0 else 0.0
        if new <= value + 1e-4 * step * decrease + slack:
            for a in range(p):
                theta[a] = trial[a]
            return new, True
        step *= 0.5
    relaxed_value(task, theta, p, free, units, positive, R, total, work)
    return value, False


@njit(**LOOP)
def newton_step(p, free, damping, work):
    """NEWTON = minimiser of the quadratic model over nonnegative lengths, SHIFT the way there; returns its decrease."""
    theta, newton, gradient, hessian = (
        work.vector[THETA],
        work.vector[NEWTON],
        work.vector[GRADIENT],
        work.square[HESSIAN],
    )
    right, trace = work.vector[TRIAL], 0.0
    for a in range(p):
        trace = max(trace, work.square[LINEAR_HESSIAN, a, a])
    shift = damping * trace + 1e-300
    for a in range(p):
        s = shift * theta[a] - gradient[a]
        for b in range(p):
            s += hessian[a, b] * theta[b]
        right[a] = s
    nonnegative_quadratic(
        p, free, hessian, right, shift, theta, newton, work.index[PASSIVE], work.index[PICKED], work.square[FACTOR],
        work.vector[RIGHT],
    )  # fmt: skip
    decrease = 0.0
    for a in range(p):
        work.vector[SHIFT, a] = newton[a] - theta[a]
        decrease += gradient[a] * work.vector[SHIFT, a]
    return decrease


@njit(**LOOP)
def keep_point(task, p, units, work):
    """Notes where the best dual point so far is read off, and the multipliers of a norm bound."""
    for a in range(p):
        work.vector[POINT, a] = work.vector[THETA, a]
        work.vector[MOVED, a] = work.vector[SHIFT, a]
    work.vector[POINT, p] = work.vector[NUMBER, CORNER]
    for j in range(units):
        work.vector[MOVED, p + j] = work.vector[NUMBER, MULTIPLIER + task.width + j]


@njit(**LOOP)
def hold_multipliers(task, units, work):
    """Holds the multipliers of the norm bound that THETA asks for."""
    for j in range(units):
        work.vector[NUMBER, MULTIPLIER + j] = work.vector[NUMBER, MULTIPLIER + task.width + j]


@njit(**LOOP)
def first_multipliers(task, p, free, units, positive, R, total, work):
    """Multipliers of the norm bound for a start at THETA: those that leave no slope along each unit that reaches it."""
    M, theta, number = task.x.shape[0], work.vector[THETA], work.vector[NUMBER]
    for j in range(units):
        number[MULTIPLIER + j] = 0.0
    if task.max_norm == np.inf:
        return
    number[CORNER] = 1.0
    relaxed_value(task, theta, p, free, units, positive, R, total, work)
    derivatives(task, theta, p, free, units, positive, R, work)
    for j in range(units):
        slope, square, first = 0.0, 0.0, free + j * M
        for k in range(M):
            slope += work.vector[GRADIENT, first + k] * theta[first + k]
            for a in range(M):
                square += theta[first + k] * work.norms[j, k, a] * theta[first + a]
        share = square / (task.max_norm * task.max_norm)
        if share >= 0.99:
            number[MULTIPLIER + j] = max(0.0, number[MULTIPLIER + task.width + j] * share - slope)


@njit(**LOOP)
def minimise(task, p, free, units, positive, R, total, cutoff, leaf, steps, best, work):
    """Best dual bound on Newton's way from THETA, where it is read off left in POINT and MOVED; and the steps taken.

    A node whose value falls below the cutoff is left early, but for a leaf, which is tried once more when all seems
    done: nothing below it could be cut further.
    """
    theta, shift, damping, stalls = work.vector[THETA], work.vector[SHIFT], 1e-12, 0
    value = relaxed_value(task, theta, p, free, units, positive, R, total, work)
    for step in range(steps):
        derivatives(task, theta, p, free, units, positive, R, work)
        decrease = newton_step(p, free, damping, work)
        gain, smallest = work.vector[NUMBER, GAIN], 1e-10 * (abs(value) + 1e-3 * abs(cutoff))
        # a leaf's network must keep the norm bound, so that its excess there, of which gain is the square, counts
        enough = (1e-5 if leaf else 0.1) * smallest
        hopeless = not leaf and value < cutoff and 10.0 * gain - decrease < 0.05 * (cutoff - value)
        done = hopeless or (-decrease <= smallest and gain <= enough)
        if done or value + decrease >= cutoff - 0.1 * abs(cutoff):
            bound = dual_bound(task, theta, shift, p, free, units, positive, R, total, work)
            if bound > best:
                best = bound
                keep_point(task, p, units, work)
            if best >= cutoff or (done and (stalls > 2 or (best > -np.inf and not leaf))):
                return best, step + 1
            stalls += done
        if gain > max(enough, -10.0 * decrease):
            hold_multipliers(task, units, work)
            value = relaxed_value(task, theta, p, free, units, positive, R, total, work)
            continue
        value, moved = line_search(task, value, decrease, p, free, units, positive, R, total, work)
        if not moved:
            if damping > 1e-2:
                return best, step + 1
            damping *= 1e3
        else:
            damping = max(damping * 0.1, 1e-15)
    return best, steps


@njit(**LOOP)
def bound_node(task, cells, chosen, units, positive, affine, cutoff, warm, work):
    """Lower bound for networks with unit j in cell chosen[j], positive output weights first; starts at THETA.

    Returns the bound, the number of rows visited, of unknowns, of free ones, and of Newton steps.
    """
    M = task.x.shape[0]
    free = task.bias + affine * (M - 1)
    p = free + units * M
    squared = task.loss == SQUARED
    load_cells(task, cells, chosen, units, work)
    R = gather_rows(task, units, free, not squared, work)
    total = gram_of_decided(task, p, free, units, positive, work) if squared else 0.0
    best, steps, undecided, theta = -np.inf, 0, 0, work.vector[THETA]
    for j in range(units):
        undecided += cells.undecided[chosen[j]]
    # Newton follows a path for these losses and starts at its beginning; elsewhere only a failed warm start is left
    cold = not warm or (not squared and task.loss != HUBER)
    while best == -np.inf:
        if cold:
            for a in range(p):
                theta[a] = 0.0
        best, taken = follow(task, p, free, units, positive, R, total, cutoff, undecided == 0, work)
        steps += taken
        if cold:
            break
        cold = True
    if squared and best < cutoff:
        value = relaxed_value(task, theta, p, free, units, positive, R, total, work)
        if undecided == 0 or best == -np.inf or value >= cutoff - 1e-9 * abs(cutoff):
            R = gather_rows(task, units, free, np.bool_(True), work)
            best, taken = row_by_row_bound(task, p, free, units, positive, R, cutoff, undecided == 0, best, work)
            steps += taken
    return best, R, p, free, steps


@njit(**MERGED)
def follow(task, p, free, units, positive, R, total, cutoff, leaf, work):
    """minimise, along the path of the loss's corner where there is one."""
    steps = np.int64(0)
    first_multipliers(task, p, free, units, positive, R, total, work)
    if task.loss == ABSOLUTE or task.loss == HINGE or task.loss == HUBER:
        best, taken = sharpen(task, p, free, units, positive, R, cutoff, leaf, work)
    else:
        best, taken = minimise(task, p, free, units, positive, R, total, cutoff, leaf, np.int64(60), -np.inf, work)
    return best, steps + taken


@njit(**MERGED)
def row_by_row_bound(task, p, free, units, positive, R, cutoff, leaf, best, work):
    """The dual bound at THETA without the Gram matrix, whose rounding grows with units that nearly cancel.

    A leaf goes on with Newton's method there: with gradients summed over rows it reaches the last digits.
    """
    theta, shift = work.vector[THETA], work.vector[SHIFT]
    for a in range(p):
        work.vector[MOMENT, a], shift[a] = 0.0, 0.0
        for b in range(p):
            work.square[GRAM, a, b] = 0.0
    relaxed_value(task, theta, p, free, units, positive, R, 0.0, work)
    derivatives(task, theta, p, free, units, positive, R, work)
    bound = dual_bound(task, theta, shift, p, free, units, positive, R, 0.0, work)
    if bound > best:
        best = bound
        keep_point(task, p, units, work)
    if leaf and best < cutoff:
        return minimise(task, p, free, units, positive, R, 0.0, cutoff, leaf, np.int64(60), best, work)
    return best, 0


@njit(**MERGED)
def sharpen(task, p, free, units, positive, R, cutoff, leaf, work):
    """minimise for losses with a corner: followed along ever sharper corners, a few steps each.

    The dual has no corner to round, so a blunt one often proves enough.
    """
    best, steps, number = -np.inf, 0, work.vector[NUMBER]
    number[CORNER] = 1.0
    while True:
        last = number[CORNER] < 2e-9
        most = np.int64((30 if last else 4) if task.max_norm == np.inf else (120 if last else 16))
        best, taken = minimise(task, p, free, units, positive, R, 0.0, cutoff, leaf, most, best, work)
        steps += taken
        value = relaxed_value(task, work.vector[THETA], p, free, units, positive, R, 0.0, work)
        if best >= cutoff or last or (not leaf and number[CORNER] < 1e-3 and value < cutoff):
            return best, steps
        number[CORNER] *= 0.15
