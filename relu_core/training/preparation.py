"""A fold made ready for an engine: checked, scaled by its training rows alone, in float32."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError
from relu_core.network import ReluNetwork
from relu_core.training import losses, streams
from relu_core.training.recipe import Floats32, Recipe, initial_parameters
from relu_core.training.records import Fold, MatrixFold, NetworkSpec


@dataclass(frozen=True, eq=False)
class Scaling:
    """Standardisation of inputs, mean (n,) and scale (n,), and of a number to predict, mean and scale."""

    input_mean: Floats
    input_scale: Floats
    output_mean: float
    output_scale: float


class Rows(NamedTuple):
    """Scaled rows for an engine: X (D, n), y (D,), weight (D,), float32; the mean weight of training rows is 1."""

    X: Floats32
    y: Floats32
    weight: Floats32


@dataclass(frozen=True, eq=False)
class PreparedFold:
    """One fold for the engines: rows to learn from, that watch, and that judge, and the way back to plant units."""

    number: int
    key: int
    training: Rows
    watching: Rows
    validation: Rows
    scaling: Scaling
    X_validation: Floats
    y_validation: Floats


@dataclass(frozen=True, eq=False)
class Job:
    """One network to train: flat initial parameters and the key of its minibatch order."""

    spec: NetworkSpec
    fold: int
    seed: int
    start: Floats32
    order_key: np.uint64


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an engine gives back for a job: flat parameters (kept epoch), history (epochs,) in scaled units."""

    parameters: Floats32
    history: Floats
    best_epoch: int


@dataclass(frozen=True)
class Question:
    """What is asked of every fold alike: the loss, the number of outputs, the importance of classes."""

    loss: str
    m: int
    class_weight: str | Sequence[float] | None


@dataclass(frozen=True, eq=False)
class _RawFold:
    X: Floats
    y: Floats
    weight: Floats
    X_validation: Floats
    y_validation: Floats
    X_stopping: Floats
    y_stopping: Floats
    weight_stopping: Floats
    key: int


def prepare_fold(
    number: int, fold: Fold | MatrixFold, data: tuple[Floats, Floats, Floats] | None, n: int, question: Question
) -> PreparedFold:
    """The fold of that number, from data = (X, y, sample_weight) or from its own matrices."""
    name = f"folds[{number}]"
    raw = _raw_matrices(fold, name, n) if isinstance(fold, MatrixFold) else _raw_rows(fold, name, data)
    for part, y in (("training", raw.y), ("validation", raw.y_validation), ("stopping", raw.y_stopping)):
        losses.check_targets(y, question.loss, question.m, f"y in the {part} rows of {name}")
    losses.check_varied(raw.y, question.loss, f"y in the training rows of {name}")
    scaling = _fit_scaling(raw.X, raw.y, question.loss)
    importance = losses.class_weights(raw.y, question.class_weight, question.loss, question.m)
    training_weight = _weight(raw.weight, raw.y, importance)
    if not training_weight.sum() > 0:
        raise ArgumentError(
            f"sample_weight is 0 for all training rows of {name}; give at least one row a weight above 0"
        )
    mean = training_weight.mean()
    watching_weight = _weight(raw.weight_stopping, raw.y_stopping, importance)
    return PreparedFold(
        number=number,
        key=raw.key,
        training=_scaled(raw.X, raw.y, training_weight / mean, scaling),
        watching=_scaled(raw.X_stopping, raw.y_stopping, watching_weight / mean, scaling),
        validation=_scaled(raw.X_validation, raw.y_validation, np.ones(len(raw.y_validation)), scaling),
        scaling=scaling,
        X_validation=raw.X_validation,
        y_validation=raw.y_validation,
    )


def prepare_job(spec: NetworkSpec, fold: PreparedFold, seed: int, recipe: Recipe) -> Job:
    """One network's start."""
    start = initial_parameters(spec.layer_sizes, recipe, streams.start_stream(seed, fold.key, spec))
    return Job(spec, fold.number, seed, start, streams.network_key(seed, fold.key, spec))


