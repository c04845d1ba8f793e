"""Small dense linear algebra of the relaxation: Cholesky, and quadratic programs over nonnegative variables."""

import numpy as np
from numba import njit

from relu_core.exact.scratch import CALLED, LOOP
from relu_core.exact.sums_kernels import sum_of_products

# No finite matrix of these programs needs as much; without an end one entry that is not finite would never be left.
HIGHEST_SHIFT = 1e200


@njit(**LOOP)
def solve_positive(matrix, index, n, right, shift, factor, out):
    """out[:n] = (matrix[index, index] + shift I)^-1 right[index]; False where a pivot is lost to rounding."""
    for i in range(n):
        a = index[i]
        for j in range(i + 1):
            s = matrix[a, index[j]]
            if i == j:
                s += shift
            for k in range(j):
                s -= factor[i, k] * factor[j, k]
            if i == j:
                if s <= 1e-14 * (matrix[a, a] + shift) + 1e-300:
                    return False
                factor[i, i] = np.sqrt(s)
            else:
                factor[i, j] = s / factor[j, j]
    for i in range(n):
        s = right[index[i]]
        for k in range(i):
            s -= factor[i, k] * out[k]
        out[i] = s / factor[i, i]
    for i in range(n - 1, -1, -1):
        s = out[i]
        for k in range(i + 1, n):
            s -= factor[k, i] * out[k]
        out[i] = s / factor[i, i]
    return True


@njit(**LOOP)
def solve_shifted(matrix, index, n, right, shift, factor, out):
    """As solve_positive, raising the shift until every pivot holds; 0 where the matrix is not finite."""
    while not solve_positive(matrix, index, n, right, shift, factor, out):
        shift = 1e-14 + shift * 100.0
        if not shift < HIGHEST_SHIFT:
            for i in range(n):
                out[i] = 0.0
            return


@njit(**LOOP)
def orthonormal_line(lines, k, length, dependent, factor):
    """Makes line k (its first `length` numbers) orthonormal to those before it; False where less than the share
    `dependent` of it is left. factor[: k + 1, k]: its shares of them, and what was left."""
    before = np.sqrt(sum_of_products((lines[k], lines[k]), length))
    for j in range(k):
        factor[j, k] = 0.0
    for _ in range(2):
        for j in range(k):
            shared = sum_of_products((lines[k], lines[j]), length)
            factor[j, k] += shared
            for i in range(length):
                lines[k, i] -= shared * lines[j, i]
    left = np.sqrt(sum_of_products((lines[k], lines[k]), length))
    if not left > dependent * before:
        return False
    for i in range(length):
        lines[k, i] /= left
    factor[k, k] = left
    return True


@njit(**LOOP)
def step_to_bound(x, target, index, n, free):
    """Moves x towards target over index[:n] until a bounded variable reaches 0; returns that variable, or -1."""
    step, blocking = 1.0, -1
    for i in range(n):
        a = index[i]
        if a >= free and target[i] <= 0.0:
            distance = x[a] - target[i]
            share = x[a] / distance if distance > 0.0 else 0.0
            if share < step or blocking < 0:
                step, blocking = min(share, 1.0), a
    for i in range(n):
        x[index[i]] += step * (target[i] - x[index[i]])
    return blocking


@njit(**CALLED)
def nonnegative_quadratic(p, free, hessian, linear, shift, start, x, passive, index, factor, target):
    """x = argmin 1/2 x'(hessian + shift I)x - linear'x, x[a] >= 0 for a >= free (Lawson and Hanson's active set)."""
    for a in range(p):
        x[a] = start[a]
        passive[a] = a < free or start[a] > 0.0
    for _ in range(3 * p + 5):
        for _ in range(p + 2):
            n = np.int64(0)
            for a in range(p):
                if passive[a]:
                    index[n] = a
                    n += 1
            solve_shifted(hessian, index, n, linear, shift, factor, target)
            blocking = step_to_bound(x, target, index, n, free)
            if blocking < 0:
                break
            x[blocking] = 0.0
            passive[blocking] = False
            for a in range(free, p):
                if passive[a] and x[a] <= 0.0:
                    x[a] = 0.0
                    passive[a] = False
        entering, most = -1, 1e-11
        for a in range(free, p):
            if not passive[a]:
                s = linear[a] - shift * x[a]
                for b in range(p):
                    s -= hessian[a, b] * x[b]
                s /= np.sqrt(hessian[a, a] + shift)
                if s > most:
                    entering, most = a, s
        if entering < 0:
            return
        passive[entering] = True
