"""Loops that move one knot at a time to where the lines cost least: good places to look for a network first."""

import numpy as np
from numba import njit

from relu_core.exact.knot_chains_kernels import LOSS, chain_excess
from relu_core.exact.knots_kernels import add_row, copy_line, empty_line
from relu_core.exact.scratch import CALLED, LOOP

SWEEPS, GAIN = 50, 1e-12
# Rows that a run keeps: with fewer, no chain of lines says what a network costs.
FEWEST = 2


@njit(**LOOP)
def fit_run(rows, walk, k, last):
    """Line k through the rows from its knot to `last`."""
    empty_line(walk.lines, k)
    for i in range(walk.here[k], last):
        add_row(rows, i, walk.lines, k)


@njit(**LOOP)
def best_place(rows, walk, count, k, facing, known, chain):
    """Moves knot k to its best place between its neighbours; returns what the chain costs then."""
    here, lines, m = walk.here, walk.lines, rows.x.shape[0]
    first, last, old = here[k - 1], here[k + 1] if k < count else m, here[k]
    others = rows.within
    for j in range(count + 1):
        if j != k and j != k - 1:
            others += lines[j, LOSS]
    empty_line(walk.ends, last)
    for b in range(last - 1, first - 1, -1):
        copy_line(walk.ends, b + 1, walk.ends, b)
        add_row(rows, b, walk.ends, b)
    empty_line(lines, k - 1)
    best = old
    for b in range(first, last - FEWEST + 1):
        if b >= first + FEWEST:
            total = others + lines[k - 1, LOSS] + walk.ends[b, LOSS]
            if total < known:
                copy_line(walk.ends, b, lines, k)
                here[k] = b
                total += chain_excess(rows, lines, here, count, facing, known - total, chain)
                if total < known - GAIN:
                    best, known = b, total
        add_row(rows, b, lines, k - 1)
    here[k] = best
    fit_run(rows, walk, k - 1, best)
    fit_run(rows, walk, k, last)
    return known


@njit(**CALLED)
def climb(rows, walk, places, facing, chain):
    """Moves the knots of `places` (w,) one by one until no move helps; returns a bound on what their networks cost.

    facing: the ways that units face. Places change in place.
    """
    count, m = len(places), rows.x.shape[0]
    for k in range(1, count + 1):
        walk.here[k] = places[k - 1]
    for k in range(count + 1):
        fit_run(rows, walk, k, walk.here[k + 1] if k < count else m)
    known = np.inf
    for _ in range(SWEEPS):
        before = known
        for k in range(1, count + 1):
            known = best_place(rows, walk, count, k, facing, known, chain)
        if not known < before:
            break
    for k in range(1, count + 1):
        places[k - 1] = walk.here[k]
    return known


@njit(**CALLED)
def least_places(rows, walk, places):
    """Fills in the places (w,) at which lines that need not meet cost least, no run with fewer rows than it needs."""
    count, m, a = len(places), rows.x.shape[0], np.int64(0)
    for k in range(count):
        empty_line(walk.lines, 0)
        best, least = a + FEWEST, np.inf
        for b in range(a, m - FEWEST * (count - k) + 1):
            if b >= a + FEWEST and walk.lines[0, LOSS] + walk.least[count - k, b] < least:
                best, least = b, walk.lines[0, LOSS] + walk.least[count - k, b]
            add_row(rows, b, walk.lines, 0)
        places[k] = best
        a = best
