"""n = 1, and segments through any number of inputs: breakpoints of all units, layer after layer.

Between two points nothing of the earlier layers changes, so each unit is affine and crosses 0 at most once. Only the
old points cost a matrix product; values at new ones are carried along (line_kernels.carry_values).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.regions.line_kernels import carry_values, find_crossings, insert_points
from relu_core.regions.signs import layer_errors

# Weights of a layer from which on it pays to leave units out, and the least points and hidden values of one block.
WIDE = 2**18
BLOCK = 128
BLOCK_VALUES = 2**16


@dataclass(frozen=True)
class LinePoints:
    """Ends and breakpoints of S segments, concatenated.

    times: (P,) in [0, 1], increasing within a segment. offsets: (S + 1,), where each segment begins.
    per_layer: pieces of all segments together after each hidden layer.
    doubts: crossings so near to another that rounding could not separate them; each pair was taken as one point.
    """

    times: Floats
    offsets: NDArray[np.int64]
    per_layer: tuple[int, ...]
    doubts: int


def line_points(network: ReluNetwork, starts: Floats, ends: Floats, *, factor: float = 1.0) -> LinePoints:
    """Breakpoints of the network along segments from starts (S, n) to ends (S, n).

    factor: how many times the rounding error two crossings must be apart to count as two.
    """
    lower, upper = np.minimum(starts, ends).min(axis=0), np.maximum(starts, ends).max(axis=0)
    layers = layer_errors(network, lower, upper, factor=factor)
    S = len(starts)
    times, reach, offsets = np.zeros(2 * S), np.zeros(2 * S), np.arange(0, 2 * S + 1, 2)
    rows = np.empty((2 * S, starts.shape[1]))
    times[1::2], rows[::2], rows[1::2] = 1.0, starts, ends
    return _walk(network, layers, rows, times, reach, offsets)


def _walk(
    network: ReluNetwork,
    layers: Iterator[tuple[Floats, Floats, Floats]],
    rows: Floats,
    times: Floats,
    reach: Floats,
    offsets: NDArray[np.int64],
) -> LinePoints:
    errors, _, columns = next(layers)
    values, per_layer, doubts = rows @ columns + network.biases[0], [], 0
    for layer in range(network.hidden_layers):
        starts, units, at, width, first, ties = find_crossings(times, reach, offsets, values, errors)
        doubts += ties
        if layer + 1 < network.hidden_layers:
            # A layer's weights are turned when they are needed: in large networks they leave the cache soon.
            errors, _, columns = next(layers)
            fresh = first.sum()
            following = np.empty((len(times) + fresh, columns.shape[1]))
            weigh(values, columns, following[fresh:])
            carry_values(following, values, times, starts, units, at, first, columns, network.biases[layer + 1])
            values = following
        times, reach, offsets = insert_points(times, reach, offsets, starts, at, width, first)
        per_layer.append(len(times) - len(offsets) + 1)
    return LinePoints(times, offsets, tuple(per_layer), doubts)


def weigh(values: Floats, columns: Floats, following: Floats) -> None:
    """Writes relu(values (P, m)) times columns (m, m') to following (P, m'), a block of points at a time.

    Neighbouring points share most of their pattern: in wide layers nearly half of the product is with zeros, of the
    units that are off all along a block.
    """
    size = max(BLOCK, BLOCK_VALUES // len(columns))
    for begin in range(0, len(values), size):
        hidden, out = np.maximum(values[begin : begin + size], 0.0), following[begin : begin + size]
        if columns.size < WIDE or len(hidden) < BLOCK:
            np.matmul(hidden, columns, out=out)
        else:
            on = np.flatnonzero(hidden.any(axis=0))
            np.matmul(hidden[:, on], columns[on], out=out)
