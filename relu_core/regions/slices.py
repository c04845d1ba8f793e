"""regions_on_segment, regions_on_slice: what a network does along lines and planes through inputs of any dimension."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.interrupts import interruptible
from relu_core.network import ReluNetwork
from relu_core.regions import rational
from relu_core.regions.cells import Tally, walk
from relu_core.regions.enumerate import float_points
from relu_core.regions.line import line_points
from relu_core.regions.linear import derivatives, patterns_of
from relu_core.regions.signs import rounding_errors

Patterns = NDArray[np.bool_]


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
    patterns: Patterns
    maps: Floats
    origin: Floats
    u: Floats
    v: Floats
    extent: Floats


@interruptible
def regions_on_segment(network: ReluNetwork, start: ArrayLike, end: ArrayLike) -> SegmentRegions:
    """Breakpoints and affine pieces of the network along segments, many at once.

    start, end: (S, n), or (n,) for a single segment, in plant units.
    Refuses: shapes that differ or do not fit the network, a segment of length 0.
    """
    starts, ends = _endpoints(network, start, end)
    points = line_points(network, starts, ends)
    lines = np.repeat(np.arange(len(starts)), np.diff(points.offsets) - 1)
    inner = np.delete(np.arange(len(points.times)), points.offsets[1:] - 1)
    middles = (points.times[inner] + points.times[inner + 1]) / 2
    steps = ends - starts
    rows = starts[lines] + middles[:, None] * steps[lines]
    slopes = derivatives(network, network.activation_pattern(rows), steps[lines])
    intercepts = network(rows) - slopes * middles[:, None]
    cuts = points.offsets[1:-1] - np.arange(1, len(starts))
    times = np.split(points.times, points.offsets[1:-1])
    return SegmentRegions(
        tuple(part[1:-1] for part in times), tuple(np.split(slopes, cuts)), tuple(np.split(intercepts, cuts))
    )


@interruptible
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
    polygons, patterns = _cells(flat, limits) or _exact_cells(flat, limits)
    return SliceRegions(polygons, patterns, _maps(flat, polygons, patterns), base, first, second, limits)


def restricted(network: ReluNetwork, origin: Floats, directions: Floats) -> ReluNetwork:
    """The network as a function of z (k,), at x = origin + directions z; directions is (n, k)."""
    weights = [network.weights[0] @ directions, *network.weights[1:]]
    biases = [network.weights[0] @ origin + network.biases[0], *network.biases[1:]]
    return ReluNetwork(weights, biases)


def _cells(flat: ReluNetwork, limits: Floats) -> tuple[tuple[Floats, ...], Patterns] | None:
    """Polygons and patterns of a network with two inputs; None if a polygon has too many sides for the kernels."""
    lower, upper = limits[::2], limits[1::2]
    tally, polygons, patterns = Tally([0] * flat.hidden_layers), [], []
    errors = rounding_errors(flat, lower, upper)
    for _, vertices, cells in walk(flat, errors, lower, upper, tally, flat.hidden_layers, history=True):
        corners = np.split(vertices.points[cells.ids], cells.starts[1:-1])
        polygons += [_counterclockwise(points) for points in corners]
        patterns.append(patterns_of(flat, cells, vertices.history))
    return None if tally.crowded else (tuple(polygons), np.concatenate(patterns))


def _exact_cells(flat: ReluNetwork, limits: Floats) -> tuple[tuple[Floats, ...], Patterns]:
    regions = list(rational.exact_regions(flat, limits[::2], limits[1::2]))
    polygons = tuple(_counterclockwise(float_points(region.vertices)) for region in regions)
    return polygons, np.array([region.pattern for region in regions], dtype=bool).reshape(len(regions), flat.size)


def _maps(flat: ReluNetwork, polygons: tuple[Floats, ...], patterns: Patterns) -> Floats:
    """(P, m, 3): slopes in s and t, then the constant, so that the map meets the network at each polygon's middle."""
    middles = np.array([points.mean(axis=0) for points in polygons])
    slopes = np.stack([derivatives(flat, patterns, axis[None]) for axis in np.eye(2)], axis=2)
    constants = flat(middles) - np.einsum("pmk,pk->pm", slopes, middles)
    return np.concatenate([slopes, constants[:, :, None]], axis=2)


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
