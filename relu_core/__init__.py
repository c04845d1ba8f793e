"""relu_core: the mathematics of ReLU networks, on arrays and frozen records. It knows no file, no print, no service.

The map, in the order of the names below:
    network     ReluNetwork                                        a network with frozen weights
    regions     count, enumerate, segments, slices, bounds         how many linear pieces it has
    exact       fit_global, enumerate_global, convex_bound         the proven best shallow network
    training    train_networks                                     many small networks at once
    theory      hard_function, from_pieces, maximum, gap, ...      the theorems as objects
    comparison  make_split, smallest_size, compare, decide         depth against width, with error bars
    planted     planted_problem                                    problems whose right verdict is known
    plots       a record in, a figure out (import relu_core.plots)

Theory: Arora, Basu, Mianjy, Mukherjee, "Understanding Deep Neural Networks with Rectified Linear Units", ICLR 2018.
"""

from relu_core.comparison import (
    Comparison,
    Criteria,
    EvaluationProtocol,
    Verdict,
    compare,
    decide,
    fit_baselines,
    make_question,
    make_split,
    smallest_size,
)
from relu_core.errors import ArgumentError, LayerError, ReluCoreError, UntouchedRowsError
from relu_core.exact import ConvexBound, GlobalFit, convex_bound, enumerate_global, fit_global
from relu_core.interval import Interval
from relu_core.network import ReluNetwork
from relu_core.planted import PlantedProblem, planted_problem
from relu_core.regions import (
    Region,
    RegionCount,
    SegmentRegions,
    SliceRegions,
    count_regions,
    enumerate_regions,
    estimate_regions,
    lower_bound_regions,
    regions_on_segment,
    regions_on_slice,
    upper_bound_regions,
)
from relu_core.theory import (
    Gap,
    Pieces,
    from_pieces,
    gap,
    hard_function,
    maximum,
    shallow_size_lower_bound,
    to_pieces,
    zonotope_function,
)
from relu_core.training import Fold, MatrixFold, NetworkSpec, Recipe, TrainedNetwork, TrainingResult, train_networks

__all__ = [
    "ReluNetwork",
    "count_regions",
    "RegionCount",
    "enumerate_regions",
    "Region",
    "regions_on_segment",
    "SegmentRegions",
    "regions_on_slice",
    "SliceRegions",
    "upper_bound_regions",
    "lower_bound_regions",
    "estimate_regions",
    "fit_global",
    "enumerate_global",
    "convex_bound",
    "GlobalFit",
    "ConvexBound",
    "train_networks",
    "NetworkSpec",
    "Recipe",
    "Fold",
    "MatrixFold",
    "TrainingResult",
    "TrainedNetwork",
    "hard_function",
    "zonotope_function",
    "from_pieces",
    "to_pieces",
    "Pieces",
    "maximum",
    "gap",
    "Gap",
    "shallow_size_lower_bound",
    "Criteria",
    "EvaluationProtocol",
    "make_split",
    "fit_baselines",
    "make_question",
    "smallest_size",
    "compare",
    "Comparison",
    "decide",
    "Verdict",
    "planted_problem",
    "PlantedProblem",
    "Interval",
    "ReluCoreError",
    "ArgumentError",
    "LayerError",
    "UntouchedRowsError",
]
