"""Loops over the programs of one choice of knot places: which way each unit faces, which sign it has.

With a unit's knot between two neighbouring rows, g apart, its output on the rows that it is on for is S times their
distance from the nearer of the two, plus J: far = J / g and near = S - J / g are the lengths of its two generators and
must have one sign. Programs hold the lengths at one sign, at the other, or at neither yet, which is a relaxation; so is
a free slope instead of units that face known ways. Each is a small nonnegative least squares program, and its residuals
are a dual point that bounds it.
"""

import numpy as np
from numba import njit

from relu_core.exact.incumbents_kernels import cutoff_of
from relu_core.exact.knot_chains_kernels import ANY_WAY, SLOPE_FREE
from relu_core.exact.knot_columns_kernels import FITTED, LENGTH, SCALE, active_rows, fill_columns, solve_program
from relu_core.exact.scratch import CALLED, LOOP

LOGGED, SOLVED = range(2)


@njit(**LOOP)
def read_shape(rows, knots, count, facing, sign, work):
    """shape: [constant, slope, S_1, J_1, ..] of the program's lengths; returns the unit without a sign whose two
    generators disagree most, or -1."""
    unit, most, shape = -1, 0.0, work.shape
    shape[0] = work.vector[LENGTH, 0] / work.vector[SCALE, 0]
    shape[1] = 0.0
    if facing < 0:
        shape[1] = work.vector[LENGTH, 1] / work.vector[SCALE, 1]
    for j in range(count):
        a, gap = work.place[j], rows.x[knots[j]] - rows.x[knots[j] - 1]
        first = work.vector[LENGTH, a] / work.vector[SCALE, a]
        second = work.vector[LENGTH, a + 1] / work.vector[SCALE, a + 1] if work.vector[SCALE, a + 1] > 0.0 else 0.0
        if sign[j] != 0:
            shape[2 + 2 * j], shape[3 + 2 * j] = sign[j] * (first + second), sign[j] * first * gap
            continue
        far_norm, near_norm = work.vector[SCALE, a] + gap * work.vector[SCALE, a + 1], work.vector[SCALE, a]
        if near_norm == 0.0:
            first = second / gap
        shape[2 + 2 * j], shape[3 + 2 * j] = first, second
        far, near = second / gap, first - second / gap
        if far * near < 0.0:
            wrong = min(abs(far) * far_norm, abs(near) * near_norm)
            if wrong > most:
                unit, most = j, wrong
    return unit


@njit(**LOOP)
def value_of_shape(rows, knots, count, facing, work):
    """Loss of the network nearest to the shape: where a unit's generators disagree the shorter one is left out."""
    m, shape = rows.x.shape[0], work.shape
    for i in range(m):
        work.row[FITTED, i] = shape[0] + shape[1] * rows.x[i]
    for j in range(count):
        gap = rows.x[knots[j]] - rows.x[knots[j] - 1]
        first, last, near_row = active_rows(rows, knots[j], facing >= 0 and facing >> j & 1)
        far, near = shape[3 + 2 * j] / gap, shape[2 + 2 * j] - shape[3 + 2 * j] / gap
        if far * near < 0.0:
            if abs(far) > abs(near):
                near = 0.0
            else:
                far = 0.0
            shape[2 + 2 * j], shape[3 + 2 * j] = far + near, far * gap
        for i in range(first, last):
            work.row[FITTED, i] += shape[2 + 2 * j] * abs(rows.x[i] - rows.x[near_row]) + shape[3 + 2 * j]
    loss = 0.0
    for i in range(m):
        loss += rows.weight[i] * (rows.y[i] - work.row[FITTED, i]) ** 2
    return rows.within + loss


