"""Loops of cells.py: all cells of a chunk cut by one layer, with the new vertices shared between them."""

import numpy as np
from numba import njit

from relu_core.interrupts import interrupted
from relu_core.regions.cell_kernels import (
    carry_following,
    edge_key,
    edge_place,
    first_cut,
    grown_table,
    interpolate,
    place_vertex,
    widened,
    widened_rows,
)
from relu_core.regions.edge_kernels import MANY, NONE, ONE, cut_edges, new_table

FINISHED, CROWDED, INTERRUPTED, FULL_VERTICES, FULL_STACK, FULL_DONE, FULL_TABLE, FULL_ROOM = range(8)
# One less than the small cells between two looks whether Ctrl-C was pressed.
LOOK = 63

# forceinline: to hand over a dozen arrays would cost more than many of these loops.


@njit(cache=True, error_model="numpy")
def split_cells(vertices, errors, slopes, columns, cells, budget):
    """Cuts the cells of a chunk by all units of a layer until `budget` cells are finished.

    vertices: points (V, n), values (V, m), reach (V,), signs, history (V, words), following (V, m').
    errors, slopes: (m,). columns: (m, m'), the next layer's weights. cells: starts (C + 1,), ids, masks.
    Returns vertices, their number, finished cells, cells still to cut, doubts, and FINISHED, CROWDED (a cell had too
    many facets) or INTERRUPTED.
    """
    depth, size = max(len(cells[0]), 256), max(len(cells[1]), 1024)
    stack = (widened(cells[0], depth), widened(cells[1], size), widened(cells[2], size))
    done = (np.zeros(256, np.int64), np.empty(1024, np.int32), np.empty(1024, np.uint64))
    table = (np.zeros(1024, np.uint64), np.empty(1024, np.int32))
    room = new_room(64)
    # Vertices, edges in the table, cells on the stack, finished cells, doubts, size of the cell that met a limit.
    counts = np.array([len(vertices[0]), 0, len(cells[0]) - 1, 0, 0, 0])
    while True:
        status = cut_cells(vertices, stack, done, table, room, counts, errors, slopes, columns, budget)
        need = counts[5]
        if status == FULL_VERTICES:
            vertices = widened_vertices(vertices, max(2 * need, 256))
        elif status == FULL_STACK:
            starts, ids, masks = stack
            stack = (widened(starts, 2 * len(starts) + 3), widened(ids, 2 * need), widened(masks, 2 * need))
        elif status == FULL_DONE:
            starts, ids, masks = done
            done = (widened(starts, 2 * len(starts) + 3), widened(ids, 2 * need), widened(masks, 2 * need))
        elif status == FULL_TABLE:
            table = grown_table(table[0], table[1])
        elif status == FULL_ROOM:
            room = new_room(2 * need)
        else:
            break
    finished, depth = counts[3], counts[2]
    cut = (done[0][: finished + 1], done[1][: done[0][finished]], done[2][: done[0][finished]])
    rest = (stack[0][: depth + 1], stack[1][: stack[0][depth]], stack[2][: stack[0][depth]])
    return vertices, counts[0], cut, rest, counts[4], status


@njit(cache=True, error_model="numpy")
def cut_cells(vertices, stack, done, table, room, counts, errors, slopes, columns, budget):
    """The loop of split_cells in fixed arrays; returns what split_cells does, or which arrays are full."""
    points, values, reach, signs, history, following = vertices
    starts, ids, masks = stack
    keys, owners = table
    cell_ids, cell_masks, sides, edge_ids, edge_masks, pairs, edge_table = room
    n = points.shape[1]
    turn = 0
    while counts[2] > 0 and counts[3] < budget:
        depth, V = counts[2] - 1, counts[0]
        begin, count = starts[depth], starts[depth + 1] - starts[depth]
        turn += 1
        if (count >= MANY or turn & LOOK == LOOK) and interrupted():
            return INTERRUPTED
        unit = first_cut(signs, ids, begin, begin + count)
        if unit < 0:
            counts[5] = done[0][counts[3]] + count
            if counts[5] > len(done[1]) or counts[3] + 2 > len(done[0]):
                return FULL_DONE
            append_cell(done[0], done[1], done[2], counts[3], ids, masks, begin, count)
            counts[2], counts[3] = depth, counts[3] + 1
            continue
        counts[5] = max(n, 2) * count
        if counts[5] > len(pairs):
            return FULL_ROOM
        bit = take_cell(ids, masks, begin, count, signs, unit, cell_ids, cell_masks, sides)
        if bit == NONE:
            return CROWDED
        edges = cut_edges(sides, cell_masks, count, n, edge_table, pairs)
        if edges < 0:
            counts[5] = 2 * len(pairs)
            return FULL_ROOM
        if 2 * (counts[1] + edges) > len(keys):
            return FULL_TABLE
        counts[5] = begin + 2 * (count + edges)
        if counts[5] > len(ids) or depth + 3 > len(starts):
            return FULL_STACK
        counts[5] = V + edges
        if counts[5] > len(points):
            return FULL_VERTICES
        # Two passes: in one without new vertices the processor waits for many places of the table at once.
        for e in range(edges):
            key = edge_key(cell_ids[pairs[e, 0]], cell_ids[pairs[e, 1]])
            place = edge_place(keys, key)
            edge_ids[e] = owners[place] if keys[place] == key else -1
            edge_masks[e] = cell_masks[pairs[e, 0]] & cell_masks[pairs[e, 1]] | bit
        for e in range(edges):
            if edge_ids[e] < 0:
                key = edge_key(cell_ids[pairs[e, 0]], cell_ids[pairs[e, 1]])
                place = edge_place(keys, key)
                keys[place], owners[place], counts[1] = key, counts[0], counts[1] + 1
                u, w = np.int64(key >> np.uint64(32)), np.int64(key & np.uint64(2**32 - 1))
                counts[4] += new_vertex(
                    points, values, reach, signs, history, following, u, w, unit, counts[0], errors, slopes, columns
                )
                edge_ids[e] = counts[0]
                counts[0] += 1
        push_halves(starts, ids, masks, depth, cell_ids, cell_masks, sides, count, edge_ids, edge_masks, edges, bit)
        counts[2] = depth + 2
    return FINISHED


