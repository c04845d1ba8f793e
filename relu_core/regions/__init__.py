"""How many linear pieces a network has: exact counts, the regions themselves, slices, bounds, estimates.

The map:
    count       count_regions: picks the geometry, returns a RegionCount
    enumerate   enumerate_regions: regions with pattern, point, half-spaces, volume, neighbours
    slices      regions_on_segment, regions_on_slice: inputs of any dimension
    bounds      upper_bound_regions, lower_bound_regions: proven, one theorem a method
    estimate    estimate_regions: an interval where counting is hopeless
    line        n = 1 and segments: breakpoints in float64
    cells       n >= 2: convex cells in float64, the last layer counted, not built
    linear      linear regions: neighbours with one affine map merged
    signs       which computed signs can be trusted
    rational    the same in integer arithmetic, right whatever the weights
    merge       linear regions in integer arithmetic
    volume      volume of a polytope
    reference   slow and obviously right: pattern tree by linear programs
"""

from relu_core.regions.bounds import expected_regions, lower_bound_regions, upper_bound_in_box, upper_bound_regions
from relu_core.regions.count import RegionCount, count_regions
from relu_core.regions.enumerate import Region, enumerate_regions
from relu_core.regions.estimate import estimate_regions
from relu_core.regions.slices import SegmentRegions, SliceRegions, regions_on_segment, regions_on_slice

__all__ = [
    "RegionCount",
    "count_regions",
    "Region",
    "enumerate_regions",
    "SegmentRegions",
    "regions_on_segment",
    "SliceRegions",
    "regions_on_slice",
    "upper_bound_regions",
    "lower_bound_regions",
    "upper_bound_in_box",
    "expected_regions",
    "estimate_regions",
]
