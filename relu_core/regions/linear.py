"""Linear regions in float64: neighbouring activation regions with one affine map are one region.

Across a facet the outputs are continuous, so the gradient can only jump along the facet's normal. One direction that is
parallel to no facet therefore tells equal maps from different ones: a single number a region, compared across facets.
"""

import numpy as np

from relu_core.arguments import Floats
from relu_core.network import ReluNetwork
from relu_core.regions.cells import Cells, Tally, Words, walk
from relu_core.regions.facet_kernels import cell_patterns, count_merges, facet_names
from relu_core.regions.line import line_points
from relu_core.regions.signs import UNIT_ERROR, rounding_errors

DIRECTION_SEED = 20180430


def count_linear_cells(
    network: ReluNetwork, lower: Floats, upper: Floats, *, limit: int | None = None, factor: float = 1.0
) -> tuple[int, bool, Tally]:
    """Linear regions of a network with n >= 2 inputs in the box: (count, complete, tally of activation regions).

    Stopped at more than `limit` activation regions, the count is the number of different maps seen, a lower bound.
    Merges that rest on slopes equal within rounding add to the tally's doubts.
    """
    errors = rounding_errors(network, lower, upper, factor=factor)
    tally = Tally([0] * network.hidden_layers)
    names, owners, slopes, cells = [], [], [], 0
    full = _full_words(network)
    direction, mixture, error = _direction(network, errors.slopes[-1] * factor * UNIT_ERROR)
    for _, vertices, group in walk(network, errors, lower, upper, tally, network.hidden_layers, history=True):
        found, owner = facet_names(*group, vertices.history, full, len(lower))
        names.append(found)
        owners.append(owner + cells)
        slopes.append(_slopes(network, patterns_of(network, group, vertices.history), direction, mixture))
        cells += len(group.starts) - 1
        if limit is not None and cells > limit:
            return min(limit, _different(np.concatenate(slopes), error)), False, tally
    if tally.crowded:
        return 0, False, tally
    order = np.argsort(np.concatenate(names), kind="stable")
    merges = count_merges(np.concatenate(names)[order], np.concatenate(owners)[order], np.concatenate(slopes), error)
    tally.doubts += merges
    return cells - merges, True, tally


def count_linear_pieces(
    network: ReluNetwork, lower: Floats, upper: Floats, *, factor: float = 1.0
) -> tuple[int, Tally]:
    """Linear pieces of a network with one input between lower and upper (1,), and the tally of activation pieces."""
    points = line_points(network, lower[None], upper[None], factor=factor)
    slope_sizes = rounding_errors(network, lower, upper).slopes[-1]
    _, mixture, error = _direction(network, slope_sizes * factor * UNIT_ERROR)
    middles = (points.times[1:] + points.times[:-1])[:, None] / 2
    patterns = network.activation_pattern(lower + middles * (upper - lower))
    slopes = _slopes(network, patterns, np.ones(1), mixture)
    merges = int((np.abs(np.diff(slopes)) <= error).sum())
    return len(slopes) - merges, Tally(list(points.per_layer), points.doubts + merges)


def patterns_of(network: ReluNetwork, cells: Cells, history: Words) -> np.ndarray:
    """On/off of every hidden unit on every cell, bool (C, size)."""
    return cell_patterns(cells.starts, cells.ids, history, np.array(network.hidden_widths, np.int64))


def derivatives(network: ReluNetwork, patterns: np.ndarray, directions: Floats) -> Floats:
    """Derivatives (C, m) of the outputs along directions (C or 1, n) where the hidden units are on or off as told."""
    rates, begin = np.broadcast_to(directions @ network.weights[0].T, (len(patterns), len(network.weights[0]))), 0
    for weight in network.weights[1:]:
        end = begin + weight.shape[1]
        rates = (rates * patterns[:, begin:end]) @ weight.T
        begin = end
    return rates


def _direction(network: ReluNetwork, errors: Floats) -> tuple[Floats, Floats, float]:
    """A direction (n,), a mixture of the outputs (m,), and the rounding error of the mixture's slope along it."""
    chance = np.random.default_rng([DIRECTION_SEED, network.input_dim, network.output_dim])
    direction, mixture = chance.normal(size=network.input_dim), chance.normal(size=network.output_dim)
    size = max(1.0, float(np.abs(direction).max())) * float(np.sqrt(len(network.weights)))
    return direction, mixture, size * float(np.linalg.norm(mixture * errors))


def _slopes(network: ReluNetwork, patterns: np.ndarray, direction: Floats, mixture: Floats) -> Floats:
    return derivatives(network, patterns, direction[None]) @ mixture


def _full_words(network: ReluNetwork) -> np.ndarray:
    """Per hidden layer, the number of words of its units and the last word with the bits of all its units set."""
    rows = [((m + 63) // 64, (1 << ((m - 1) % 64 + 1)) - 1) for m in network.hidden_widths]
    return np.array(rows, dtype=np.uint64)


def _different(slopes: Floats, error: float) -> int:
    return 1 + int((np.diff(np.sort(slopes)) > error).sum())
