"""Which sizes are tried, and how much work an evaluation may be: counted in floating point operations, never on a
clock.

A clock would make the answer depend on what else the machine does. So minutes are turned into operations once, at a
stated rate, and everything that is left out is left out on every machine alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relu_core import arguments
from relu_core.comparison.promise import EvaluationProtocol
from relu_core.errors import ArgumentError
from relu_core.training import NetworkSpec, Recipe

# Operations a second that one core is taken to train at: below what the compiled engine does on current server cores.
FLOP_RATE = 2e10
LARGEST_PARAMETERS = 4096
SMALLEST_LARGEST = 256
# Two sizes a doubling: the smallest size is read between two of them, so a finer grid adds cost and no knowledge.
SIZES_PER_DOUBLING = 2
# Adam with a falling step has settled on such small networks after about this many steps.
STEPS = 3000
EPOCHS = (20, 400)
# A search costs about this many trainings of its largest size, all looks and neighbours counted.
SEARCH_FACTOR = 3.0
# Share of the minutes that searches may take; baselines, recipes, learning curve and regions need the rest.
SEARCH_SHARE = 0.4


@dataclass(frozen=True)
class Effort:
    """How much is trained. epochs and batch_size: for every recipe. largest: parameters of the largest size of each
    family.

    work: operations that the search of one family may take.
    """

    epochs: int
    batch_size: int
    largest: int
    work: float

    def of(self, recipe: Recipe) -> Recipe:
        """The recipe with this effort's epochs and batch size."""
        return Recipe(**{**recipe.to_json(), "epochs": self.epochs, "batch_size": self.batch_size})


def plan_effort(minutes: float, *, rows: int, protocol: EvaluationProtocol, cores: int = 1) -> Effort:
    """The effort that fits into `minutes` of `cores` cores for `rows` training rows of one fold.

    The same arguments give the same effort on every machine, fast or slow, idle or busy.
    """
    if not minutes > 0:
        raise ArgumentError(f"minutes is {minutes!r}; pass a time budget above 0")
    rows = arguments.positive_integer(rows, "rows")
    work = operations_in(minutes, cores) * SEARCH_SHARE / len(protocol.hidden_layers)
    batch_size = int(np.clip(2 ** round(np.log2(max(rows / 25, 1))), 16, 128))
    epochs = int(np.clip(round(STEPS * batch_size / rows), *EPOCHS))
    affordable = work / (SEARCH_FACTOR * 6.0 * rows * protocol.folds * protocol.seeds)
    if affordable < SMALLEST_LARGEST * epochs:
        epochs = max(EPOCHS[0], int(affordable / SMALLEST_LARGEST))
    largest = int(np.clip(affordable / epochs, SMALLEST_LARGEST, LARGEST_PARAMETERS))
    return Effort(epochs, batch_size, largest, work)


def operations_in(minutes: float, cores: int = 1) -> float:
    """Operations that are taken to fit into `minutes` of `cores` cores, on every machine alike."""
    return 60.0 * minutes * cores * FLOP_RATE


def training_work(spec: NetworkSpec, rows: int, epochs: int, networks: int) -> float:
    """Operations to train `networks` networks on `rows` rows each for `epochs` passes."""
    return float(spec.training_flops) * rows * epochs * networks


def size_grid(
    n: int,
    m: int,
    hidden_layers: int,
    *,
    largest: int = LARGEST_PARAMETERS,
    smallest: int = 0,
    per_doubling: int = SIZES_PER_DOUBLING,
) -> tuple[NetworkSpec, ...]:
    """Networks of `hidden_layers` equal layers, ascending in parameters on one geometric grid shared by all families.

    The grid runs from the smallest network with one unit a layer (or `smallest` parameters) to `largest` parameters;
    each of its points is taken by the width whose parameters are nearest, each width once.
    """
    arguments.positive_integer(hidden_layers, "hidden_layers")
    first = max(smallest, NetworkSpec(n, (1,) * hidden_layers, m).parameters)
    steps = max(0, int(np.floor(per_doubling * np.log2(max(largest, first) / first))))
    # Counted down from the top, so that every family has a size at the end of the common range.
    wanted = max(largest, first) / 2.0 ** (np.arange(steps, -1, -1) / per_doubling)
    widths = sorted({_nearest_width(n, m, hidden_layers, parameters) for parameters in (first, *wanted)})
    return tuple(NetworkSpec(n, (width,) * hidden_layers, m) for width in widths)


def _nearest_width(n: int, m: int, hidden_layers: int, parameters: float) -> int:
    # (L - 1) w^2 + (n + L + m) w + m parameters for L hidden layers of width w.
    linear = n + hidden_layers + m
    if hidden_layers == 1:
        guess = (parameters - m) / linear
    else:
        square = hidden_layers - 1
        guess = (-linear + np.sqrt(linear**2 + 4.0 * square * max(parameters - m, 0))) / (2.0 * square)
    near = [max(1, int(guess)), max(1, int(guess) + 1)]
    counts = [NetworkSpec(n, (width,) * hidden_layers, m).parameters for width in near]
    return near[int(np.argmin([abs(np.log(count / parameters)) for count in counts]))]


def check_ascending(specs: Sequence[NetworkSpec], hidden_layers: int) -> tuple[NetworkSpec, ...]:
    """Sizes given by hand: one family, one n and m, ascending in parameters."""
    specs = tuple(specs)
    if not specs:
        raise ArgumentError("sizes is empty; pass at least one architecture")
    for spec in specs:
        if spec.hidden_layers != hidden_layers or (spec.n, spec.m) != (specs[0].n, specs[0].m):
            raise ArgumentError(
                f"sizes holds {spec.layer_sizes} where {hidden_layers} hidden layers are asked for; "
                "pass sizes of one family"
            )
    return tuple(sorted(specs, key=lambda spec: spec.parameters))
