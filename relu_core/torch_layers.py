"""Torch modules as plain matrices and back: every affine layer is unrolled and folded into its neighbours.

Between two ReLUs a network is affine, whatever the layers are called; a convolution, a pooling or a batch
normalisation in evaluation mode becomes the matrix it is.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from math import prod

import numpy as np
import torch
from torch import nn

from relu_core import arguments
from relu_core.arguments import Floats
from relu_core.errors import LayerError

Affine = tuple[Floats, Floats]
Shape = tuple[int, ...]

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
LINEAR_MAPS = (nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)
NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d)
SILENT = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d)
KNOWN = "Linear, Conv1d, Conv2d, BatchNorm, AvgPool, Flatten, Identity, Dropout and ReLU"


def layers_from_torch(module: nn.Module, input_shape: Sequence[int] | None = None) -> tuple[list[Floats], list[Floats]]:
    """Weights (n_{l+1}, n_l) and biases (n_{l+1},) of the ReLU network that a torch module computes in evaluation mode.

    module: nn.Sequential, also nested, of Linear, Conv1d, Conv2d, BatchNorm, AvgPool, Flatten, Identity, Dropout, ReLU.
    input_shape: shape of one input without the batch, needed unless the module begins with a Linear; the network takes
    it flattened. A lone Linear or Conv keeps its float32 weights exactly; products of layers are rounded to float64.
    Refuses any other layer by its name, batch normalisation without running statistics, shapes that do not fit.
    """
    layers = list(_flattened(module, ""))
    shape = _input_shape(layers, input_shape)
    weights, biases = [], []
    current: Affine | None = None
    for name, layer in layers:
        if isinstance(layer, nn.ReLU):
            weight, bias = current or _identity(prod(shape))
            weights.append(weight)
            biases.append(bias)
            current = None
            continue
        affine, shape = _affine(name, layer, shape)
        if affine is not None:
            current = affine if current is None else _after(affine, current)
    weight, bias = current or _identity(prod(shape))
    return [*weights, weight], [*biases, bias]


def torch_from_layers(weights: Sequence[Floats], biases: Sequence[Floats]) -> nn.Sequential:
    """The network as nn.Sequential of float64 Linear and ReLU layers."""
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.copy()))
            linear.bias.copy_(torch.from_numpy(bias.copy()))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _flattened(module: nn.Module, prefix: str) -> Iterable[tuple[str, nn.Module]]:
    if not isinstance(module, nn.Sequential):
        yield prefix or "0", module
        return
    for name, child in module.named_children():
        yield from _flattened(child, f"{prefix}.{name}" if prefix else name)


def _input_shape(layers: list[tuple[str, nn.Module]], given: Sequence[int] | None) -> Shape:
    if given is not None:
        return arguments.hidden_widths(given, "input_shape")
    first = next((layer for _, layer in layers if not isinstance(layer, SILENT)), None)
    if isinstance(first, nn.Linear):
        return (first.in_features,)
    raise LayerError("the module does not begin with a Linear layer; pass input_shape, the shape of one input")


def _affine(name: str, layer: nn.Module, shape: Shape) -> tuple[Affine | None, Shape]:
    """The layer as (matrix, vector) on flattened values, None for no change, and the shape it gives."""
    if isinstance(layer, SILENT):
        return None, shape
    if isinstance(layer, nn.Flatten):
        if layer.start_dim != 1 or layer.end_dim != -1:
            raise LayerError(f"layer {name} (Flatten) keeps some axes; use start_dim=1 and end_dim=-1")
        return None, (prod(shape),)
    if isinstance(layer, NORMALISATIONS):
        return _normalisation(name, layer, shape), shape
    if not isinstance(layer, (nn.Linear, *CONVOLUTIONS, *LINEAR_MAPS)):
        raise LayerError(f"layer {name} ({type(layer).__name__}) is no part of a ReLU network; use {KNOWN} only")
    return _unrolled(name, layer, shape)


def _unrolled(name: str, layer: nn.Module, shape: Shape) -> tuple[Affine, Shape]:
    """A layer linear up to its bias, from what it does to every unit vector: exact, only zeros are added."""
    copy = deepcopy(layer).double().eval()
    bias = getattr(copy, "bias", None)
    if bias is not None:
        copy.register_parameter("bias", None)
    try:
        with torch.no_grad():
            images = copy(torch.eye(prod(shape), dtype=torch.float64).reshape(-1, *shape))
    except RuntimeError as error:
        raise LayerError(
            f"layer {name} ({type(layer).__name__}) does not fit inputs of shape {shape}: {error}"
        ) from None
    after = tuple(images.shape[1:])
    matrix = images.reshape(len(images), -1).T.contiguous().numpy()
    vector = np.zeros(len(matrix))
    if bias is not None:
        channels = bias.detach().numpy()
        # A Linear layer acts on the last axis, a convolution gives its channels on the first.
        vector = (
            np.broadcast_to(channels, after) if isinstance(layer, nn.Linear) else _per_channel(channels, after)
        ).ravel()
    return (matrix, vector.copy()), after


def _normalisation(name: str, layer: nn.Module, shape: Shape) -> Affine:
    mean, variance = getattr(layer, "running_mean", None), getattr(layer, "running_var", None)
    if mean is None or variance is None:
        raise LayerError(f"layer {name} ({type(layer).__name__}) keeps no running statistics; train it with them")
    if len(mean) != shape[0]:
        raise LayerError(f"layer {name} ({type(layer).__name__}) has {len(mean)} channels where {shape[0]} arrive")
    numbers = [t.detach().double().numpy() for t in (mean, variance)]
    scale = 1.0 / np.sqrt(numbers[1] + float(layer.eps))  # type: ignore[arg-type]
    shift = np.zeros_like(scale)
    if layer.weight is not None and layer.bias is not None:
        scale = scale * layer.weight.detach().double().numpy()  # type: ignore[operator]
        shift = layer.bias.detach().double().numpy()  # type: ignore[operator]
    shift = shift - scale * numbers[0]
    return np.diag(_per_channel(scale, shape).ravel()), _per_channel(shift, shape).ravel()


def _per_channel(values: Floats, shape: Shape) -> Floats:
    return np.broadcast_to(values.reshape(-1, *[1] * (len(shape) - 1)), shape).copy()


def _identity(size: int) -> Affine:
    return np.eye(size), np.zeros(size)


def _after(second: Affine, first: Affine) -> Affine:
    return second[0] @ first[0], second[0] @ first[1] + second[1]
