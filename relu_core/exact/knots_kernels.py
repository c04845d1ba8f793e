"""Loops over the places of knots on a line: straight lines through runs of rows, and all places below a bound.

Rows are sorted by their input. A knot's place b says that b rows lie left of it; places b_1 <= .. <= b_k cut the rows
into k + 1 runs, one straight line each. The lines fitted one by one cost at most what a continuous function does, and
two lines that meet nowhere between the rows next to their knot cost more by an amount that has a closed form.
"""

import numpy as np
from numba import njit

from relu_core.exact.knot_chains_kernels import (
    ANY_WAY,
    FIELDS,
    LOSS,
    SHARED,
    SLOPE,
    SLOPE_FREE,
    SPREAD,
    WEIGHT,
    X,
    Y,
    chain_excess,
    excess,
)
from relu_core.exact.scratch import CALLED, LOOP

# What rounding may take from the sums that a bound is made of; targets have variance 1 and weights sum to 1.
ROUNDING = 1e-11
# Steps of a walk over places between two looks at the clock, a tenth of a second or so.
STEPS = 200_000


@njit(**LOOP)
def add_row(rows, i, lines, k):
    """Adds row i to the run that line k fits by least squares; spread and loss only grow, so neither loses digits.

    The spread of fewer than two rows is 0: nothing holds their line's slope.
    """
    heavy, total = rows.weight[i], lines[k, WEIGHT]
    x, y = rows.x[i] - lines[k, X], rows.y[i] - lines[k, Y]
    if lines[k, SPREAD] > 0.0:
        miss = y - lines[k, SLOPE] * x
        lines[k, LOSS] += heavy * miss * miss / (1.0 + heavy * (1.0 / total + x * x / lines[k, SPREAD]))
    share = heavy / (total + heavy)
    lines[k, SPREAD] += total * share * x * x
    lines[k, SHARED] += total * share * x * y
    lines[k, SLOPE] = lines[k, SHARED] / lines[k, SPREAD] if lines[k, SPREAD] > 0.0 else 0.0
    lines[k, WEIGHT] = total + heavy
    lines[k, X] += share * x
    lines[k, Y] += share * y


@njit(**LOOP)
def copy_line(source, a, lines, k):
    """Line k becomes line a of the source."""
    for field in range(FIELDS):
        lines[k, field] = source[a, field]


@njit(**LOOP)
def empty_line(lines, k):
    """Line k has no rows."""
    for field in range(FIELDS):
        lines[k, field] = 0.0


@njit(**CALLED)
def fit_tails(rows, runs, tails, least, line):
    """tails (m + 1, FIELDS): the lines through rows a .. m - 1. least (runs + 1, m + 1): the least loss of these rows
    cut into k runs, [k, a], where the last one is never empty. line (1, FIELDS): scratch.
    """
    m = rows.x.shape[0]
    empty_line(tails, m)
    for k in range(runs + 1):
        for a in range(m + 1):
            least[k, a] = np.inf
    for a in range(m - 1, -1, -1):
        copy_line(tails, a + 1, tails, a)
        add_row(rows, a, tails, a)
        least[1, a] = tails[a, LOSS]
    for a in range(m - 1, -1, -1):
        empty_line(line, 0)
        for b in range(a, m):
            for k in range(2, runs + 1):
                least[k, a] = min(least[k, a], line[0, LOSS] + least[k - 1, b])
            add_row(rows, b, line, 0)


