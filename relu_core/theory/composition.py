"""Networks from networks: one after the other, and side by side."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import block_diag

from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork


def compose(outer: ReluNetwork, inner: ReluNetwork) -> ReluNetwork:
    """outer(inner(x)): the hidden layers add up, the affine maps that meet become one matrix.

    The product of the two meeting matrices is rounded to float64 once; it is exact where one holds only 0, 1 and -1.
    Refuses: an inner network with another number of outputs than the outer has inputs.
    """
    if inner.output_dim != outer.input_dim:
        raise ArgumentError(
            f"inner gives {inner.output_dim} values where outer takes {outer.input_dim}; make them equal"
        )
    weight = outer.weights[0] @ inner.weights[-1]
    bias = outer.weights[0] @ inner.biases[-1] + outer.biases[0]
    return ReluNetwork([*inner.weights[:-1], weight, *outer.weights[1:]], [*inner.biases[:-1], bias, *outer.biases[1:]])


def side_by_side(networks: Sequence[ReluNetwork]) -> ReluNetwork:
    """x -> all outputs one after the other, for networks of the same inputs and the same number of hidden layers.

    Refuses: no network, different numbers of inputs or of hidden layers.
    """
    if not networks:
        raise ArgumentError("networks is empty; pass at least one")
    shapes = {(network.input_dim, network.hidden_layers) for network in networks}
    if len(shapes) > 1:
        raise ArgumentError(f"networks differ in (inputs, hidden layers): {sorted(shapes)}; make them equal")
    first = np.concatenate([network.weights[0] for network in networks])
    rest = [block_diag(*layer) for layer in zip(*(network.weights[1:] for network in networks), strict=True)]
    biases = [np.concatenate(layer) for layer in zip(*(network.biases for network in networks), strict=True)]
    return ReluNetwork([first, *rest], biases)
