"""Loops of cells.py: all cells of a chunk cut by one layer, with the new vertices shared between them."""

import numpy as np
from numba import njit

from relu_core.regions.cell_kernels import (
    carry_following,
    edge_place,
    first_cut,
    grown_table,
    interpolate,
    place_vertex,
    widened,
    widened_rows,
)
from relu_core.regions.edge_kernels import NONE, ONE, cut_edges, new_lookup


@njit(cache=True, error_model="numpy")
def split_cells(vertices, errors, slopes, columns, cells, budget):
    """Cuts the cells of a chunk by all units of a layer until `budget` cells are finished.

    vertices: points (V, n), values (V, m), reach (V,), above, below, history (V, words), following (V, m').
    errors, slopes: (m,). columns: (m, m'), the next layer's weights. cells: starts (C + 1,), ids, masks.
    Returns vertices, finished cells, cells still to cut, doubts, and whether a cell had too many facets for a word.
    """
    points, values, reach, above, below, history, following = vertices
    V, n = points.shape
    keys, owners = np.zeros(1024, np.uint64), np.empty(1024, np.int32)
    starts, ids, masks = cells[0].copy(), cells[1].copy(), cells[2].copy()
    done_starts, done_ids, done_masks = np.zeros(64, np.int64), np.empty(256, np.int32), np.empty(256, np.uint64)
    pairs, scratch, lookup = np.empty((64, 2), np.int64), 64, new_lookup(1024)
    edge_ids, edge_masks = np.empty(64, np.int32), np.empty(64, np.uint64)
    cell_ids, cell_masks, column = np.empty(64, np.int32), np.empty(64, np.uint64), np.empty(64)
    depth, doubts, finished, entries, crowded = len(starts) - 1, 0, 0, 0, False
    while depth > 0 and finished < budget:
        begin, end = starts[depth - 1], starts[depth]
        depth, count = depth - 1, end - begin
        unit = first_cut(above, below, ids, begin, end)
        if unit < 0:
            at = done_starts[finished]
            if at + count > len(done_ids):
                done_ids, done_masks = widened(done_ids, 2 * (at + count)), widened(done_masks, 2 * (at + count))
            if finished + 2 > len(done_starts):
                done_starts = widened(done_starts, 2 * len(done_starts))
            for i in range(count):
                done_ids[at + i], done_masks[at + i] = ids[begin + i], masks[begin + i]
            finished += 1
            done_starts[finished] = at + count
            continue
        while 2 * n * count > len(lookup[0]):
            lookup = new_lookup(2 * len(lookup[0]))
        if count > scratch:
            scratch = 2 * count
            cell_ids, cell_masks, column = (
                np.empty(scratch, np.int32), np.empty(scratch, np.uint64), np.empty(scratch)
            )  # fmt: skip
        bit = take_cell(ids, masks, begin, count, values, unit, cell_ids, cell_masks, column)
        if bit == NONE:
            crowded = True
            break
        edges = cut_edges(column, cell_masks, count, n, lookup, pairs)
        while edges < 0:
            pairs = np.empty((2 * len(pairs), 2), np.int64)
            edge_ids, edge_masks = np.empty(len(pairs), np.int32), np.empty(len(pairs), np.uint64)
            edges = cut_edges(column, cell_masks, count, n, lookup, pairs)
        if V + edges > len(points):
            points, values, reach, above, below, history, following = widened_vertices(
                points, values, reach, above, below, history, following, 2 * (V + edges)
            )
        while 2 * (entries + edges) > len(keys):
            keys, owners = grown_table(keys, owners)
        room = begin + 2 * (count + edges)
        if room > len(ids):
            ids, masks = widened(ids, 2 * room), widened(masks, 2 * room)
        if depth + 3 > len(starts):
            starts = widened(starts, 2 * len(starts) + 2)
        for e in range(edges):
            first, second = cell_ids[pairs[e, 0]], cell_ids[pairs[e, 1]]
            u, w = min(first, second), max(first, second)
            key = np.uint64(u) << np.uint64(32) | np.uint64(w)
            place = edge_place(keys, key)
            if keys[place] == NONE:
                keys[place], owners[place], entries = key, V, entries + 1
                doubts += new_vertex(
                    points, values, reach, above, below, history, following, u, w, unit, V, errors, slopes, columns
                )
                V += 1
            edge_ids[e] = owners[place]
            edge_masks[e] = cell_masks[pairs[e, 0]] & cell_masks[pairs[e, 1]] | bit
        for sign in (-1.0, 1.0):
            begin = push_half(
                ids, masks, begin, cell_ids, cell_masks, column, count, sign, edge_ids, edge_masks, edges, bit
            )
            depth += 1
            starts[depth] = begin
    done = (done_starts[: finished + 1], done_ids[: done_starts[finished]], done_masks[: done_starts[finished]])
    rest = (starts[: depth + 1], ids[: starts[depth]], masks[: starts[depth]])
    return (points, values, reach, above, below, history, following), V, done, rest, doubts, crowded


@njit(cache=True, error_model="numpy")
def take_cell(ids, masks, begin, count, values, unit, cell_ids, cell_masks, column):
    """Copies a cell off the stack with the unit's values; returns a bit no facet of it uses, 0 if there is none."""
    used = NONE
    for i in range(count):
        cell_ids[i], cell_masks[i] = ids[begin + i], masks[begin + i]
        column[i] = values[cell_ids[i], unit]
        used |= cell_masks[i]
    return ~used & (used + ONE)


@njit(cache=True, error_model="numpy")
def new_vertex(points, values, reach, above, below, history, following, u, w, unit, new, errors, slopes, columns):
    """Writes all that is known of vertex `new`, where `unit` cuts the edge u, w; returns the doubts met."""
    part, blur = place_vertex(points, values, reach, u, w, unit, new, errors)
    inherited = min(reach[u], reach[w])
    doubts = interpolate(values, u, w, new, part, blur, inherited, unit, errors, slopes, above, below)
    for word in range(history.shape[1]):
        history[new, word] = history[u, word] | history[w, word]
    if following.shape[1]:
        carry_following(values, above, below, following, u, w, new, part, columns)
    return doubts


@njit(cache=True, error_model="numpy")
def push_half(ids, masks, top, cell_ids, cell_masks, column, count, sign, edge_ids, edge_masks, edges, bit):
    """Writes one half of a cut cell from `top` on; returns where it ends."""
    for i in range(count):
        if column[i] * sign > 0.0:
            ids[top], masks[top] = cell_ids[i], cell_masks[i]
            top += 1
        elif column[i] == 0.0:
            ids[top], masks[top] = cell_ids[i], cell_masks[i] | bit
            top += 1
    for e in range(edges):
        ids[top], masks[top] = edge_ids[e], edge_masks[e]
        top += 1
    return top


@njit(cache=True, error_model="numpy")
def widened_vertices(points, values, reach, above, below, history, following, size):
    """All vertex arrays with room for `size` vertices."""
    return (
        widened_rows(points, size),
        widened_rows(values, size),
        widened(reach, size),
        widened_rows(above, size),
        widened_rows(below, size),
        widened_rows(history, size),
        widened_rows(following, size),
    )


@njit(cache=True, error_model="numpy")
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
