"""A node's relaxation solved once more for the recheck, by a solver that the search does not know."""

import numpy as np
from scipy.optimize import minimize

from relu_core.arguments import Floats


def solve_again(
    heights: Floats,
    positive: int,
    base: Floats,
    y: Floats,
    weight: Floats,
    *,
    limit: float,
    smoothing: float,
    start: Floats,
) -> Floats:
    """Unknowns (p,) that minimise the smooth relaxation of squared or Huber loss; a dual is read off there.

    heights (w, M, D): the cells' generators at the rows, positive units first. base (free, D): columns of the free
    unknowns. y, weight (D,). limit: of the loss's slope (Huber; infinite else). smoothing: width of the rounded kinks.
    start (p,). Nothing is trusted about the point: what its dual proves is worked out afterwards.
    """
    free, (w, M, _) = len(base), heights.shape
    raised = np.maximum(heights, 0.0)
    most, least = raised.max(axis=1), np.minimum(heights, 0.0).min(axis=1)
    width, on = smoothing * (most - least) + 1e-9, (least >= 0.0) & (most > 0.0)
    half = 1.0 if np.isinf(limit) else 0.5

    def objective(unknowns: Floats) -> tuple[float, Floats]:
        lengths = unknowns[free:].reshape(w, M)
        z, above = np.einsum("jk,jki->ji", lengths, heights), np.einsum("jk,jki->ji", lengths, raised)
        slope = np.where(on, 1.0, np.clip(z / width, 0.0, 1.0)) * (most > 0.0)
        below = np.where(on, z, slope * (z - 0.5 * slope * width))
        outputs = unknowns[:free] @ base
        low = outputs + below[:positive].sum(axis=0) - above[positive:].sum(axis=0)
        high = outputs + above[:positive].sum(axis=0) - below[positive:].sum(axis=0)
        miss = np.maximum(low - y, 0.0) - np.maximum(y - high, 0.0)
        size = np.minimum(np.abs(miss), limit)
        pull = weight * 2.0 * half * np.sign(miss) * size
        gradient = [base @ pull]
        for j in range(w):
            sign = 1.0 if j < positive else -1.0
            exact = sign * pull > 0.0
            gradient.append(heights[j] @ (sign * pull * slope[j] * exact) + raised[j] @ (sign * pull * ~exact))
        return float(weight @ (2.0 * half * size * (np.abs(miss) - 0.5 * size))), np.concatenate(gradient)

    bounds = [(None, None)] * free + [(0.0, None)] * (w * M)
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-16, "gtol": 1e-13, "maxcor": 30}
    return np.asarray(minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)