@njit(**CALLED)
def list_places(rows, walk, count, start, free, above, bounded, listing, listed, chain):
    """Adds to the list all choices of `count` places, the first at `start`, with above <= bound < bounded[0].

    free: the slope is, so units need not face any way. On the way, the bound is the lines' losses plus the excess at
    every second knot, whichever half adds more: knots that share no line share no rows either. At its end it is the
    chain's. A list that is full keeps the lowest bounds, the highest of them first, and lowers bounded[0] to that;
    returns how many there are then. After STEPS steps it ends for a look at the clock; walk.depth[0] says where it
    goes on when it is called again, -1 at its end, and is 0 at its start.
    """
    m, here, following, lines, k = rows.x.shape[0], walk.here, walk.following, walk.lines, walk.depth[0]
    if k == 0:
        here[1], following[1], k = start, start, np.int64(1)
        empty_line(lines, 0)
        for i in range(start):
            add_row(rows, i, lines, 0)
        walk.loss[1], walk.half[1, 0], walk.half[1, 1] = rows.within - ROUNDING + lines[0, LOSS], 0.0, 0.0
    steps = 0
    while k >= 1:
        steps += 1
        if steps > STEPS:
            walk.depth[0] = k
            return listed
        b = following[k] if k < count else m
        following[k] += 1
        if k == count:
            copy_line(walk.tails, here[k], lines, k)
        elif b == here[k]:
            empty_line(lines, k)
        elif b < m:
            add_row(rows, b - 1, lines, k)
        loss = walk.loss[k] + lines[k, LOSS]
        if loss >= bounded[0] or (k < count and b == m):
            # more rows in this run can only cost more
            k -= 1
            continue
        rest = walk.least[count - k, b] if k < count else 0.0
        if loss + rest < bounded[0]:
            added = excess(rows, lines, k, here[k])
            even, odd = walk.half[k, 0] + (1 - k % 2) * added, walk.half[k, 1] + (k % 2) * added
            if loss + max(even, odd) + rest < bounded[0]:
                if k < count:
                    k += 1
                    here[k], following[k], walk.loss[k] = b, b, loss
                    walk.half[k, 0], walk.half[k, 1] = even, odd
                    continue
                listed = list_facings(rows, walk, count, free, loss, above, bounded, listing, listed, chain)
        if k == count:
            k -= 1
    walk.depth[0] = -1
    return listed


@njit(**LOOP)
def list_facings(rows, walk, count, free, loss, above, bounded, listing, listed, chain):
    """Lists one choice of places, with every way that its units can face where the slope is not free.

    With too few rows between two knots to hold a line's slope, no way of facing says much: they are listed as one.
    """
    missed = chain_excess(rows, walk.lines, walk.here, count, SLOPE_FREE, bounded[0] - loss, chain)
    first, last = (SLOPE_FREE, 0) if free else (0, 1 << count)
    for k in range(1, count):
        if walk.lines[k, SPREAD] == 0.0 and not free:
            first, last = ANY_WAY, SLOPE_FREE
    for facing in range(first, last):
        bound = loss + missed
        if bound < bounded[0] and facing >= 0:
            turned = chain_excess(rows, walk.lines, walk.here, count, facing, bounded[0] - loss, chain)
            bound = loss + max(missed, turned)
        if above <= bound < bounded[0]:
            listed = keep_choice(walk.here, count, facing, bound, listing, listed)
            if listed == listing.bound.shape[0]:
                bounded[0] = listing.bound[0]
    return listed


@njit(**LOOP)
def keep_choice(here, count, facing, bound, listing, listed):
    """Puts a choice in the heap, in place of the highest bound where the heap is full; returns how many there are."""
    most, w = listing.places.shape
    i = listed if listed < most else 0
    if listed < most:
        while i > 0 and listing.bound[(i - 1) // 2] < bound:
            move_choice(listing, (i - 1) // 2, i)
            i = (i - 1) // 2
    else:
        while 2 * i + 1 < most:
            child = 2 * i + 1
            if child + 1 < most and listing.bound[child + 1] > listing.bound[child]:
                child += 1
            if listing.bound[child] <= bound:
                break
            move_choice(listing, child, i)
            i = child
    listing.bound[i], listing.facing[i] = bound, facing
    for j in range(w):
        listing.places[i, j] = here[j + 1] if j < count else -1
    return min(listed + 1, most)


@njit(**LOOP)
def move_choice(listing, source, target):
    """Copies a choice to another place in the heap."""
    listing.bound[target], listing.facing[target] = listing.bound[source], listing.facing[source]
    for j in range(listing.places.shape[1]):
        listing.places[target, j] = listing.places[source, j]
