"""Loops over what a chain of lines costs because neighbours must meet, and because units face one way or the other.

Lines that fit their own runs of rows cost least; every condition that links them is a linear one, and multipliers of
the right sign, however found, say how much it adds. So nothing here can claim too much but by the rounding of its sums.
"""

import numpy as np
from numba import njit

from relu_core.exact.scratch import LOOP

# Of a run of rows' line: total weight, means, slope, spread of the inputs, spread shared with the targets, loss.
WEIGHT, X, Y, SLOPE, SPREAD, SHARED, LOSS, FIELDS = range(8)
# Ways of facing that are no bits: one more unit is on for all rows, so the slope is free; every way at once.
SLOPE_FREE, ANY_WAY = -1, -2


@njit(**LOOP)
def covariance(lines, k, here, there):
    """How the values of line k at two inputs move together under a pull of weight 1."""
    return 1.0 / lines[k, WEIGHT] + (here - lines[k, X]) * (there - lines[k, X]) / lines[k, SPREAD]


@njit(**LOOP)
def distance(lines, k, here):
    """How far line k lies above line k - 1 at an input."""
    upper = lines[k, Y] + lines[k, SLOPE] * (here - lines[k, X])
    return upper - lines[k - 1, Y] - lines[k - 1, SLOPE] * (here - lines[k - 1, X])


@njit(**LOOP)
def excess(rows, lines, k, knot):
    """What lines k - 1 and k cost beyond their own losses because they must meet between rows knot - 1 and knot.

    Where they do not, the best that do meet at one of these rows: by convexity, on the way there from any that meet.
    """
    if lines[k - 1, SPREAD] == 0.0 or lines[k, SPREAD] == 0.0:
        return 0.0
    before, after = rows.x[knot - 1], rows.x[knot]
    first, second = distance(lines, k, before), distance(lines, k, after)
    if first * second <= 0.0:
        return 0.0
    first *= first / (covariance(lines, k - 1, before, before) + covariance(lines, k, before, before))
    second *= second / (covariance(lines, k - 1, after, after) + covariance(lines, k, after, after))
    return min(first, second)


@njit(**LOOP)
def chain_excess(rows, lines, knots, count, facing, enough, chain):
    """What lines[0 .. count] cost beyond their own losses because each two must meet next to knots[1 .. count], and
    because the first slope is what units that face left make of it; once that is `enough`, no more is looked for.

    facing: bit k - 1 set where knot k's unit is on for rows left of it, or a way that asks nothing of the slope.
    Where two lines miss each other, those that meet are on the other side of one end of the gap, or of the other: two
    parts, each a quadratic program with one more condition, whose solution may leave other lines without a meeting.
    """
    pull, curve = 0.0, 0.0
    if facing >= 0:
        pull, curve = face(lines, count, facing, chain)
        if curve == 0.0:
            return 0.0
    least, top = np.inf, 1
    for k in range(count + 1):
        chain.sides[0, k] = 0
    while top > 0:
        top -= 1
        held = meet(rows, lines, knots, count, top, chain)
        total = linked_excess(lines, held, pull, curve, chain)
        knot = 0 if total >= enough else worst_miss(rows, lines, knots, count, top, held, curve, chain)
        if knot == 0:
            least = min(least, total)
            continue
        side = chain.missed[0]
        for k in range(count + 1):
            chain.sides[top + 1, k], chain.ends[top + 1, k] = chain.sides[top, k], chain.ends[top, k]
        for end in range(2):
            chain.sides[top + end, knot], chain.ends[top + end, knot] = side, end
        top += 2
    return least


@njit(**LOOP)
def meet(rows, lines, knots, count, part, chain):
    """Sets up the conditions of one part: where sides is 1 or -1, lines on that side must come down, or up, to each
    other at the row before the knot (ends 0) or after it. Returns how many."""
    i = 0
    for k in range(1, count + 1):
        if chain.sides[part, k] == 0:
            continue
        here = rows.x[knots[k] - 1 + chain.ends[part, k]]
        chain.knot[i], chain.side[i], chain.at[i] = k, chain.sides[part, k], here
        chain.pull[i] = distance(lines, k, here) * chain.side[i]
        chain.diagonal[i] = covariance(lines, k - 1, here, here) + covariance(lines, k, here, here)
        chain.coupled[i], chain.held[i] = 0.0, True
        if i > 0 and chain.knot[i - 1] == k - 1:
            chain.coupled[i] = -covariance(lines, k - 1, chain.at[i - 1], here) * chain.side[i] * chain.side[i - 1]
        i += 1
    return i