@njit(**LOOP)
def keep_shape(rows, knots, count, facing, value, best, work):
    """Stores a better network as the incumbent: positive units first, v = [slope, offset] each."""
    best.value[0] = value
    affine, positive, shape = 1 if facing == SLOPE_FREE else 0, 0, work.shape
    best.weights[0] = shape[0]
    if affine:
        best.weights[1] = shape[1]
    at = 1 + affine
    for wanted in range(2):
        for j in range(count):
            gap = rows.x[knots[j]] - rows.x[knots[j] - 1]
            far, near = shape[3 + 2 * j] / gap, shape[2 + 2 * j] - shape[3 + 2 * j] / gap
            negative = far < 0.0 or near < 0.0
            if negative != (wanted == 1):
                continue
            positive += 1 - wanted
            far, near = abs(far), abs(near)
            left = facing >= 0 and facing >> j & 1
            before, after = rows.x[knots[j] - 1], rows.x[knots[j]]
            if left:
                best.weights[at], best.weights[at + 1] = -(far + near), far * after + near * before
            else:
                best.weights[at], best.weights[at + 1] = far + near, -(far * before + near * after)
            at += 2
    best.shape[0], best.shape[1], best.shape[2] = count, positive, affine


@njit(**LOOP)
def log_leaf(knots, count, facing, sign, p, free, leaves, logged, work):
    """Enters a program that needs no parts of its own, with the columns whose residuals bound it."""
    for j in range(leaves.places.shape[1]):
        leaves.places[logged, j] = knots[j] if j < count else -1
        leaves.sign[logged, j] = sign[j] if j < count else 0
    leaves.facing[logged] = facing
    leaves.held[logged] = 0
    for a in range(p):
        if a < free or work.vector[LENGTH, a] > 0.0:
            leaves.held[logged] |= 1 << a


@njit(**LOOP)
def push_parts(count, facing, unit, stack, top, work):
    """Puts a program's parts on the stack: both signs of a unit, or, with unit -1, every way the units can face."""
    parts = 2 if unit >= 0 else 1 << count
    for part in range(parts):
        stack.facing[top] = facing if unit >= 0 else parts - 1 - part
        for j in range(count):
            stack.sign[top, j] = work.sign[j]
        if unit >= 0:
            stack.sign[top, unit] = 1 - 2 * part
        top += 1
    return top


@njit(**LOOP)
def settle(rows, knots, count, facing, tolerance, floor, best, stack, leaves, counts, work):
    """Proves for one choice that no network beats the incumbent by more than the tolerance, or finds it.

    facing: as in the listing. Returns the least bound proved.
    """
    proved, top = np.inf, 1
    stack.facing[0] = facing
    for j in range(count):
        stack.sign[0, j] = 0
    while top > 0:
        top -= 1
        facing = stack.facing[top]
        for j in range(count):
            work.sign[j] = stack.sign[top, j]
        counts[SOLVED] += 1
        cutoff = cutoff_of(best, tolerance, floor)
        p, free = fill_columns(rows, knots, count, facing, work.sign, work)
        bound = rows.within + solve_program(rows, p, free, cutoff - rows.within, work)
        unit = read_shape(rows, knots, count, facing, work.sign, work)
        log_leaf(knots, count, facing, work.sign, p, free, leaves, counts[LOGGED], work)
        if facing != ANY_WAY and bound < cutoff:
            value = value_of_shape(rows, knots, count, facing, work)
            if value < best.value[0]:
                keep_shape(rows, knots, count, facing, value, best, work)
                cutoff = cutoff_of(best, tolerance, floor)
        parts = 2 if unit >= 0 else (1 << count if facing == ANY_WAY else 0)
        crowded = counts[LOGGED] + top + parts >= leaves.facing.shape[0] or top + parts > stack.facing.shape[0]
        if bound >= cutoff or parts == 0 or crowded:
            proved = min(proved, bound)
            counts[LOGGED] += 1
        else:
            top = push_parts(count, facing, unit, stack, top, work)
    return proved


@njit(**CALLED)
def settle_choices(rows, listing, first, last, tolerance, floor, best, stack, leaves, counts, proved, work):
    """Settles the choices first .. last - 1 in turn while there is room in the log and their bounds are below the
    incumbent; returns the first that is left."""
    for i in range(first, last):
        if listing.bound[i] >= cutoff_of(best, tolerance, floor):
            return i
        if i > first and counts[LOGGED] + stack.facing.shape[0] > leaves.facing.shape[0]:
            return i
        count = np.int64(0)
        while count < listing.places.shape[1] and listing.places[i, count] >= 0:
            count += 1
        # what the lines prove of a choice holds for each of its programs
        settled = settle(
            rows, listing.places[i], count, listing.facing[i], tolerance, floor, best, stack, leaves, counts, work
        )
        proved[0] = min(proved[0], max(settled, listing.bound[i]))
    return last
