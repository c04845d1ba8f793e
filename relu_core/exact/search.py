"""Deterministic branch and bound over tuples of cells: lowest bound first, limits checked between chunks."""

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_core.arguments import Floats
from relu_core.exact.cones import Cells, root_cells, with_room
from relu_core.exact.incumbent import Incumbent
from relu_core.exact.incumbents import Descents
from relu_core.exact.limits import Limits
from relu_core.exact.relaxation import Task, unknowns
from relu_core.exact.search_kernels import (
    CELLS,
    CLOSED,
    FINISHED,
    FLOOR,
    FREE,
    HEAP,
    LOGGED,
    NODES,
    ROOTS,
    STOPPED,
    TOLERANCE,
    advance,
)
from relu_core.exact.work_estimate import first_tuples
from relu_core.interrupts import interrupt

# Nodes between two looks at the clock; limits never change what a node's bound is, only when the search ends.
CHUNK = 128
# Dual points are stored up to this many bytes; a longer search proves as much, but cannot be rechecked afterwards.
STORED_BYTES = 400e6


class Tree(NamedTuple):
    """Open nodes (by slot) and the log of every node visited (by entry), grown in place.

    bound, log, unit (S,), chosen (S, w), theta (S, p): an open node's bound, log entry, unit to cut, cells, solution.
    heap, vacant (S,): slots in heap order; free slots. parent, branched, proved (L,), shape (L, 3), logged (L, w),
    certificate (L, 2, p + 1; with a norm bound p + 1 + w): a visited node's parent entry, unit cut (-1: leaf), own
    bound, [units, positive, affine], cells, and the dual point that proves the bound. counts, number: see the
    constants of search_kernels.
    """

    bound: Floats
    log: NDArray[np.int64]
    unit: NDArray[np.int64]
    chosen: NDArray[np.int64]
    theta: Floats
    heap: NDArray[np.int64]
    vacant: NDArray[np.int64]
    parent: NDArray[np.int64]
    branched: NDArray[np.int64]
    proved: Floats
    shape: NDArray[np.int64]
    logged: NDArray[np.int64]
    certificate: Floats
    counts: NDArray[np.int64]
    number: Floats


class Outcome(NamedTuple):
    """What the search knows when it ends; lower in search units. ended: "complete", "time" or "nodes"."""

    lower: float
    nodes: int
    ended: str
    tree: Tree
    cells: Cells


def search(task: Task, descents: Descents, limits: Limits) -> Outcome:
    """Branches until no open node can improve the incumbent by more than the gap, or a limit is reached."""
    cells, tree = root_cells(task.x, 4096), _room(task, 1024, 1024)
    tree.number[CLOSED], tree.number[TOLERANCE], tree.number[FLOOR] = np.inf, limits.gap, limits.floor
    tree.counts[CELLS], tree.counts[FREE] = 1 << len(task.x), len(tree.vacant)
    best, work = descents.best, descents.work
    weights, ended = np.zeros(unknowns(task)), "complete"
    roots = first_tuples(len(task.x), task.width, affine=task.affine == 1)
    while True:
        cells, tree = _grow(cells, tree, task)
        visited = int(tree.counts[ROOTS])
        last, steps = (min(roots, visited + CHUNK), 0) if visited < roots else (roots, CHUNK)
        state = advance(task, tree, cells, best, last, steps, weights, work)
        if state == STOPPED:
            interrupt()
        descents.keep_up(int(tree.counts[NODES]))
        lower = _lower(tree, best, tree.counts[ROOTS] < roots)
        stopped = limits.report(lower, float(best.value[0]), int(tree.counts[NODES]))
        if state == FINISHED:
            break
        if tree.counts[NODES] >= limits.node_limit or stopped or time.perf_counter() > limits.deadline:
            ended = "nodes" if tree.counts[NODES] >= limits.node_limit else "time"
            break
    return Outcome(lower, int(tree.counts[NODES]), ended, tree, cells)


def _lower(tree: Tree, best: Incumbent, roots_left: bool) -> float:
    """The least of all bounds that still stand; 0 while a root is unvisited, since no loss is negative."""
    if roots_left:
        return 0.0
    opened = tree.bound[tree.heap[0]] if tree.counts[HEAP] else np.inf
    return max(0.0, float(min(tree.number[CLOSED], opened, best.value[0])))


def _grow(cells: Cells, tree: Tree, task: Task) -> tuple[Cells, Tree]:
    """Room for one more chunk: two cells, two log entries and one more open node for each cut."""
    need = 2 * CHUNK + 8
    if len(cells.path) < tree.counts[CELLS] + need:
        cells = with_room(cells, 2 * len(cells.path))
    slots, entries = len(tree.bound), len(tree.parent)
    short_slots, short_entries = tree.counts[FREE] < need, entries < tree.counts[LOGGED] + need
    if short_slots or short_entries:
        grown = _room(task, slots * (2 if short_slots else 1), entries * (2 if short_entries else 1))
        for name in Tree._fields:
            old, new = getattr(tree, name), getattr(grown, name)
            new[: len(old)] = old[: len(new)]
        if short_slots:
            vacant = int(tree.counts[FREE])
            grown.vacant[vacant : vacant + slots] = np.arange(slots, 2 * slots)
            grown.counts[FREE] += slots
        tree = grown
    return cells, tree


def _room(task: Task, slots: int, entries: int) -> Tree:
    w, p = task.width, unknowns(task)
    stored = min(entries, int(STORED_BYTES / (16 * p)))
    return Tree(
        bound=np.zeros(slots),
        log=np.zeros(slots, dtype=np.int64),
        unit=np.zeros(slots, dtype=np.int64),
        chosen=np.zeros((slots, w), dtype=np.int64),
        theta=np.zeros((slots, p)),
        heap=np.zeros(slots, dtype=np.int64),
        vacant=np.arange(slots, dtype=np.int64),
        parent=np.zeros(entries, dtype=np.int64),
        branched=np.zeros(entries, dtype=np.int64),
        proved=np.zeros(entries),
        shape=np.zeros((entries, 3), dtype=np.int64),
        logged=np.zeros((entries, w), dtype=np.int64),
        certificate=np.zeros((stored, 2, p + 1 + (w if task.max_norm < np.inf else 0))),
        counts=np.zeros(7, dtype=np.int64),
        number=np.zeros(3),
    )
