"""count_regions: picks the geometry, returns a RegionCount."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.interrupts import interruptible
from relu_core.network import ReluNetwork
from relu_core.regions import merge, rational
from relu_core.regions.cells import Tally, count_cells
from relu_core.regions.line import line_points
from relu_core.regions.linear import count_linear_cells, count_linear_pieces
from relu_core.regions.signs import EXACT_GUARD

KINDS = ("activation", "linear")
# A box alone has 2**n corners; facets of a cell are bits of one 64-bit word.
MAX_INPUTS = 16


@dataclass(frozen=True)
class RegionCount:
    """How many regions a network has in a box.

    count: regions found; the exact number if `complete`, else a lower bound (the search stopped at `max_regions`).
    per_layer: activation regions after each hidden layer, first to last (empty without hidden layers).
    seconds: wall time. method: the geometry used and how doubtful signs were decided, in a few words.
    """

    count: int
    complete: bool
    per_layer: tuple[int, ...]
    seconds: float
    method: str


@interruptible
def count_regions(
    network: ReluNetwork,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    kind: str = "activation",
    exact: bool = False,
    max_regions: int | None = None,
) -> RegionCount:
    """Number of regions of a ReLU network inside a box.

    lower, upper: (n,) corners of the box in plant units. kind: "activation" counts activation patterns whose set of
    inputs has an interior in the box, "linear" the maximal connected sets with one affine map (activation regions with
    equal maps that touch along a facet are one). exact: decide every doubtful sign in rational arithmetic. max_regions:
    stop early; `complete` is then False and `count` a lower bound.
    Refuses: NaN, shapes that do not chain, an empty box, max_regions below 1.
    """
    low, high = arguments.box(lower, upper, network.input_dim)
    arguments.one_of(kind, KINDS, "kind")
    limit = None if max_regions is None else arguments.positive_integer(max_regions, "max_regions")
    _check_dimension(network.input_dim)
    start = time.perf_counter()
    factor = EXACT_GUARD if exact else 1.0
    found = _count_floats(network, low, high, kind, limit, factor)
    if found is None or (exact and found[2].doubts):
        count, complete, per_layer = _count_rational(network, low, high, kind, limit)
        method = "rational arithmetic"
    else:
        count, complete, tally = found
        per_layer, method = tuple(tally.per_layer), _method(network.input_dim, exact, tally.doubts)
    return RegionCount(count, complete, per_layer, time.perf_counter() - start, method)


def _check_dimension(n: int) -> None:
    if n > MAX_INPUTS:
        raise ArgumentError(
            f"the network takes {n} inputs, a box has 2**{n} corners and regions to match; count on a slice "
            "(regions_on_slice) or along segments (regions_on_segment), or estimate (estimate_regions)"
        )


def _method(n: int, exact: bool, doubts: int) -> str:
    geometry = "breakpoints on a line" if n == 1 else "convex cells"
    if exact:
        return f"{geometry}, no sign in doubt"
    return f"{geometry}, {doubts} values within rounding error taken as 0" if doubts else geometry


def _count_floats(
    network: ReluNetwork, lower: Floats, upper: Floats, kind: str, limit: int | None, factor: float
) -> tuple[int, bool, Tally] | None:
    """(count, complete, tally); None where the geometries in float64 do not apply."""
    if not network.hidden_layers:
        return 1, True, Tally([])
    if network.input_dim == 1:
        return _count_line(network, lower, upper, kind, limit, factor)
    if kind == "linear":
        count, complete, tally = count_linear_cells(network, lower, upper, limit=limit, factor=factor)
    else:
        complete, tally = count_cells(network, lower, upper, limit=limit, factor=factor)
        count = tally.per_layer[-1]
    return None if tally.crowded else (count, complete, tally)


def _count_line(
    network: ReluNetwork, lower: Floats, upper: Floats, kind: str, limit: int | None, factor: float
) -> tuple[int, bool, Tally]:
    if kind == "linear":
        count, tally = count_linear_pieces(network, lower, upper, factor=factor)
    else:
        points = line_points(network, lower[None], upper[None], factor=factor)
        count, tally = points.per_layer[-1], Tally(list(points.per_layer), points.doubts)
    complete = limit is None or count <= limit
    return count if complete else limit or 0, complete, tally


def _count_rational(
    network: ReluNetwork, lower: Floats, upper: Floats, kind: str, limit: int | None
) -> tuple[int, bool, tuple[int, ...]]:
    layers, per_layer = rational.integer_layers(network), [0] * network.hidden_layers
    found = _watch(rational.exact_regions(network, lower, upper), per_layer)
    regions = list(islice(found, limit))
    complete = limit is None or next(found, None) is None
    count = merge.count_merged(layers, regions) if kind == "linear" else len(regions)
    return count, complete, tuple(per_layer)


def _watch(regions: Iterator[rational.ExactRegion], per_layer: list[int]) -> Iterator[rational.ExactRegion]:
    """Passes regions on and counts, per layer, how often the pattern up to there is new (the order is depth first)."""
    ends: list[int] = []
    before: tuple[bool, ...] | None = None
    for region in regions:
        if not ends:
            for forms in region.forms:
                ends.append((ends[-1] if ends else 0) + len(forms))
        for layer, end in enumerate(ends):
            per_layer[layer] += before is None or before[:end] != region.pattern[:end]
        before = region.pattern
        yield region
