"""n >= 2: the box cut by one layer after the other, in float64, a chunk of cells at a time.

A cell is a convex polytope, held as its vertices and the facets through each (double description method, Motzkin et al.
1953), so cells with vertices on many hyperplanes need no special case. Cells of a chunk share their vertices: a layer
costs one matrix product at the vertices, and inside a cell all units are affine, so new vertices interpolate. The
last layer is counted, not built (section_kernels.count_arrangement).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.interrupts import interrupt
from relu_core.network import ReluNetwork
from relu_core.regions.cell_kernels import sign_words
from relu_core.regions.flat_kernels import STOPPED
from relu_core.regions.section_kernels import count_pieces
from relu_core.regions.signs import Rounding, rounding_errors
from relu_core.regions.split_kernels import CROWDED, INTERRUPTED, split_cells, used_vertices

Words = NDArray[np.uint64]
# Cells of one chunk: enough to keep matrix products large, few enough to stay in tens of megabytes. With many inputs a
# cell has hundreds of vertices, and more cells that share them save more than the memory costs: 16 a corner of the box.
CHUNK = 1024
CHUNK_A_CORNER = 16
UNLIMITED = 2**62


@dataclass
class Tally:
    """What a walk has met so far.

    per_layer: cells after each hidden layer. doubts: signs that rounding could not decide, taken as 0.
    crowded: a cell has more facets than the kernels can name; the walk stopped there.
    """

    per_layer: list[int]
    doubts: int = 0
    crowded: bool = False


class Vertices(NamedTuple):
    """Vertices that some cells share.

    points (V, n), reach (V,): places and their uncertainty. values (V, m): pre-activations of the layer the cells wait
    for. signs (V, 2 words): bits of its units surely above 0, then of those surely below. history (V, 2 words a layer):
    signs of the earlier layers; empty if not kept. following (V, m'): pre-activations of the layer after.
    """

    points: Floats
    values: Floats
    reach: Floats
    signs: Words
    history: Words
    following: Floats


class Cells(NamedTuple):
    """starts (C + 1,), ids, masks: vertices of each cell, and the facets through them as bits, numbered a cell."""

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]
    masks: Words


class Chunk(NamedTuple):
    """Cells that wait for layer `layer` (0 is the first hidden one)."""

    layer: int
    vertices: Vertices
    cells: Cells


def count_cells(
    network: ReluNetwork, lower: Floats, upper: Floats, *, limit: int | None = None, factor: float = 1.0
) -> tuple[bool, Tally]:
    """Activation regions of a network with n >= 2 inputs and a hidden layer in the box; whether all were counted.

    limit: stop when there are more. factor: how many rounding errors a value must be away from 0 to have a sign.
    """
    errors = rounding_errors(network, lower, upper, factor=factor, layers=network.hidden_layers)
    last = network.hidden_layers - 1
    tally = Tally([0] * network.hidden_layers)
    most = UNLIMITED if limit is None else limit
    for _, vertices, cells in walk(network, errors, lower, upper, tally, last):
        asked = (vertices.values, vertices.signs, errors.values[last], *cells, len(lower), most - tally.per_layer[last])
        count, doubts = count_pieces(*asked)
        while count == STOPPED:
            interrupt()
            count, doubts = count_pieces(*asked)
        tally.per_layer[last] += count
        tally.doubts += doubts
        if tally.per_layer[last] > most:
            tally.per_layer[last] = most
            return False, tally
    return True, tally


def walk(
    network: ReluNetwork,
    errors: Rounding,
    lower: Floats,
    upper: Floats,
    tally: Tally,
    until: int,
    *,
    history: bool = False,
) -> Iterator[Chunk]:
    """The cells that wait for layer `until`, chunk by chunk, depth first; `tally` is kept up to date."""
    columns = errors.columns[1 : until + 1]
    first, box = _box(lower, upper)
    first = first._replace(following=first.points @ errors.columns[0] + network.biases[0])
    budget = max(CHUNK, CHUNK_A_CORNER << len(lower))
    waiting = [_advance(network, errors, tally, Chunk(-1, first, box), columns, history)]
    while waiting:
        layer, vertices, cells = waiting.pop()
        if layer == until:
            yield Chunk(layer, vertices, cells)
            continue
        grown, V, done, rest, doubts, status = split_cells(
            tuple(vertices), errors.values[layer], errors.slopes[layer], columns[layer], tuple(cells), budget
        )
        if status == INTERRUPTED:
            interrupt()
        tally.crowded = status == CROWDED
        if tally.crowded:
            return
        tally.doubts += doubts
        tally.per_layer[layer] += len(done[0]) - 1
        if len(rest[0]) > 1:
            waiting.append(_select(layer, grown, V, rest))
            finished = _select(layer, grown, V, done)
        else:
            finished = Chunk(layer, Vertices(*(array[:V] for array in grown)), Cells(*done))
        waiting.append(_advance(network, errors, tally, finished, columns, history))


def _box(lower: Floats, upper: Floats) -> tuple[Vertices, Cells]:
    """The box as one cell: its corners, of which no unit is known yet."""
    sides, cell = _corners(len(lower))
    count = len(sides)
    nothing, words = np.empty((count, 0)), np.empty((count, 0), np.uint64)
    points = np.where(sides, upper, lower)
    return Vertices(points, nothing, np.zeros(count), words, words, nothing), cell


@lru_cache
def _corners(n: int) -> tuple[NDArray[np.bool_], Cells]:
    """Which side of each input the corners of a box are on, (2**n, n), and the cell they make."""
    corners = np.arange(1 << n)
    sides = corners[:, None] >> np.arange(n) & 1
    masks = (np.uint64(1) << (2 * np.arange(n) + sides).astype(np.uint64)).sum(axis=1, dtype=np.uint64)
    return sides.astype(bool), Cells(np.array([0, len(corners)]), corners.astype(np.int32), masks)


def _select(layer: int, vertices: tuple[NDArray, ...], V: int, cells: tuple[NDArray, ...]) -> Chunk:
    """Some of the cells, with their own vertices only."""
    starts, ids, masks = cells
    kept, renamed = used_vertices(ids, V)
    return Chunk(layer, Vertices(*(array.take(kept, axis=0) for array in vertices)), Cells(starts, renamed, masks))


def _advance(
    network: ReluNetwork, errors: Rounding, tally: Tally, chunk: Chunk, columns: tuple[Floats, ...], keep_history: bool
) -> Chunk:
    """The same cells, waiting for the next layer; its pre-activations are known, the ones after it are computed."""
    layer, old = chunk.layer + 1, chunk.vertices
    values, signs = old.following, old.signs
    history = np.concatenate([old.history, signs], axis=1) if keep_history else old.history
    if layer < network.hidden_layers:
        signs, doubts = sign_words(values, errors.values[layer], errors.slopes[layer], old.reach)
        tally.doubts += doubts
    following = np.empty((len(values), 0))
    if layer < len(columns):
        following = np.maximum(values, 0.0) @ columns[layer]
        following += network.biases[layer + 1]
    return Chunk(layer, Vertices(old.points, values, old.reach, signs, history, following), chunk.cells)