@njit(**LOOP)
def worst_miss(rows, lines, knots, count, part, held, curve, chain):
    """The knot without a condition whose lines, moved by the multipliers, miss each other most; 0 for none.

    Its side is left in missed[0].
    """
    worst, most = 0, 0.0
    for k in range(1, count + 1):
        if chain.sides[part, k] != 0 or lines[k - 1, SPREAD] == 0.0 or lines[k, SPREAD] == 0.0:
            continue
        before, after = rows.x[knots[k] - 1], rows.x[knots[k]]
        lower = moved_distance(lines, k, before, held, curve, chain)
        upper = moved_distance(lines, k, after, held, curve, chain)
        if lower * upper > 0.0 and min(lower * lower, upper * upper) > most:
            worst, most = k, min(lower * lower, upper * upper)
            chain.missed[0] = 1 if lower > 0.0 else -1
    return worst


@njit(**LOOP)
def moved_distance(lines, k, here, held, curve, chain):
    """distance of lines k - 1 and k at an input, after every condition's multiplier has moved them."""
    total = distance(lines, k, here)
    for i in range(held):
        pushed = chain.multiplier[i] * chain.side[i]
        if chain.knot[i] == k - 1:
            total += pushed * covariance(lines, k - 1, here, chain.at[i])
        elif chain.knot[i] == k + 1:
            total += pushed * covariance(lines, k, here, chain.at[i])
    if curve > 0.0:
        total -= chain.turned[0] * slope_pull(lines, k, here, chain)
    return total


@njit(**LOOP)
def slope_pull(lines, k, here, chain):
    """How the distance of lines k - 1 and k at an input moves with the slopes' condition."""
    total = 0.0
    if chain.share[k] != 0.0:
        total += chain.share[k] * (here - lines[k, X]) / lines[k, SPREAD]
    if chain.share[k - 1] != 0.0:
        total -= chain.share[k - 1] * (here - lines[k - 1, X]) / lines[k - 1, SPREAD]
    return total


@njit(**LOOP)
def face(lines, count, facing, chain):
    """The condition of units that face left where a bit of `facing` is set: the first slope is minus their kinks' sum.

    share[k]: of each line's slope in it. Returns how much it misses, and its curvature, 0 where nothing holds a slope.
    """
    pull, curve = 0.0, 0.0
    for k in range(count + 1):
        left_of, right_of = (facing >> (k - 1) & 1 if k > 0 else 1), (facing >> k & 1 if k < count else 0)
        chain.share[k] = left_of - right_of
        if chain.share[k] != 0.0:
            if lines[k, SPREAD] == 0.0:
                return 0.0, 0.0
            pull += chain.share[k] * lines[k, SLOPE]
            curve += 1.0 / lines[k, SPREAD]
    return pull, curve


@njit(**LOOP)
def linked_excess(lines, held, pull, curve, chain):
    """Excess that the conditions set up in `chain` prove, and the slopes' condition where curve > 0.

    Multipliers of a wrong sign are left out once, and set to 0 if they come again: what is left is still a bound.
    """
    slope = 0.0
    for i in range(held):
        chain.slope[i] = slope_pull(lines, chain.knot[i], chain.at[i], chain) * chain.side[i] if curve > 0.0 else 0.0
    for _ in range(2):
        solve_chain(held, chain.pull, chain.multiplier, chain)
        if curve > 0.0:
            solve_chain(held, chain.slope, chain.moved, chain)
            need, bend = pull, curve
            for i in range(held):
                need -= chain.slope[i] * chain.multiplier[i]
                bend -= chain.slope[i] * chain.moved[i]
            slope = need / bend if bend > 1e-9 * curve else 0.0
            for i in range(held):
                chain.multiplier[i] -= slope * chain.moved[i]
        right_signs = True
        for i in range(held):
            if chain.multiplier[i] < 0.0:
                chain.held[i], chain.multiplier[i], right_signs = False, 0.0, False
        if right_signs:
            break
    total = 0.0
    if curve > 0.0:
        slope = pull
        for i in range(held):
            slope -= chain.slope[i] * chain.multiplier[i]
        slope /= curve
        total = slope * (2.0 * pull - curve * slope)
    chain.turned[0] = slope
    for i in range(held):
        own = 2.0 * (chain.pull[i] - chain.slope[i] * slope) - chain.diagonal[i] * chain.multiplier[i]
        if i > 0:
            own -= 2.0 * chain.coupled[i] * chain.multiplier[i - 1]
        total += chain.multiplier[i] * own
    return total


@njit(**LOOP)
def solve_chain(held, right, out, chain):
    """Multipliers out[:held] that answer right[:held]: a tridiagonal system of the conditions that are held."""
    for i in range(held):
        chain.pivot[i], chain.right[i] = chain.diagonal[i], right[i]
        if i > 0 and chain.held[i] and chain.held[i - 1]:
            share = chain.coupled[i] / chain.pivot[i - 1]
            chain.pivot[i] -= share * chain.coupled[i]
            chain.right[i] -= share * chain.right[i - 1]
    for i in range(held - 1, -1, -1):
        out[i] = 0.0
        if chain.held[i]:
            s = chain.right[i]
            if i + 1 < held and chain.held[i + 1]:
                s -= chain.coupled[i + 1] * out[i + 1]
            out[i] = s / chain.pivot[i]
