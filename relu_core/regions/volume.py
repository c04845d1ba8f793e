"""Volume of a polytope from its vertices and the facets through each."""

from collections.abc import Sequence
from itertools import combinations
from math import factorial

import numpy as np

from relu_core.arguments import Floats

MAX_VOLUME_DIM = 4


def polytope_volume(vertices: Floats, facets: Sequence[int], facet_bits: Sequence[int]) -> float:
    """Volume of the polytope with vertices (V, n): a pulling triangulation, its simplices' determinants added up.

    facets: per vertex the bits of the hyperplanes through it; facet_bits: those that carry a facet.
    Source: pyramids from one vertex over the faces that miss it, repeated inside each face.
    """
    n = vertices.shape[1]
    sets = [frozenset(i for i, mask in enumerate(facets) if mask & bit) for bit in facet_bits]
    simplices = list(_triangulate(frozenset(range(len(vertices))), sets, n))
    edges = vertices[np.array([s[1:] for s in simplices])] - vertices[np.array([s[0] for s in simplices])][:, None]
    return float(np.abs(np.linalg.det(edges)).sum() / factorial(n))


def _triangulate(face: frozenset[int], facets: list[frozenset[int]], dim: int) -> list[tuple[int, ...]]:
    apex = min(face)
    if dim == 0:
        return [(apex,)]
    if len(face) == dim + 1:
        return [tuple(sorted(face))]
    simplices = []
    for part in _facets_of(face, facets):
        if apex not in part:
            simplices += [(apex, *simplex) for simplex in _triangulate(part, facets, dim - 1)]
    return simplices


def _facets_of(face: frozenset[int], facets: list[frozenset[int]]) -> list[frozenset[int]]:
    """Largest proper faces of `face`: its meets with the polytope's facets that lie in no other."""
    parts = {face & facet for facet in facets} - {face, frozenset()}
    lower = {a for a, b in combinations(sorted(parts, key=len), 2) if a < b}
    return sorted(parts - lower, key=sorted)
