"""Continuous piecewise linear functions of any number of inputs as networks, with the theorem's hidden layers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.theory.composition import compose, side_by_side
from relu_core.theory.maximum import maximum
from relu_core.theory.minimise import minimise
from relu_core.theory.polyhedra import cell_points, common_facet, interior_faces


class AffineRegion(Protocol):
    """What `from_cpwl` needs to know of a region: `enumerate_regions` yields such, LinearRegion is one made by hand."""

    @property
    def map(self) -> Floats:
        """(1, n + 1): the function on the region, slopes then constant."""

    @property
    def halfspaces(self) -> Floats:
        """(c, n + 1): rows (a, b) with a . x + b >= 0 inside."""

    @property
    def point(self) -> Floats:
        """(n,): an interior point."""


@dataclass(frozen=True, eq=False)
class LinearRegion:
    """f(x) = map[0, :n] . x + map[0, n] where halfspaces[:, :n] . x + halfspaces[:, n] >= 0; point: (n,), interior."""

    map: Floats
    halfspaces: Floats
    point: Floats


def from_max_affine(slopes: ArrayLike, intercepts: ArrayLike) -> ReluNetwork:
    """x -> max_i (slopes[i] . x + intercepts[i]) with at most ceil(log2(n + 1)) hidden layers, however many i.

    slopes: (N, n), intercepts: (N,). More than n + 1 affine functions become a signed sum of maxima of at most n + 1 of
    them each: over the simplices of the upper hull of the points (slope, intercept), and their faces inside it.
    The number of units grows with the faces, like N^(n/2); where more than n + 1 functions tie, values are right to
    about 1e-9 of the spread of the numbers given. Refuses: lengths that differ, numbers that are not finite.
    Source: Arora et al. 2018, Theorem 2.1; Wang, Sun 2005 for the signed sum. Departs from both: the sum is read off a
    triangulation (inclusion and exclusion over the interior faces) instead of by induction.
    """
    rows = arguments.rows(slopes, name="slopes")
    offsets = arguments.targets(intercepts, len(rows), "intercepts")
    affine, first = np.unique(np.column_stack([rows, offsets]), axis=0, return_index=True)
    affine = affine[np.argsort(first)]
    if len(affine) == 1:
        return ReluNetwork([affine[:, :-1]], [affine[:, -1]])
    return minimise(_signed_sum(affine, interior_faces(affine)))


def from_cpwl(regions: Iterable[AffineRegion]) -> ReluNetwork:
    """The network that equals a continuous piecewise linear function given by its regions, on the union of the regions.

    regions: convex, with disjoint interiors and a convex union (a box cut into pieces, or all of R^n); what
    `enumerate_regions` yields can be passed on as it is. Hidden layers: at most ceil(log2(n + 1)).
    f is written as p - q: q adds max(l_i, l_j) for every facet on which f bends downwards, p = f + q then bends upwards
    only, so it is the maximum of its affine maps. The network is compared with the regions at a point in every cell.
    Refuses: no regions, shapes that differ, a function that jumps between two regions (both named), a union that is not
    convex. Source: Arora et al. 2018, Theorem 2.1; Kripfganz, Schulze 1987 for the difference of convex functions.
    """
    pieces = list(regions)
    n = _check_shapes(pieces)
    maps = np.concatenate([np.atleast_2d(piece.map) for piece in pieces])
    downwards = _downward_bends(pieces, maps)
    points, cells = _cells(pieces, maps, downwards)
    convex = np.unique(np.round(cells, 12), axis=0)
    values = (points @ convex[:, :n].T + convex[:, n]).max(axis=1)
    wanted = (points * cells[:, :n]).sum(axis=1) + cells[:, n]
    if not np.allclose(values, wanted, rtol=1e-7, atol=1e-7):
        raise ArgumentError("regions do not cover a convex set, or overlap; pass a subdivision of a convex set")
    network = from_max_affine(convex[:, :n], convex[:, n])
    return network if not downwards else minimise(_minus_pairs(network, maps, downwards))


def _check_shapes(pieces: Sequence[AffineRegion]) -> int:
    if not pieces:
        raise ArgumentError("regions is empty; pass at least one")
    n = np.atleast_2d(pieces[0].map).shape[1] - 1
    for i, piece in enumerate(pieces):
        if np.atleast_2d(piece.map).shape != (1, n + 1) or piece.halfspaces.shape[1:] != (n + 1,):
            raise ArgumentError(
                f"regions[{i}] has a map of shape {piece.map.shape} and halfspaces {piece.halfspaces.shape}; "
                f"pass (1, {n + 1}) and (c, {n + 1})"
            )
    return n


def _downward_bends(pieces: Sequence[AffineRegion], maps: Floats) -> list[tuple[int, int]]:
    """Pairs of regions with a common facet on which the function is the smaller of their maps."""
    found = []
    for i, j in combinations(range(len(pieces)), 2):
        facet = common_facet(pieces[i].halfspaces, pieces[j].halfspaces, pieces[i].point, pieces[j].point)
        if facet is None:
            continue
        difference = maps[i] - maps[j]
        scale = 1e-7 * (1 + np.abs(maps[[i, j]]).max())
        if np.abs(facet @ difference[:-1] + difference[-1]).max() > scale * (1 + np.abs(facet).max()):
            raise ArgumentError(f"the function jumps between regions {i} and {j}; pass a continuous one")
        if pieces[i].point @ difference[:-1] + difference[-1] < -scale:
            found.append((i, j))
    return found


def _cells(pieces: Sequence[AffineRegion], maps: Floats, downwards: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    """A point in every cell of p = f + q, and p's affine map there: the regions, cut where the pairs of q switch."""
    differences = np.array([maps[i] - maps[j] for i, j in downwards]).reshape(len(downwards), maps.shape[1])
    points, cells = [], []
    for piece, own in zip(pieces, maps, strict=True):
        for point in cell_points(piece.halfspaces, differences, piece.point):
            q = [
                maps[i] if point @ d[:-1] + d[-1] > 0 else maps[j]
                for (i, j), d in zip(downwards, differences, strict=True)
            ]
            points.append(point)
            cells.append(own + np.sum(q, axis=0) if q else own)
    return np.array(points), np.array(cells)


