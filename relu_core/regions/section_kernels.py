"""Loops of cells.py: cells of an arrangement of hyperplanes in a polytope, counted without building them."""

import numpy as np
from numba import njit

from relu_core.interrupts import interrupted
from relu_core.regions.cell_kernels import lowest_bit
from relu_core.regions.edge_kernels import NONE, ONE, all_edges, new_table
from relu_core.regions.flat_kernels import STOPPED, count_flats, new_flats

# A cell with that many vertices for each hyperplane that cuts it is counted faster by flats than by sections.
VERTICES_A_CUT = 32
# One less than the hyperplanes between two looks whether Ctrl-C was pressed.
LOOK = 63


@njit(cache=True, error_model="numpy", forceinline=True)
def section(values, masks, count, edges, edge_count, row, error, ends, parts, blurs, out_masks):
    """Vertices of the polytope's section by hyperplane `row`: ends (K, 2), part of the way, blur; -1 if no room."""
    found = 0
    column = values[row]
    for v in range(count):
        if column[v] == 0.0:
            if found == len(out_masks):
                return -1
            ends[found, 0], ends[found, 1], parts[found], blurs[found] = v, v, 0.0, 0.0
            out_masks[found] = masks[v]
            found += 1
    for e in range(edge_count):
        u, w = edges[e, 0], edges[e, 1]
        if column[u] * column[w] < 0.0:
            if found == len(out_masks):
                return -1
            step = column[u] - column[w]
            ends[found, 0], ends[found, 1], parts[found], blurs[found] = u, w, column[u] / step, error / abs(step)
            out_masks[found] = masks[u] & masks[w]
            found += 1
    return found


@njit(cache=True, error_model="numpy", forceinline=True)
def restrict(values, before, errors, names, ends, parts, blurs, count, out_values, out_names):
    """Values of the first `before` hyperplanes on a section, those that cut it only; the doubts met.

    Returns -1 in place of their number if one of them contains the section: then it is the section's own hyperplane.
    """
    kept, doubts = 0, 0
    for a in range(before):
        column, target = values[a], out_values[kept]
        plus, minus = False, False
        for k in range(count):
            low, high = column[ends[k, 0]], column[ends[k, 1]]
            value = low + parts[k] * (high - low)
            limit = errors[names[a]] + blurs[k] * abs(high - low)
            if value > limit:
                plus = True
            elif value < -limit:
                minus = True
            else:
                doubts += low != 0.0 or high != 0.0
                value = 0.0
            target[k] = value
        if plus and minus:
            out_names[kept] = names[a]
            kept += 1
        elif not plus and not minus:
            return -1, doubts
    return kept, doubts


@njit(cache=True, error_model="numpy", forceinline=True)
def distinct_crossings(values, names, errors, kept, at, width):
    """Distinct inner points where hyperplanes with values (kept, 2) at a chord's ends cross it; the doubts met."""
    found, doubts = 0, 0
    for a in range(kept):
        step = abs(values[a, 0] - values[a, 1])
        place, own = abs(values[a, 0]) / step, errors[names[a]] / step
        fresh = True
        for b in range(found):
            if abs(place - at[b]) <= own + width[b]:
                fresh = False
                doubts += 1
                break
        if fresh:
            at[found], width[found] = place, own
            found += 1
    return found, doubts


@njit(cache=True, error_model="numpy")
def count_arrangement(n, units, errors, values, names, masks, counts, edges, table, ends, parts, blurs, at, width):
    """Cells of an arrangement in a polytope of n >= 2 dimensions: (cells, doubts); -1 if there is no room, or STOPPED.

    Level n holds the polytope: values[n] (units, vertices), names[n], masks[n], counts[n]. Each hyperplane adds as many
    cells as the earlier ones cut its section into [deletion and restriction, Zaslavsky 1975], one level below.
    """
    total, doubts, level, turn = 2, 0, n, 0
    rows, done, edge_counts = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    rows[n], done[n] = units, 1
    edge_counts[n] = all_edges(masks[n], counts[n], n, table, edges[n])
    while True:
        turn += 1
        if turn & LOOK == LOOK and interrupted():
            return STOPPED, doubts
        if edge_counts[level] < 0:
            return -1, doubts
        if done[level] == rows[level]:
            level += 1
            if level > n:
                return total, doubts
            continue
        row, below = done[level], level - 1
        done[level] += 1
        found = section(
            values[level], masks[level], counts[level], edges[level], edge_counts[level], row,
            errors[names[level, row]], ends, parts, blurs, masks[below],
        )  # fmt: skip
        if found < 0:
            return -1, doubts
        kept, unsure = restrict(
            values[level], row, errors, names[level], ends, parts, blurs, found, values[below], names[below]
        )
        doubts += unsure
        if kept < 0:
            continue
        if below == 1 and kept > 1:
            crossings, unsure = distinct_crossings(values[1], names[1], errors, kept, at, width)
            doubts += unsure
            total += 1 + crossings
        elif kept < 2:
            total += 1 + kept
        else:
            total += 2
            counts[below], rows[below], done[below] = found, kept, 1
            edge_counts[below] = all_edges(masks[below], found, below, table, edges[below])
            level = below


