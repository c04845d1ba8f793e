"""Proof: the search's tree with one dual point a node, as `GlobalFit.verify` replays it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.knots import KnotOutcome
from relu_core.exact.knots_scratch import KnotLeaves
from relu_core.exact.problem import Problem
from relu_core.exact.search import Outcome
from relu_core.exact.search_kernels import CELLS, LOGGED


@dataclass(frozen=True, eq=False)
class Proof:
    """Everything a recheck needs besides the data.

    options: what `make_problem` was told. generator (C, M, M), child
    (C, 2): the tree of cells, orthants first. parent, branched (L,), shape (L, 3), cells (L, w): each visited node's
    parent (-1: a root), unit whose cell was cut (-1: a leaf), [units, positive ones, affine part], cells.
    dual (L, 2, p + 1): where the node's dual is read off, and a shift from it; last, the width of the loss's corner.
    With a norm bound, w more before that: in the second line each unit's multiplier of the bound.
    """

    options: dict[str, Any]
    generator: Floats
    child: NDArray[np.int64]
    parent: NDArray[np.int64]
    branched: NDArray[np.int64]
    shape: NDArray[np.int64]
    cells: NDArray[np.int64]
    dual: Floats


@dataclass(frozen=True, eq=False)
class KnotProof:
    """What a recheck of the search over knots needs besides the data. options: what `make_problem` was told."""

    options: dict[str, Any]
    leaves: KnotLeaves


def store_knot_proof(problem: Problem, outcome: KnotOutcome) -> KnotProof | None:
    """The proof of a search over knots, or None where it grew too long to be stored."""
    return None if outcome.leaves is None else KnotProof(problem.options, outcome.leaves)


def store_proof(problem: Problem, outcome: Outcome) -> Proof | None:
    """The proof of a search, or None where it grew too long to be stored."""
    tree, cells = outcome.tree, outcome.cells
    entries, used = int(tree.counts[LOGGED]), int(tree.counts[CELLS])
    if entries > len(tree.certificate):
        return None
    return Proof(
        options=problem.options,
        generator=cells.generator[:used].copy(),
        child=cells.child[:used].copy(),
        parent=tree.parent[:entries].copy(),
        branched=tree.branched[:entries].copy(),
        shape=tree.shape[:entries].copy(),
        cells=tree.logged[:entries].copy(),
        dual=tree.certificate[:entries].copy(),
    )
