"""Which computed signs can be trusted: an estimate of the rounding error of every unit, from the weights and the box.

A pre-activation computed in float64 whose size is below its rounding error may have either sign, or be 0. The fast
geometries take such a value as 0, which is right for the ties that structure makes (zero biases, repeated or negated
units, integer weights, folded zigzags). With exact=True they only report that doubts came up within a hundred times the
error, and the count is made again in integers (rational.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.regions.sign_kernels import carry_errors

# One rounding is at most 2**-53 relative. Sums of thousands of products stay well within 2**9 of them, because
# errors of either sign cancel: the root of the sum of squares is carried from layer to layer, not the sum.
UNIT_ERROR = 2.0**-53 * 2.0**9
EXACT_GUARD = 100.0


@dataclass(frozen=True)
class Rounding:
    """Per layer (the output layer last), per unit: value error, and slope size for carrying position errors.

    values: size of the rounding error of the pre-activation anywhere in the box.
    slopes: typical size of its gradient, in units of pre-activation per unit of input.
    columns: the layer's weights transposed, which the geometries want too: a row for each input.
    """

    values: tuple[Floats, ...]
    slopes: tuple[Floats, ...]
    columns: tuple[Floats, ...]


def rounding_errors(
    network: ReluNetwork, lower: Floats, upper: Floats, *, factor: float = 1.0, layers: int | None = None
) -> Rounding:
    """Rounding errors of all pre-activations of the network in the box lower, upper (n,), times `factor`.

    layers: only of so many, the first ones.
    """
    found = islice(layer_errors(network, lower, upper, factor=factor), layers)
    return Rounding(*zip(*found, strict=True))


def layer_errors(
    network: ReluNetwork, lower: Floats, upper: Floats, *, factor: float = 1.0
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Layer by layer, each when it is asked for: values, slopes and columns as in `Rounding`."""
    sizes = np.zeros((3, len(lower)))
    sizes[0], sizes[2] = np.maximum(lower * lower, upper * upper), 1.0
    for weight, bias in zip(network.weights, network.biases, strict=True):
        columns, sizes, values, slopes = carry_errors(weight, bias, sizes, (factor * UNIT_ERROR) ** 2)
        yield values, slopes, columns