def _signed_sum(affine: Floats, faces: dict[tuple[int, ...], int]) -> ReluNetwork:
    """sum over faces of sign * max over the face of the affine functions; short faces repeat their last member."""
    longest = max(map(len, faces))
    parts = [affine[[*face, *[face[-1]] * (longest - len(face))]] for face in faces]
    terms = [compose(maximum(longest), ReluNetwork([rows[:, :-1]], [rows[:, -1]])) for rows in parts]
    signs = np.array([list(faces.values())], dtype=np.float64)
    return compose(ReluNetwork([signs], [[0.0]]), side_by_side(terms))


def _minus_pairs(network: ReluNetwork, maps: Floats, pairs: list[tuple[int, int]]) -> ReluNetwork:
    """network(x) - sum over pairs of max(map_i, map_j), the pairs repeated to the network's number of hidden layers."""
    length = 2 ** max(network.hidden_layers, 1)
    terms = [network] if network.hidden_layers else [_as_maximum(network)]
    for i, j in pairs:
        rows = maps[[i, j] + [j] * (length - 2)]
        terms.append(compose(maximum(length), ReluNetwork([rows[:, :-1]], [rows[:, -1]])))
    signs = np.array([[1.0] + [-1.0] * len(pairs)])
    return compose(ReluNetwork([signs], [[0.0]]), side_by_side(terms))


def _as_maximum(network: ReluNetwork) -> ReluNetwork:
    """An affine function with one hidden layer, as the maximum of itself twice."""
    twice = ReluNetwork([np.repeat(network.weights[0], 2, axis=0)], [np.repeat(network.biases[0], 2)])
    return compose(maximum(2), twice)
