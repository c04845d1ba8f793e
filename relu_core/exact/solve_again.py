"""A node's relaxation solved once more for the recheck, by a solver that the search does not know."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from relu_core.arguments import Floats

# Times that the multipliers of the norm bound are renewed.
ROUNDS = 8


class UnitNorms(NamedTuple):
    """What the norms of the units cost. seen (w, M, n + 1): the cells' generators as the norms see them. stiffness: how
    fast the multiplier of the norm bound grows where it is broken."""

    seen: Floats
    weight_decay: float
    max_norm: float
    stiffness: float

    def pressure(self, squares: Floats, held: Floats) -> Floats:
        """Multipliers (w,) of the norm bound that the squared norms ask for, after those held."""
        return np.maximum(0.0, held + self.stiffness * 0.5 * (squares / self.max_norm**2 - 1.0))

    def cost(self, lengths: Floats, held: Floats) -> tuple[float, Floats, Floats]:
        """Cost of lengths (w, M), its gradient (w, M), and the pressure; an augmented Lagrangian of the bound."""
        units = np.einsum("jk,jka->ja", lengths, self.seen)
        squares = (units * units).sum(axis=1)
        roots, asked = np.sqrt(squares + 1e-12), self.pressure(squares, held)
        cost = self.weight_decay * roots.sum() + ((asked**2 - held**2) / (2.0 * self.stiffness)).sum()
        pull = self.weight_decay / roots + asked / self.max_norm**2
        return float(cost), pull[:, None] * np.einsum("jka,ja->jk", self.seen, units), asked


def solve_again(
    heights: Floats,
    positive: int,
    base: Floats,
    y: Floats,
    weight: Floats,
    *,
    loss: str,
    limit: float,
    smoothing: float,
    norms: UnitNorms,
    start: Floats,
) -> tuple[Floats, Floats]:
    """Unknowns (p,) that minimise the smooth relaxation of a loss without corner, and the multipliers of a norm bound.

    heights (w, M, D): the cells' generators at the rows, positive units first. base (free, D): columns of the free
    unknowns. y, weight (D,). loss: squared, huber or logistic. limit: of Huber's slope. smoothing: width of the rounded
    kinks. start (p,). Nothing is trusted about the point: what its dual proves is worked out afterwards.
    """
    free, (w, M, _) = len(base), heights.shape
    raised = np.maximum(heights, 0.0)
    most, least = raised.max(axis=1), np.minimum(heights, 0.0).min(axis=1)
    width, on = smoothing * (most - least) + 1e-9, (least >= 0.0) & (most > 0.0)

    def objective(unknowns: Floats, held: Floats) -> tuple[float, Floats]:
        lengths = unknowns[free:].reshape(w, M)
        z, above = np.einsum("jk,jki->ji", lengths, heights), np.einsum("jk,jki->ji", lengths, raised)
        slope = np.where(on, 1.0, np.clip(z / width, 0.0, 1.0)) * (most > 0.0)
        below = np.where(on, z, slope * (z - 0.5 * slope * width))
        outputs = unknowns[:free] @ base
        low = outputs + below[:positive].sum(axis=0) - above[positive:].sum(axis=0)
        high = outputs + above[:positive].sum(axis=0) - below[positive:].sum(axis=0)
        losses, slopes = _interval_losses(loss, limit, low, high, y)
        pull, (cost, norm_pull, _) = weight * slopes, norms.cost(lengths, held)
        gradient = [base @ pull]
        for j in range(w):
            sign = 1.0 if j < positive else -1.0
            exact = sign * pull > 0.0
            gradient.append(heights[j] @ (sign * pull * slope[j] * exact) + raised[j] @ (sign * pull * ~exact))
            gradient[-1] += norm_pull[j]
        return float(weight @ losses) + cost, np.concatenate(gradient)

    return _renew(objective, norms, free, start)


def _renew(
    objective: Callable[[Floats, Floats], tuple[float, Floats]], norms: UnitNorms, free: int, start: Floats
) -> tuple[Floats, Floats]:
    """Minimises the objective for ever better multipliers of the norm bound."""
    w, M, _ = norms.seen.shape
    bounds = [(None, None)] * free + [(0.0, None)] * (w * M)
    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-16, "gtol": 1e-13, "maxcor": 30}
    point, held = start, np.zeros(w)
    for _ in range(ROUNDS):
        point = np.asarray(
            minimize(objective, point, (held,), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        )
        asked = norms.cost(point[free:].reshape(w, M), held)[2]
        if np.allclose(asked, held, rtol=1e-9, atol=1e-12):
            break
        held = asked
    return point, asked


def _interval_losses(loss: str, limit: float, low: Floats, high: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Each row's least loss over its interval of outputs, and the slope of it by the end that attains it."""
    if loss == "logistic":
        value = np.where(y < 0.0, low, -high)
        return np.logaddexp(0.0, value), -y / (1.0 + np.exp(-np.clip(value, -500.0, 500.0)))
    half, limit = (1.0, np.inf) if loss == "squared" else (0.5, limit)
    miss = np.maximum(low - y, 0.0) - np.maximum(y - high, 0.0)
    size = np.minimum(np.abs(miss), limit)
    return 2.0 * half * size * (np.abs(miss) - 0.5 * size), 2.0 * half * np.sign(miss) * size