@njit(cache=True, error_model="numpy", forceinline=True)
def cut_units(signs, ids, begin, end, units):
    """Units with vertices of the cell strictly on both sides, into `units`; returns their number."""
    found, words = 0, signs.shape[1] // 2
    for word in range(words):
        plus, minus = NONE, NONE
        for i in range(begin, end):
            plus |= signs[ids[i], word]
            minus |= signs[ids[i], words + word]
        cuts = plus & minus
        while cuts != NONE:
            units[found] = 64 * word + lowest_bit(cuts)
            found += 1
            cuts &= cuts - ONE
    return found


@njit(cache=True, error_model="numpy", forceinline=True)
def all_signs_occur(signs, ids, begin, end, units, count):
    """Whether the vertices of a cell show all 2**count combinations of signs: more pieces there cannot be."""
    seen, full, words = NONE, ~NONE >> np.uint64(64 - (1 << count)), signs.shape[1] // 2
    for i in range(begin, end):
        combination, strict = 0, True
        for a in range(count):
            word, bit = units[a] // 64, ONE << np.uint64(units[a] % 64)
            plus = signs[ids[i], word] & bit != NONE
            strict &= plus or signs[ids[i], words + word] & bit != NONE
            combination |= plus << a
        if strict:
            seen |= ONE << np.uint64(combination)
            if seen == full:
                return True
    return False


@njit(cache=True, error_model="numpy")
def count_pieces(values, signs, errors, starts, ids, masks, n, limit):
    """Pieces into which a layer cuts the cells of a chunk: (pieces, doubts); stops above `limit`; STOPPED by Ctrl-C."""
    m = values.shape[1]
    units = np.empty(m, np.int64)
    at, width = np.empty(m), np.empty(m)
    room = 16
    level_values, names = np.empty((1, 1, 1)), np.empty((1, 1), np.int64)
    level_masks, counts = np.empty((1, 1), np.uint64), np.empty(n + 1, np.int64)
    edges, table, ends = np.empty((1, 1, 2), np.int32), new_table(1), np.empty((1, 2), np.int64)
    parts, blurs = np.empty(1), np.empty(1)
    flats = new_flats(n, 1, 1)
    total, doubts, cell, fits = 0, 0, 0, False
    while cell < len(starts) - 1 and total <= limit:
        begin, end = starts[cell], starts[cell + 1]
        found = cut_units(signs, ids, begin, end, units)
        large = end - begin >= VERTICES_A_CUT * found
        if found < 2 or (not large and found < 7 and all_signs_occur(signs, ids, begin, end, units, found)):
            total += 1 << found
            cell += 1
            continue
        if not fits or end - begin > room or found > level_values.shape[1]:
            room = max(room, end - begin)
            most = max(found, level_values.shape[1])
            level_values, names = np.empty((n + 1, most, room)), np.empty((n + 1, most), np.int64)
            level_masks, edges = np.empty((n + 1, room), np.uint64), np.empty((n + 1, n * room, 2), np.int32)
            table, ends = new_table(n * room), np.empty((room, 2), np.int64)
            parts, blurs = np.empty(room), np.empty(room)
            flats = new_flats(n, most, room)
            fits = True
        for i in range(begin, end):
            level_masks[n, i - begin] = masks[i]
            for a in range(found):
                level_values[n, a, i - begin] = values[ids[i], units[a]]
        names[n, :found] = units[:found]
        counts[n] = end - begin
        pieces, unsure = -1, 0
        if large:
            pieces = count_flats(n, found, errors, level_values[n], names[n], counts[n], flats)
        if pieces == -1:
            pieces, unsure = count_arrangement(
                n, found, errors, level_values, names, level_masks, counts, edges, table, ends, parts, blurs, at, width
            )
        if pieces == STOPPED or (cell & LOOK == LOOK and interrupted()):
            return STOPPED, doubts
        if pieces < 0:
            room, fits = 2 * room, False
            continue
        total += pieces
        doubts += unsure
        cell += 1
    return total, doubts
