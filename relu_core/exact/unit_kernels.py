"""Loops of the width-free bound: how much one unit in a cell can gain against given row multipliers."""

import numpy as np
from numba import njit

from relu_core.exact.quadratic_kernels import nonnegative_quadratic


@njit(cache=True, error_model="numpy")
def most_gain(generator, x, dual):
    """Upper bound on sum_i dual_i relu(v . x_i) over v of norm at most 1 in the cone of the generators (M, M).

    Also the largest such sum that was met on the way.

    Relu is bounded by its values at the generators where it helps, and by a slope in [0, 1] where it hurts: any slopes
    give a bound, the best of four choices is kept.
    """
    M, D = x.shape
    heights = generator @ x
    gram = generator @ generator.T
    slopes, best, met = np.full(D, 0.5), np.inf, 0.0
    lengths, passive, picked = np.zeros(M), np.zeros(M, np.bool_), np.zeros(M, np.int64)
    factor, target, gain, start = np.zeros((M, M)), np.zeros(M), np.zeros(M), np.zeros(M)
    for _ in range(4):
        for k in range(M):
            s = 0.0
            for i in range(D):
                s += dual[i] * (max(heights[k, i], 0.0) if dual[i] > 0.0 else slopes[i] * heights[k, i])
            gain[k] = s
        nonnegative_quadratic(M, 0, gram, gain, 1e-13, start, lengths, passive, picked, factor, target)
        towards = generator.T @ lengths
        # by the conditions of the quadratic program no v gains more than this; what rounding leaves of them is added
        bound = np.sqrt(max(0.0, towards @ towards))
        if bound > 0.0:
            short = 0.0
            for k in range(M):
                short = max(short, gain[k] - (generator[k] @ towards))
            bound += short * M / max(1e-3, np.sqrt(np.linalg.eigvalsh(gram)[0]))
        best = min(best, bound)
        at, gained = x.T @ towards, 0.0
        for i in range(D):
            gained += dual[i] * max(at[i], 0.0)
        if towards @ towards > 0.0:
            met = max(met, gained / np.sqrt(towards @ towards))
        for i in range(D):
            above, below = heights[:, i].max() > 0.0, heights[:, i].min() < 0.0
            slopes[i] = (0.0 if below else 1.0) if above != below else (1.0 if at[i] > 0.0 else 0.0)
    return best, met


@njit(cache=True, error_model="numpy")
def widest_edge(generator, x, dual):
    """The edge that the rows with most multiplier cross."""
    M, D = x.shape
    heights = generator @ x
    first, second, most = 0, 1, -1.0
    for a in range(M):
        for b in range(a + 1, M):
            s = 1e-12 * (1.0 - generator[a] @ generator[b])
            for i in range(D):
                if heights[a, i] * heights[b, i] < 0.0:
                    s += abs(dual[i]) * min(abs(heights[a, i]), abs(heights[b, i]))
            if s > most:
                first, second, most = a, b, s
    return first, second