@njit(cache=True, error_model="numpy")
def new_room(size):
    """Working arrays for one cell: ids, masks and sides of its vertices, ids and masks of its new ones, edges."""
    return (
        np.empty(size, np.int32), np.empty(size, np.uint64), np.empty(size, np.int8), np.empty(size, np.int32),
        np.empty(size, np.uint64), np.empty((size, 2), np.int64), new_table(size),
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def append_cell(done_starts, done_ids, done_masks, finished, ids, masks, begin, count):
    """Adds one cell to the finished ones."""
    at = done_starts[finished]
    for i in range(count):
        done_ids[at + i], done_masks[at + i] = ids[begin + i], masks[begin + i]
    done_starts[finished + 1] = at + count


@njit(cache=True, error_model="numpy", forceinline=True)
def take_cell(ids, masks, begin, count, signs, unit, cell_ids, cell_masks, sides):
    """Copies a cell off the stack with the unit's signs; returns a bit no facet of it uses, 0 if there is none."""
    used, word, shift = NONE, unit // 64, np.uint64(unit % 64)
    below = word + signs.shape[1] // 2
    for i in range(count):
        v = ids[begin + i]
        cell_ids[i], cell_masks[i] = v, masks[begin + i]
        sides[i] = np.int8(signs[v, word] >> shift & ONE) - np.int8(signs[v, below] >> shift & ONE)
        used |= cell_masks[i]
    return ~used & (used + ONE)


@njit(cache=True, error_model="numpy", forceinline=True)
def new_vertex(points, values, reach, signs, history, following, u, w, unit, new, errors, slopes, columns):
    """Writes all that is known of vertex `new`, where `unit` cuts the edge u, w; returns the doubts met."""
    part, blur = place_vertex(points, values, reach, u, w, unit, new, errors)
    inherited = min(reach[u], reach[w])
    doubts = interpolate(values, u, w, new, part, blur, inherited, unit, errors, slopes, signs)
    for word in range(history.shape[1]):
        history[new, word] = history[u, word] | history[w, word]
    if following.shape[1]:
        carry_following(values, signs, following, u, w, new, part, columns)
    return doubts


@njit(cache=True, error_model="numpy", forceinline=True)
def push_halves(starts, ids, masks, depth, cell_ids, cell_masks, sides, count, edge_ids, edge_masks, edges, bit):
    """Puts both halves of a cut cell on the stack, in its place."""
    top = starts[depth]
    for side in range(2):
        own = 2 * side - 1
        for i in range(count):
            if sides[i] == own:
                ids[top], masks[top] = cell_ids[i], cell_masks[i]
                top += 1
            elif sides[i] == 0:
                ids[top], masks[top] = cell_ids[i], cell_masks[i] | bit
                top += 1
        for e in range(edges):
            ids[top], masks[top] = edge_ids[e], edge_masks[e]
            top += 1
        starts[depth + side + 1] = top


@njit(cache=True, error_model="numpy")
def widened_vertices(vertices, size):
    """All vertex arrays with room for `size` vertices."""
    points, values, reach, signs, history, following = vertices
    return (
        widened_rows(points, size),
        widened_rows(values, size),
        widened(reach, size),
        widened_rows(signs, size),
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
