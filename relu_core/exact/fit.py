"""fit_global: chooses, stops, reports a GlobalFit."""

from collections.abc import Callable

from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.errors import ArgumentError
from relu_core.exact.certificate import GlobalFit
from relu_core.exact.enumeration import enumerate_global
from relu_core.network import ReluNetwork

Callback = Callable[[float, float, int, float], None]


def fit_global(
    X: ArrayLike,
    y: ArrayLike,
    width: int,
    *,
    loss: str = "squared",
    output_bias: bool = True,
    weight_decay: float = 0.0,
    max_norm: float | None = None,
    sample_weight: ArrayLike | None = None,
    gap: float = 1e-6,
    time_limit: float = 60.0,
    node_limit: int | None = None,
    warm_start: ReluNetwork | None = None,
    callback: Callback | None = None,
) -> GlobalFit:
    """The proven global optimum of a network with one hidden layer of `width` units, or bounds on it.

    X (D, n), y (D,). See GlobalFit for what comes back.
    """
    arguments.not_negative(gap, "gap")
    if weight_decay or max_norm is not None:
        raise ArgumentError("weight_decay and max_norm are not available yet; leave them at 0 and None")
    return enumerate_global(
        X, y, width, loss=loss, output_bias=output_bias, sample_weight=sample_weight, time_limit=time_limit
    )
