"""Linear regions from activation regions: merge those with one affine map that touch along a facet."""

from collections.abc import Iterable, Sequence

from relu_core.regions.rational import ExactRegion, IntegerLayer, facet_bits, next_forms

FacetKey = tuple[tuple[bool, ...], int]


def count_merged(layers: Sequence[IntegerLayer], regions: Iterable[ExactRegion]) -> int:
    """Number of maximal connected sets with one affine map, touching along facets; exact.

    Two regions share a facet exactly if the same units are 0 all over it and all other units agree: on the facet both
    see the same continuous functions. They are merged if their output maps are equal as integers.
    """
    parents: list[int] = []
    maps: list[tuple[tuple[int, ...], ...]] = []
    met: dict[FacetKey, int] = {}
    for index, region in enumerate(regions):
        parents.append(index)
        maps.append(next_forms(layers, region))
        for key in facet_keys(region):
            other = met.setdefault(key, index)
            if other != index and maps[other] == maps[index]:
                parents[find_root(parents, other)] = find_root(parents, index)
    return sum(parents[i] == i for i in range(len(parents)))


def facet_keys(region: ExactRegion) -> list[FacetKey]:
    """One name a facet inside the box, the same from both sides: pattern off the facet's units, and those units."""
    n, keys = len(region.vertices[0]) - 1, []
    zeros = [_zero_units(region, vertex) for vertex in region.vertices]
    for bit in facet_bits(region.facets):
        if bit >> (2 * n):
            vanishing = -1
            for zero, mask in zip(zeros, region.facets, strict=True):
                if mask & bit:
                    vanishing &= zero
            pattern = tuple(on and not vanishing >> k & 1 for k, on in enumerate(region.pattern))
            keys.append((pattern, vanishing))
    return keys


def find_root(parents: list[int], i: int) -> int:
    """Representative of i's set; halves the path on the way."""
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def _zero_units(region: ExactRegion, vertex: tuple[int, ...]) -> int:
    """Units whose pre-activation is 0 at the vertex, as bits."""
    units = (form for layer in region.forms for form in layer)
    return sum(1 << k for k, form in enumerate(units) if not sum(a * x for a, x in zip(form, vertex, strict=True)))
