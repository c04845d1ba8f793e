"""enumerate_regions: regions one can ask for a point, half-spaces, volume and neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.regions import rational
from relu_core.regions.volume import MAX_VOLUME_DIM, polytope_volume


@dataclass(frozen=True, eq=False)
class Region:
    """One activation region of a network inside a box.

    pattern: bool (size,), on/off of every hidden unit; a unit that is 0 all over the region is on.
    point: (n,), an interior point (the mean of the vertices). vertices: (V, n).
    halfspaces: (c, n + 1), one row a facet, a . x + b >= 0 inside, |a| = 1; facets of units first, then of the box.
    neighbours: bool (f, size), the pattern on the other side of the first f half-spaces, those of units.
    map: (m, n + 1), the outputs as affine functions of x on the region: slopes, then the constant.
    volume: n-dimensional volume; nan above 4 inputs, where it would cost more than the rest together.
    """

    pattern: NDArray[np.bool_]
    point: Floats
    vertices: Floats
    halfspaces: Floats
    neighbours: NDArray[np.bool_]
    map: Floats
    volume: float


def enumerate_regions(network: ReluNetwork, lower: ArrayLike, upper: ArrayLike) -> Iterator[Region]:
    """All activation regions with an interior in the box, one after the other, in a fixed order, in bounded memory.

    lower, upper: (n,) corners of the box in plant units. Signs are decided in integer arithmetic, so degenerate
    networks (zero biases, repeated units) need no care; coordinates are rounded to float64 at the very end.
    Refuses: an empty box, corners of another length than the network's inputs.
    """
    low, high = arguments.box(lower, upper, network.input_dim)
    return _regions(network, low, high)


def _regions(network: ReluNetwork, lower: Floats, upper: Floats) -> Iterator[Region]:
    layers = rational.integer_layers(network)
    box = _box_halfspaces(lower, upper)
    for region in rational.exact_regions(network, lower, upper):
        yield _region(network, layers, region, box)


def _region(
    network: ReluNetwork, layers: tuple[rational.IntegerLayer, ...], region: rational.ExactRegion, box: Floats
) -> Region:
    n, pattern = network.input_dim, np.array(region.pattern, dtype=bool)
    vertices = float_points(region.vertices)
    bits = rational.facet_bits(region.facets)
    planes = [bit.bit_length() - 1 for bit in bits]
    of_units = [plane - 2 * n for plane in planes if plane >= 2 * n]
    inner = [_unit_halfspace(region, unit) for unit in of_units]
    neighbours = [_neighbour(region, layers, 1 << (2 * n + unit)) for unit in of_units]
    halfspaces = np.array(inner + [box[plane] for plane in planes if plane < 2 * n])
    volume = polytope_volume(vertices, region.facets, bits) if n <= MAX_VOLUME_DIM else float("nan")
    return Region(
        pattern,
        vertices.mean(axis=0),
        vertices,
        halfspaces,
        np.array(neighbours, dtype=bool).reshape(len(neighbours), len(pattern)),
        output_map(layers, region),
        volume,
    )


def float_points(vertices: tuple[rational.Integers, ...]) -> Floats:
    """Homogeneous integer points (V of n + 1 numbers) rounded once to float64 (V, n)."""
    return np.array([[x / point[-1] for x in point[:-1]] for point in vertices])


def output_map(layers: tuple[rational.IntegerLayer, ...], region: rational.ExactRegion) -> Floats:
    """The outputs as affine functions of the input on the region: (m, n + 1), slopes then constant."""
    scale = 1 << sum(layer.exponent for layer in layers)
    return np.array([[value / scale for value in form] for form in rational.next_forms(layers, region)])


def _box_halfspaces(lower: Floats, upper: Floats) -> Floats:
    """(2 n, n + 1): x_i - lower_i >= 0 in row 2 i, upper_i - x_i >= 0 in row 2 i + 1."""
    n = len(lower)
    halfspaces = np.zeros((2 * n, n + 1))
    for i in range(n):
        halfspaces[2 * i, i], halfspaces[2 * i, n] = 1.0, -lower[i]
        halfspaces[2 * i + 1, i], halfspaces[2 * i + 1, n] = -1.0, upper[i]
    return halfspaces


def _unit_halfspace(region: rational.ExactRegion, unit: int) -> Floats:
    form = next(form for k, form in enumerate(_all_forms(region)) if k == unit)
    largest = max(map(abs, form))
    row = np.array([value / largest for value in form]) * (1.0 if region.pattern[unit] else -1.0)
    return row / np.linalg.norm(row[:-1])


def _all_forms(region: rational.ExactRegion) -> Iterator[rational.Integers]:
    return (form for layer in region.forms for form in layer)


def _neighbour(region: rational.ExactRegion, layers: tuple[rational.IntegerLayer, ...], bit: int) -> tuple[bool, ...]:
    """Pattern just beyond a facet: units that are 0 all over it take the sign of their slope along the way out."""
    corners = [point for point, mask in zip(region.vertices, region.facets, strict=True) if mask & bit]
    unit = bit.bit_length() - 1 - 2 * (len(corners[0]) - 1)
    form = list(_all_forms(region))[unit]
    outward = tuple(-a if region.pattern[unit] else a for a in form[:-1])
    pattern: list[bool] = []
    slopes = outward
    for layer, forms in zip(layers, region.forms, strict=False):
        slopes = tuple(sum(w * s for w, s in zip(row, slopes, strict=True)) for row in layer.weights)
        for k, form_k in enumerate(forms):
            touching = all(sum(a * x for a, x in zip(form_k, corner, strict=True)) == 0 for corner in corners)
            pattern.append(slopes[k] >= 0 if touching else region.pattern[len(pattern)])
        slopes = tuple(s if on else 0 for s, on in zip(slopes, pattern[-len(forms) :], strict=True))
    return tuple(pattern)
