"""What goes into a training and what comes out of it: architectures, folds, trained networks."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class NetworkSpec:
    """An architecture: n inputs, the units of each hidden layer (none: an affine map), m outputs."""

    n: int
    hidden_widths: tuple[int, ...]
    m: int = 1

    def __init__(self, n: int, hidden_widths: Iterable[int], m: int = 1) -> None:
        object.__setattr__(self, "n", arguments.positive_integer(n, "n"))
        object.__setattr__(self, "hidden_widths", arguments.hidden_widths(hidden_widths))
        object.__setattr__(self, "m", arguments.positive_integer(m, "m"))

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of every layer, inputs and outputs among them."""
        return (self.n, *self.hidden_widths, self.m)

    @property
    def hidden_layers(self) -> int:
        """Number of hidden layers."""
        return len(self.hidden_widths)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        sizes = self.layer_sizes
        return sum((inputs + 1) * units for inputs, units in itertools.pairwise(sizes))

    @property
    def training_flops(self) -> int:
        """Multiplications and additions to learn from one row once: forward and both gradients."""
        sizes = self.layer_sizes
        first, rest = sizes[0] * sizes[1], sum(a * b for a, b in itertools.pairwise(sizes))
        return 4 * (first + sum(sizes[1:])) + 6 * rest


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows of one fold, as indices into the rows of X.

    training (D1,): learned from; scaling is fitted on these alone. validation (D2,): predicted.
    stopping (D3,): rows that decide when a network stops and on which its history is measured. Without them the
    validation rows do it, which makes the validation metric a little too good: pass an inner fold where that counts.
    Refuses: empty folds, numbers that are no indices, training rows that are also validation or stopping rows.
    """

    training: Indices
    validation: Indices
    stopping: Indices | None = None

    def __init__(self, training: ArrayLike, validation: ArrayLike, stopping: ArrayLike | None = None) -> None:
        object.__setattr__(self, "training", _indices(training, "training"))
        object.__setattr__(self, "validation", _indices(validation, "validation"))
        object.__setattr__(self, "stopping", None if stopping is None else _indices(stopping, "stopping"))
        for name in ("validation", "stopping"):
            other = getattr(self, name)
            shared = np.intersect1d(self.training, self.training[:0] if other is None else other)
            if len(shared):
                raise ArgumentError(
                    f"row {shared[0]} is a training row and a {name} row; "
                    "a network may not be judged on rows it learned from, keep them apart"
                )


@dataclass(frozen=True, eq=False)
class MatrixFold:
    """Rows of one fold with columns of its own, fitted (imputed, encoded) on its training rows.

    X_training (D1, n), y_training (D1,), X_validation (D2, n), y_validation (D2,); weight_training (D1,): importance of
    the rows.
    X_stopping (D3, n), y_stopping (D3,): see `Fold.stopping`.
    """

    X_training: ArrayLike
    y_training: ArrayLike
    X_validation: ArrayLike
    y_validation: ArrayLike
    weight_training: ArrayLike | None = None
    X_stopping: ArrayLike | None = None
    y_stopping: ArrayLike | None = None


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """One network of one architecture, fold and seed.

    spec, fold (its place in the list of folds), seed. network: takes plant units and gives plant units (logistic: the
    logit; softmax: m logits). history (epochs trained,): loss on the fold's stopping rows after each epoch (squared and
    huber: plant units squared).
    best_epoch: the epoch whose weights were kept, counted from 0; -1: the initial ones.
    collapsed: its outputs do not vary over the validation rows. diverged: the loss became infinite, the last finite
    weights were kept.
    seconds: its share of the machine's time. X_validation (D2, n), y_validation (D2,): rows of the fold, plant units.
    """

    spec: NetworkSpec
    fold: int
    seed: int
    network: ReluNetwork
    history: Floats = field(repr=False)
    best_epoch: int
    collapsed: bool
    diverged: bool
    seconds: float
    X_validation: Floats = field(repr=False)
    y_validation: Floats = field(repr=False)

    def validation_predictions(self) -> Floats:
        """Outputs (D2, m) at the fold's validation rows."""
        return self.network(self.X_validation)


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What `train_networks` finished.

    records: one a (architecture, fold, seed), in that order. missing: the (architecture, fold, seed) that time did not
    allow.
    complete: nothing is missing. seconds: the whole call, on the wall. engine: what did the work.
    """

    records: tuple[TrainedNetwork, ...]
    missing: tuple[tuple[NetworkSpec, int, int], ...]
    seconds: float
    engine: str

    @property
    def complete(self) -> bool:
        """Whether every network asked for is there."""
        return not self.missing

    @property
    def networks(self) -> tuple[ReluNetwork, ...]:
        """The networks, in the order of the records."""
        return tuple(record.network for record in self.records)

    def of(self, spec: NetworkSpec) -> tuple[TrainedNetwork, ...]:
        """The records of one architecture, by fold, then seed."""
        return tuple(record for record in self.records if record.spec == spec)


@dataclass(frozen=True)
class TrainingProgress:
    """What the callback is told: networks done and asked for, seconds since the call."""

    done: int
    total: int
    seconds: float


def _indices(values: ArrayLike, name: str) -> Indices:
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0 or not np.issubdtype(array.dtype, np.integer):
        raise ArgumentError(
            f"{name} is of kind {array.dtype} and shape {array.shape}; "
            "pass row numbers, a vector of whole numbers that is not empty"
        )
    indices = array.astype(np.int64)
    if len(np.unique(indices)) != len(indices):
        raise ArgumentError(f"{name} names a row twice; name each row once and use sample_weight for its importance")
    indices.flags.writeable = False
    return indices
