"""Activation regions in exact integer arithmetic: slow, and right whatever the weights.

Every float64 is an integer times a power of two, so the affine form of a unit on a region, taken times one common
power of two, has integer coefficients; vertices are kept in homogeneous integer coordinates. No sign is ever rounded.
A region is held as its vertices, each with the set of hyperplanes that pass through it (double description method,
Motzkin et al. 1953), so vertices on many hyperplanes at once need no special case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork

Integers = tuple[int, ...]


@dataclass(frozen=True)
class ExactRegion:
    """One activation region of the first layers of a network, cut with a box.

    vertices: homogeneous integer points (n + 1 numbers, the last one positive; the point is the rest over the last).
    facets: per vertex, the hyperplanes through it as bits: 2 i for lower[i], 2 i + 1 for upper[i], 2 n + k for unit k.
    pattern: on/off of the units decided so far, layer after layer; a unit that is 0 all over the region is on.
    forms: per finished layer, the units' pre-activations (n + 1 integers each, a common positive factor a layer).
    """

    vertices: tuple[Integers, ...]
    facets: tuple[int, ...]
    pattern: tuple[bool, ...]
    forms: tuple[tuple[Integers, ...], ...]

    @property
    def layers(self) -> int:
        """Hidden layers whose units are all decided."""
        return len(self.forms)


@dataclass(frozen=True)
class IntegerLayer:
    """weights and biases of one layer times 2**exponent: integers without loss."""

    weights: tuple[Integers, ...]
    biases: Integers
    exponent: int


def integer_layers(network: ReluNetwork) -> tuple[IntegerLayer, ...]:
    """Every layer of the network, the output layer included, in integers."""
    return tuple(_integer_layer(weight, bias) for weight, bias in zip(network.weights, network.biases, strict=True))


def box_region(lower: Floats, upper: Floats) -> ExactRegion:
    """The box as the region of a network without units."""
    n = len(lower)
    exponent = _exponent(np.concatenate([lower, upper]))
    ends = [(_scaled(low, exponent), _scaled(high, exponent)) for low, high in zip(lower, upper, strict=True)]
    corners = range(1 << n)
    vertices = tuple((*(ends[i][corner >> i & 1] for i in range(n)), 1 << exponent) for corner in corners)
    facets = tuple(sum(1 << (2 * i + (corner >> i & 1)) for i in range(n)) for corner in corners)
    return ExactRegion(vertices, facets, (), ())


def next_forms(layers: Sequence[IntegerLayer], region: ExactRegion) -> tuple[Integers, ...]:
    """Pre-activations of the layer after the region's last finished one (the outputs after the last hidden layer)."""
    layer = layers[region.layers]
    if not region.layers:
        return tuple((*weight, bias) for weight, bias in zip(layer.weights, layer.biases, strict=True))
    before = region.forms[-1]
    alive = region.pattern[len(region.pattern) - len(before) :]
    active = [(k, form) for k, form in enumerate(before) if alive[k]]
    shift = sum(earlier.exponent for earlier in layers[: region.layers])
    return tuple(
        _combine(weight, active, bias << shift, len(before[0]))
        for weight, bias in zip(layer.weights, layer.biases, strict=True)
    )


def split_layer(layers: Sequence[IntegerLayer], region: ExactRegion) -> Iterator[ExactRegion]:
    """The regions into which the next hidden layer cuts `region`."""
    forms, n = next_forms(layers, region), len(region.vertices[0]) - 1
    first = 2 * n + len(region.pattern)
    waiting = [(region.vertices, region.facets, region.pattern)]
    while waiting:
        vertices, facets, pattern = waiting.pop()
        unit = len(pattern) - len(region.pattern)
        while unit < len(forms):
            values = [_value(forms[unit], vertex) for vertex in vertices]
            if any(v > 0 for v in values) and any(v < 0 for v in values):
                break
            pattern += (not any(v < 0 for v in values),)
            unit += 1
        else:
            yield ExactRegion(vertices, facets, pattern, (*region.forms, forms))
            continue
        for on, half in zip((True, False), split_cell(vertices, facets, values, 1 << (first + unit), n), strict=True):
            waiting.append((*half, (*pattern, on)))


