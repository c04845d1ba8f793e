"""Loops of line.py: crossings of all units along many segments, and values carried past them."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def find_crossings(times, reach, offsets, values, errors):
    """Sign changes of the units between neighbouring points of each segment.

    times, reach: (P,) position of each point and its uncertainty; offsets: (S + 1,) first point of each segment.
    values: (P, m) pre-activations; errors: (m,). A crossing nearer to a point than both uncertainties is that point.
    Returns starts (P + 1,) into the events after each point; units, times, reach (E,) sorted; first (E,), False for an
    event that coincides with the one before it; and the number of coincidences found.
    """
    P, m = values.shape
    starts = np.zeros(P + 1, np.int64)
    total = 0
    for s in range(len(offsets) - 1):
        for p in range(offsets[s], offsets[s + 1]):
            starts[p] = total
            if p + 1 < offsets[s + 1]:
                total += count_crossings(values[p], values[p + 1])
    starts[P] = total
    units = np.empty(total, np.int64)
    at = np.empty(total)
    width = np.empty(total)
    first = np.ones(total, np.bool_)
    used = 0
    doubts = 0
    for p in range(P):
        left = starts[p + 1] - starts[p]
        starts[p] = used
        if left == 0:
            continue
        begin, length = times[p], times[p + 1] - times[p]
        for k in range(m):
            a, b = values[p, k], values[p + 1, k]
            if a * b < 0.0:
                left -= 1
                own = errors[k] / abs(a - b) * length
                distance = a / (a - b) * length
                if distance <= reach[p] + own or length - distance <= reach[p + 1] + own:
                    doubts += 1
                else:
                    at[used], width[used], units[used] = begin + distance, own, k
                    used += 1
                if left == 0:
                    break
        lo = starts[p]
        sort_events(at[lo:used], width[lo:used], units[lo:used])
        for e in range(lo + 1, used):
            if at[e] - at[e - 1] <= width[e] + width[e - 1]:
                first[e] = False
                doubts += 1
    starts[P] = used
    return starts, units[:used], at[:used], width[:used], first[:used], doubts


@njit(cache=True, error_model="numpy")
def sort_events(at, width, units):
    """Sorts the events between two points by `at`, in place; most often there are but a few."""
    if len(at) > 16:
        order = np.argsort(at)
        at[:], width[:], units[:] = at[order], width[order], units[order]
        return
    for sorted_ones in range(1, len(at)):
        place, own, unit, e = at[sorted_ones], width[sorted_ones], units[sorted_ones], sorted_ones
        while e > 0 and at[e - 1] > place:
            at[e], width[e], units[e] = at[e - 1], width[e - 1], units[e - 1]
            e -= 1
        at[e], width[e], units[e] = place, own, unit


@njit(cache=True, error_model="numpy")
def count_crossings(begin, end):
    """Units whose pre-activations have opposite signs at two points, (m,) each."""
    count = 0
    for k in range(len(begin)):
        count += begin[k] * end[k] < 0.0
    return count


@njit(cache=True, error_model="numpy")
def insert_points(times, reach, offsets, starts, at, width, first):
    """The points of the next layer: the old ones and every event that is first at its place."""
    P = len(times)
    fresh = first.sum()
    new_times = np.empty(P + fresh)
    new_reach = np.empty(P + fresh)
    new_offsets = np.zeros_like(offsets)
    used = 0
    for s in range(len(offsets) - 1):
        new_offsets[s] = used
        for p in range(offsets[s], offsets[s + 1]):
            new_times[used], new_reach[used] = times[p], reach[p]
            used += 1
            for e in range(starts[p], starts[p + 1]):
                if first[e]:
                    new_times[used], new_reach[used] = at[e], width[e]
                    used += 1
    new_offsets[-1] = used
    return new_times, new_reach, new_offsets


@njit(cache=True, error_model="numpy")
def carry_values(values, before, times, starts, units, at, first, columns, bias):
    """Next layer's values (P + fresh, m') at all points, in place; its last P rows hold those at the old points, still
    without the bias (m',).

    before: (P, m) this layer's pre-activations; columns: (m, m') next layer's weights, one row a unit of this layer.
    Past a crossing of unit k only the slope of relu_k changes, so the next layer's slope changes by a multiple of
    columns[k]: a vector addition, where evaluating the network anew would cost a matrix product.
    """
    P, m = len(before), values.shape[1]
    fresh = len(values) - P
    slope = np.empty(m)
    used = 0
    for p in range(P):
        # A row is written no later than it is read: at most `fresh` rows have come in before it.
        old = values[fresh + p]
        if starts[p + 1] == starts[p]:
            add_multiple(values[used], old, bias, 1.0)
            used += 1
            continue
        add_difference(slope, values[fresh + p + 1], old)
        add_multiple(values[used], old, bias, 1.0)
        used += 1
        for e in range(starts[p], starts[p + 1]):
            add_multiple(slope, slope, columns[units[e]], -abs(before[p + 1, units[e]]))
        length, now = times[p + 1] - times[p], 0.0
        for e in range(starts[p], starts[p + 1]):
            if first[e]:
                then = (at[e] - times[p]) / length
                add_multiple(values[used], values[used - 1], slope, then - now)
                now = then
                used += 1
            if e + 1 < starts[p + 1]:
                bend = abs(before[p + 1, units[e]] - before[p, units[e]])
                add_multiple(slope, slope, columns[units[e]], bend)


@njit(cache=True, error_model="numpy")
def add_difference(target, end, begin):
    """Sets target to end - begin."""
    for j in range(len(target)):
        target[j] = end[j] - begin[j]


@njit(cache=True, error_model="numpy")
def add_multiple(target, row, other, factor):
    """Sets target to row + factor * other."""
    for j in range(len(target)):
        target[j] = row[j] + factor * other[j]
