"""How networks are trained: initialisation, optimiser settings, schedule and stopping."""

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError

Floats32 = NDArray[np.float32]

BIASES = ("zero", "positive", "uniform")
SCHEDULES = ("cosine", "constant")
POSITIVE_BIAS = 0.1


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the same record for every engine.

    initialisation: "he" (normal, variance 2 / inputs), "glorot" (uniform, limit sqrt(6 / (inputs + outputs))), "torch"
    (uniform, limit 1 / sqrt(inputs)) or "orthogonal" (gain sqrt 2); he and orthogonal have gain 1 in the last layer.
    bias: "zero", "positive" (0.1 in hidden layers: keeps units alive on narrow deep networks) or "uniform" (the limit
    that goes with the
    initialisation: glorot's own, else 1 / sqrt(inputs)).
    learning_rate: step of Adam at the first epoch, on standardised inputs and outputs. schedule: "cosine" falls to 0,
    "constant" stays.
    epochs: passes over the training rows. batch_size: rows a step; more than there are means all rows.
    weight_decay: decoupled from the gradient, on weights and biases.
    patience: epochs without a better validation loss after which a network stops and its best epoch is kept; 0 keeps
    the last epoch.
    Sources: He et al. 2015; Glorot and Bengio 2010; Saxe et al. 2014; Kingma and Ba 2015; Loshchilov and Hutter 2017,
    2019.
    """

    initialisation: str = "he"
    bias: str = "zero"
    learning_rate: float = 0.01
    epochs: int = 100
    batch_size: int = 128
    schedule: str = "cosine"
    weight_decay: float = 0.0
    patience: int = 0

    def __post_init__(self) -> None:
        arguments.one_of(self.initialisation, tuple(INITIALISATIONS), "initialisation")
        arguments.one_of(self.bias, BIASES, "bias")
        arguments.one_of(self.schedule, SCHEDULES, "schedule")
        if not arguments.not_negative(self.learning_rate, "learning_rate"):
            raise ArgumentError("learning_rate is 0; pass a number above 0, such as 0.01")
        arguments.positive_integer(self.epochs, "epochs")
        arguments.positive_integer(self.batch_size, "batch_size")
        arguments.not_negative(self.weight_decay, "weight_decay")
        if self.patience != 0:
            arguments.positive_integer(self.patience, "patience")

    def to_json(self) -> dict[str, Any]:
        """The recipe as plain numbers and words."""
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Recipe":
        """The recipe `to_json` wrote. Refuses names it does not know."""
        unknown = sorted(set(values) - {field.name for field in fields(Recipe)})
        if unknown:
            raise ArgumentError(f"a recipe has no entry {unknown[0]!r}; drop it")
        return Recipe(**values)

    def learning_rates(self) -> Floats:
        """The step of every epoch, (epochs,)."""
        if self.schedule == "constant":
            return np.full(self.epochs, self.learning_rate)
        share = 0.5 * (1.0 + np.cos(np.pi * np.arange(self.epochs) / self.epochs))
        # To the digits of float32: processors do not agree on the last ones of a cosine.
        return self.learning_rate * share.astype(np.float32).astype(np.float64)


def initial_parameters(layer_sizes: tuple[int, ...], recipe: Recipe, rng: np.random.Generator) -> Floats32:
    """All weights and biases, flat: layer after layer, a row (inputs + 1) for each unit, its bias last."""
    last = len(layer_sizes) - 2
    layers = []
    for i, (inputs, units) in enumerate(itertools.pairwise(layer_sizes)):
        weights = INITIALISATIONS[recipe.initialisation](rng, units, inputs, 1.0 if i == last else np.sqrt(2.0))
        layers.append(np.column_stack([weights, _initial_bias(recipe, rng, units, inputs, i == last)]))
    return np.concatenate([layer.ravel() for layer in layers]).astype(np.float32)


def _initial_bias(recipe: Recipe, rng: np.random.Generator, units: int, inputs: int, is_last: bool) -> Floats:
    if recipe.bias == "uniform":
        limit = np.sqrt(6.0 / (inputs + units)) if recipe.initialisation == "glorot" else 1.0 / np.sqrt(inputs)
        return rng.uniform(-limit, limit, units)
    return np.full(units, POSITIVE_BIAS if recipe.bias == "positive" and not is_last else 0.0)


def _he(rng: np.random.Generator, units: int, inputs: int, gain: float) -> Floats:
    return rng.standard_normal((units, inputs)) * gain / np.sqrt(inputs)


def _glorot(rng: np.random.Generator, units: int, inputs: int, gain: float) -> Floats:
    limit = np.sqrt(6.0 / (inputs + units))
    return rng.uniform(-limit, limit, (units, inputs))


def _torch_uniform(rng: np.random.Generator, units: int, inputs: int, gain: float) -> Floats:
    limit = 1.0 / np.sqrt(inputs)
    return rng.uniform(-limit, limit, (units, inputs))


def _orthogonal(rng: np.random.Generator, units: int, inputs: int, gain: float) -> Floats:
    tall = rng.standard_normal((max(units, inputs), min(units, inputs)))
    q, r = np.linalg.qr(tall)
    # Without the signs of r the factor is not spread evenly over all orthogonal matrices.
    q = q * np.sign(np.diag(r))
    return gain * (q if units >= inputs else q.T)


INITIALISATIONS: dict[str, Callable[[np.random.Generator, int, int, float], Floats]] = {
    "he": _he,
    "glorot": _glorot,
    "torch": _torch_uniform,
    "orthogonal": _orthogonal,
}