def split_cell(
    vertices: Sequence[Integers], facets: Sequence[int], values: Sequence[int], bit: int, n: int
) -> tuple[tuple[tuple[Integers, ...], tuple[int, ...]], ...]:
    """Both halves (vertices, facets) of a cell cut by the hyperplane `bit` with the given values at its vertices."""
    on_plane = [(vertices[i], facets[i] | bit) for i, value in enumerate(values) if value == 0]
    on_plane += [
        (_between(vertices[u], values[u], vertices[v], values[v]), facets[u] & facets[v] | bit)
        for u, v in crossing_edges(facets, values, n)
    ]
    halves = []
    for sign in (1, -1):
        half = [(vertices[i], facets[i]) for i, value in enumerate(values) if value * sign > 0] + on_plane
        halves.append((tuple(point for point, _ in half), tuple(mask for _, mask in half)))
    return tuple(halves)


def crossing_edges(facets: Sequence[int], values: Sequence[int], n: int) -> Iterator[tuple[int, int]]:
    """Edges (u, v) of the cell with value > 0 at u and < 0 at v: no third vertex lies on all their common facets."""
    above = [i for i, value in enumerate(values) if value > 0]
    below = [i for i, value in enumerate(values) if value < 0]
    for u in above:
        for v in below:
            common = facets[u] & facets[v]
            if common.bit_count() >= n - 1 and sum(mask & common == common for mask in facets) == 2:
                yield u, v


def exact_regions(network: ReluNetwork, lower: Floats, upper: Floats) -> Iterator[ExactRegion]:
    """All activation regions of the network in the box, depth first, in a fixed order."""
    layers = integer_layers(network)
    waiting = [iter((box_region(lower, upper),))]
    while waiting:
        region = next(waiting[-1], None)
        if region is None:
            waiting.pop()
        elif region.layers == network.hidden_layers:
            yield region
        else:
            waiting.append(split_layer(layers, region))


def facet_bits(region_facets: Sequence[int]) -> list[int]:
    """The hyperplanes that carry a facet, one bit each: those whose vertex sets lie in no larger proper one."""
    everywhere = (1 << len(region_facets)) - 1
    sets: dict[int, int] = {}
    for i, mask in enumerate(region_facets):
        while mask:
            bit = mask & -mask
            sets[bit] = sets.get(bit, 0) | 1 << i
            mask ^= bit
    proper = {bit: members for bit, members in sets.items() if members != everywhere}
    largest = [m for m in set(proper.values()) if not any(m != other and m & other == m for other in proper.values())]
    return [min(bit for bit, members in proper.items() if members == facet) for facet in sorted(largest)]


def _integer_layer(weight: Floats, bias: Floats) -> IntegerLayer:
    exponent = max(_exponent(weight), _exponent(bias))
    rows = tuple(tuple(_scaled(value, exponent) for value in row) for row in weight)
    return IntegerLayer(rows, tuple(_scaled(value, exponent) for value in bias), exponent)


def _exponent(values: Floats) -> int:
    return max(float(value).as_integer_ratio()[1].bit_length() - 1 for value in values.flat)


def _scaled(value: float, exponent: int) -> int:
    numerator, denominator = float(value).as_integer_ratio()
    return (numerator << exponent) // denominator


def _combine(weight: Integers, active: list[tuple[int, Integers]], bias: int, length: int) -> Integers:
    total = [0] * length
    for k, form in active:
        if factor := weight[k]:
            total = [t + factor * f for t, f in zip(total, form, strict=True)]
    total[-1] += bias
    return tuple(total)


def _value(form: Integers, vertex: Integers) -> int:
    return sum(a * x for a, x in zip(form, vertex, strict=True))


def _between(above: Integers, value_above: int, below: Integers, value_below: int) -> Integers:
    point = [value_above * b - value_below * a for a, b in zip(above, below, strict=True)]
    factor = gcd(*point)
    return tuple(x // factor for x in point)
