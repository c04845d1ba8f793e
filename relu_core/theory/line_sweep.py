"""Exact walk along the input line: where a network of one input and one output bends, in rational arithmetic.

On each piece every unit is an affine map a x + b with a, b = integer / 2^shift, because float64 weights are. Integers
of any length keep them exactly and need no common divisor; fractions appear only where two lines meet.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from relu_core.network import ReluNetwork
from relu_core.regions.rational import IntegerLayer, integer_layers

Integers = NDArray[np.object_]


@dataclass(frozen=True)
class Bend:
    """A point where the slope changes, and the function's value there."""

    at: Fraction
    value: Fraction


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Part of the line on which every unit of one layer is affine: slopes x + intercepts, over 2^shift."""

    lower: Fraction | None
    upper: Fraction | None
    slopes: Integers
    intercepts: Integers


@dataclass(frozen=True, eq=False)
class _ObjectLayer:
    """weights (m, n) and biases (m,) of one layer times 2^shift, as arrays of integers of any length."""

    weights: Integers
    biases: Integers
    shift: int


def sweep(
    network: ReluNetwork, lower: Fraction | None, upper: Fraction | None
) -> tuple[list[Bend], list[Fraction], Fraction]:
    """Bends inside (lower, upper), the slopes of the pieces, the first piece's value at x = 0. None means no end."""
    layers = [_object_layer(layer) for layer in integer_layers(network)]
    one, zero = np.array([1], dtype=object), np.array([0], dtype=object)
    stretches, shift = [_Stretch(lower, upper, one, zero)], 0
    for i, layer in enumerate(layers[:-1]):
        stretches = [_through(layer, stretch, shift) for stretch in stretches]
        shift += layer.shift
        if i < len(layers) - 2:
            stretches = [part for stretch in stretches for part in _relu(stretch)]
    return _outputs(layers[-1], stretches, shift, relu=len(layers) > 1)


def _object_layer(layer: IntegerLayer) -> _ObjectLayer:
    return _ObjectLayer(np.array(layer.weights, dtype=object), np.array(layer.biases, dtype=object), layer.exponent)


def _through(layer: _ObjectLayer, stretch: _Stretch, shift: int) -> _Stretch:
    intercepts = layer.weights @ stretch.intercepts + np.array([int(b) << shift for b in layer.biases], dtype=object)
    return _Stretch(stretch.lower, stretch.upper, layer.weights @ stretch.slopes, intercepts)


def _crossings(stretch: _Stretch) -> list[tuple[Fraction, list[int]]]:
    """Where units pass 0 inside the stretch, left to right, with the units that do."""
    inside = []
    for unit, (slope, intercept) in enumerate(zip(stretch.slopes, stretch.intercepts, strict=True)):
        if slope:
            at = Fraction(-intercept, slope)
            if (stretch.lower is None or stretch.lower < at) and (stretch.upper is None or at < stretch.upper):
                inside.append((at, unit))
    inside.sort()
    return [(at, [unit for _, unit in group]) for at, group in groupby(inside, key=lambda crossing: crossing[0])]


def _active_at_the_left(stretch: _Stretch, first: Fraction | None) -> NDArray[np.bool_]:
    """Units that are positive between the stretch's lower end and its first crossing."""
    if stretch.lower is None and first is None and stretch.upper is None:
        point = Fraction(0)
    elif stretch.lower is None:
        end = first if first is not None else stretch.upper
        assert end is not None  # one of the three ends is known here
        point = end - 1
    else:
        end = first if first is not None else stretch.upper
        point = stretch.lower + 1 if end is None else (stretch.lower + end) / 2
    values = stretch.slopes * point.numerator + stretch.intercepts * point.denominator
    return np.array([value > 0 for value in values], dtype=bool)


def _relu(stretch: _Stretch) -> list[_Stretch]:
    crossings = _crossings(stretch)
    active = _active_at_the_left(stretch, crossings[0][0] if crossings else None)
    parts, lower = [], stretch.lower
    for at, units in [*crossings, (stretch.upper, [])]:
        parts.append(_Stretch(lower, at, np.where(active, stretch.slopes, 0), np.where(active, stretch.intercepts, 0)))
        active[units] = ~active[units]
        lower = at
    return parts


def _outputs(
    layer: _ObjectLayer, stretches: list[_Stretch], shift: int, *, relu: bool
) -> tuple[list[Bend], list[Fraction], Fraction]:
    """The last affine map, walked with one update a crossing: building its stretches would take units squared."""
    scale = 1 << (shift + layer.shift)
    bias = int(layer.biases[0]) << shift
    bends: list[Bend] = []
    slopes: list[Fraction] = []
    first = Fraction(0)
    for stretch in stretches:
        crossings = _crossings(stretch) if relu else []
        start = crossings[0][0] if crossings else None
        active = _active_at_the_left(stretch, start) if relu else np.ones(len(stretch.slopes), dtype=bool)
        slope = int(layer.weights[0] @ np.where(active, stretch.slopes, 0))
        intercept = int(layer.weights[0] @ np.where(active, stretch.intercepts, 0)) + bias
        pending = stretch.lower
        for at, units in [*crossings, (None, [])]:
            if not slopes:
                slopes, first = [Fraction(slope, scale)], Fraction(intercept, scale)
            elif Fraction(slope, scale) != slopes[-1]:
                assert pending is not None  # only the very first stretch has no lower end
                bends.append(Bend(pending, (slope * pending + intercept) / scale))
                slopes.append(Fraction(slope, scale))
            for unit in units:
                # A unit that rises through 0 joins with its map, one that falls leaves with it.
                sign = 1 if stretch.slopes[unit] > 0 else -1
                slope += sign * int(layer.weights[0, unit] * stretch.slopes[unit])
                intercept += sign * int(layer.weights[0, unit] * stretch.intercepts[unit])
            pending = at
    return bends, slopes, first
