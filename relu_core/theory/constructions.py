"""Functions that are small when deep and large when shallow, as networks: zigzag, hard_function, zonotope_function."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.theory.composition import compose
from relu_core.theory.rational import bend_weights, determinant_is_zero

MOST_SUBSETS = 200_000


def zigzag(breakpoints: ArrayLike, height: float) -> ReluNetwork:
    """The map h_a with one hidden layer of w units that runs up and down between 0 and `height`, with w pieces there.

    breakpoints: (w-1,), strictly increasing inside (0, height). h is 0 for x <= 0, `height` at the first, third, ...
    breakpoint, 0 at the others, reaches the opposite level at x = height and goes on linearly from there.
    The weights are rounded towards the inside, so that in exact arithmetic h never leaves [0, height] on [0, height]:
    compositions then have the theorem's number of pieces for the floating-point weights too, not only on paper.
    Refuses: breakpoints that are none, not increasing or outside (0, height); a height that is not positive.
    Source: Arora et al. 2018, section 3, the map h_a before Theorem 3.1.
    """
    height = _positive(height, "height")
    points = _zigzag_breakpoints(breakpoints, height, "breakpoints")
    w = len(points) + 1
    levels = np.array([height if i % 2 else 0.0 for i in range(w + 1)])
    output = bend_weights(np.concatenate([[0.0], points, [height]]), levels, inside=(0.0, height))
    biases = -np.concatenate([[0.0], points])
    return ReluNetwork([np.ones((w, 1)), output[None, :]], [biases, np.zeros(1)])


def hard_function(breakpoints_per_layer: Sequence[ArrayLike], height: float) -> ReluNetwork:
    """H = h_{a^k} o ... o h_{a^1}: k hidden layers of width w, size w k, and exactly w^k pieces on [0, height].

    breakpoints_per_layer: k arrays of shape (w-1,), one zigzag a layer, first layer first. Layers of different widths
    w_1, ..., w_k are allowed and give w_1 * ... * w_k pieces. All choices of breakpoints together form the theorem's
    smooth family: an open set of k (w-1) free parameters.
    Refuses: no layer, and whatever `zigzag` refuses, with the layer named.
    Source: Arora et al. 2018, Theorem 3.1 and its proof.
    """
    layers = list(breakpoints_per_layer)
    if not layers:
        raise ArgumentError("breakpoints_per_layer is empty; pass one array of breakpoints a hidden layer")
    height = _positive(height, "height")
    network: ReluNetwork | None = None
    for i, breakpoints in enumerate(layers):
        layer = zigzag(_zigzag_breakpoints(breakpoints, height, f"breakpoints_per_layer[{i}]"), height)
        network = layer if network is None else compose(layer, network)
    assert network is not None  # for the type checker: the empty list was refused above
    return network


def tent_power(k: int, *, height: float = 1.0) -> ReluNetwork:
    """The tent map on [0, height] composed k times: 2^k evenly spaced pieces from k hidden layers of two units.

    Every weight and every value at a dyadic point is exact in float64. Source: Telgarsky 2015; the case w = 2 with
    breakpoint height / 2 of Arora et al. 2018, Theorem 3.1. Refuses: k < 1, a height that is not positive.
    """
    k = arguments.positive_integer(k, "k")
    return hard_function([[_positive(height, "height") / 2]] * k, height)


def zonotope_function(
    generators: ArrayLike, breakpoints_per_layer: Sequence[ArrayLike], *, height: float = 1.0
) -> ReluNetwork:
    """H(gamma(x)) on R^n with gamma(x) = sum_i |<b_i, x>|, the support function of the zonotope of the b_i.

    generators: (m, n), n >= 2, in general position (any min(m, n) of them independent). k arrays of breakpoints as in
    `hard_function`. The network has k + 1 hidden layers and size 2m + w k; where gamma(x) < height it has
    w^k linear regions in each of gamma's cones, see `zonotope_cones`.
    Refuses: n < 2, generators that are not in general position (the dependent ones are named), and what
    `hard_function` refuses. Source: Arora et al. 2018, section 3.2, Theorem 3.9.
    """
    rows = arguments.rows(generators, name="generators")
    _check_general_position(rows)
    m = len(rows)
    gamma = ReluNetwork([np.concatenate([rows, -rows]), np.ones((1, 2 * m))], [np.zeros(2 * m), np.zeros(1)])
    return compose(hard_function(breakpoints_per_layer, height), gamma)


def zonotope_cones(m: int, n: int) -> int:
    """Linear cones of gamma for m generators of R^n in general position: 2 sum_{i<n} C(m-1, i).

    Source: the number of vertices of a zonotope, as used in Arora et al. 2018, Theorem 3.9 (a bound that is reached in
    general position). Refuses: m or n below 1.
    """
    m, n = arguments.positive_integer(m, "m"), arguments.positive_integer(n, "n")
    return 2 * sum(comb(m - 1, i) for i in range(n))


def _positive(value: float, name: str) -> float:
    if not np.isfinite(value) or value <= 0:
        raise ArgumentError(f"{name} is {value!r}; pass a finite number above 0")
    return float(value)


def _zigzag_breakpoints(breakpoints: ArrayLike, height: float, name: str) -> Floats:
    points = arguments.finite_array(breakpoints, name)
    if points.ndim != 1 or points.size == 0:
        raise ArgumentError(f"{name} has shape {points.shape}; pass w - 1 numbers with w >= 2, at least one")
    late = np.flatnonzero(np.diff(points) <= 0)
    if late.size:
        i = int(late[0])
        raise ArgumentError(
            f"{name}[{i + 1}] = {points[i + 1]:g} is not above {name}[{i}] = {points[i]:g}; sort them, each once"
        )
    if points[0] <= 0 or points[-1] >= height:
        outside = points[0] if points[0] <= 0 else points[-1]
        raise ArgumentError(
            f"{name} holds {outside:g}, which is outside (0, {height:g}); keep breakpoints strictly between"
        )
    return points


def _check_general_position(generators: Floats) -> None:
    m, n = generators.shape
    if n < 2:
        raise ArgumentError(
            f"generators has {n} column; a zonotope function needs n >= 2 inputs, use hard_function for one"
        )
    r = min(m, n)
    if comb(m, r) > MOST_SUBSETS:
        raise ArgumentError(
            f"generators has {comb(m, r)} subsets of {r} to check for dependence, above {MOST_SUBSETS}; pass fewer"
        )
    for chosen in combinations(range(m), r):
        if determinant_is_zero(generators[list(chosen)]):
            raise ArgumentError(
                f"generators {', '.join(map(str, chosen))} are linearly dependent; pass generators in general position "
                f"(any {r} of them independent)"
            )
