"""Loops of cells.py: cutting polytopes, held as vertices with the facets through each, by the units of a layer."""

import numpy as np
from numba import njit

from relu_core.regions.edge_kernels import NONE, ONE, bit_count


@njit(cache=True, error_model="numpy")
def lowest_bit(word):
    """Index of the lowest bit set in a word that is not 0."""
    return np.int64(bit_count((word & (~word + ONE)) - ONE))


@njit(cache=True, error_model="numpy")
def sign_words(values, errors, slopes, reach):
    """Bits of the units surely above 0 at each vertex, then of those surely below; doubtful values become 0.

    Returns them, (V, 2 words), and the number of doubtful values.
    """
    V, m = values.shape
    signs = np.zeros((V, 2 * ((m + 63) // 64)), np.uint64)
    doubts = 0
    for v in range(V):
        doubts += vertex_signs(values[v], errors, slopes, reach[v], signs[v])
    return signs, doubts


@njit(cache=True, error_model="numpy", forceinline=True)
def vertex_signs(values, errors, slopes, reach, signs):
    """Sets the sign bits of one vertex; returns the number of doubtful values, which become 0."""
    doubts, words = 0, len(signs) // 2
    for word in range(words):
        plus, minus = NONE, NONE
        # Unsigned counters: the compiler sees that no index is negative and turns the loop into vector code.
        begin, end = np.uint64(64 * word), np.uint64(min(64 * word + 64, len(values)))
        for k in range(begin, end):
            limit = errors[k] + slopes[k] * reach
            plus |= np.uint64(values[k] > limit) << (k - begin)
            minus |= np.uint64(values[k] < -limit) << (k - begin)
        signs[word], signs[words + word] = plus, minus
        rest = ~(plus | minus) & lowest_bits(end - begin)
        while rest != NONE:
            values[64 * word + lowest_bit(rest)] = 0.0
            rest &= rest - ONE
            doubts += 1
    return doubts


@njit(cache=True, error_model="numpy")
def lowest_bits(count):
    """A word with its lowest `count` bits set, 1 <= count <= 64."""
    return ~NONE >> (np.uint64(64) - np.uint64(count))


@njit(cache=True, error_model="numpy", forceinline=True)
def first_cut(signs, ids, begin, end):
    """The first unit with vertices strictly on both sides, or -1."""
    words = signs.shape[1] // 2
    for word in range(words):
        plus, minus = NONE, NONE
        for i in range(begin, end):
            plus |= signs[ids[i], word]
            minus |= signs[ids[i], words + word]
        if plus & minus != NONE:
            return 64 * word + lowest_bit(plus & minus)
    return -1


@njit(cache=True, error_model="numpy")
def edge_key(u, w):
    """An edge by its ends, the smaller number first: never 0."""
    return np.uint64(min(u, w)) << np.uint64(32) | np.uint64(max(u, w))


@njit(cache=True, error_model="numpy", forceinline=True)
def edge_place(keys, key):
    """Place of `key` in the open hash table, or the free place where it belongs."""
    last = np.uint64(len(keys) - 1)
    mixed = (key ^ key >> np.uint64(29)) * np.uint64(0x9E3779B97F4A7C15)
    place = (mixed ^ mixed >> np.uint64(31)) * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(40) & last
    while keys[place] != NONE and keys[place] != key:
        place = (place + ONE) & last
    return place


@njit(cache=True, error_model="numpy")
def grown_table(keys, owners):
    """The hash table with twice the places."""
    new_keys = np.zeros(2 * len(keys), np.uint64)
    new_owners = np.empty(2 * len(keys), np.int32)
    for i in range(len(keys)):
        if keys[i] != NONE:
            place = edge_place(new_keys, keys[i])
            new_keys[place], new_owners[place] = keys[i], owners[i]
    return new_keys, new_owners


@njit(cache=True, error_model="numpy")
def widened(array, size):
    """The 1-D array with `size` places, the old ones first."""
    larger = np.empty(size, array.dtype)
    for i in range(len(array)):
        larger[i] = array[i]
    return larger


@njit(cache=True, error_model="numpy")
def widened_rows(array, size):
    """The 2-D array, contiguous, with `size` rows, the old ones first."""
    larger = np.empty((size, array.shape[1]), array.dtype)
    # Flat views: the loop becomes a plain copy of memory, many times faster than one over rows and columns.
    old, new = array.ravel(), larger.ravel()
    for i in range(len(old)):
        new[i] = old[i]
    return larger


@njit(cache=True, error_model="numpy", forceinline=True)
def place_vertex(points, values, reach, u, w, unit, new, errors):
    """Puts vertex `new` where `unit` is 0 between vertices u and w.

    Returns how far along the edge it lies, and the uncertainty of that, both as parts of the edge.
    """
    step = values[u, unit] - values[w, unit]
    part, blur = values[u, unit] / step, errors[unit] / abs(step)
    length = 0.0
    for i in range(points.shape[1]):
        side = points[w, i] - points[u, i]
        points[new, i] = points[u, i] + part * side
        length += side * side
    reach[new] = blur * np.sqrt(length) + min(reach[u], reach[w])
    return part, blur


@njit(cache=True, error_model="numpy", forceinline=True)
def interpolate(values, u, w, new, part, blur, inherited, unit, errors, slopes, signs):
    """Values of the layer's units, all affine along the edge u, w, at its new vertex, and their sign bits.

    Returns the number of doubtful values, which become 0; those of units that are 0 all along the edge are not doubted.
    """
    doubts, words = 0, signs.shape[1] // 2
    first, second, here, m = np.uint64(u), np.uint64(w), np.uint64(new), values.shape[1]
    for word in range(words):
        plus, minus = NONE, NONE
        begin, end = np.uint64(64 * word), np.uint64(min(64 * word + 64, m))
        for k in range(begin, end):
            step = values[second, k] - values[first, k]
            value = values[first, k] + part * step
            limit = errors[k] + slopes[k] * inherited + blur * abs(step)
            plus |= np.uint64(value > limit) << (k - begin)
            minus |= np.uint64(value < -limit) << (k - begin)
            values[here, k] = value
        if unit // 64 == word:
            own = ~(ONE << np.uint64(unit % 64))
            plus, minus = plus & own, minus & own
        signs[new, word], signs[new, words + word] = plus, minus
        rest = ~(plus | minus) & lowest_bits(end - begin)
        while rest != NONE:
            zero = 64 * word + lowest_bit(rest)
            rest &= rest - ONE
            values[new, zero] = 0.0
            doubts += zero != unit and (values[u, zero] != 0.0 or values[w, zero] != 0.0)
    return doubts


@njit(cache=True, error_model="numpy", forceinline=True)
def carry_following(values, signs, following, u, w, new, part, columns):
    """Writes the next layer's pre-activations at a new vertex on the edge u, w.

    Along the edge they bend only where units of this layer cross 0: the straight line between the ends, corrected by a
    multiple of columns[k], (m, m'), for each such unit k. That is a few vector additions in place of a matrix product.
    """
    first, second, here, m = np.uint64(u), np.uint64(w), np.uint64(new), np.uint64(following.shape[1])
    for j in range(m):
        following[here, j] = following[first, j] + part * (following[second, j] - following[first, j])
    words = signs.shape[1] // 2
    for word in range(words):
        crossing = signs[u, word] & signs[w, words + word] | signs[u, words + word] & signs[w, word]
        while crossing != NONE:
            k = np.uint64(64 * word + lowest_bit(crossing))
            crossing &= crossing - ONE
            bend = max(values[here, k], 0.0) - (1.0 - part) * max(values[first, k], 0.0)
            bend -= part * max(values[second, k], 0.0)
            for j in range(m):
                following[here, j] += bend * columns[k, j]
