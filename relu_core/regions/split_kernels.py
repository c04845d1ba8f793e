"""Loops of cells.py: all cells of a chunk cut by one layer, with the new vertices shared between them."""

import numpy as np
from numba import njit

from relu_core.regions.cell_kernels import (
    NONE,
    ONE,
    cut_edges,
    edge_place,
    edge_signs,
    first_cut,
    grown,
    grown_rows,
    grown_table,
    lowest_bit,
    place_vertex,
)


@njit(cache=True)
def push_half(stack_ids, stack_masks, top, ids, masks, column, count, sign, edge_ids, edge_masks, edges, bit):
    """Writes one half of a cut cell from `top` on; returns where it ends."""
    for i in range(count):
        if column[i] * sign > 0.0:
            stack_ids[top], stack_masks[top] = ids[i], masks[i]
            top += 1
        elif column[i] == 0.0:
            stack_ids[top], stack_masks[top] = ids[i], masks[i] | bit
            top += 1
    for e in range(edges):
        stack_ids[top], stack_masks[top] = edge_ids[e], edge_masks[e]
        top += 1
    return top


@njit(cache=True)
def append_cell(done_starts, done_ids, done_masks, cells, ids, masks, begin, end):
    """Adds one cell to the finished ones; all arrays are returned because they may have grown."""
    at = done_starts[cells]
    done_ids = grown(done_ids, at + end - begin)
    done_masks = grown(done_masks, at + end - begin)
    done_starts = grown(done_starts, cells + 2)
    for i in range(begin, end):
        done_ids[at + i - begin] = ids[i]
        done_masks[at + i - begin] = masks[i]
    done_starts[cells + 1] = at + end - begin
    return done_starts, done_ids, done_masks


@njit(cache=True)
def split_cells(points, values, reach, above, below, history, errors, slopes, starts, ids, masks, budget):
    """Cuts the cells of a chunk by all units of a layer until `budget` cells are finished.

    points (V, n), values (V, m), reach (V,), above, below, history (V, words): the vertices. starts (C + 1,), ids,
    masks: the vertices of each cell and the facets through them, as bits that mean something within the cell only.
    Returns vertices, finished cells, cells still to cut, doubts, and whether a cell had too many facets for a word.
    """
    V, n = points.shape
    doubts, cells, entries = 0, 0, 0
    depth = len(starts) - 1
    stack_starts, stack_ids, stack_masks = starts.copy(), ids.copy(), masks.copy()
    done_starts, done_ids, done_masks = np.zeros(64, np.int64), np.empty(256, np.int32), np.empty(256, np.uint64)
    keys, owners = np.zeros(1024, np.uint64), np.empty(1024, np.int32)
    pairs = np.empty((64, 2), np.int64)
    edge_ids, edge_masks = np.empty(64, np.int32), np.empty(64, np.uint64)
    cell_ids, cell_masks, column = np.empty(64, np.int32), np.empty(64, np.uint64), np.empty(64)
    overflow = False
    while depth > 0 and cells < budget and not overflow:
        begin, end = stack_starts[depth - 1], stack_starts[depth]
        depth -= 1
        unit = first_cut(above, below, stack_ids, begin, end)
        if unit < 0:
            done_starts, done_ids, done_masks = append_cell(
                done_starts, done_ids, done_masks, cells, stack_ids, stack_masks, begin, end
            )
            cells += 1
            continue
        count = end - begin
        cell_ids, cell_masks, column = grown(cell_ids, count), grown(cell_masks, count), grown(column, count)
        used = NONE
        for i in range(count):
            cell_ids[i], cell_masks[i] = stack_ids[begin + i], stack_masks[begin + i]
            column[i] = values[cell_ids[i], unit]
            used |= cell_masks[i]
        overflow = ~used == NONE
        bit = NONE if overflow else ONE << np.uint64(lowest_bit(~used))
        edges = cut_edges(column, cell_masks, count, n, pairs)
        while edges < 0:
            pairs = np.empty((2 * len(pairs), 2), np.int64)
            edges = cut_edges(column, cell_masks, count, n, pairs)
        edge_ids, edge_masks = grown(edge_ids, edges), grown(edge_masks, edges)
        points, values, reach = grown_rows(points, V + edges), grown_rows(values, V + edges), grown(reach, V + edges)
        above, below, history = (
            grown_rows(above, V + edges),
            grown_rows(below, V + edges),
            grown_rows(history, V + edges),
        )
        while 2 * (entries + edges) > len(keys):
            keys, owners = grown_table(keys, owners)
        for e in range(edges):
            i, j = pairs[e]
            u, w = min(cell_ids[i], cell_ids[j]), max(cell_ids[i], cell_ids[j])
            key = np.uint64(u) << np.uint64(32) | np.uint64(w)
            place = edge_place(keys, key)
            if keys[place] == NONE:
                keys[place], owners[place] = key, V
                if values[u, unit] < 0.0:
                    u, w = w, u
                blur = place_vertex(points, values, reach, u, w, unit, V, errors)
                inherited = min(reach[u], reach[w])
                doubts += edge_signs(values, u, w, V, blur, inherited, unit, errors, slopes, above, below)
                for word in range(history.shape[1]):
                    history[V, word] = history[u, word] | history[w, word]
                V += 1
                entries += 1
            edge_ids[e], edge_masks[e] = owners[place], cell_masks[i] & cell_masks[j] | bit
        room = begin + 2 * (count + edges)
        stack_ids, stack_masks, stack_starts = (
            grown(stack_ids, room),
            grown(stack_masks, room),
            grown(stack_starts, depth + 3),
        )
        for sign in (-1.0, 1.0):
            begin = push_half(
                stack_ids,
                stack_masks,
                begin,
                cell_ids,
                cell_masks,
                column,
                count,
                sign,
                edge_ids,
                edge_masks,
                edges,
                bit,
            )
            depth += 1
            stack_starts[depth] = begin
    done = (done_starts[: cells + 1], done_ids[: done_starts[cells]], done_masks[: done_starts[cells]])
    rest = (stack_starts[: depth + 1], stack_ids[: stack_starts[depth]], stack_masks[: stack_starts[depth]])
    return (points[:V], values[:V], reach[:V], above[:V], below[:V], history[:V]), done, rest, doubts, overflow


@njit(cache=True)
def used_vertices(ids, V):
    """The vertices that occur in `ids`, in rising order, and `ids` in their numbering."""
    names = np.full(V, -1, np.int32)
    for i in ids:
        names[i] = 0
    kept = np.empty(V, np.int64)
    count = 0
    for v in range(V):
        if names[v] == 0:
            names[v] = count
            kept[count] = v
            count += 1
    renamed = np.empty(len(ids), np.int32)
    for i in range(len(ids)):
        renamed[i] = names[ids[i]]
    return kept[:count], renamed
