"""How many linear pieces a trained network uses on the data: exact over the box where that is possible, else along
segments.
"""

import math
import time

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.comparison.schema import RegionEvidence
from relu_core.interval import Interval
from relu_core.network import ReluNetwork
from relu_core.regions import SliceRegions, count_regions, regions_on_segment, regions_on_slice, upper_bound_regions

# Inputs up to which the whole box is counted, and the count at which that stops.
BOX_INPUTS, BOX_REGIONS = 3, 200_000
SEGMENTS = 200


def region_evidence(network: ReluNetwork, X: ArrayLike, *, seed: int = 0) -> RegionEvidence:
    """Activation regions that `network` uses on rows X (D, n) in plant units.

    With up to 3 inputs: exact count in the box that the rows span (scope "box"). With more: mean count on segments
    between random pairs of rows (scope "segments"), with a 95 % interval over the pairs; exact on every segment.
    """
    rows = arguments.rows(X, network.input_dim)
    begun = time.perf_counter()
    lower, upper = rows.min(axis=0), rows.max(axis=0)
    if network.input_dim <= BOX_INPUTS and (lower < upper).all():
        found = count_regions(network, lower, upper, max_regions=BOX_REGIONS)
        high = float(found.count) if found.complete else math.inf
        scope, count, complete = "box", Interval(found.count, found.count, high, 1.0, "counted"), found.complete
        method = found.method
    else:
        counts = _counts_between_rows(network, rows, seed)
        half = 1.96 * float(counts.std(ddof=1)) / math.sqrt(len(counts)) if len(counts) > 1 else 0.0
        mean = float(counts.mean())
        scope, complete, method = "segments", True, f"mean over {len(counts)} segments between rows, exact on each"
        count = Interval(mean, max(1.0, mean - half), mean + half, 0.95, "normal over segments")
    bound = upper_bound_regions(network.hidden_widths, network.input_dim)
    return RegionEvidence(
        scope=scope,
        kind="activation",
        count=count,
        complete=complete,
        log10_upper_bound=math.log10(bound),
        method=method,
        seconds=time.perf_counter() - begun,
    )


def data_slice(network: ReluNetwork, X: ArrayLike) -> SliceRegions:
    """The regions on the plane through the mean of X (D, n) along its two strongest directions, each in its own spread.

    The plane is found on standardised columns, so that a sensor with a wide unit does not decide alone. The picture
    reaches 3 standard deviations to each side. Refuses fewer than two columns that change.
    """
    rows = arguments.rows(X, network.input_dim)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale == 0] = 1.0
    _, strength, directions = np.linalg.svd((rows - mean) / scale, full_matrices=False)
    spread = strength[:2] / math.sqrt(len(rows))
    u, v = (_signed(directions[i]) * scale * max(spread[i], 1e-9) for i in range(2))
    return regions_on_slice(network, mean, u, v, 3.0)


def slice_coordinates(found: SliceRegions, X: ArrayLike) -> Floats:
    """(D, 2): where rows X (D, n) stand when dropped onto the plane of `found`, every column in its own spread."""
    rows = arguments.rows(X, len(found.origin))
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0
    axes = np.column_stack([found.u, found.v]) / scale[:, None]
    return np.linalg.lstsq(axes, ((rows - found.origin) / scale).T, rcond=None)[0].T


def _counts_between_rows(network: ReluNetwork, rows: Floats, seed: int) -> Floats:
    draw = np.random.default_rng([seed, 7])
    start, end = draw.integers(len(rows), size=(2, 4 * SEGMENTS))
    apart = np.flatnonzero((rows[start] != rows[end]).any(axis=1))[:SEGMENTS]
    if not len(apart):
        return np.ones(1)
    return regions_on_segment(network, rows[start[apart]], rows[end[apart]]).counts.astype(np.float64)


def _signed(direction: Floats) -> Floats:
    """The direction whose largest entry is positive: a decomposition leaves the sign open."""
    return direction * np.sign(direction[np.argmax(np.abs(direction))])
