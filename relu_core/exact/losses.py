"""The five convex losses of exact training: values and the targets they take."""

import numpy as np

from relu_core.arguments import Floats
from relu_core.errors import ArgumentError

LOSSES = ("squared", "absolute", "huber", "hinge", "logistic")
SQUARED, ABSOLUTE, HUBER, HINGE, LOGISTIC = range(5)
CLASSIFICATION = ("hinge", "logistic")


def check_targets(y: Floats, loss: str) -> None:
    """Refuses targets other than -1 and 1 where the loss is one of classification."""
    if loss in CLASSIFICATION and not np.isin(y, (-1.0, 1.0)).all():
        wrong = float(y[~np.isin(y, (-1.0, 1.0))][0])
        raise ArgumentError(f"y holds {wrong:g} where {loss} loss takes -1 and 1 only; recode the two classes")


def row_losses(loss: str, outputs: Floats, y: Floats, delta: float = 1.0) -> Floats:
    """Loss of each row (D,) for outputs (D,) and targets y (D,).

    huber: half the square within `delta` of the target, linear beyond. hinge and logistic: y is -1 or 1.
    """
    residual = outputs - y
    if loss == "squared":
        return residual**2
    if loss == "absolute":
        return np.abs(residual)
    if loss == "huber":
        size = np.abs(residual)
        return np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta))
    if loss == "hinge":
        return np.maximum(0.0, 1.0 - y * outputs)
    return np.logaddexp(0.0, -y * outputs)
