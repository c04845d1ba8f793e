"""Loops of the recheck for one input: which choices of places the lines alone do not rule out, and what a leaf proves.

Written apart from the search: lines come from running sums, conditions are solved as dense systems.
"""

import numpy as np
from numba import njit

# Runs of rows with less spread than this get their sums row by row: differences of running sums would lose digits.
NARROW = 1e-4
ROUNDING, CHARGED = 2e-11, 100.0


@njit(cache=True, error_model="numpy")
def line_through(x, y, weight, sums, first, last):
    """Weight, mean input, mean target, slope, spread (0 where nothing holds the slope) and loss of a run's line."""
    if last - first < 2:
        return (weight[first], x[first], y[first], 0.0, 0.0, 0.0) if last > first else (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    total = sums[0, last] - sums[0, first]
    middle, level = (sums[1, last] - sums[1, first]) / total, (sums[2, last] - sums[2, first]) / total
    spread = sums[3, last] - sums[3, first] - total * middle * middle
    if spread >= NARROW:
        shared = sums[4, last] - sums[4, first] - total * middle * level
        loss = sums[5, last] - sums[5, first] - total * level * level - shared * shared / spread
        return total, middle, level, shared / spread, spread, max(0.0, loss)
    total, middle, level = 0.0, 0.0, 0.0
    for i in range(first, last):
        total += weight[i]
        middle += weight[i] * (x[i] - x[first])
        level += weight[i] * (y[i] - y[first])
    middle, level = x[first] + middle / total, y[first] + level / total
    spread, shared, loss = 0.0, 0.0, 0.0
    for i in range(first, last):
        spread += weight[i] * (x[i] - middle) ** 2
        shared += weight[i] * (x[i] - middle) * (y[i] - level)
    for i in range(first, last):
        loss += weight[i] * (y[i] - level - shared / spread * (x[i] - middle)) ** 2
    return total, middle, level, shared / spread, spread, loss if last > first + 2 else 0.0


@njit(cache=True, error_model="numpy")
def least_losses(x, y, weight, sums, runs):
    """(runs + 1, m + 1): least loss of the rows from a on, cut into k runs of which the last has rows, [k, a]."""
    m = len(x)
    least = np.full((runs + 1, m + 1), np.inf)
    for a in range(m - 1, -1, -1):
        for b in range(a, m):
            loss = line_through(x, y, weight, sums, a, b)[5]
            for k in range(2, runs + 1):
                least[k, a] = min(least[k, a], loss + least[k - 1, b])
        least[1, a] = line_through(x, y, weight, sums, a, m)[5]
    return least


@njit(cache=True, error_model="numpy")
def condition_of(lines, k, here, out):
    """Fills out (w + 1, 2): how line k's height above line k - 1 at an input moves with each line's level and slope."""
    out[:] = 0.0
    for line, sign in ((k, 1.0), (k - 1, -1.0)):
        out[line, 0] = sign / np.sqrt(lines[line, 0])
        out[line, 1] = sign * (here - lines[line, 1]) / np.sqrt(lines[line, 4])


@njit(cache=True, error_model="numpy")
def apart(lines, k, here):
    """Line k's height above line k - 1 at an input."""
    above = lines[k, 2] + lines[k, 3] * (here - lines[k, 1])
    return above - lines[k - 1, 2] - lines[k - 1, 3] * (here - lines[k - 1, 1])


@njit(cache=True, error_model="numpy")
def least_cost(lines, conditions, misses, equal):
    """Multipliers of the linear conditions on the lines that stand at `misses`, and what these prove they cost.

    conditions (c, w + 1, 2), misses (c,): all to be brought down to 0 or below, the last to exactly 0 where `equal`.
    """
    c = len(misses)
    flat = conditions.reshape(c, -1)
    square, held = flat @ flat.T, np.ones(c, np.bool_)
    multiplier = np.zeros(c)
    for _ in range(2):
        kept = np.flatnonzero(held)
        multiplier[:] = 0.0
        if len(kept) == 0:
            break
        system = np.empty((len(kept), len(kept)))
        for i in range(len(kept)):
            for j in range(len(kept)):
                system[i, j] = square[kept[i], kept[j]]
            system[i, i] *= 1.0 + 1e-13
        solved = np.linalg.solve(system, misses[kept])
        for i in range(len(kept)):
            multiplier[kept[i]] = solved[i]
        wrong = multiplier < 0.0
        if equal:
            wrong[c - 1] = False
        held &= ~wrong
        multiplier[wrong] = 0.0
        if not wrong.any():
            break
    if equal:
        rest = misses[c - 1] - square[c - 1] @ multiplier + square[c - 1, c - 1] * multiplier[c - 1]
        multiplier[c - 1] = rest / square[c - 1, c - 1]
    return multiplier, 2.0 * multiplier @ misses - multiplier @ square @ multiplier


@njit(cache=True, error_model="numpy")
def cost_of_meeting(x, lines, knots, count, facing, needed):
    """What it costs that neighbouring lines meet next to their knots and, for facing >= 0, that the first slope is
    minus the sum of the kinks of units that face left: a lower bound, looked for until it is `needed`."""
    turn = np.zeros((count + 1, 2))
    pull, equal = 0.0, facing >= 0
    for k in range(count + 1):
        share = (facing >> (k - 1) & 1 if k > 0 else 1) - (facing >> k & 1 if k < count else 0) if equal else 0
        if share != 0:
            if lines[k, 4] == 0.0:
                return 0.0
            turn[k, 1] = share / np.sqrt(lines[k, 4])
            pull += share * lines[k, 3]
    parts = [np.zeros((count + 1, 2), np.int64)]
    least = np.inf
    while len(parts) > 0:
        part = parts.pop()
        held = np.flatnonzero(part[:, 0])
        c = len(held) + (1 if equal else 0)
        conditions, misses = np.zeros((c, count + 1, 2)), np.zeros(c)
        for i in range(len(held)):
            k = held[i]
            side, here = part[k, 0], x[knots[k] - 1 + part[k, 1]]
            condition_of(lines, k, here, conditions[i])
            conditions[i] *= side
            misses[i] = side * apart(lines, k, here)
        if equal:
            conditions[c - 1], misses[c - 1] = turn, pull
        multiplier, cost = least_cost(lines, conditions, misses, equal)
        worst, most, worst_side = 0, 0.0, 0
        if cost < needed:
            moved, ahead = np.zeros((count + 1, 2)), np.zeros((count + 1, 2))
            for i in range(c):
                moved += multiplier[i] * conditions[i]
            for k in range(1, count + 1):
                if part[k, 0] == 0 and lines[k - 1, 4] > 0.0 and lines[k, 4] > 0.0:
                    heights = np.zeros(2)
                    for end in range(2):
                        here = x[knots[k] - 1 + end]
                        condition_of(lines, k, here, ahead)
                        heights[end] = apart(lines, k, here) - (moved * ahead).sum()
                    gap = min(heights[0] ** 2, heights[1] ** 2)
                    if heights[0] * heights[1] > 0.0 and gap > most:
                        worst, most, worst_side = k, gap, 1 if heights[0] > 0.0 else -1
        if worst == 0:
            least = min(least, cost)
            continue
        for end in range(2):
            parts.append(part.copy())
            parts[-1][worst, 0], parts[-1][worst, 1] = worst_side, end
    return least


@njit(cache=True, error_model="numpy")
def choices_left(x, y, weight, sums, within, least, count, free, needed, places, facings):
    """Fills in all choices of `count` places that the lines do not prove to cost `needed`; returns how many there are,
    also beyond what the arrays hold. free: the slope is, facing -1; else each way of facing by itself."""
    m, found = len(x), 0
    lines, here = np.zeros((count + 1, 6)), np.zeros(count + 2, np.int64)
    loss, even, odd = np.zeros(count + 2), np.zeros(count + 2), np.zeros(count + 2)
    loss[1], k = within - ROUNDING, 0
    following = np.ones(count + 2, np.int64)
    while k >= 0:
        # lines 0 .. k - 1 stand; the next run begins at here[k] and ends at the next place
        end = following[k] if k < count else m
        following[k] += 1
        lines[k] = line_through(x, y, weight, sums, here[k], end)
        total = loss[k + 1] + lines[k, 5]
        if total >= needed or (k < count and end >= m):
            k -= 1
            continue
        rest = least[count - k, end] if k < count else 0.0
        pair = cost_of_pair(x, lines, here[k], k) if k > 0 and total + rest < needed else 0.0
        a, b = even[k] + (pair if k % 2 == 0 else 0.0), odd[k] + (pair if k % 2 else 0.0)
        if total + rest + max(a, b) < needed:
            if k < count:
                k += 1
                here[k], following[k], loss[k + 1], even[k], odd[k] = end, end, total, a, b
                continue
            meeting = cost_of_meeting(x, lines, here, count, -1, needed - total)
            for facing in range(-1 if free else 0, 0 if free else 1 << count):
                if total + meeting < needed and (
                    free or total + cost_of_meeting(x, lines, here, count, facing, needed - total) < needed
                ):
                    if found < len(facings):
                        facings[found] = facing
                        for j in range(places.shape[1]):
                            places[found, j] = here[j + 1] if j < count else -1
                    found += 1
        if k == count:
            k -= 1
    return found


@njit(cache=True, error_model="numpy")
def cost_of_pair(x, lines, knot, k):
    """What it costs that lines k - 1 and k meet next to a knot, both ways of meeting tried."""
    if lines[k - 1, 4] == 0.0 or lines[k, 4] == 0.0:
        return 0.0
    before, after = apart(lines, k, x[knot - 1]), apart(lines, k, x[knot])
    if before * after <= 0.0:
        return 0.0
    least = np.inf
    for here, height in ((x[knot - 1], before), (x[knot], after)):
        give = 0.0
        for line in range(k - 1, k + 1):
            give += 1.0 / lines[line, 0] + (here - lines[line, 1]) ** 2 / lines[line, 4]
        least = min(least, height * height / give)
    return least


@njit(cache=True, error_model="numpy")
def leaf_columns(x, root, knots, count, facing, sign):
    """Columns (p, m) of a leaf's program, times the roots of the weights, of norm 1; how many may have any sign.

    First constant, slope where it is free, then for units of either sign distance from the row nearest to the knot and
    constant on the rows that the unit is on for; then, times its sign, far and near generator of each other unit.
    """
    m, p = len(x), 1
    columns = np.zeros((2 * count + 2, m))
    columns[0] = root
    if facing < 0:
        columns[1], p = root * x, 2
    free = p
    for signed in (False, True):
        for j in range(count):
            if (sign[j] != 0) != signed:
                continue
            left = facing >= 0 and (facing >> j) & 1 == 1
            near, gap = x[knots[j] - 1 if left else knots[j]], x[knots[j]] - x[knots[j] - 1]
            for i in range(m):
                if (i < knots[j]) == left:
                    reach = abs(x[i] - near)
                    columns[p, i] = root[i] * sign[j] * (reach + gap) if signed else root[i] * reach
                    columns[p + 1, i] = root[i] * sign[j] * reach if signed else root[i]
            p += 2
        if not signed:
            free = p
    for a in range(p):
        norm = np.sqrt((columns[a] * columns[a]).sum())
        if norm > 0.0:
            columns[a] /= norm
    return columns[:p], free


@njit(cache=True, error_model="numpy")
def leftover(columns, held, target, dependent):
    """What the held columns leave of the target, and each one's length in the best fit; a column that others leave less
    of than `dependent` is one of them."""
    p, m = columns.shape
    basis, upper, lengths = np.zeros((p, m)), np.zeros((p, p)), np.zeros(p)
    for a in range(p):
        if not held[a]:
            continue
        column = columns[a].copy()
        for _ in range(2):
            for b in range(a):
                shared = (column * basis[b]).sum()
                upper[b, a] += shared
                column -= shared * basis[b]
        norm = np.sqrt((column * column).sum())
        if norm > dependent:
            basis[a], upper[a, a] = column / norm, norm
    rest = target.copy()
    for _ in range(2):
        for a in range(p):
            shared = (rest * basis[a]).sum()
            lengths[a] += shared
            rest -= shared * basis[a]
    for a in range(p - 1, -1, -1):
        if upper[a, a] > 0.0:
            for b in range(a + 1, p):
                lengths[a] -= upper[a, b] * lengths[b]
            lengths[a] /= upper[a, a]
        else:
            lengths[a] = 0.0
    return rest, lengths


@njit(cache=True, error_model="numpy")
def leaf_bound(x, y, weight, within, knots, facing, sign, held_bits, needed):
    """What a leaf proves of every network of its choice and signs, read in several ways until one proves what is
    needed: columns that are nearly one are held as one, or not."""
    count = 0
    while count < len(knots) and knots[count] >= 0:
        count += 1
    root = np.sqrt(weight)
    columns, free = leaf_columns(x, root, knots, count, facing, sign)
    held, best = np.zeros(len(columns), np.bool_), -np.inf
    for dependent in (1e-9, 1e-11, 1e-7):
        for a in range(len(columns)):
            held[a] = a < free or held_bits >> a & 1 == 1
        if best < needed:
            best = max(best, within + read_leaf(columns, held, free, root * y, dependent, needed - within))
    return best


@njit(cache=True, error_model="numpy")
def read_leaf(columns, held, free, target, dependent, needed):
    """Whatever the held columns leave of the target, as far as no other could take it, is lost to every network; where
    one could, it is held too, and one of negative length is let go."""
    p, best = len(columns), -np.inf
    for _ in range(4 * p + 8):
        rest, lengths = leftover(columns, held, target, dependent)
        charge, pull, most, least, lowest = 0.0, -1, 1e-14, -1, 0.0
        for a in range(p):
            taken = (columns[a] * rest).sum()
            charge += (abs(taken) if a < free else max(0.0, taken)) * max(1.0, abs(lengths[a]))
            if a >= free and not held[a] and taken > most:
                pull, most = a, taken
            if held[a] and a >= free and lengths[a] < lowest:
                least, lowest = a, lengths[a]
        best = max(best, (rest * (2.0 * target - rest)).sum() - 2.0 * CHARGED * charge)
        if best >= needed or (pull < 0 and least < 0):
            break
        if least >= 0:
            held[least] = False
        else:
            held[pull] = True
    return best


@njit(cache=True, error_model="numpy")
def leaf_bounds(x, y, weight, within, places, facings, signs, held, needed, out):
    """leaf_bound of every leaf."""
    for i in range(len(out)):
        out[i] = leaf_bound(x, y, weight, within, places[i], facings[i], signs[i], held[i], needed)
