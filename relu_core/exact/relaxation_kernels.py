"""Loops of the relaxation: outputs as intervals, derivatives, the dual bound, Newton's method."""

import numpy as np
from numba import njit

from relu_core.exact.cones_kernels import ON_HYPERPLANE

FAST = {"reassoc", "contract", "nsz", "arcp"}
SQUARED, ABSOLUTE, HUBER, HINGE, LOGISTIC = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy", fastmath=FAST)
def load_cells(task, cells, chosen, units, work):
    """Generators of each unit's cell at all rows, and the side on which the cell puts each row."""
    M, D = task.x.shape
    for j in range(units):
        c = chosen[j]
        for k in range(M):
            for i in range(D):
                work.q[j, k, i] = 0.0
            for a in range(M):
                weight = cells.generator[c, k, a]
                for i in range(D):
                    work.q[j, k, i] += weight * task.x[a, i]
        for i in range(D):
            above, below = False, False
            for k in range(M):
                if abs(work.q[j, k, i]) < ON_HYPERPLANE:
                    work.q[j, k, i] = 0.0
                above |= work.q[j, k, i] > 0.0
                below |= work.q[j, k, i] < 0.0
            work.kind[j, i] = (0 if below else 1) if above else -1
        if task.weight_decay > 0.0 or task.max_norm < np.inf:
            seen = cells.generator[c] @ task.back.T
            work.norms[j] = seen @ seen.T


@njit(cache=True, error_model="numpy", fastmath=FAST)
def gather_rows(task, units, free, everything, work):
    """Copies the rows that need a visit: the undecided ones, or everything. Returns their number R."""
    M, D = task.x.shape
    R = 0
    for i in range(D):
        undecided = everything
        for j in range(units):
            undecided |= work.kind[j, i] == 0
        work.dual[i] = 0.0 if undecided else task.weight[i]
        if undecided:
            for side in (1.0, -1.0):
                if side == 1.0 or task.loss == ABSOLUTE:
                    work.row[R], work.side[R] = i, -task.y[i] if task.loss == HINGE else side
                    work.y[R], work.weight[R] = task.y[i], task.weight[i]
                    R += 1
    for a in range(free):
        for r in range(R):
            work.base[a, r] = 1.0 if a < task.bias else task.x[a - task.bias, work.row[r]]
    for j in range(units):
        for r in range(R):
            i = work.row[r]
            kind, most, least = work.kind[j, i], 0.0, 0.0
            for k in range(M):
                value = work.q[j, k, i] if kind >= 0 else 0.0
                work.visited[j, k, r], work.raised[j, k, r] = value, max(value, 0.0)
                most, least = max(most, value), min(least, value)
            width = task.smoothing * (most - least) + 1e-9
            work.soft[j, r] = width if kind == 0 else 0.0
            work.steep[j, r] = 1.0 / width if kind == 0 else 0.0
            work.fixed[j, r] = 1.0 if kind == 1 else 0.0
    return R


@njit(cache=True, error_model="numpy", fastmath=FAST)
def gram_of_decided(task, p, free, units, positive, work):
    """Gram matrix and moments of the decided rows (weights in work.dual, 0 elsewhere); returns sum of weight y^2."""
    M, D = task.x.shape
    for a in range(free):
        for i in range(D):
            work.jacobian[a, i] = 1.0 if a < task.bias else task.x[a - task.bias, i]
    for j in range(units):
        sign = 1.0 if j < positive else -1.0
        for k in range(M):
            a = free + j * M + k
            for i in range(D):
                work.jacobian[a, i] = sign * work.q[j, k, i] if work.kind[j, i] > 0 else 0.0
    total = 0.0
    for i in range(D):
        total += work.dual[i] * task.y[i] * task.y[i]
    for a in range(p):
        moment = 0.0
        for i in range(D):
            work.scaled[i] = work.dual[i] * work.jacobian[a, i]
            moment += work.scaled[i] * task.y[i]
        work.moment[a] = moment
        for b in range(a + 1):
            s = 0.0
            for i in range(D):
                s += work.scaled[i] * work.jacobian[b, i]
            work.gram[a, b] = s
            work.gram[b, a] = s
    return total