def to_network(spec: NetworkSpec, parameters: Floats32, scaling: Scaling) -> ReluNetwork:
    """Flat parameters of an engine as a network in plant units."""
    weights, biases, place = [], [], 0
    for inputs, units in zip(spec.layer_sizes[:-1], spec.layer_sizes[1:], strict=True):
        layer = parameters[place : place + units * (inputs + 1)].reshape(units, inputs + 1)
        weights.append(layer[:, :-1])
        biases.append(layer[:, -1])
        place += layer.size
    scaled = ReluNetwork(weights, biases)
    return scaled.fold_scaling(scaling.input_mean, scaling.input_scale, scaling.output_mean, scaling.output_scale)


def _raw_rows(fold: Fold, name: str, data: tuple[Floats, Floats, Floats] | None) -> _RawFold:
    if data is None:
        raise ArgumentError(f"{name} names rows by number where X and y are None; pass X and y, or a MatrixFold")
    X, y, weight = data
    stopping = fold.validation if fold.stopping is None else fold.stopping
    for part, indices in (("training", fold.training), ("validation", fold.validation), ("stopping", stopping)):
        outside = indices[(indices < 0) | (indices >= len(X))]
        if len(outside):
            raise ArgumentError(f"{name}.{part} holds {outside[0]} where X has rows 0 to {len(X) - 1}; name rows of X")
    return _RawFold(
        *(X[fold.training], y[fold.training], weight[fold.training]),
        *(X[fold.validation], y[fold.validation]),
        *(X[stopping], y[stopping], weight[stopping]),
        streams.fingerprint(fold.training),
    )


def _raw_matrices(fold: MatrixFold, name: str, n: int) -> _RawFold:
    X = arguments.rows(fold.X_training, n, f"{name}.X_training")
    y = arguments.targets(fold.y_training, len(X), f"{name}.y_training")
    weight = sample_weights(fold.weight_training, len(X), f"{name}.weight_training")
    X_validation = arguments.rows(fold.X_validation, n, f"{name}.X_validation")
    y_validation = arguments.targets(fold.y_validation, len(X_validation), f"{name}.y_validation")
    X_stopping, y_stopping = X_validation, y_validation
    if fold.X_stopping is not None and fold.y_stopping is not None:
        X_stopping = arguments.rows(fold.X_stopping, n, f"{name}.X_stopping")
        y_stopping = arguments.targets(fold.y_stopping, len(X_stopping), f"{name}.y_stopping")
    key = streams.fingerprint(X, y)
    return _RawFold(X, y, weight, X_validation, y_validation, X_stopping, y_stopping, np.ones(len(X_stopping)), key)


def sample_weights(values: ArrayLike | None, D: int, name: str) -> Floats:
    """Importance of each of D rows, (D,); 1 where none is given."""
    if values is None:
        return np.ones(D)
    weights = arguments.targets(values, D, name)
    if (weights < 0).any():
        raise ArgumentError(f"{name} holds {weights.min():g}; pass weights of at least 0")
    return weights


def _fit_scaling(X: Floats, y: Floats, loss: str) -> Scaling:
    mean, scale = X.mean(axis=0), X.std(axis=0)
    # A constant column may show rounding noise as its deviation; dividing by it would blow up the column on other rows.
    scale = np.where(scale > 1e-9 * np.abs(X).max(axis=0), scale, 1.0)
    if loss in losses.CLASSIFYING:
        return Scaling(mean, scale, 0.0, 1.0)
    return Scaling(mean, scale, float(y.mean()), float(y.std()))


def _weight(sample_weight: Floats, y: Floats, importance: Floats | None) -> Floats:
    return sample_weight if importance is None else sample_weight * importance[y.astype(np.int64)]


def _scaled(X: Floats, y: Floats, weight: Floats, scaling: Scaling) -> Rows:
    X32 = ((X - scaling.input_mean) / scaling.input_scale).astype(np.float32)
    y32 = ((y - scaling.output_mean) / scaling.output_scale).astype(np.float32)
    return Rows(np.ascontiguousarray(X32), y32, weight.astype(np.float32))
