"""ReluNetwork: the one network type of the library. Frozen weights; evaluation, counts, torch and bytes both ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from safetensors import SafetensorError
from safetensors.numpy import load, save

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import ArgumentError

if TYPE_CHECKING:
    from torch import nn

FORMAT = "relu-network-1"


@dataclass(frozen=True, eq=False)
class ReluNetwork:
    """A fully connected network with relu after every layer but the last.

    weights: one matrix a layer, weights[l] of shape (n_{l+1}, n_l). biases: biases[l] of shape (n_{l+1},).
    Stored as read-only float64 copies in C order; float32 values are kept exactly. Inputs are in plant units:
    whatever scaling was used in training is folded into the first and last layer.
    Refuses: no layer, shapes that do not chain, missing or infinite values.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def __init__(self, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> None:
        matrices = tuple(_frozen(w, f"weights[{i}]", 2) for i, w in enumerate(weights))
        vectors = tuple(_frozen(b, f"biases[{i}]", 1) for i, b in enumerate(biases))
        _check_chain(matrices, vectors)
        object.__setattr__(self, "weights", matrices)
        object.__setattr__(self, "biases", vectors)

    def __call__(self, X: ArrayLike) -> Floats:
        """Outputs (D, m) at rows X (D, n)."""
        values = arguments.rows(X, self.input_dim)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(values @ weight.T + bias, 0.0)
        return values @ self.weights[-1].T + self.biases[-1]

    def __repr__(self) -> str:
        return f"ReluNetwork({'-'.join(map(str, (self.input_dim, *self.hidden_widths, self.output_dim)))})"

    @property
    def input_dim(self) -> int:
        """n, the number of inputs."""
        return int(self.weights[0].shape[1])

    @property
    def output_dim(self) -> int:
        """m, the number of outputs."""
        return int(self.weights[-1].shape[0])

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Units of each hidden layer, first to last."""
        return tuple(int(w.shape[0]) for w in self.weights[:-1])

    @property
    def hidden_layers(self) -> int:
        """Number of hidden layers ([Arora et al. 2018] call this number plus one the depth)."""
        return len(self.weights) - 1

    @property
    def size(self) -> int:
        """Number of hidden units in all ([Arora et al. 2018], section 2)."""
        return sum(self.hidden_widths)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(int(w.size + b.size) for w, b in zip(self.weights, self.biases, strict=True))

    @property
    def flops(self) -> int:
        """Multiplications and additions to evaluate one row: two a weight."""
        return sum(2 * int(w.size) for w in self.weights)

    def activation_pattern(self, X: ArrayLike) -> np.ndarray:
        """On/off of every hidden unit at rows X (D, n), layer by layer: bool (D, size). A unit at exactly 0 is on."""
        values, patterns = arguments.rows(X, self.input_dim), []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            before = values @ weight.T + bias
            patterns.append(before >= 0.0)
            values = np.maximum(before, 0.0)
        return np.concatenate(patterns, axis=1) if patterns else np.zeros((len(values), 0), dtype=bool)

    def fold_scaling(
        self, input_mean: ArrayLike, input_scale: ArrayLike, output_mean: ArrayLike = 0.0, output_scale: ArrayLike = 1.0
    ) -> "ReluNetwork":
        """The network that takes raw x and gives output_mean + output_scale * self((x - input_mean) / input_scale)."""
        mean = np.broadcast_to(arguments.finite_array(input_mean, "input_mean"), (self.input_dim,))
        scale = np.broadcast_to(arguments.finite_array(input_scale, "input_scale"), (self.input_dim,))
        if (scale == 0).any():
            raise ArgumentError("input_scale holds a zero; give a constant column the scale 1")
        weights, biases = [w.copy() for w in self.weights], [b.copy() for b in self.biases]
        weights[0] = weights[0] / scale
        # Not a matrix product: BLAS adds up in another order on other processors, and a trained network has one form.
        biases[0] = biases[0] - (weights[0] * mean).sum(axis=1)
        out = np.broadcast_to(arguments.finite_array(output_scale, "output_scale"), (self.output_dim,))
        weights[-1] = weights[-1] * out[:, None]
        biases[-1] = biases[-1] * out + arguments.finite_array(output_mean, "output_mean")
        return ReluNetwork(weights, biases)

    def to_torch(self) -> "nn.Sequential":
        """The network as a torch module of float64 Linear and ReLU layers, weights bit for bit."""
        from relu_core.torch_layers import torch_from_layers

        return torch_from_layers(self.weights, self.biases)

    @staticmethod
    def from_torch(module: "nn.Module", input_shape: Sequence[int] | None = None) -> "ReluNetwork":
        """The network that a torch module of affine and ReLU layers computes in evaluation mode.

        input_shape: shape of one input, needed unless the module begins with a Linear. Refuses other layers by name.
        """
        # Importing torch takes a second; only who converts pays for it.
        from relu_core.torch_layers import layers_from_torch

        return ReluNetwork(*layers_from_torch(module, input_shape))

    def to_bytes(self) -> bytes:
        """The network as one safetensors file; no pickle."""
        tensors = {}
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            tensors[f"weights.{i:03d}"], tensors[f"biases.{i:03d}"] = weight, bias
        # One entry only: the writer keeps several in an order that changes from call to call.
        return save(tensors, metadata={"format": FORMAT})

    @staticmethod
    def from_bytes(data: bytes) -> "ReluNetwork":
        """The network that `to_bytes` wrote, bit for bit. Refuses anything else."""
        try:
            tensors = load(data)
        except (SafetensorError, ValueError) as error:
            raise ArgumentError(
                f"data is no safetensors file ({error}); pass the bytes of ReluNetwork.to_bytes"
            ) from None
        count = len(tensors) // 2
        names = [f"{kind}.{i:03d}" for i in range(count) for kind in ("weights", "biases")]
        if not count or sorted(names) != sorted(tensors):
            raise ArgumentError("data holds other tensors than a ReLU network's; pass what ReluNetwork.to_bytes wrote")
        return ReluNetwork(
            [tensors[f"weights.{i:03d}"] for i in range(count)], [tensors[f"biases.{i:03d}"] for i in range(count)]
        )


def _frozen(values: ArrayLike, name: str, ndim: int) -> Floats:
    array = arguments.finite_array(values, name).copy()
    if array.ndim != ndim or array.size == 0:
        raise ArgumentError(
            f"{name} has shape {array.shape}; pass a {'matrix' if ndim == 2 else 'vector'} that is not empty"
        )
    array.flags.writeable = False
    return array


def _check_chain(weights: tuple[Floats, ...], biases: tuple[Floats, ...]) -> None:
    if not weights or len(weights) != len(biases):
        counts = f"{len(weights)} weights and {len(biases)} biases"
        raise ArgumentError(f"there are {counts}; pass one of each a layer, at least one")
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        height, width = weight.shape
        if bias.shape[0] != height:
            raise ArgumentError(f"biases[{i}] has {bias.shape[0]} entries, weights[{i}] {height} rows; make them equal")
        if i and width != biases[i - 1].shape[0]:
            given = biases[i - 1].shape[0]
            raise ArgumentError(f"weights[{i}] has {width} columns, layer {i - 1} gives {given}; make them equal")