@njit(cache=True, error_model="numpy", fastmath=FAST)
def output_intervals(task, theta, free, units, positive, R, work):
    """Smooth lower and upper envelope of the outputs at the visited rows.

    The kink is a parabola; with a loss that has a corner it is a hyperbola as wide as the corner's (Chen and Harker's
    smoothing), which Newton's method follows as it would follow an interior-point path.
    """
    M = task.x.shape[0]
    corners, width = task.loss == ABSOLUTE or task.loss == HINGE, work.constant[1]
    for r in range(R):
        work.low[r] = 0.0
    for a in range(free):
        for r in range(R):
            work.low[r] += theta[a] * work.base[a, r]
    for r in range(R):
        work.high[r] = work.low[r]
    for j in range(units):
        for r in range(R):
            work.z[j, r] = 0.0
            work.u[j, r] = 0.0
        for k in range(M):
            length = theta[free + j * M + k]
            if length != 0.0:
                for r in range(R):
                    work.z[j, r] += length * work.visited[j, k, r]
                    work.u[j, r] += length * work.raised[j, k, r]
        for r in range(R):
            z, soft = work.z[j, r], work.soft[j, r]
            if corners and soft > 0.0:
                root = np.sqrt(z * z + 4.0 * soft * soft * width * width)
                t, h = 0.5 + 0.5 * z / root, 0.5 * (z + root)
                work.turn[j, r] = 2.0 * soft * soft * width * width / (root * root * root)
            else:
                t = max(work.fixed[j, r], min(1.0, max(0.0, z * work.steep[j, r])))
                h = t * (z - 0.5 * t * soft)
                work.turn[j, r] = work.steep[j, r] if 0.0 < t < 1.0 else 0.0
            work.t[j, r] = t
            if j < positive:
                work.low[r] += h
                work.high[r] += work.u[j, r]
            else:
                work.low[r] -= work.u[j, r]
                work.high[r] -= h


@njit(cache=True, error_model="numpy", fastmath=FAST)
def row_loss(task, R, work):
    """Loss of the intervals: sets side, residual, slope and bend of each visited row, returns the weighted sum."""
    total = 0.0
    if task.loss == LOGISTIC:
        for r in range(R):
            side = -work.y[r]
            value = work.low[r] if side > 0.0 else -work.high[r]
            tail = np.exp(-abs(value))
            chance = 1.0 / (1.0 + tail) if value > 0.0 else tail / (1.0 + tail)
            work.side[r], work.residual[r], work.slope[r], work.bend[r] = side, value, chance, chance * (1.0 - chance)
            total += work.weight[r] * (np.log1p(tail) + max(value, 0.0))
        return total
    if task.loss == ABSOLUTE or task.loss == HINGE:
        return corner_loss(task, R, work)
    for r in range(R):
        below, above = work.low[r] - work.y[r], work.y[r] - work.high[r]
        value = max(0.0, max(below, above))
        work.side[r] = (1.0 if below > 0.0 else 0.0) - (1.0 if above > 0.0 else 0.0)
        work.residual[r] = value
    if task.loss == SQUARED:
        for r in range(R):
            work.slope[r] = 2.0 * work.residual[r]
            work.bend[r] = 2.0 if work.residual[r] > 0.0 else 0.0
            total += work.weight[r] * work.residual[r] * work.residual[r]
        return total
    for r in range(R):
        value = min(work.residual[r], task.delta)
        work.slope[r] = value
        work.bend[r] = 1.0 if 0.0 < work.residual[r] < task.delta else 0.0
        total += work.weight[r] * value * (work.residual[r] - 0.5 * value)
    return total


@njit(cache=True, error_model="numpy", fastmath=FAST)
def corner_loss(task, R, work):
    """row_loss for the losses with a corner, each visited row on its given side; the corner is a hyperbola above it."""
    total, width = 0.0, work.constant[1]
    for r in range(R):
        side = work.side[r]
        value = side * (work.low[r] if side > 0.0 else work.high[r])
        value += 1.0 if task.loss == HINGE else -side * work.y[r]
        root = np.sqrt(value * value + 4.0 * width * width)
        work.residual[r], work.slope[r] = value, 0.5 + 0.5 * value / root
        work.bend[r] = 2.0 * width * width / (root * root * root)
        total += work.weight[r] * 0.5 * (value + root)
    return total


@njit(cache=True, error_model="numpy", fastmath=FAST)
def unit_norm(task, theta, first, j, barrier, work):
    """Penalty on the norm s of unit j: its value, d/ds over s, curvature minus that over s^2, and the bound's share.

    The value is infinite outside the norm bound, which a logarithmic barrier of height `barrier` keeps.
    """
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
        room = task.max_norm * task.max_norm - square
        if room <= 0.0:
            return np.inf, 0.0, 0.0, 0.0
        value -= barrier * np.log(room / (task.max_norm * task.max_norm))
        slope += 2.0 * barrier / room
        turn += 4.0 * barrier / (room * room)
        constant = -2.0 * barrier * np.sqrt(max(square, 0.0)) / room * task.max_norm
    return value, slope, turn, constant


