"""Loops of cells.py: which vertices of a polytope share an edge."""

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

ONE = np.uint64(1)
NONE = np.uint64(0)
# Vertices of a polytope from which on looking edges up beats comparing all pairs.
MANY = 40


@intrinsic
def bit_count(typing_context, word):
    """Number of bits set in a 64-bit word, by the processor's own instruction."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, error_model="numpy")
def on_common_edge(masks, count, first, second, dim):
    """Whether two vertices of a polytope share an edge: no third one lies on all the facets they have in common."""
    common = masks[first] & masks[second]
    if bit_count(common) < dim - 1:
        return False
    if bit_count(masks[first]) == dim and bit_count(masks[second]) == dim:
        return True
    owners = 0
    for v in range(count):
        owners += masks[v] & common == common
    return owners == 2


@njit(cache=True, error_model="numpy")
def new_lookup(size):
    """An empty table of edges by their facets: keys, owners, the round each place was filled in, the current round."""
    return np.empty(size, np.uint64), np.empty(size, np.int32), np.zeros(size, np.int64), np.zeros(1, np.int64)


@njit(cache=True, error_model="numpy")
def fits_lookup(masks, count, dim, lookup):
    """Whether edges of the polytope are to be looked up: many vertices, each on `dim` facets, room in the table."""
    if count < MANY or 2 * dim * count > len(lookup[0]):
        return False
    simple = True
    for v in range(count):
        simple &= bit_count(masks[v]) == dim
    return simple


@njit(cache=True, error_model="numpy")
def find_key(lookup, key):
    """Place of a key of the current round in the table, or the free place where it belongs."""
    keys, _, rounds, now = lookup
    last = np.uint64(len(keys) - 1)
    place = (key ^ key >> np.uint64(31)) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32) & last
    while rounds[place] == now[0] and keys[place] != key:
        place = place + ONE & last
    return place


@njit(cache=True, error_model="numpy")
def cut_edges(column, masks, count, dim, lookup, pairs):
    """Edges with value above 0 at one end and below at the other, as rows of `pairs`; -1 if they do not fit."""
    if fits_lookup(masks, count, dim, lookup):
        return looked_up_cuts(column, masks, count, lookup, pairs)
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


@njit(cache=True, error_model="numpy")
def looked_up_cuts(column, masks, count, lookup, pairs):
    """The same for a simple polytope: an edge is named by the facets of either end but one."""
    keys, owners, rounds, now = lookup
    now[0] += 1
    above = 0
    for v in range(count):
        above += column[v] > 0.0
    # The side with fewer vertices goes into the table.
    stored = 1.0 if 2 * above < count else -1.0
    for v in range(count):
        if column[v] * stored > 0.0:
            rest = masks[v]
            while rest != NONE:
                bit = rest & (~rest + ONE)
                rest ^= bit
                place = find_key(lookup, masks[v] ^ bit)
                keys[place], owners[place], rounds[place] = masks[v] ^ bit, v, now[0]
    found = 0
    for v in range(count):
        if column[v] * stored < 0.0:
            rest = masks[v]
            while rest != NONE:
                bit = rest & (~rest + ONE)
                rest ^= bit
                place = find_key(lookup, masks[v] ^ bit)
                if rounds[place] == now[0]:
                    if found == len(pairs):
                        return -1
                    pairs[found, 0], pairs[found, 1] = v, owners[place]
                    found += 1
    return found


@njit(cache=True, error_model="numpy")
def all_edges(masks, count, dim, lookup, edges):
    """All edges of a polytope as rows of `edges`; -1 if they do not fit."""
    found = 0
    if fits_lookup(masks, count, dim, lookup):
        keys, owners, rounds, now = lookup
        now[0] += 1
        for v in range(count):
            rest = masks[v]
            while rest != NONE:
                bit = rest & (~rest + ONE)
                rest ^= bit
                place = find_key(lookup, masks[v] ^ bit)
                if rounds[place] != now[0]:
                    keys[place], owners[place], rounds[place] = masks[v] ^ bit, v, now[0]
                elif found == len(edges):
                    return -1
                else:
                    edges[found, 0], edges[found, 1] = owners[place], v
                    found += 1
        return found
    for u in range(count):
        for w in range(u):
            if on_common_edge(masks, count, u, w, dim):
                if found == len(edges):
                    return -1
                edges[found, 0], edges[found, 1] = u, w
                found += 1
    return found
