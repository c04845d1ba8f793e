"""The theory benchmark's steps: build hard functions, train against them, count their pieces, show the gap."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from relu_core import Fold, Interval, NetworkSpec, Recipe, ReluNetwork, count_regions, train_networks
from relu_core.arguments import Floats
from relu_core.comparison.intervals import wilson
from relu_core.comparison.schema import SizePoint
from relu_core.theory import (
    Gap,
    count_pieces,
    evaluate_exactly,
    from_pieces,
    gap_table,
    hard_function,
    maximum,
    shallow_maximum,
    to_pieces,
    zonotope_cones,
    zonotope_function,
)
from relu_core.theory.maximum_formulas import of_five, of_six

ROWS = 2000
# Normalised squared error below which a training counts as a success, and above which it found nothing.
SUCCESS, NOTHING = 0.01, 0.9
RECIPE = Recipe(initialisation="he", bias="zero", learning_rate=0.01, epochs=300, batch_size=128)
WIDTHS = {"shallow": (16, 64, 256), "deep": (4, 8, 16)}


@dataclass(frozen=True)
class Check:
    """One theorem against this installation. finding: what was computed, in words."""

    name: str
    passed: bool
    finding: str


@dataclass(frozen=True)
class Built:
    """The hard function of k layers of width w. parameters: of the network that is the function itself."""

    k: int
    w: int
    pieces: int
    size: int
    parameters: int
    gaps: tuple[Gap, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class TrainedSize:
    """One architecture, trained many times from random weights. pieces: of its best network, counted exactly.

    point: its metric is the normalised squared error (1 for always the mean), median with the middle half of the runs;
    success: an error below 0.01; collapsed: above 0.9.
    """

    point: SizePoint
    pieces: int


@dataclass(frozen=True)
class GapTable:
    """All of it side by side. complete: every theorem holds on this installation."""

    built: Built
    trained: tuple[TrainedSize, ...]
    complete: bool


def build(k: int, w: int, seed: int) -> Built:
    """Build the hard function, count its pieces exactly, and test the theorems on this installation."""
    network = _function(k, w)
    pieces = count_pieces(network, 0.0, 1.0)
    return Built(k, w, pieces, network.size, network.parameters, tuple(gap_table(k, w)), tuple(_checks(seed)))


def train(built: Built, hidden_layers: int, seeds: int, seed: int) -> tuple[TrainedSize, ...]:
    """Train networks of one number of hidden layers against the hard function, many times from random weights."""
    X, y, fold = _rows(built.k, built.w, seed)
    specs = [NetworkSpec(1, [width] * hidden_layers) for width in _widths(built, hidden_layers)]
    result = train_networks(specs, X, y, folds=[fold], seeds=range(seed, seed + seeds), recipe=RECIPE, device="cpu")
    found = []
    for spec in specs:
        networks = [record.network for record in result.of(spec)]
        errors = np.array([_error(network, X[fold.validation], y[fold.validation]) for network in networks])
        best = networks[int(errors.argmin())]
        found.append(TrainedSize(_point(spec, errors), count_pieces(best, 0.0, 1.0)))
    return tuple(found)


def show(built: Built, trained: tuple[TrainedSize, ...]) -> GapTable:
    """Put representable size, trained size, measured pieces and the theorem's bound side by side."""
    return GapTable(built, trained, all(check.passed for check in built.checks))


def _point(spec: NetworkSpec, errors: Floats) -> SizePoint:
    low, middle, high = (float(q) for q in np.quantile(errors, [0.25, 0.5, 0.75]))
    return SizePoint(
        spec.hidden_widths,
        spec.parameters,
        Interval(middle, low, high, 0.5, "quartiles over runs"),
        best_of_seeds=float(errors.min()),
        median_of_seeds=middle,
        success_rate=wilson(int((errors < SUCCESS).sum()), len(errors)),
        collapsed=int((errors > NOTHING).sum()),
        seeds=len(errors),
        folds=1,
    )


