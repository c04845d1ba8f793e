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


@njit(cache=True, error_model="numpy", forceinline=True)
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
def table_places(entries):
    """Places for that many edges: a power of two, at least half of them free."""
    places = 64
    while places < 2 * entries:
        places *= 2
    return places


@njit(cache=True, error_model="numpy")
def new_table(entries):
    """A table with room for that many edges of a simple polytope: the vertex that brought each."""
    return np.empty(table_places(entries), np.int32)


@njit(cache=True, error_model="numpy")
def is_simple(masks, count, dim):
    """Whether each vertex of a polytope lies on `dim` facets: then an edge is named by the facets of an end but one."""
    simple = True
    for v in range(count):
        simple &= bit_count(masks[v]) == dim
    return simple


@njit(cache=True, error_model="numpy")
def free_places(table, entries):
    """Frees places at the beginning of the table, enough for that many edges; returns the last of them."""
    places = table_places(entries)
    for i in range(places):
        table[i] = -1
    return np.uint64(places - 1)


@njit(cache=True, error_model="numpy", forceinline=True)
def find_edge(table, last, masks, edge):
    """Place of a vertex on the edge, which is named by its facets, or the free place where such a vertex belongs."""
    place = (edge ^ edge >> np.uint64(31)) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32) & last
    while table[place] >= 0 and masks[table[place]] & edge != edge:
        place = place + ONE & last
    return place


@njit(cache=True, error_model="numpy")
def cut_edges(sides, masks, count, dim, table, pairs):
    """Edges from a vertex with side 1 to one with side -1, as rows of `pairs`; -1 if they do not fit."""
    if count >= MANY and is_simple(masks, count, dim):
        return looked_up_cuts(sides, masks, count, dim, table, pairs)
    found = 0
    for u in range(count):
        if sides[u] > 0:
            for w in range(count):
                if sides[w] < 0 and on_common_edge(masks, count, u, w, dim):
                    if found == len(pairs):
                        return -1
                    pairs[found, 0], pairs[found, 1] = u, w
                    found += 1
    return found


@njit(cache=True, error_model="numpy")
def looked_up_cuts(sides, masks, count, dim, table, pairs):
    """The same for a simple polytope, by a table of the edges that begin on the side with fewer vertices."""
    plus, minus, above, below = NONE, NONE, 0, 0
    for v in range(count):
        plus |= masks[v] if sides[v] > 0 else NONE
        minus |= masks[v] if sides[v] < 0 else NONE
        above += sides[v] > 0
        below += sides[v] < 0
    stored = 1 if above < below else -1
    last = free_places(table, dim * min(above, below))
    for v in range(count):
        if sides[v] == stored:
            rest = spare_facets(masks[v], plus & minus)
            while rest != NONE:
                edge = masks[v] ^ (rest & (~rest + ONE))
                rest &= rest - ONE
                place = find_edge(table, last, masks, edge)
                if table[place] < 0:
                    table[place] = v
    found = 0
    for v in range(count):
        if sides[v] == -stored:
            rest = spare_facets(masks[v], plus & minus)
            while rest != NONE:
                edge = masks[v] ^ (rest & (~rest + ONE))
                rest &= rest - ONE
                owner = table[find_edge(table, last, masks, edge)]
                if owner >= 0:
                    if found == len(pairs):
                        return -1
                    pairs[found, 0], pairs[found, 1] = v, owner
                    found += 1
    return found


@njit(cache=True, error_model="numpy")
def spare_facets(mask, cut):
    """Facets of a vertex without which all its others are cut: an edge that is cut lies on cut facets only."""
    uncut = mask & ~cut
    if uncut == NONE:
        return mask
    return uncut if uncut & (uncut - ONE) == NONE else NONE


@njit(cache=True, error_model="numpy")
def all_edges(masks, count, dim, table, edges):
    """All edges of a polytope as rows of `edges`; -1 if they do not fit."""
    found = 0
    if count >= MANY and is_simple(masks, count, dim):
        last = free_places(table, dim * count // 2)
        for v in range(count):
            rest = masks[v]
            while rest != NONE:
                edge = masks[v] ^ (rest & (~rest + ONE))
                rest &= rest - ONE
                place = find_edge(table, last, masks, edge)
                if table[place] < 0:
                    table[place] = v
                elif table[place] != v:
                    if found == len(edges):
                        return -1
                    edges[found, 0], edges[found, 1] = table[place], v
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
