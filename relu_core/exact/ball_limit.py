"""A limit on what one unit of norm at most 1 can gain, for any number of inputs: quadratics in place of relu.

Relu lies below z^2 / 4t + z / 2 + t / 4 for every t > 0, and for |z| <= r above 0, z, and z / 2 + z^2 / 2r. With the
one where it helps and the other where it hurts, the gain is at most a quadratic over the unit ball, whose maximum has
a dual of one variable. Every choice of t and of the lower pieces gives a limit; the best of many is kept.
"""

import numpy as np

from relu_core.arguments import Floats

STEPS = 400


def gain_over_ball(rows: Floats, dual: Floats) -> float:
    """Upper limit on sum_i dual_i relu(u . x_i) over |u| <= 1; rows x (D, M), dual (D,).

    Source of the choice: Frank and Wolfe's method on the concave problem of first and second moments of u.
    """
    M = rows.shape[1]
    helps, reach = dual > 0, np.linalg.norm(rows, axis=1) + 1e-300
    mean, moments, best = np.zeros(M), np.eye(M) / M, np.inf
    for step in range(STEPS):
        square = np.einsum("ia,ab,ib->i", rows, moments, rows)
        along, wide = rows @ mean, np.sqrt(np.maximum(square, 1e-12 * reach**2))
        half = 0.5 * along + 0.5 * square / reach >= np.maximum(along, 0.0)
        linear = dual * np.where(helps | half, 0.5, (along > 0.0).astype(np.float64))
        curved = dual * np.where(helps, 0.25 / wide, np.where(half, 0.5 / reach, 0.0))
        most, point, second = _most_over_ball((rows * curved[:, None]).T @ rows, linear @ rows)
        best = min(best, float(most + 0.25 * dual[helps] @ wide[helps]))
        share = 2.0 / (step + 3.0)
        mean, moments = (1 - share) * mean + share * point, (1 - share) * moments + share * second
    return best


def _most_over_ball(quadratic: Floats, linear: Floats) -> tuple[float, Floats, Floats]:
    """Limit on linear . u + u . quadratic u over |u| <= 1, and first and second moments where it is nearly reached."""
    bends, basis = np.linalg.eigh(quadratic)
    pull = basis.T @ linear
    low = max(float(bends[-1]), 0.0) + 1e-12 * (1e-300 + float(np.abs(bends).max()))
    high = sphere_multiplier(bends, pull, low, low + 0.5 * float(np.linalg.norm(pull)) + 1e-300)
    point = basis @ (0.5 * pull / (high - bends))
    second, left = np.outer(point, point), 1.0 - float(point @ point)
    if left > 0.0 and bends[-1] > 0.0:
        second += left * np.outer(basis[:, -1], basis[:, -1])
    limit = (high + 0.25 * np.sum(pull**2 / (high - bends))) * (1.0 + 1e-9)
    return float(limit), point, second


def sphere_multiplier(bends: Floats, pull: Floats, low: float, high: float) -> float:
    """The multiplier of |u|^2 <= 1 at the maximum of pull . u + sum_k bends_k u_k^2, from above, between low and high.

    Any multiplier above the largest bend gives a limit, so rounding of the search for the best one costs nothing.
    """
    for _ in range(60):
        multiplier = 0.5 * (low + high)
        if 0.25 * np.sum((pull / (multiplier - bends)) ** 2) > 1.0:
            low = multiplier
        else:
            high = multiplier
    return high
