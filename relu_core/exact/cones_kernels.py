"""Loops over cells: which rows a cell leaves undecided, and how it is cut in two."""

import numpy as np
from numba import njit

# A row this near a generator's hyperplane lies on it: it belongs to both sides, so nothing is lost by either.
ON_HYPERPLANE = 1e-11


@njit(cache=True, error_model="numpy")
def classify_cell(cells, c, x):
    """Counts the rows that the cell's generators leave undecided; marks cells that are all on (1) or all off (2)."""
    M, D = x.shape
    undecided, all_on, all_off = 0, True, True
    for i in range(D):
        above, below = False, False
        for k in range(M):
            value = 0.0
            for a in range(M):
                value += cells.generator[c, k, a] * x[a, i]
            above |= value > ON_HYPERPLANE
            below |= value < -ON_HYPERPLANE
        undecided += above and below
        all_on &= not below
        all_off &= not above
    cells.undecided[c] = undecided
    cells.uniform[c] = 2 if all_off else (1 if all_on else 0)
    cells.child[c, 0] = -1
    cells.child[c, 1] = -1


@njit(cache=True, error_model="numpy")
def crossings(cells, c, x, first, second, places):
    """Places t in (0, 1) where data hyperplanes cross the edge (1 - t) V_first + t V_second; returns their number."""
    M, D = x.shape
    count = 0
    for i in range(D):
        at_first, at_second = 0.0, 0.0
        for a in range(M):
            at_first += cells.generator[c, first, a] * x[a, i]
            at_second += cells.generator[c, second, a] * x[a, i]
        if min(at_first, at_second) < -ON_HYPERPLANE and max(at_first, at_second) > ON_HYPERPLANE:
            places[count] = abs(at_first) / (abs(at_first) + abs(at_second))
            count += 1
    return count


@njit(cache=True, error_model="numpy")
def choose_cut(cells, c, x, places):
    """The edge crossed by most data hyperplanes (the wider one in a tie) and the median place on it."""
    M = x.shape[0]
    best_first, best_second, most, widest = np.int64(0), np.int64(1), -1, 2.0
    for first in range(M):
        for second in range(first + 1, M):
            count = crossings(cells, c, x, first, second, places)
            cosine = 0.0
            for a in range(M):
                cosine += cells.generator[c, first, a] * cells.generator[c, second, a]
            if count > most or (count == most and cosine < widest):
                best_first, best_second, most, widest = first, second, count, cosine
    count = crossings(cells, c, x, best_first, best_second, places)
    place = 0.5
    if count > 0:
        place = np.sort(places[:count])[count // 2]
    return best_first, best_second, place


@njit(cache=True, error_model="numpy")
def cut_cell(cells, c, x, places, count):
    """Cuts cell c at its chosen place, once; the two children are cells count and count + 1. Returns the new count."""
    if cells.child[c, 0] >= 0:
        return count
    M = x.shape[0]
    first, second, place = choose_cut(cells, c, x, places)
    middle, length = np.empty(M), 0.0
    for a in range(M):
        middle[a] = (1.0 - place) * cells.generator[c, first, a] + place * cells.generator[c, second, a]
        length += middle[a] * middle[a]
    length = np.sqrt(length)
    cells.edge[c, 0], cells.edge[c, 1] = first, second
    cells.place[c], cells.length[c] = place, length
    for half in range(2):
        new = count + half
        replaced = first if half else second
        for k in range(M):
            for a in range(M):
                cells.generator[new, k, a] = middle[a] / length if k == replaced else cells.generator[c, k, a]
        cells.depth[new] = cells.depth[c] + 1
        cells.path[new] = cells.path[c] | (np.uint64(half) << np.uint64(63 - cells.depth[c]))
        classify_cell(cells, new, x)
        cells.child[c, half] = new
    return count + 2
