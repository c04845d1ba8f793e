"""Loops of cells.py: cells of an arrangement in general position, counted by its flats.

Hyperplanes in general position cut a polytope into as many cells as there are sets of them that meet inside it, the
empty set included [Zaslavsky 1975]. Whether one more hyperplane meets the flat of a set is a linear program over the
polytope's vertices, begun where the one before ended: a few passes over the vertices, and no edge has to be known.
"""

import numpy as np
from numba import njit

from relu_core.interrupts import interrupted

MEETS, MISSES, UNSURE = 1, 0, -1
# In place of a number of cells: Ctrl-C was pressed.
STOPPED = -2
# Pivots after which a linear program counts as undecided; three or four are usual.
MOST_PIVOTS = 40


@njit(cache=True, error_model="numpy")
def new_flats(n, units, vertices):
    """Working arrays of count_flats for so many hyperplanes and vertices in n dimensions.

    chosen, sizes, turns (n,): per level the hyperplane of the set, how many may follow, the one whose turn it is.
    followers (n, units), bases (n, units, n + 1), inverses (n, units, n + 1, n + 1): those, and for each the vertices
    around the flat of the set with it. vectors (2, n + 1), costs (vertices,): of one linear program.
    """
    return (
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, units), np.int64),
        np.empty((n, units, n + 1), np.int64), np.empty((n, units, n + 1, n + 1)), np.empty((2, n + 1)),
        np.empty(vertices),
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def count_flats(n, units, errors, values, names, count, room):
    """Cells of the hyperplanes with values (units, vertices) in a polytope of n dimensions with `count` vertices.

    -1 if rounding leaves open whether some of them meet, as it does where they are not in general position; STOPPED.
    """
    chosen, sizes, turns, followers, bases, inverses, vectors, costs = room
    total, level = 1, 0
    sizes[0] = units
    for a in range(units):
        followers[0, a], bases[0, a, 0], inverses[0, a, 0, 0] = a, 0, 1.0
    while True:
        if interrupted():
            return STOPPED
        kept = 0
        for i in range(sizes[level]):
            row, basis, inverse = followers[level, i], bases[level, i], inverses[level, i]
            outcome = extend(values, errors, names, chosen, level, row, count, basis, inverse, vectors, costs)
            if outcome == UNSURE:
                return -1
            if outcome == MEETS:
                followers[level, kept] = row
                copy_flat(basis, inverse, bases[level, kept], inverses[level, kept], level + 2)
                kept += 1
        total += kept
        sizes[level], turns[level] = kept if level + 1 < n else 0, 0
        while turns[level] + 1 >= sizes[level]:
            level -= 1
            if level < 0:
                return total
        turn = turns[level]
        turns[level], chosen[level] = turn + 1, followers[level, turn]
        sizes[level + 1] = sizes[level] - turn - 1
        for i in range(sizes[level + 1]):
            followers[level + 1, i] = followers[level, turn + 1 + i]
            copy_flat(bases[level, turn], inverses[level, turn], bases[level + 1, i], inverses[level + 1, i], level + 2)
        level += 1


@njit(cache=True, error_model="numpy", forceinline=True)
def copy_flat(basis, inverse, new_basis, new_inverse, size):
    """Copies a basis of so many vertices and the inverse of its matrix."""
    for j in range(size):
        new_basis[j] = basis[j]
        for k in range(size):
            new_inverse[j, k] = inverse[j, k]


@njit(cache=True, error_model="numpy")
def extend(values, errors, names, chosen, r, row, count, basis, inverse, vectors, costs):
    """Whether hyperplane `row` meets the flat of the first r `chosen` inside the polytope: MEETS, MISSES or UNSURE.

    basis: r + 1 vertices around a point of the flat; inverse: of their matrix with columns (1, values of the chosen).
    The simplex method moves them until the unit changes sign; the vertex it would take in next then makes r + 2
    vertices around a point of the smaller flat, which both become.
    """
    multipliers, step = vectors
    sign = 0.0
    for _ in range(MOST_PIVOTS):
        limit = errors[names[row]]
        for k in range(r + 1):
            multipliers[k] = 0.0
            for j in range(r + 1):
                multipliers[k] += values[row, basis[j]] * inverse[j, k]
            if k:
                limit += abs(multipliers[k]) * errors[names[chosen[k - 1]]]
        here = multipliers[0]
        if sign == 0.0:
            if abs(here) <= limit:
                return UNSURE
            sign = 1.0 if here > 0.0 else -1.0
        entering = lowest_cost(values, chosen, r, row, sign, multipliers, count, costs)
        if costs[entering] >= -limit:
            return MISSES if sign * here > 2.0 * limit else UNSURE
        leaving, part = -1, np.inf
        for j in range(r + 1):
            step[j] = inverse[j, 0]
            for k in range(r):
                step[j] += inverse[j, k + 1] * values[chosen[k], entering]
            if step[j] > 0.0 and inverse[j, 0] < part * step[j]:
                leaving, part = j, inverse[j, 0] / step[j]
        if leaving < 0:
            return UNSURE
        if sign * here + part * costs[entering] < -limit:
            border(inverse, step, multipliers, sign * costs[entering], r + 1)
            basis[r + 1] = entering
            return MEETS
        pivot(inverse, step, leaving, r + 1)
        basis[leaving] = entering
    return UNSURE


@njit(cache=True, error_model="numpy", forceinline=True)
def lowest_cost(values, chosen, r, row, sign, multipliers, count, costs):
    """Reduced costs of all vertices into `costs`; the vertex with the lowest."""
    target = values[row]
    for v in range(count):
        costs[v] = sign * (target[v] - multipliers[0])
    for k in range(r):
        factor, other = sign * multipliers[k + 1], values[chosen[k]]
        for v in range(count):
            costs[v] -= factor * other[v]
    lowest = 0
    for v in range(count):
        if costs[v] < costs[lowest]:
            lowest = v
    return lowest


@njit(cache=True, error_model="numpy")
def pivot(inverse, step, leaving, size):
    """Inverse of a matrix after its column `leaving` is replaced by another; step: the inverse times that one."""
    for k in range(size):
        inverse[leaving, k] /= step[leaving]
    for j in range(size):
        if j != leaving:
            for k in range(size):
                inverse[j, k] -= step[j] * inverse[leaving, k]


@njit(cache=True, error_model="numpy")
def border(inverse, step, multipliers, cost, size):
    """Inverse of a matrix with one more column and one more row, in place.

    step: the inverse times the column; multipliers: the row times the inverse; cost: the number that the row and the
    column share, less the row times the step.
    """
    for j in range(size):
        for k in range(size):
            inverse[j, k] += step[j] * multipliers[k] / cost
        inverse[j, size] = -step[j] / cost
    for k in range(size):
        inverse[size, k] = -multipliers[k] / cost
    inverse[size, size] = 1.0 / cost
