"""Loops of the branch and bound: the heap of open nodes, the bounding of one node, the cutting of the next."""

import numpy as np
from numba import njit

from relu_core.exact.cones_kernels import cut_cell
from relu_core.exact.glide_kernels import network_value, shorten
from relu_core.exact.incumbents_kernels import START, cutoff_of, improve, keep_incumbent, new_pattern
from relu_core.exact.newton_kernels import bound_node
from relu_core.exact.scratch import LOOP, MERGED, MOVED, PLACES, POINT, SCALED, THETA, WEIGHT, U, Z
from relu_core.exact.sums_kernels import sum_of_products
from relu_core.interrupts import interrupted

HEAP, FREE, CELLS, LOGGED, NODES, STEPS, ROOTS = range(7)
MORE, FINISHED, STOPPED = range(3)
CLOSED, TOLERANCE, FLOOR = 0, 1, 2


@njit(**LOOP)
def before(tree, a, b):
    """Whether open node a comes before b: lower bound first, older first in a tie."""
    return tree.bound[a] < tree.bound[b] or (tree.bound[a] == tree.bound[b] and tree.log[a] < tree.log[b])


@njit(**LOOP)
def heap_push(tree, slot):
    """Adds an open node."""
    i = tree.counts[HEAP]
    tree.counts[HEAP] += 1
    while i > 0:
        parent = (i - 1) // 2
        if not before(tree, slot, tree.heap[parent]):
            break
        tree.heap[i] = tree.heap[parent]
        i = parent
    tree.heap[i] = slot


@njit(**LOOP)
def heap_pop(tree):
    """Removes and returns the open node with the lowest bound."""
    top = tree.heap[0]
    tree.counts[HEAP] -= 1
    n = tree.counts[HEAP]
    last = tree.heap[n]
    i = 0
    while 2 * i + 1 < n:
        child = 2 * i + 1
        if child + 1 < n and before(tree, tree.heap[child + 1], tree.heap[child]):
            child += 1
        if not before(tree, tree.heap[child], last):
            break
        tree.heap[i] = tree.heap[child]
        i = child
    tree.heap[i] = last
    return top


@njit(**LOOP)
def needless(task, cells, chosen, units, positive, affine):
    """Whether other nodes cover this one: a unit off for all rows, or on where an affine part stands in for it, or
    units of one sign out of order."""
    for j in range(units):
        uniform = cells.uniform[chosen[j]]
        if uniform == 2 or (uniform == 1 and task.affine == 1):
            return True
        if j + 1 < units and (j < positive) == (j + 1 < positive):
            depth = min(cells.depth[chosen[j]], cells.depth[chosen[j + 1]])
            shift = np.uint64(64 - depth)
            if (cells.path[chosen[j]] >> shift) > (cells.path[chosen[j + 1]] >> shift):
                return True
    return False


@njit(**LOOP)
def try_network(task, cells, chosen, units, positive, affine, p, free, polish, best, weights, work):
    """The network that the relaxation's solution stands for, improved if it is promising."""
    M = task.x.shape[0]
    for a in range(free):
        weights[a] = work.vector[THETA, a]
    for j in range(units):
        for a in range(M):
            s = 0.0
            for k in range(M):
                s += work.vector[THETA, free + j * M + k] * cells.generator[chosen[j], k, a]
            weights[free + j * M + a] = s
    if task.max_norm < np.inf:
        shorten(task, weights, free, units)
    value = network_value(task, weights, free, units, positive, work)
    if polish or (value < 1.05 * best.value[0] and new_pattern(task, units, positive, START, best, work)):
        value = improve(task, weights, p, free, units, positive, np.int64(40), best, work)
    keep_incumbent(best, weights, p, value, units, positive, affine)


@njit(**LOOP)
def tree_cutoff(tree, best):
    """cutoff_of with the tree's own tolerance."""
    return cutoff_of(best, tree.number[TOLERANCE], tree.number[FLOOR])


@njit(**MERGED)
def log_node(task, tree, chosen, units, positive, affine, parent, bound, p, work):
    """Enters a bounded node with its dual point in the log; returns its entry."""
    entry = tree.counts[LOGGED]
    tree.counts[LOGGED] += 1
    tree.parent[entry], tree.branched[entry], tree.proved[entry] = parent, -1, bound
    tree.shape[entry, 0], tree.shape[entry, 1], tree.shape[entry, 2] = units, positive, affine
    for j in range(units):
        tree.logged[entry, j] = chosen[j]
    if entry < tree.certificate.shape[0]:
        for a in range(p):
            tree.certificate[entry, 0, a] = work.vector[POINT, a]
            tree.certificate[entry, 1, a] = work.vector[MOVED, a]
        tree.certificate[entry, 0, tree.certificate.shape[2] - 1] = work.vector[POINT, p]
        if task.max_norm < np.inf:
            for j in range(units):
                tree.certificate[entry, 1, p + j] = work.vector[MOVED, p + j]
    return entry


@njit(**MERGED)
def unit_to_cut(task, cells, chosen, units, R, work):
    """The unit whose envelope leaves most room at the undecided rows, or -1 where no cell can be cut."""
    unit, most, above = -1, -1.0, work.row[SCALED]
    for j in range(units):
        if cells.undecided[chosen[j]] == 0 or cells.depth[chosen[j]] >= 62:
            continue
        upper, z = work.unit[U, j], work.unit[Z, j]
        for r in range(R):
            above[r] = upper[r] - max(0.0, z[r])
        room = 1e-9 * cells.undecided[chosen[j]] + sum_of_products((work.row[WEIGHT], above), R)
        if room > most:
            unit, most = j, room
    return unit


