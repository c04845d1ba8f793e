"""A metric as a curve over the log of parameters, straight between the sizes that were tried."""

from collections.abc import Sequence

import numpy as np

from relu_core.arguments import Floats


def crossing(sizes: Sequence[float], values: Sequence[float] | Floats, goal: float) -> float:
    """Parameters at which a curve of values (k,), more is better, passes the goal for good. sizes (k,): ascending.

    The first size where the curve lies above from the start; infinite where its last value lies below.
    """
    below = [i for i, value in enumerate(values) if not value >= goal]
    if not below:
        return float(sizes[0])
    i = below[-1]
    if i == len(sizes) - 1:
        return float("inf")
    rise = values[i + 1] - values[i]
    share = (goal - values[i]) / rise if np.isfinite(rise) else 1.0
    return float(np.exp(np.log(sizes[i]) + share * np.log(sizes[i + 1] / sizes[i])))


def at_size(sizes: Sequence[float], curves: Floats, size: float) -> Floats:
    """Values (folds,) of curves (k, folds) at a size between the first and the last of sizes (k,), or at the nearer
    end.
    """
    places, place = np.log(np.asarray(sizes, dtype=np.float64)), np.log(size)
    return np.array([np.interp(place, places, curve) for curve in np.asarray(curves).T])