@cache
def _function(k: int, w: int) -> ReluNetwork:
    """The member of the smooth family with evenly spaced breakpoints: the tent map for w = 2."""
    return hard_function([np.arange(1, w) / w] * k, 1.0)


def _widths(built: Built, hidden_layers: int) -> tuple[int, ...]:
    if hidden_layers == 1:
        return WIDTHS["shallow"]
    narrow = (built.w,) if hidden_layers == built.k else ()
    return tuple(sorted({*narrow, *WIDTHS["deep"]}))


def _rows(k: int, w: int, seed: int) -> tuple[Floats, Floats, Fold]:
    """Random rows to learn from, an even grid to judge by."""
    learned = np.random.default_rng([seed, k, w]).uniform(0.0, 1.0, (ROWS, 1))
    judged = np.linspace(0.0, 1.0, ROWS + 1)[:, None]
    X = np.concatenate([learned, judged])
    return X, _function(k, w)(X)[:, 0], Fold(np.arange(ROWS), np.arange(ROWS, 2 * ROWS + 1))


def _error(network: ReluNetwork, X: Floats, y: Floats) -> float:
    return float(np.mean((network(X)[:, 0] - y) ** 2) / np.var(y))


def _checks(seed: int) -> list[Check]:
    chance = np.random.default_rng(seed)
    return [_pieces_check(chance), _zonotope_check(chance), _round_trip_check(chance), _maximum_check(chance)]


def _pieces_check(chance: np.random.Generator) -> Check:
    found, wrong = 0, []
    for k, w in ((1, 5), (2, 2), (2, 3), (3, 4), (5, 3), (8, 2)):
        network = hard_function([np.sort(chance.uniform(0, 1, w - 1)) for _ in range(k)], 1.0)
        counts = {
            count_pieces(network, 0.0, 1.0),
            count_regions(network, [0.0], [1.0], kind="linear", exact=True).count,
        }
        found += 1
        wrong += [f"{sorted(counts)} instead of {w**k}"] if counts != {w**k} else []
    finding = "; ".join(wrong) or f"{found} random members of the family have exactly w^k pieces, counted in two ways"
    return Check("Theorem 3.1, pieces", not wrong, finding)


def _zonotope_check(chance: np.random.Generator) -> Check:
    network = zonotope_function(chance.normal(size=(4, 2)), [np.sort(chance.uniform(0, 1, 2))])
    wanted = zonotope_cones(4, 2) * 3
    found = count_regions(network, [-50.0, -50.0], [50.0, 50.0], kind="linear", exact=True).count
    return Check("Theorem 3.9, zonotope", found == wanted, f"{found} linear regions, {wanted} predicted")


def _round_trip_check(chance: np.random.Generator) -> Check:
    at = np.cumsum(chance.integers(1, 50, 999)) / 64
    slopes = np.cumsum(chance.choice([-3, -1, 1, 2, 5], 1000)) / 32
    values = np.concatenate([[0.0], np.cumsum(np.diff(at) * slopes[1:-1])])
    network = from_pieces(at, values, float(slopes[0]), float(slopes[-1]))
    back = to_pieces(network)
    same = back.count == 1000 and bool((back.breakpoints == at).all() and (back.values == values).all())
    return Check(
        "Theorem 2.2, pieces", same and network.size <= 1000, f"1000 pieces there and back, {network.size} units"
    )


def _maximum_check(chance: np.random.Generator) -> Check:
    numbers = [int(x) for x in chance.integers(-5, 6, 64)]
    exact = evaluate_exactly(maximum(64), [numbers]) == [(max(numbers),)]
    proven = of_five().is_proven() and of_six().is_proven()
    layers = (maximum(64).hidden_layers, shallow_maximum(5).hidden_layers)
    finding = f"of 64 with {layers[0]} hidden layers, of 5 with {layers[1]}; formulas for five and six proven"
    return Check("Theorem 2.1, maximum", exact and proven and layers == (6, 2), finding)