@njit(**LOOP)
def visit(task, tree, cells, best, chosen, units, positive, affine, parent, inherited, polish, weights, work):
    """Bounds a node, tries its network, and closes it or opens it for cutting."""
    if needless(task, cells, chosen, units, positive, affine):
        return
    bound, R, p, free, steps = bound_node(
        task,
        cells,
        chosen,
        units,
        positive,
        affine,
        tree_cutoff(tree, best),
        parent >= 0,
        work,
    )
    tree.counts[NODES] += 1
    tree.counts[STEPS] += steps
    unit = unit_to_cut(task, cells, chosen, units, R, work)
    try_network(task, cells, chosen, units, positive, affine, p, free, polish, best, weights, work)
    entry = log_node(task, tree, chosen, units, positive, affine, parent, bound, p, work)
    bound = max(bound, inherited)
    if bound >= tree_cutoff(tree, best) or unit < 0:
        tree.number[CLOSED] = min(tree.number[CLOSED], bound)
        return
    tree.counts[FREE] -= 1
    slot = tree.vacant[tree.counts[FREE]]
    tree.bound[slot], tree.unit[slot], tree.log[slot] = bound, unit, entry
    for j in range(units):
        tree.chosen[slot, j] = chosen[j]
    for a in range(p):
        tree.theta[slot, a] = work.vector[THETA, a]
    heap_push(tree, slot)


@njit(**MERGED)
def visit_roots(task, tree, cells, best, last, chosen, weights, work):
    """Visits the root nodes up to number last - 1: affine part, number of positive units, an orthant a unit."""
    orthants = 1 << task.x.shape[0]
    while tree.counts[ROOTS] < last and not interrupted():
        number = tree.counts[ROOTS]
        tree.counts[ROOTS] += 1
        rest, affine = number, 0
        block = (task.width + 1) * orthants**task.width
        if rest >= block:
            rest, affine = rest - block, 1
        units = task.width - affine
        positive, rest = rest // orthants**units, rest % orthants**units
        skip = False
        for j in range(units):
            chosen[j], rest = rest % orthants, rest // orthants
            # relu(z) = relu(-z) + z: beside a free affine part half of the directions say all
            skip |= affine == 1 and chosen[j] >= orthants // 2
        if not skip:
            visit(
                task, tree, cells, best, chosen, units, positive, affine, np.int64(-1), 0.0, number % 7 == 0, weights,
                work,
            )  # fmt: skip


@njit(**LOOP)
def inherit_start(tree, cells, slot, unit, cell, half, free, M, theta, work):
    """The parent's solution in the child's generators; what lies outside the child's cell is moved to its face."""
    for a in range(theta.shape[0]):
        work.vector[THETA, a] = theta[a]
    first = free + unit * M
    a, b, place, length = cells.edge[cell, 0], cells.edge[cell, 1], cells.place[cell], cells.length[cell]
    at_a, at_b = theta[first + a], theta[first + b]
    if half == 0:
        middle, kept = at_b / place * length, at_a - at_b * (1.0 - place) / place
        if kept < 0.0:
            middle, kept = at_a / (1.0 - place) * length, 0.0
        work.vector[THETA, first + a], work.vector[THETA, first + b] = kept, middle
    else:
        middle, kept = at_a / (1.0 - place) * length, at_b - at_a * place / (1.0 - place)
        if kept < 0.0:
            middle, kept = at_b / place * length, 0.0
        work.vector[THETA, first + a], work.vector[THETA, first + b] = middle, kept


@njit(**MERGED)
def cut_node(task, tree, cells, best, chosen, theta, weights, work):
    """Takes the open node with the lowest bound and visits its two halves."""
    M = task.x.shape[0]
    slot = heap_pop(tree)
    entry, unit, inherited = tree.log[slot], tree.unit[slot], tree.bound[slot]
    units, positive, affine = tree.shape[entry, 0], tree.shape[entry, 1], tree.shape[entry, 2]
    free = task.bias + affine * (M - 1)
    for a in range(theta.shape[0]):
        theta[a] = tree.theta[slot, a]
    cell = tree.chosen[slot, unit]
    tree.counts[CELLS] = cut_cell(cells, cell, task.x, work.row[PLACES], tree.counts[CELLS])
    tree.branched[entry] = unit
    for half in range(2):
        for j in range(units):
            chosen[j] = tree.chosen[slot, j]
        chosen[unit] = cells.child[cell, half]
        inherit_start(tree, cells, slot, unit, cell, half, free, M, theta, work)
        polish = tree.counts[NODES] % 500 == 0
        visit(task, tree, cells, best, chosen, units, positive, affine, entry, inherited, polish, weights, work)
    tree.vacant[tree.counts[FREE]] = slot
    tree.counts[FREE] += 1


@njit(cache=True, error_model="numpy")
def advance(task, tree, cells, best, last, steps, weights, work):
    """Visits the roots that are left up to number last - 1, then cuts up to `steps` open nodes, lowest bound first.

    Returns FINISHED when no open node is left below the cutoff, STOPPED at a Ctrl-C, else MORE.
    """
    chosen = np.zeros(task.width, dtype=np.int64)
    theta = np.zeros(best.weights.shape[0])
    visit_roots(task, tree, cells, best, last, chosen, weights, work)
    if tree.counts[ROOTS] < last:
        return STOPPED
    for _ in range(steps):
        if tree.counts[HEAP] == 0 or tree.bound[tree.heap[0]] >= cutoff_of(
            best, tree.number[TOLERANCE], tree.number[FLOOR]
        ):
            return FINISHED
        if interrupted():
            return STOPPED
        cut_node(task, tree, cells, best, chosen, theta, weights, work)
    return MORE
