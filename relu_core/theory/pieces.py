"""Functions of one input, given by their pieces, to networks with one hidden layer and back from any network."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.theory.line_sweep import Bend, sweep
from relu_core.theory.rational import bend_weights


@dataclass(frozen=True, eq=False)
class Pieces:
    """A continuous piecewise linear function of one input.

    count: pieces on the whole line, counted in exact arithmetic. breakpoints, values: (count - 1,) where it bends and
    its value there, each rounded to the nearest float64 (two breakpoints closer than that round to the same number).
    left_slope, right_slope: outside the breakpoints. An affine function (count 1) is given by one point, (1,) and (1,).
    """

    count: int
    breakpoints: Floats
    values: Floats
    left_slope: float
    right_slope: float


def from_pieces(breakpoints: ArrayLike, values: ArrayLike, left_slope: float, right_slope: float) -> ReluNetwork:
    """The function through (breakpoints, values) with the given slopes outside, as one hidden layer of at most p units.

    breakpoints, values: (p-1,), p >= 2; the slopes are those left of the first and right of the last breakpoint.
    The breakpoints of the network are exactly the given ones; a breakpoint where the given function does not bend costs
    no unit, and an affine function gives a network without hidden layer. Where every slope change is a float64 number
    the network is exactly the function; else each slope is rounded once, errors do not add up from piece to piece.
    Refuses: no breakpoint, breakpoints not strictly increasing, values of another length, numbers that are not finite.
    Source: Arora et al. 2018, Theorem 2.2 (p pieces need at most p units, and never fewer than p - 1).
    """
    at = arguments.finite_array(breakpoints, "breakpoints")
    levels = arguments.finite_array(values, "values")
    outer = arguments.finite_array([left_slope, right_slope], "left_slope, right_slope")
    _check_breakpoints(at, levels)
    bends = np.array([before != after for before, after in _neighbouring_slopes(at, levels, outer)])
    if not bends.any():
        return _affine(float(at[0]), float(levels[0]), float(left_slope))
    at, levels = at[bends], levels[bends]
    inner = bend_weights(at, levels) if at.size > 1 else np.empty(0)
    last = float(Fraction(float(right_slope)) - sum((Fraction(c) for c in inner), Fraction(0)))
    signs = np.concatenate([[-1.0], np.ones(at.size)])
    output = np.concatenate([[-float(left_slope)], inner, [last]])
    biases = -signs * np.concatenate([at[:1], at])
    kept = np.flatnonzero(output) if output.any() else np.array([1])
    return ReluNetwork([signs[kept, None], output[None, kept]], [biases[kept], levels[:1]])


def to_pieces(network: ReluNetwork) -> Pieces:
    """All pieces of a network of one input and one output, on the whole line.

    Works in rational arithmetic from the float64 weights on, so that neither touching zeros nor breakpoints closer than
    float64 can tell apart are miscounted; only the result is rounded. The time grows with pieces times weights: a deep
    network with 100,000 pieces takes seconds. Refuses: a network with more inputs or outputs.
    Source: Arora et al. 2018, Theorem 2.2 gives the way back.
    """
    bends, slopes, at_zero = _bends(network, None, None)
    outer = (float(slopes[0]), float(slopes[-1]))
    points = [(bend.at, bend.value) for bend in bends] or [(Fraction(0), at_zero)]
    at, values = zip(*points, strict=True)
    return Pieces(len(slopes), np.array(at, dtype=np.float64), np.array(values, dtype=np.float64), *outer)


def count_pieces(network: ReluNetwork, lower: float, upper: float) -> int:
    """The number of pieces of a network of one input and one output on [lower, upper], in exact arithmetic.

    Refuses: a network with more inputs or outputs, an empty interval.
    """
    arguments.box([lower], [upper], 1)
    return len(_bends(network, Fraction(float(lower)), Fraction(float(upper)))[1])


def _bends(
    network: ReluNetwork, lower: Fraction | None, upper: Fraction | None
) -> tuple[list[Bend], list[Fraction], Fraction]:
    """Bends of the function inside (lower, upper), the slopes between them, and the first piece continued to 0."""
    if network.input_dim != 1 or network.output_dim != 1:
        raise ArgumentError(
            f"the network has {network.input_dim} inputs and {network.output_dim} outputs; pieces exist for one input "
            "and one output, count regions instead"
        )
    return sweep(network, lower, upper)


def _check_breakpoints(at: Floats, levels: Floats) -> None:
    if at.ndim != 1 or at.size == 0:
        raise ArgumentError(f"breakpoints has shape {at.shape}; pass p - 1 numbers, at least one")
    if levels.shape != at.shape:
        raise ArgumentError(
            f"values has shape {levels.shape} where breakpoints has {at.shape}; pass one value a breakpoint"
        )
    late = np.flatnonzero(np.diff(at) <= 0)
    if late.size:
        i = int(late[0])
        raise ArgumentError(
            f"breakpoints[{i + 1}] = {at[i + 1]:g} is not above breakpoints[{i}] = {at[i]:g}; sort them, each once"
        )


def _neighbouring_slopes(at: Floats, levels: Floats, outer: Floats) -> Iterator[tuple[Fraction, Fraction]]:
    x, v = [Fraction(float(t)) for t in at], [Fraction(float(t)) for t in levels]
    before = Fraction(float(outer[0]))
    for i in range(len(x)):
        after = (v[i + 1] - v[i]) / (x[i + 1] - x[i]) if i + 1 < len(x) else Fraction(float(outer[1]))
        yield before, after
        before = after


def _affine(at: float, value: float, slope: float) -> ReluNetwork:
    intercept = float(Fraction(value) - Fraction(slope) * Fraction(at))
    return ReluNetwork([[[slope]]], [[intercept]])
