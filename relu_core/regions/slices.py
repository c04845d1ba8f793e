"""regions_on_segment, regions_on_slice: what a network does along lines and planes through inputs of any dimension."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.regions import rational
from relu_core.regions.enumerate import float_points, output_map


@dataclass(frozen=True, eq=False)
class SegmentRegions:
    """Pieces of a network along S segments x(t) = start + t (end - start), 0 <= t <= 1; one array a segment.

    breakpoints: (p - 1,) increasing t strictly inside (0, 1) where the activation pattern changes.
    slopes, intercepts: (p, m); on piece i, breakpoints i - 1 to i, the outputs are intercepts[i] + slopes[i] t.
    """

    breakpoints: tuple[Floats, ...]
    slopes: tuple[Floats, ...]
    intercepts: tuple[Floats, ...]

    @property
    def counts(self) -> NDArray[np.int64]:
        """(S,): pieces of each segment, one more than its breakpoints."""
        return np.array([len(points) + 1 for points in self.breakpoints], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class SliceRegions:
    """Activation regions on the plane x(s, t) = origin + s u + t v, ready to draw.

    polygons: P arrays (k, 2) of corners (s, t), counterclockwise. patterns: bool (P, size).
    maps: (P, m, 3); on polygon p the outputs are maps[p] @ (s, t, 1).
    origin, u, v: (n,). extent: (4,) s from, s to, t from, t to.
    """

    polygons: tuple[Floats, ...]
    patterns: NDArray[np.bool_]
    maps: Floats
    origin: Floats
    u: Floats
    v: Floats
    extent: Floats


def regions_on_segment(network: ReluNetwork, start: ArrayLike, end: ArrayLike) -> SegmentRegions:
    """Breakpoints and affine pieces of the network along segments, many at once.

    start, end: (S, n), or (n,) for a single segment, in plant units.
    Refuses: shapes that differ or do not fit the network, a segment of length 0.
    """
    starts, ends = _endpoints(network, start, end)
    pieces = [_one_segment(network, a, b) for a, b in zip(starts, ends, strict=True)]
    breakpoints, slopes, intercepts = zip(*pieces, strict=True)
    return SegmentRegions(breakpoints, slopes, intercepts)


def regions_on_slice(
    network: ReluNetwork, origin: ArrayLike, u: ArrayLike, v: ArrayLike, extent: ArrayLike = 1.0
) -> SliceRegions:
    """Activation regions on the plane through `origin` along `u` and `v` (all (n,), plant units).

    extent: half-width of the square in s and t, or (s from, s to, t from, t to).
    Refuses: vectors of a wrong length, u and v on one line, an empty extent.
    """
    n = network.input_dim
    base, first, second = (_vector(value, name, n) for value, name in ((origin, "origin"), (u, "u"), (v, "v")))
    if np.linalg.matrix_rank(np.stack([first, second])) < 2:
        raise ArgumentError("u and v lie on one line; pass two directions that span a plane")
    limits = _extent(extent)
    flat = restricted(network, base, np.stack([first, second], axis=1))
    layers = rational.integer_layers(flat)
    regions = list(rational.exact_regions(flat, limits[::2], limits[1::2]))
    polygons = tuple(_counterclockwise(float_points(region.vertices)) for region in regions)
    patterns = np.array([region.pattern for region in regions], dtype=bool).reshape(len(regions), network.size)
    maps = np.array([output_map(layers, region) for region in regions])
    return SliceRegions(polygons, patterns, maps, base, first, second, limits)


def restricted(network: ReluNetwork, origin: Floats, directions: Floats) -> ReluNetwork:
    """The network as a function of z (k,), at x = origin + directions z; directions is (n, k)."""
    weights = [network.weights[0] @ directions, *network.weights[1:]]
    biases = [network.weights[0] @ origin + network.biases[0], *network.biases[1:]]
    return ReluNetwork(weights, biases)


def _one_segment(network: ReluNetwork, start: Floats, end: Floats) -> tuple[Floats, Floats, Floats]:
    flat = restricted(network, start, (end - start)[:, None])
    layers = rational.integer_layers(flat)
    regions = list(rational.exact_regions(flat, np.zeros(1), np.ones(1)))
    left = np.array([float_points(region.vertices).min() for region in regions])
    order = np.argsort(left)
    maps = np.array([output_map(layers, regions[i]) for i in order])
    return left[order][1:], maps[:, :, 0], maps[:, :, 1]


def _endpoints(network: ReluNetwork, start: ArrayLike, end: ArrayLike) -> tuple[Floats, Floats]:
    n = network.input_dim
    starts = arguments.rows(np.atleast_2d(np.asarray(start)), n, "start")
    ends = arguments.rows(np.atleast_2d(np.asarray(end)), n, "end")
    if starts.shape != ends.shape:
        raise ArgumentError(f"start has shape {starts.shape} and end {ends.shape}; pass one end a start")
    same = np.flatnonzero((starts == ends).all(axis=1))
    if same.size:
        raise ArgumentError(f"segment {same[0]} has length 0; its end must differ from its start")
    return starts, ends


def _vector(values: ArrayLike, name: str, n: int) -> Floats:
    array = arguments.finite_array(values, name)
    if array.shape != (n,):
        raise ArgumentError(f"{name} has shape {array.shape}; the network takes {n} inputs, pass ({n},)")
    return array


def _extent(extent: ArrayLike) -> Floats:
    array = arguments.finite_array(extent, "extent")
    limits = np.array([-array, array] * 2).ravel() if array.ndim == 0 or array.shape == (1,) else array
    if limits.shape != (4,) or not (limits[0] < limits[1] and limits[2] < limits[3]):
        raise ArgumentError(f"extent is {extent!r}; pass a positive half-width or (s from, s to, t from, t to)")
    return limits


def _counterclockwise(points: Floats) -> Floats:
    around = points - points.mean(axis=0)
    return points[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
