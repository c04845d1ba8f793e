"""Loops of cells.py: cutting polytopes, held as vertices with the facets through each, by the units of a layer."""

import numpy as np
from numba import njit

ONE = np.uint64(1)
NONE = np.uint64(0)


@njit(cache=True)
def on_common_edge(masks, count, first, second, dim):
    """Whether two vertices of a polytope share an edge: no third one lies on all the facets they have in common."""
    common = masks[first] & masks[second]
    rest = common
    for _ in range(dim - 2):
        rest &= rest - ONE
    if dim > 1 and rest == NONE:
        return False
    if is_simple(masks[first], dim) and is_simple(masks[second], dim):
        return True
    owners = 0
    for v in range(count):
        owners += masks[v] & common == common
    return owners == 2


@njit(cache=True)
def is_simple(mask, dim):
    """Whether no more than `dim` facets pass through the vertex."""
    for _ in range(dim):
        mask &= mask - ONE
    return mask == NONE


@njit(cache=True)
def lowest_bit(word):
    """Index of the lowest bit set in a word that is not 0."""
    index = 0
    for step in (32, 16, 8, 4, 2, 1):
        low = (ONE << np.uint64(step)) - ONE
        if word & low == NONE:
            word >>= np.uint64(step)
            index += step
    return index


@njit(cache=True)
def sign_words(values, errors, slopes, reach):
    """Bits of the units surely above and below 0 at each vertex; doubtful values become 0 and are counted."""
    V, m = values.shape
    above = np.zeros((V, (m + 63) // 64), np.uint64)
    below = np.zeros((V, (m + 63) // 64), np.uint64)
    doubts = 0
    for v in range(V):
        doubts += vertex_signs(values[v], errors, slopes, reach[v], above[v], below[v])
    return above, below, doubts


@njit(cache=True)
def vertex_signs(values, errors, slopes, reach, above, below):
    """Sets the sign bits of one vertex; returns the number of doubtful values, which become 0."""
    doubts = 0
    m = len(values)
    for word in range(len(above)):
        plus, minus = NONE, NONE
        begin = 64 * word
        for k in range(begin, min(begin + 64, m)):
            limit = errors[k] + slopes[k] * reach
            bit = ONE << np.uint64(k - begin)
            if values[k] > limit:
                plus |= bit
            elif values[k] < -limit:
                minus |= bit
            else:
                doubts += 1
                values[k] = 0.0
        above[word], below[word] = plus, minus
    return doubts


@njit(cache=True)
def first_cut(above, below, ids, begin, end):
    """The first unit with vertices strictly on both sides, or -1."""
    for word in range(above.shape[1]):
        plus, minus = NONE, NONE
        for i in range(begin, end):
            plus |= above[ids[i], word]
            minus |= below[ids[i], word]
        if plus & minus != NONE:
            return 64 * word + lowest_bit(plus & minus)
    return -1


@njit(cache=True)
def cut_edges(column, masks, count, dim, pairs):
    """Edges with value above 0 at one end and below at the other, as rows of `pairs`; -1 if they do not fit."""
    found = 0
    for u in range(count):
        if column[u] > 0.0:
            for w in range(count):
                if column[w] < 0.0 and on_common_edge(masks, count, u, w, dim):
                    if found == len(pairs):
                        return -1
                    pairs[found, 0], pairs[found, 1] = u, w
                    found += 1
    return found


@njit(cache=True)
def edge_place(keys, key):
    """Place of `key` in the open hash table, or the free place where it belongs."""
    last = np.uint64(len(keys) - 1)
    place = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)
    place &= last
    while keys[place] != NONE and keys[place] != key:
        place = (place + ONE) & last
    return place


@njit(cache=True)
def grown_table(keys, owners):
    """The hash table with twice the places."""
    new_keys = np.zeros(2 * len(keys), np.uint64)
    new_owners = np.empty(2 * len(keys), np.int32)
    for i in range(len(keys)):
        if keys[i] != NONE:
            place = edge_place(new_keys, keys[i])
            new_keys[place], new_owners[place] = keys[i], owners[i]
    return new_keys, new_owners


@njit(cache=True)
def grown(array, size):
    """The 1-D array with at least `size` places."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True)
def grown_rows(array, size):
    """The 2-D array with at least `size` rows."""
    if size <= len(array):
        return array
    larger = np.empty((max(size, 2 * len(array)), array.shape[1]), array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True)
def place_vertex(points, values, reach, u, w, unit, new, errors):
    """Writes vertex `new` where `unit` is 0 between vertices u and w; every unit of the layer is affine there.

    Returns the uncertainty of its place along the edge, as a part of the edge.
    """
    a, b = values[u, unit], values[w, unit]
    part = a / (a - b)
    for k in range(values.shape[1]):
        values[new, k] = values[u, k] + part * (values[w, k] - values[u, k])
    values[new, unit] = 0.0
    length = 0.0
    for i in range(points.shape[1]):
        step = points[w, i] - points[u, i]
        points[new, i] = points[u, i] + part * step
        length += step * step
    blur = errors[unit] / (a - b)
    reach[new] = blur * np.sqrt(length) + min(reach[u], reach[w])
    return blur


@njit(cache=True)
def edge_signs(values, u, w, new, blur, inherited, unit, errors, slopes, above, below):
    """Sign bits of a new vertex on the edge u, w; returns the number of doubtful values, which become 0."""
    doubts = 0
    m = values.shape[1]
    for word in range(above.shape[1]):
        plus, minus = NONE, NONE
        begin = 64 * word
        for k in range(begin, min(begin + 64, m)):
            z = values[new, k]
            limit = errors[k] + slopes[k] * inherited + blur * abs(values[u, k] - values[w, k])
            bit = ONE << np.uint64(k - begin)
            if z > limit:
                plus |= bit
            elif z < -limit:
                minus |= bit
            elif k != unit and (values[u, k] != 0.0 or values[w, k] != 0.0):
                doubts += 1
                values[new, k] = 0.0
        above[new, word], below[new, word] = plus, minus
    return doubts
