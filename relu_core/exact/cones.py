"""Cells of unit directions: simplicial cones, cut in two where the data hyperplanes cross them.

A unit's weights are v = sum_k lambda_k V_k with lambda >= 0 over the M generators V_k of its cell, so a cell bounds
directions and never lengths. All units share one binary tree of cells, whose roots are the orthants.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.cones_kernels import classify_cell

# Bits of a cell's path that order the cells; a cell at this depth is not cut any more.
MAX_DEPTH = 62


class Cells(NamedTuple):
    """The tree of cells, grown in place; the first 2^M cells are the orthants.

    generator (C, M, M): unit vectors, one a row. path (C,), depth (C,): the way from the root, in leading bits.
    child (C, 2): -1 where not cut. undecided (C,): rows that the cell does not put on one side. uniform (C,): 1 all
    rows on, 2 all rows off, else 0. edge (C, 2), place (C,), length (C,): the cut: generators a, b; the new generator
    is ((1 - place) V_a + place V_b) / length.
    """

    generator: Floats
    path: NDArray[np.uint64]
    depth: NDArray[np.int64]
    child: NDArray[np.int64]
    undecided: NDArray[np.int64]
    uniform: NDArray[np.int8]
    edge: NDArray[np.int64]
    place: Floats
    length: Floats


def root_cells(x: Floats, capacity: int) -> Cells:
    """The orthants of R^M over rows x (M, D), with room for `capacity` cells."""
    M = len(x)
    cells = _room(capacity, M)
    for root in range(1 << M):
        cells.generator[root] = np.diag([-1.0 if root >> k & 1 else 1.0 for k in range(M)])
        cells.depth[root] = M
        cells.path[root] = np.uint64(root) << np.uint64(64 - M)
        classify_cell(cells, root, x)
    return cells


def with_room(cells: Cells, capacity: int) -> Cells:
    """The same cells with room for `capacity` of them."""
    grown = _room(capacity, cells.generator.shape[1])
    for name in Cells._fields:
        getattr(grown, name)[: len(cells.path)] = getattr(cells, name)
    return grown


def _room(capacity: int, M: int) -> Cells:
    return Cells(
        generator=np.zeros((capacity, M, M)),
        path=np.zeros(capacity, dtype=np.uint64),
        depth=np.zeros(capacity, dtype=np.int64),
        child=np.full((capacity, 2), -1, dtype=np.int64),
        undecided=np.zeros(capacity, dtype=np.int64),
        uniform=np.zeros(capacity, dtype=np.int8),
        edge=np.zeros((capacity, 2), dtype=np.int64),
        place=np.zeros(capacity),
        length=np.ones(capacity),
    )
