"""Whether the nodes of a proof leave nothing out; part of the recheck, written apart from the search.

A node may be missing for three reasons: a unit that is off for all rows adds nothing; a unit that is on for all rows is
an affine function, which nodes with a free affine part have; and interchangeable units may be taken in one order.
"""

from itertools import product

import numpy as np

from relu_core.arguments import Floats
from relu_core.exact.problem import Problem
from relu_core.exact.proof import Proof

Node = tuple[int, int, tuple[int, ...]]


def missing_node(proof: Proof, problem: Problem) -> str:
    """One sentence about the first gap found, or an empty one."""
    if not _cells_cover(proof.generator, proof.child):
        return "the stored cells do not cover all directions"
    excuse = _Excuse(proof, problem)
    children: dict[int, set[Node]] = {}
    for (units, positive, affine), cells, parent in zip(proof.shape, proof.cells, proof.parent, strict=True):
        node = (int(affine), int(positive), tuple(int(c) for c in cells[:units]))
        children.setdefault(int(parent), set()).add(node)
    roots = children.get(-1, set())
    for node in _roots(problem, excuse.affine):
        if node not in roots and not excuse.allows(node):
            return f"no node covers the root cells {node[2]} with {node[1]} positive units"
    for entry in np.flatnonzero(proof.branched >= 0):
        units, positive, affine = (int(v) for v in proof.shape[entry])
        cells, unit = [int(c) for c in proof.cells[entry, :units]], int(proof.branched[entry])
        for child in proof.child[cells[unit]]:
            node = (affine, positive, (*cells[:unit], int(child), *cells[unit + 1 :]))
            if node not in children.get(int(entry), set()) and not excuse.allows(node):
                return f"no node covers the cells {node[2]} below node {entry}"
    return ""


def _roots(problem: Problem, affine_allowed: bool) -> list[Node]:
    """Every choice of orthants; beside a free affine part relu(z) = relu(-z) + z, so one of v and -v is enough."""
    M = problem.rows.shape[1]
    nodes = []
    for affine in range(1 + affine_allowed):
        units = problem.width - affine
        orthants = range(1 << (M - affine))
        for positive in range(units + 1):
            nodes += [(affine, positive, cells) for cells in product(orthants, repeat=units)]
    return nodes


def _cells_cover(generator: Floats, child: np.ndarray) -> bool:
    """The first cells are the orthants, and each cut replaces the two ends of an edge by one point between them."""
    M = generator.shape[1]
    for root in range(1 << M):
        if not np.array_equal(generator[root], np.diag([-1.0 if root >> k & 1 else 1.0 for k in range(M)])):
            return False
    cut = np.flatnonzero(child[:, 0] >= 0)
    if not cut.size:
        return True
    whole, first, second = generator[cut], generator[child[cut, 0]], generator[child[cut, 1]]
    lost, kept = (first != whole).any(axis=2), (second != whole).any(axis=2)
    if not ((lost.sum(axis=1) == 1).all() and (kept.sum(axis=1) == 1).all() and not (lost & kept).any()):
        return False
    row = np.arange(len(cut))
    a, b = kept.argmax(axis=1), lost.argmax(axis=1)
    middle, start, end = first[row, b], whole[row, a], whole[row, b]
    if not np.array_equal(middle, second[row, a]):
        return False
    edge = np.stack([start, end], axis=2)
    share = np.linalg.solve(edge.transpose(0, 2, 1) @ edge, edge.transpose(0, 2, 1) @ middle[:, :, None])
    return bool((share >= 0).all() and np.abs(edge @ share - middle[:, :, None]).max() < 1e-9)


class _Excuse:
    """Says which nodes may be missing; the cells' paths and their sides are worked out here, not taken over."""

    def __init__(self, proof: Proof, problem: Problem) -> None:
        self.affine = problem.output_bias and problem.weight_decay == 0 and np.isinf(problem.max_norm)
        self._generator, self._rows = proof.generator, problem.rows.T
        self._uniform: dict[int, int] = {}
        M = problem.rows.shape[1]
        self._path = {root: (M, root) for root in range(1 << M)}
        for cell in range(len(proof.child)):
            for half, child in enumerate(proof.child[cell]):
                if child >= 0:
                    depth, path = self._path[cell]
                    self._path[int(child)] = (depth + 1, 2 * path + half)

    def allows(self, node: Node) -> bool:
        """Whether a node may be missing."""
        _, positive, cells = node
        for j, cell in enumerate(cells):
            if self._side(cell) == 2 or (self._side(cell) == 1 and self.affine):
                return True
            if j + 1 < len(cells) and (j < positive) == (j + 1 < positive) and self._after(cell, cells[j + 1]):
                return True
        return False

    def _side(self, cell: int) -> int:
        if cell not in self._uniform:
            heights = self._generator[cell] @ self._rows
            off, on = (heights <= 1e-11).all(), (heights >= -1e-11).all()
            self._uniform[cell] = 2 if off else (1 if on else 0)
        return self._uniform[cell]

    def _after(self, cell: int, other: int) -> bool:
        (depth, path), (depth_other, path_other) = self._path[cell], self._path[other]
        shared = min(depth, depth_other)
        return path >> (depth - shared) > path_other >> (depth_other - shared)