@njit(cache=True, error_model="numpy", fastmath=FAST)
def relaxed_value(task, theta, p, free, units, positive, R, total, barrier, work):
    """Value of the smooth relaxation at theta."""
    output_intervals(task, theta, free, units, positive, R, work)
    value = row_loss(task, R, work)
    if task.loss == SQUARED:
        value += total
        for a in range(p):
            s = -2.0 * work.moment[a]
            for b in range(p):
                s += work.gram[a, b] * theta[b]
            value += theta[a] * s
    if task.weight_decay > 0.0 or task.max_norm < np.inf:
        for j in range(units):
            value += unit_norm(task, theta, free + j * task.x.shape[0], j, barrier, work)[0]
    return value


@njit(cache=True, error_model="numpy", fastmath=FAST)
def fill_jacobian(task, free, units, positive, R, work):
    """Derivative of each row's residual by each unknown, with the slopes t of the lower envelopes held."""
    M = task.x.shape[0]
    for a in range(free):
        for r in range(R):
            work.jacobian[a, r] = work.side[r] * work.base[a, r]
    for j in range(units):
        sign = 1.0 if j < positive else -1.0
        for k in range(M):
            a = free + j * M + k
            for r in range(R):
                if sign * work.side[r] > 0.0:
                    work.jacobian[a, r] = work.t[j, r] * work.visited[j, k, r]
                else:
                    work.jacobian[a, r] = -work.raised[j, k, r]


@njit(cache=True, error_model="numpy", fastmath=FAST)
def derivatives(task, theta, p, free, units, positive, R, barrier, work):
    """Gradient, Hessian, and the Hessian without the norms' part; residuals are those of the last value."""
    fill_jacobian(task, free, units, positive, R, work)
    squared = task.loss == SQUARED
    for a in range(p):
        slope = 0.0
        for r in range(R):
            slope += work.weight[r] * work.slope[r] * work.jacobian[a, r]
            work.scaled[r] = work.weight[r] * work.bend[r] * work.jacobian[a, r]
        if squared:
            s = -work.moment[a]
            for b in range(p):
                s += work.gram[a, b] * theta[b]
            slope += 2.0 * s
        work.gradient[a] = slope
        work.penalty[a] = 0.0
        for b in range(a + 1):
            s = 2.0 * work.gram[a, b] if squared else 0.0
            for r in range(R):
                s += work.scaled[r] * work.jacobian[b, r]
            work.linear_hessian[a, b] = s
            work.linear_hessian[b, a] = s
            work.hessian[a, b] = s
            work.hessian[b, a] = s
    work.constant[0] = 0.0
    for j in range(units):
        add_kinks(task, free, j, 1.0 if j < positive else -1.0, R, work)
        if task.weight_decay > 0.0 or task.max_norm < np.inf:
            add_norm(task, theta, free, j, barrier, work)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def add_kinks(task, free, j, sign, R, work):
    """Curvature of unit j's smoothed kinks, which bends the loss where the lower envelope is the violated side."""
    M = task.x.shape[0]
    some = False
    for r in range(R):
        inside = sign * work.side[r] > 0.0 and work.turn[j, r] > 0.0
        work.scaled[r] = work.weight[r] * work.slope[r] * work.turn[j, r] if inside else 0.0
        some |= inside
    if not some:
        return
    for k in range(M):
        for m in range(k + 1):
            s = 0.0
            for r in range(R):
                s += work.scaled[r] * work.visited[j, k, r] * work.visited[j, m, r]
            a, b = free + j * M + k, free + j * M + m
            work.hessian[a, b] += s
            work.linear_hessian[a, b] += s
            if a != b:
                work.hessian[b, a] += s
                work.linear_hessian[b, a] += s


@njit(cache=True, error_model="numpy", fastmath=FAST)
def add_norm(task, theta, free, j, barrier, work):
    """Gradient and curvature of unit j's penalty; what the norm bound costs the dual goes to work.constant[0]."""
    M = task.x.shape[0]
    first = free + j * M
    _, slope, turn, constant = unit_norm(task, theta, first, j, barrier, work)
    work.constant[0] += constant
    for k in range(M):
        s = 0.0
        for a in range(M):
            s += work.norms[j, k, a] * theta[first + a]
        work.penalty[first + k] = s
    for k in range(M):
        for a in range(M):
            bend = slope * work.norms[j, k, a] + turn * work.penalty[first + k] * work.penalty[first + a]
            work.hessian[first + k, first + a] += bend
    for k in range(M):
        work.penalty[first + k] *= slope
        work.gradient[first + k] += work.penalty[first + k]
