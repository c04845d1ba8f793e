"""Loops of linear.py: patterns of cells, names of facets that are the same from both sides, and merging across them."""

import numpy as np
from numba import njit

from relu_core.regions.cell_kernels import lowest_bit
from relu_core.regions.edge_kernels import NONE, ONE


@njit(cache=True, error_model="numpy")
def cell_patterns(starts, ids, history, widths):
    """On/off of every unit on every cell, bool (C, size); off only where a vertex is below 0."""
    patterns = np.ones((len(starts) - 1, widths.sum()), np.bool_)
    for cell in range(len(starts) - 1):
        column, word = 0, 0
        for width in widths:
            words = (width + 63) // 64
            for k in range(width):
                place, bit = word + words + k // 64, ONE << np.uint64(k % 64)
                for i in range(starts[cell], starts[cell + 1]):
                    if history[ids[i], place] & bit != NONE:
                        patterns[cell, column] = False
                        break
                column += 1
            word += 2 * words
    return patterns


@njit(cache=True, error_model="numpy")
def facet_name(ids, masks, begin, end, bit, history, full):
    """64-bit name of the facet `bit` of a cell, 0 if it is none or lies on the box.

    The name mixes the signs of all units on the facet, which are the same from both sides, the units that are 0 all
    over it included. Without such a unit the facet belongs to the box.
    """
    shared = ~NONE
    for i in range(begin, end):
        if masks[i] & bit != NONE:
            shared &= masks[i]
    own = 0
    for i in range(begin, end):
        own += masks[i] & bit != NONE
    others = shared & ~bit
    while others != NONE:
        other = others & (~others + ONE)
        others &= others - ONE
        count = 0
        for i in range(begin, end):
            count += masks[i] & other != NONE
        if count > own or other < bit:
            return NONE
    name, inside, word = ONE, False, 0
    for layer_words, last_full in full:
        for k in range(layer_words):
            plus, minus = NONE, NONE
            for i in range(begin, end):
                if masks[i] & bit != NONE:
                    plus |= history[ids[i], word + k]
                    minus |= history[ids[i], word + layer_words + k]
            everyone = np.uint64(last_full) if k == layer_words - 1 else ~NONE
            inside |= (plus | minus) != everyone
            name = mixed(mixed(name, plus), minus)
        word += 2 * layer_words
    return name | ONE if inside else NONE


@njit(cache=True, error_model="numpy")
def mixed(name, word):
    """One step of a hash: every bit of both arguments reaches every bit of the result."""
    name = (name ^ word) * np.uint64(0x9E3779B97F4A7C15)
    name ^= name >> np.uint64(32)
    name *= np.uint64(0xD6E8FEB86659FD93)
    return name ^ name >> np.uint64(29)


@njit(cache=True, error_model="numpy")
def facet_names(starts, ids, masks, history, full, n):
    """Names of all facets inside the box and the cells they belong to, both (F,)."""
    names, owners, found = np.empty(len(ids), np.uint64), np.empty(len(ids), np.int64), 0
    for cell in range(len(starts) - 1):
        begin, end = starts[cell], starts[cell + 1]
        bits = NONE
        for i in range(begin, end):
            bits |= masks[i]
        while bits != NONE:
            bit = ONE << np.uint64(lowest_bit(bits))
            bits &= bits - ONE
            name = facet_name(ids, masks, begin, end, bit, history, full)
            if name != NONE:
                if found == len(names):
                    names = np.concatenate((names, np.empty_like(names)))
                    owners = np.concatenate((owners, np.empty_like(owners)))
                names[found], owners[found] = name, cell
                found += 1
    return names[:found].copy(), owners[:found].copy()


@njit(cache=True, error_model="numpy")
def count_merges(names, owners, slopes, error):
    """How many cells disappear when neighbours (equal names, sorted) with equal slopes become one."""
    parents = np.arange(len(slopes))
    merges = 0
    for f in range(1, len(names)):
        if names[f] == names[f - 1] and abs(slopes[owners[f]] - slopes[owners[f - 1]]) <= error:
            roots = [owners[f], owners[f - 1]]
            for side in range(2):
                while parents[roots[side]] != roots[side]:
                    parents[roots[side]] = parents[parents[roots[side]]]
                    roots[side] = parents[roots[side]]
            if roots[0] != roots[1]:
                parents[roots[0]] = roots[1]
                merges += 1
    return merges
