"""count_regions: picks the geometry, returns a RegionCount."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.regions import merge, rational

KINDS = ("activation", "linear")


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
    start = time.perf_counter()
    count, complete, per_layer = _count_rational(network, low, high, kind, limit)
    return RegionCount(count, complete, per_layer, time.perf_counter() - start, "rational arithmetic throughout")


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
